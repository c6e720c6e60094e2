"""What the console asks of its terminal, and takes back however it ends: each byte at once, telling focus and releases.

The settings come back at the end of the block, at the program's end, and while it is suspended. (Not after `kill -9`:
then `reset` does it.)
"""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import termios
from collections.abc import Callable
from types import FrameType, TracebackType

from prompt_toolkit.input.vt100 import raw_mode

FOCUS_ON, FOCUS_OFF = b"\x1b[?1004h", b"\x1b[?1004l"
# The kitty keyboard protocol: which of it is on; put 1 + 2 + 8 on top (told apart, with releases, for all keys); off.
ASK_KEYS, PUSH_KEYS, POP_KEYS = b"\x1b[?u", b"\x1b[>11u", b"\x1b[<u"
TELLS_RELEASES = 2


class TerminalModes:
    """The terminal behind `fd`; a context manager, of the main thread. suspended: called before the program is."""

    def __init__(self, fd: int, suspended: Callable[[], None], resumed: Callable[[], None]) -> None:
        self._fd = fd
        self._suspended = suspended
        self._resumed = resumed
        # A file of its own that never waits: nobody is held up by a terminal that does not read.
        self._out = os.open(os.ttyname(fd), os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)
        self._raw = raw_mode(fd)
        self._before = termios.tcgetattr(fd)
        self._driving = False
        self._pushed = False

    def __enter__(self) -> TerminalModes:
        self._raw.__enter__()
        atexit.register(self._restore)
        self._handler = signal.signal(signal.SIGTSTP, self._suspend)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        signal.signal(signal.SIGTSTP, self._handler)
        self._restore()
        atexit.unregister(self._restore)
        os.close(self._out)

    def drive(self, on: bool) -> None:
        """Have focus and, where the terminal can, releases told; or no longer."""
        if on and not self._driving:
            self._driving = True
            self._write(FOCUS_ON + ASK_KEYS)
        elif not on and self._driving:
            self._driving = False
            self._write((POP_KEYS if self._pushed else b"") + FOCUS_OFF)
            self._pushed = False

    def speaks(self, flags: int) -> bool:
        """The terminal answered that it has the protocol, with `flags` on; whether it tells releases now."""
        if self._driving and not self._pushed:
            self._pushed = True
            self._write(PUSH_KEYS + ASK_KEYS)
        return self._pushed and bool(flags & TELLS_RELEASES)

    def ask(self) -> None:
        """Have it answer, after all that was typed until now."""
        self._write(ASK_KEYS)

    def _write(self, data: bytes) -> None:
        with contextlib.suppress(OSError):
            os.write(self._out, data)

    def _restore(self) -> None:
        self.drive(False)
        with contextlib.suppress(OSError, termios.error):
            termios.tcsetattr(self._fd, termios.TCSANOW, self._before)

    def _suspend(self, _number: int, _frame: FrameType | None) -> None:
        self._suspended()
        self._restore()
        os.kill(os.getpid(), signal.SIGSTOP)
        with contextlib.suppress(OSError, termios.error):
            self._raw.__enter__()
        self._resumed()
