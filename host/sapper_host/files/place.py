"""Whether a file can be put where somebody wants it: asked before the minutes of work that are to go into it."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from sapper_host.files.whole_file import NotWrittenError


def check_file(path: Path | None) -> None:
    """NotWrittenError unless a file can be made at `path`, in a folder that is there or can be made. None is fine."""
    if path is None:
        return
    try:
        if path.is_dir():
            raise OSError(errno.EISDIR, "it is a folder")
        if path.exists() and not path.is_file():
            os.close(os.open(path, os.O_WRONLY | os.O_NONBLOCK))  # a device, a pipe: it is written into
            return
        _try(path.parent, f".{path.name}")
    except OSError as error:
        raise NotWrittenError(path, error) from None


def check_folder(path: Path | None) -> None:
    """NotWrittenError unless files can be made in the folder `path`, which is there or can be made. None is fine."""
    if path is None:
        return
    try:
        _try(path, ".tried")
    except OSError as error:
        raise NotWrittenError(path, error) from None


def _try(folder: Path, name: str) -> None:
    """Make a file in the folder, or in the nearest above it that is there, and take it away again."""
    there = next(each for each in (folder, *folder.absolute().parents) if os.path.lexists(each))
    if not there.is_dir():
        raise OSError(errno.ENOTDIR, f"{there} is no folder")
    part = there / f"{name}.{os.getpid()}.part"
    os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    part.unlink()
