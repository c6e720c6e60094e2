"""A serial port opened for ourselves alone, with errors that say what is wrong and what to do."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Protocol

import serial

from sapper.shared.pins import UART_RADIO_BAUD
from sapper_host.errors import LinkError, LinkGoneError

# Over USB the rate means nothing; over the radio's adapter it must be the radio's.
DEFAULT_BAUD = UART_RADIO_BAUD
_READ_WAIT_S = 0.1
# A port that takes nothing for so long has nobody reading behind it.
_WRITE_WAIT_S = 2.0


class ByteStream(Protocol):
    """What a Link needs of a line: a port, or an object in the same process."""

    def read_some(self) -> bytes:
        """The bytes that have come, or b'' after a short wait without any. LinkGoneError when there will be no more."""

    def write(self, data: bytes) -> None:
        """Send all of `data`; LinkError when the line does not take it."""

    def close(self) -> None:
        """Let go of the line; a `read_some` that waits returns."""


class SerialStream:
    """A ByteStream over pyserial, locked against other programs. `port` is the name it was opened by."""

    def __init__(self, port: str, baud: int = DEFAULT_BAUD) -> None:
        self.port = port
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
        """Send all of `data`."""
        try:
            self._serial.write(data)
        except serial.SerialTimeoutException:
            raise LinkError(
                f"{self.port} takes no data: nothing reads at its other end", "restart the board or unplug it"
            ) from None
        except (OSError, TypeError, ValueError):
            raise self._gone() from None

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
        return LinkError(f"no permission to open {port}", remedy)
    if number in (errno.EBUSY, errno.EAGAIN, errno.EWOULDBLOCK) or "exclusively lock" in str(error):
        holders = ", ".join(holders_of(port)) or "another program"
        return LinkError(f"{port} is in use by {holders}", "close it there first")
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
