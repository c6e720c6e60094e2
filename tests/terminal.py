"""A program on a terminal of its own, typed to and read; what its screen shows is pyte's to tell."""

from __future__ import annotations

import fcntl
import os
import re
import select
import subprocess
import termios
import time
from collections.abc import Callable

import pyte

# Generous: a loaded machine is slow, and only a failure waits for it.
READY_S = 100.0
# pyte takes these for text: the kitty keyboard protocol's, which it does not know.
_KITTY = re.compile(r"\x1b\[[<>=?][0-9;]*u")


class Terminal:
    """A program on a terminal of its own, its controlling one, as a shell would start it; `said` is what it wrote.

    size: lines and columns. bells: how often it rang.
    """

    def __init__(self, command: list[str], environment: dict[str, str], size: tuple[int, int] = (24, 100)) -> None:
        self._master, self._slave = os.openpty()
        termios.tcsetwinsize(self._slave, size)
        self.screen = pyte.Screen(size[1], size[0])
        self.screen.bell = self._rang  # type: ignore[method-assign]
        self._to_screen = pyte.Stream(self.screen)
        self.bells = 0
        self.before = termios.tcgetattr(self._slave)
        self.said = ""
        self.process = subprocess.Popen(
            command,
            stdin=self._slave,
            stdout=self._slave,
            stderr=self._slave,
            env=environment,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )

    def type(self, keys: bytes) -> None:
        os.write(self._master, keys)

    @property
    def settings(self) -> list[object]:
        return termios.tcgetattr(self._slave)

    def wait_for(self, text: str, typing: bytes = b"", since: int = 0, limit_s: float = READY_S) -> None:
        """Until it has said `text` (after so many characters), typing something every two seconds meanwhile."""
        end, again = time.monotonic() + limit_s, 0.0
        while text not in self.said[since:]:
            assert time.monotonic() < end, f"'{text}' did not come; it said {self.said[-1500:]!r}"
            assert self.process.poll() is None, f"it ended before '{text}'; it said {self.said[-1500:]!r}"
            if typing and time.monotonic() >= again:
                self.type(typing)
                again = time.monotonic() + 2
            self._hear(0.2)

    def wait_to_see(self, seen: Callable[[list[str]], object], limit_s: float = READY_S) -> float:
        """Until the screen's lines are as wanted; how many seconds that took."""
        begin = time.monotonic()
        while not seen(self.lines):
            assert time.monotonic() - begin < limit_s, "it shows:\n" + "\n".join(self.lines)
            self._hear(0.02)
        return time.monotonic() - begin

    def look(self, seconds: float) -> list[str]:
        """The screen's lines after so long."""
        end = time.monotonic() + seconds
        while (left_s := end - time.monotonic()) > 0:
            self._hear(left_s)
        return self.lines

    @property
    def lines(self) -> list[str]:
        """What the screen shows, without blank lines at its end."""
        lines = [line.rstrip() for line in self.screen.display]
        while lines and not lines[-1]:
            lines.pop()
        return lines

    def status(self) -> int:
        """Its exit status, once it has ended."""
        end = time.monotonic() + READY_S
        while self.process.poll() is None:
            assert time.monotonic() < end, f"it did not end; it said {self.said[-1500:]!r}"
            self._hear(0.2)
        while self._hear(0.0):
            pass
        return self.process.returncode

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self._master)
        os.close(self._slave)

    def _hear(self, wait_s: float) -> bool:
        ready, _, _ = select.select([self._master], [], [], wait_s)
        if ready:
            said = os.read(self._master, 65536).decode(errors="replace")
            self.said += said
            self._to_screen.feed(_KITTY.sub("", said))
            if "\x1b[6n" in said:  # where the cursor is: terminals answer that
                self.type(b"\x1b[%d;%dR" % (self.screen.cursor.y + 1, self.screen.cursor.x + 1))
        return bool(ready)

    def _rang(self) -> None:
        self.bells += 1
