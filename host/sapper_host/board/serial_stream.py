"""A serial port opened for ourselves alone, with errors that say what is wrong and what to do."""

from __future__ import annotations

import contextlib
import errno
import os
import select
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import serial

from sapper.shared.pins import UART_RADIO_BAUD
from sapper_host.errors import LinkError, LinkGoneError, NoAnswerError, PortBusyError, PortForbiddenError

# Over USB the rate means nothing; over the radio's adapter it must be the radio's.
DEFAULT_BAUD = UART_RADIO_BAUD
_READ_WAIT_S = 0.1
# A port that takes nothing for so long has nobody reading behind it.
_WRITE_WAIT_S = 2.0
# How often a write that waits for room looks whether something more urgent has come.
_LOOK_S = 0.01


class ByteStream(Protocol):
    """What a Link needs of a line: a port, or an object in the same process."""

    def read_some(self) -> bytes:
        """The bytes that have come, or b'' after a short wait without any. LinkGoneError when there will be no more."""

    def write(self, data: bytes) -> None:
        """Send all of `data`; LinkError when the line does not take it.

        A stream with a `write_first(data)` as well sends that before what others are writing.
        """

    def close(self) -> None:
        """Let go of the line; a `read_some` that waits returns."""


@dataclass
class _Urgent:
    """Bytes that go before all others; `sent` once they are with the port."""

    data: bytes
    sent: threading.Event = field(default_factory=threading.Event)


class SerialStream:
    """A ByteStream over pyserial, locked against other programs. `port` is the name it was opened by.

    Lines may be written from several threads; `write_first` goes before all of them.
    """

    def __init__(self, port: str, baud: int = DEFAULT_BAUD) -> None:
        self.port = port
        # Entered again by a signal's handler that has something urgent to say.
        self._writing = threading.RLock()
        self._urgent: deque[_Urgent] = deque()
        self._overtaken = 0  # how often something urgent went
        self._in_line = False  # the last byte with the port ended no line
        try:
            self._serial = serial.Serial(port, baud, timeout=_READ_WAIT_S, write_timeout=_WRITE_WAIT_S, exclusive=True)
        except (OSError, ValueError) as error:
            raise open_error(port, error) from None

    def read_some(self) -> bytes:
        """The bytes that have come, or b'' after 0.1 s without any."""
        try:
            return bytes(self._serial.read(max(1, self._serial.in_waiting)))
        except (OSError, TypeError, ValueError):
            # pyserial raises TypeError when another thread closes the port under a read.
            raise self._gone() from None

    def write(self, data: bytes) -> None:
        """Send all of `data`, a whole line. LinkError after 2 s without room; NoAnswerError when it gave way to
        `write_first`."""
        with self._writing:
            began, rest = self._overtaken, memoryview(data)
            until = time.monotonic() + _WRITE_WAIT_S
            while rest:
                self._send_urgent()
                if self._overtaken != began:
                    raise NoAnswerError(f"a line to {self.port} gave way to a stop", "say it again")
                rest = rest[self._put(rest) :]
                if rest:
                    self._wait_for_room(until)

    def write_first(self, data: bytes) -> None:
        """Send a line before all others, whatever they wait for: what is half written is cut off and dropped.

        From any thread, and from a signal's handler. LinkError when the port does not take it within 2 s.
        """
        urgent = _Urgent(data)
        self._urgent.append(urgent)
        until = time.monotonic() + _WRITE_WAIT_S
        try:
            while not urgent.sent.is_set():
                # Whoever has the lock sends it; else this thread does.
                if self._writing.acquire(timeout=_LOOK_S):
                    try:
                        self._send_urgent()
                    finally:
                        self._writing.release()
                elif time.monotonic() > until:
                    raise self._stuck()
        finally:
            with contextlib.suppress(ValueError):
                self._urgent.remove(urgent)

    def _send_urgent(self) -> None:
        """With the lock: all that is urgent, on a line of its own, into a port whose buffer is emptied for it."""
        while self._urgent:
            urgent = self._urgent[0]
            rest = memoryview(b"\n" + urgent.data if self._in_line else urgent.data)
            until = time.monotonic() + _WRITE_WAIT_S
            while rest:
                count = self._put(rest)
                rest = rest[count:]
                if rest:
                    if not count:
                        self._drop_unsent()
                        rest = memoryview(b"\n" + urgent.data)
                    self._wait_for_room(until)
            self._overtaken += 1
            urgent.sent.set()
            with contextlib.suppress(ValueError):  # a handler that came between has sent it already
                self._urgent.remove(urgent)

    def _put(self, data: memoryview) -> int:
        """How many bytes the port took at once, perhaps none."""
        try:
            # pyserial's own write does not tell how much of a line has left when there is no room for the rest.
            posix = os.name == "posix"
            count = os.write(self._serial.fileno(), data) if posix else self._serial.write(data) or 0
        except (BlockingIOError, serial.SerialTimeoutException):
            return 0
        except (OSError, TypeError, ValueError):
            raise self._gone() from None
        if count:
            self._in_line = data[count - 1] != 0x0A
        return count

    def _wait_for_room(self, until: float) -> None:
        if time.monotonic() > until:
            raise self._stuck()
        if os.name != "posix":
            return  # its write has waited
        try:
            select.select([], [self._serial.fileno()], [], _LOOK_S)
        except (OSError, TypeError, ValueError):
            raise self._gone() from None

    def _drop_unsent(self) -> None:
        """What waits in the driver's buffer stands in the way of a stop."""
        try:
            self._serial.reset_output_buffer()
        except (OSError, TypeError, ValueError):
            raise self._gone() from None

    def _stuck(self) -> LinkError:
        return LinkError(f"{self.port} takes no data: nothing reads at its other end", "restart the board or unplug it")

    def close(self) -> None:
        """Let go of the port."""
        try:
            self._serial.cancel_read()
            self._serial.close()
        except (OSError, TypeError):
            pass  # it went away before we did

    def _gone(self) -> LinkGoneError:
        return LinkGoneError(f"{self.port} went away", "plug the board in again, or start its rig")


def open_error(port: str, error: Exception) -> LinkError:
    """What an error on opening `port` means, in words of the person who typed its name."""
    number = getattr(error, "errno", None)
    if number == errno.ENOENT:
        return LinkError(f"there is no port {port}", "`sapper devices` lists what is connected")
    if number in (errno.EACCES, errno.EPERM):
        group = _group_of(port)
        remedy = f"join the group that may: `sudo usermod -aG {group} $USER`, then log in again"
        return PortForbiddenError(f"no permission to open {port}", remedy)
    if number in (errno.EBUSY, errno.EAGAIN, errno.EWOULDBLOCK) or "exclusively lock" in str(error):
        holders = ", ".join(holders_of(port)) or "another program"
        return PortBusyError(f"{port} is in use by {holders}", "close it there first")
    # pyserial keeps the number of this one only in its text.
    no_terminal = os.strerror(errno.ENOTTY) in str(error) or number in (errno.ENOTTY, errno.EINVAL)
    if no_terminal or isinstance(error, ValueError) or os.path.isfile(port):
        return LinkError(f"{port} is not a serial port", "`sapper devices` lists what is connected")
    if number in (errno.EIO, errno.ENXIO, errno.ENODEV):
        return LinkGoneError(f"nothing is behind {port} any more", "plug the board in again, or start its rig")
    return LinkError(f"{port} cannot be opened ({_reason(error)})", "`sapper devices` lists what is connected")


def holders_of(port: str, proc: Path = Path("/proc")) -> list[str]:
    """The programs, apart from this one, that have `port` open, as 'name (pid N)'; only those we may look at."""
    # Not psutil's Process.open_files: on Linux it lists regular files only, and a port is a device.
    try:
        real = os.path.realpath(port)
        processes = [entry for entry in os.listdir(proc) if entry.isdigit() and int(entry) != os.getpid()]
    except OSError:
        return []
    holders = []
    for pid in processes:
        folder = proc / pid
        try:
            links = [os.readlink(link) for link in (folder / "fd").iterdir()]
            if real in links:
                holders.append(f"{(folder / 'comm').read_text().strip()} (pid {pid})")
        except OSError:
            continue  # not ours to look at, or it ended meanwhile
    return holders


def _group_of(port: str) -> str:
    import grp

    try:
        return grp.getgrgid(os.stat(port).st_gid).gr_name
    except (OSError, KeyError):
        return "dialout"


def _reason(error: Exception) -> str:
    number = getattr(error, "errno", None)
    return os.strerror(number) if number else str(error) or type(error).__name__
