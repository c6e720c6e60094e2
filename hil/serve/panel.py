"""The rover's key switch and emergency stop under the keyboard of whoever runs a virtual rover."""

from __future__ import annotations

import contextlib
import os
import select
import sys
import termios
import tty
from types import TracebackType
from typing import TextIO

KEYS = {"k": "turn the arming key", "e": "press or release the emergency stop", "q": "quit"}
HELP = "keys: " + ", ".join(f"{key} = {what}" for key, what in KEYS.items())


class Keyboard:
    """Single keys from a terminal without Enter; from a pipe, the letters in it. Ctrl-C stays Ctrl-C."""

    def __init__(self, source: TextIO | None = None) -> None:
        self._source = sys.stdin if source is None else source
        self._fd: int | None = None
        self._before: list[int | list[bytes | int]] | None = None
        with contextlib.suppress(OSError, ValueError, AttributeError):
            self._fd = self._source.fileno()

    def __enter__(self) -> Keyboard:
        # A job in the background must not touch the terminal: it would be stopped for it.
        if self._fd is not None and os.isatty(self._fd):
            if os.tcgetpgrp(self._fd) != os.getpgrp():
                self._fd = None
            else:
                self._before = termios.tcgetattr(self._fd)
                tty.setcbreak(self._fd)
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        if self._before is not None and self._fd is not None:
            termios.tcsetattr(self._fd, termios.TCSADRAIN, self._before)

    @property
    def listens(self) -> bool:
        """Whether keys can come from it."""
        return self._fd is not None

    def fileno(self) -> int:
        """For `select`; only while it `listens`."""
        assert self._fd is not None
        return self._fd

    def pressed(self) -> str:
        """The keys pressed since the last call that mean something, in order."""
        out = ""
        while self._fd is not None and select.select([self._fd], [], [], 0)[0]:
            data = os.read(self._fd, 64)
            if not data:
                self._fd = None
            out += data.decode(errors="ignore").lower()
        return "".join(key for key in out if key in KEYS)


class Panel:
    """What the switches are set to, and one line that says so."""

    def __init__(self, key_on: bool = False) -> None:
        self.key_on = key_on
        self.stop_pressed = False
        self.quit = False

    def press(self, key: str) -> None:
        """One of KEYS."""
        if key == "k":
            self.key_on = not self.key_on
        elif key == "e":
            self.stop_pressed = not self.stop_pressed
        elif key == "q":
            self.quit = True

    def __str__(self) -> str:
        key = "ON" if self.key_on else "off"
        return f"key {key}, emergency stop {'PRESSED' if self.stop_pressed else 'released'}"
