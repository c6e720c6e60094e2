"""A UF2 into a board that waits in BOOTSEL: onto its drive, or by picotool where there is no drive."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from shlex import quote

from sapper_host import processes
from sapper_host.errors import SapperError, Status
from sapper_host.flash.uf2 import BLOCK_BYTES, safe_order

FILE_NAME = "sapper.uf2"
_PIECE_BYTES = 128 * BLOCK_BYTES
_PICOTOOL_LIMIT_S = 300.0
_LOOK_S = 0.2
# What the system says of a drive whose board has gone; of one whose file system has no way to wait for the drive.
_GONE = {errno.EIO, errno.ENODEV, errno.ENXIO, errno.ENOENT, errno.ENOTDIR, errno.ESTALE, errno.ENOTCONN}
_NO_SYNC = {errno.EINVAL, errno.ENOSYS, errno.ENOTSUP}
_READ_ONLY = "mount it so that it can be written: `sudo mount -o remount,rw,uid=$(id -u) {folder}`, and flash again"
_REMEDIES = {errno.EROFS: _READ_ONLY, errno.EACCES: _READ_ONLY, errno.EPERM: _READ_ONLY}

Tell = Callable[[int, int], None]


class DriveGoneError(SapperError):
    """The drive went before it had the whole file."""

    status = Status.NO_DEVICE


class DriveFaultError(SapperError):
    """The drive is there, and does not take the file."""

    status = Status.NO_DEVICE


def copy_to_drive(content: bytes, folder: Path, tell: Tell, stop: threading.Event) -> None:
    """Copy a checked UF2 onto the drive mounted at `folder`.

    `tell(bytes written, of how many)` once the drive can be written, and after each piece. Each piece is handed through
    to the drive before the next one is sent, so that a drive that goes is noticed where it went. With the last block it
    goes by itself. DriveGoneError when it goes before, DriveFaultError when it stays and does not take the file.
    """
    path = folder / FILE_NAME
    total = len(content) + BLOCK_BYTES
    done = 0
    try:
        path.unlink(missing_ok=True)
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    except OSError as error:
        raise _fault(folder, done, total, error) from None
    try:
        tell(done, total)
        for piece in _pieces(safe_order(content)):
            if stop.is_set():
                return
            last = done + len(piece) == total
            try:
                _write(file, piece)
                # In a folder of a rig a file outlives its name.
                if not last and not path.exists():
                    raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
            except OSError as error:
                if not last or error.errno not in _GONE:
                    raise _fault(folder, done, total, error) from None
            done += len(piece)
            tell(done, total)
    except BaseException:
        with suppress(OSError):
            os.close(file)
        raise
    try:
        os.close(file)
    except OSError as error:
        # Where writing waits for closing (a network's file system), here is the first word of what went wrong.
        if error.errno not in _GONE:
            raise _fault(folder, done, total, error) from None


def _write(file: int, piece: bytes) -> None:
    view = memoryview(piece)
    while view:
        taken = os.write(file, view)
        if taken == 0:
            raise OSError(errno.EIO, "it takes no more")
        view = view[taken:]
    try:
        os.fsync(file)
    except OSError as error:
        if error.errno not in _NO_SYNC:
            raise


def _pieces(content: bytes) -> Iterator[bytes]:
    """The first two blocks by themselves: they erase the boot stage. The last by itself: with it the drive goes."""
    first, last = 2 * BLOCK_BYTES, len(content) - BLOCK_BYTES
    yield content[:first]
    for at in range(first, last, _PIECE_BYTES):
        yield content[at : min(at + _PIECE_BYTES, last)]
    yield content[last:]


def _fault(folder: Path, done: int, total: int, error: OSError) -> SapperError:
    reason = error.strerror or type(error).__name__
    if error.errno in _GONE:
        return DriveGoneError(
            f"the drive at {folder} went away after {done} of {total} bytes ({reason})",
            "look at cable and plug, then flash the board again",
        )
    how = _REMEDIES.get(error.errno or 0, "unplug the board, hold BOOTSEL while plugging it in, and flash it again")
    message = f"the drive at {folder} does not take the file, after {done} of {total} bytes ({reason})"
    return DriveFaultError(message, how.format(folder=quote(str(folder))))


def find_picotool() -> str | None:
    """The picotool of this machine, if it has one."""
    return shutil.which("picotool")


def copy_with_picotool(path: Path, address: tuple[int, int], stop: threading.Event) -> None:
    """Have picotool load the UF2 into the board at this USB (bus, device), check it, and start it. SapperError."""
    program = find_picotool()
    assert program is not None, "the caller has looked"
    bus, device = address
    command = [program, "load", "-v", "-x", str(path), "-t", "uf2", "--bus", str(bus), "--address", str(device)]
    process = processes.start(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    left_s = _PICOTOOL_LIMIT_S
    output = ""
    try:
        while True:
            try:
                output, _ = process.communicate(timeout=_LOOK_S)
                break
            except subprocess.TimeoutExpired:
                left_s -= _LOOK_S
                if stop.is_set():
                    return
                if left_s <= 0:
                    raise SapperError("picotool does not come to an end", "unplug the board, and try again") from None
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()
    if process.returncode:
        said = " ".join(output.split())[-300:] or f"status {process.returncode}"
        raise SapperError(f"picotool failed: {said}", "flash the board again; see `sapper doctor` for permissions")
