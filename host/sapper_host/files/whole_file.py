"""Files that are written whole or not at all: made beside their place, and moved there once they are complete.

    write(path, "text or bytes")
    with replacing(path) as part:      # for what streams, or writes its file itself
        ...

A SapperError names the path and what to do; then the path is as it was, and nothing is left beside it.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sapper_host.errors import REMEDIES, SapperError

# For the owner alone: keys.
PRIVATE = 0o600
_ANYBODY = 0o666


class NotWrittenError(SapperError):
    """A file that could not be written: its `path`, and the system's `reason`."""

    def __init__(self, path: Path, error: OSError) -> None:
        self.path = path
        self.reason = error.strerror or str(error)
        remedy = REMEDIES.get(error.errno or 0, "name another place")
        super().__init__(f"{path} cannot be written ({self.reason})", remedy)


def write(path: Path, content: str | bytes, mode: int = _ANYBODY, sync: bool = True) -> None:
    """Put `content` (text: UTF-8, its line ends as they are) into `path`, in place of what was there."""
    with replacing(path, mode, sync) as part:
        part.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)


def create(path: Path, content: bytes, mode: int = _ANYBODY) -> None:
    """Put `content` into a new file, on the disk when this returns; never over another: FileExistsError.

    NotWrittenError for what could not be written whole, and is gone again.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    except FileExistsError:
        raise
    except OSError as error:
        raise NotWrittenError(path, error) from None
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        path.unlink()  # half of it would be in the way of the next try
        raise NotWrittenError(path, error) from None


@contextmanager
def replacing(path: Path, mode: int = _ANYBODY, sync: bool = True) -> Iterator[Path]:
    """Give the block an empty file beside `path` to write, which takes the place of `path` when the block ends well.

    The folder is made. mode: its permissions, less the user's umask. sync: on the disk before it is moved, so that a
    power cut leaves one or the other; without, it may leave a spoilt file. Any OSError of the block's counts as one of
    `path`: NotWrittenError. What is no file (a device, a pipe) is not replaced: the block writes into it.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_native_id()}.part")
    try:
        if path.exists() and not path.is_file():
            yield path
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        part.unlink(missing_ok=True)  # of a program that was killed, and had our number
        try:
            os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode))
            yield part
            if sync:
                _sync(part)
            part.replace(path)
        finally:
            with suppress(OSError):
                part.unlink(missing_ok=True)
    except OSError as error:
        raise NotWrittenError(path, error) from None


def _sync(path: Path) -> None:
    with path.open("r+b") as file:
        os.fsync(file.fileno())
