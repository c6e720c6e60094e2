"""One serial line of a rig as a pseudo-terminal: any terminal program can open it, leave, and come back."""

from __future__ import annotations

import contextlib
import os
import select
import termios
import tty

from hil.rigs.virtual.pty import open_pty

_TAKE_BYTES = 1024
# What a laptop's driver would hold for a program that is slow to read.
_HOLD_BYTES = 16384


class TerminalLine:
    """A pseudo-terminal. `path` is what to open. Nobody need have it open: what is sent then is lost, as on a wire."""

    def __init__(self) -> None:
        self._master, slave = open_pty()
        try:
            # Our own end is left closed: so it shows (POLLHUP) when the last program that had it open has left.
            tty.setraw(slave)
            settings = termios.tcgetattr(slave)
            settings[3] &= ~termios.ECHO
            termios.tcsetattr(slave, termios.TCSANOW, settings)
            self.path = os.ttyname(slave)
        finally:
            os.close(slave)
        os.set_blocking(self._master, False)
        self._poll = select.poll()
        self._poll.register(self._master, select.POLLIN)
        self._waiting = bytearray()

    def fileno(self) -> int:
        """For `select`."""
        return self._master

    @property
    def open(self) -> bool:
        """Whether a program has it open."""
        return not any(event & select.POLLHUP for _, event in self._poll.poll(0))

    @property
    def full(self) -> bool:
        """Whether the program that has it open is behind with reading."""
        return len(self._waiting) > 0

    def take(self) -> bytes:
        """What the program has sent, at most a kilobyte; b'' when there is nothing."""
        try:
            return os.read(self._master, _TAKE_BYTES)
        except (BlockingIOError, OSError):
            # EIO: nobody has it open
            return b""

    def give(self, data: bytes) -> None:
        """Send to the program; what it is not ready for is kept, up to a driver's buffer, and tried again next time."""
        if not self.open:
            self._waiting.clear()
            return
        self._waiting += data
        if not self._waiting:
            return
        with contextlib.suppress(BlockingIOError, OSError):
            sent = os.write(self._master, self._waiting)
            del self._waiting[:sent]
        del self._waiting[:-_HOLD_BYTES]

    def close(self) -> None:
        """Gone for whoever has it open."""
        os.close(self._master)
