"""A UF2 into a board that waits in BOOTSEL: onto its drive, or by picotool where there is no drive."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from sapper_host import processes
from sapper_host.errors import SapperError, Status
from sapper_host.flash.uf2 import BLOCK_BYTES, safe_order

FILE_NAME = "sapper.uf2"
_PIECE_BYTES = 128 * BLOCK_BYTES
_PICOTOOL_LIMIT_S = 300.0
_LOOK_S = 0.2

Tell = Callable[[int, int], None]


class DriveGoneError(SapperError):
    """The drive went before it had the whole file."""

    status = Status.NO_DEVICE


def copy_to_drive(content: bytes, folder: Path, tell: Tell, stop: threading.Event) -> None:
    """Copy a checked UF2 onto the drive mounted at `folder`; `tell(bytes done, of how many)` after each piece.

    Each piece is on the board before the next one is sent, so that the progress is true, and a drive that goes is
    noticed where it went. The drive goes by itself with the last block. DriveGoneError when it goes before.
    """
    path = folder / FILE_NAME
    total = len(content) + BLOCK_BYTES
    done = 0
    try:
        path.unlink(missing_ok=True)
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    except OSError as error:
        raise _gone(folder, done, total, error) from None
    try:
        for piece in _pieces(safe_order(content)):
            if stop.is_set():
                return
            last = done + len(piece) == total
            try:
                _write(file, piece)
                # In a folder of a rig a file outlives its name.
                if not last and not path.exists():
                    raise FileNotFoundError(2, os.strerror(2))
            except OSError as error:
                if not last:
                    raise _gone(folder, done, total, error) from None
            done += len(piece)
            tell(done, total)
    finally:
        with suppress(OSError):  # the drive went with the last block
            os.close(file)


def _write(file: int, piece: bytes) -> None:
    view = memoryview(piece)
    while view:
        view = view[os.write(file, view) :]
    os.fsync(file)


def _pieces(content: bytes) -> Iterator[bytes]:
    """The first two blocks by themselves: they erase the boot stage. The last by itself: with it the drive goes."""
    first, last = 2 * BLOCK_BYTES, len(content) - BLOCK_BYTES
    yield content[:first]
    for at in range(first, last, _PIECE_BYTES):
        yield content[at : min(at + _PIECE_BYTES, last)]
    yield content[last:]


def _gone(folder: Path, done: int, total: int, error: OSError) -> DriveGoneError:
    reason = error.strerror or type(error).__name__
    return DriveGoneError(
        f"the drive at {folder} went away after {done} of {total} bytes ({reason})",
        "look at cable and plug, then flash the board again",
    )


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
