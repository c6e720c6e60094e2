"""Files of text that are written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from sapper_host.errors import SapperError


def write(path: Path, text: str) -> None:
    """Put `text` into `path`, in place of what was there; its folder is made. SapperError when it cannot be."""
    new = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with new.open("w", encoding="utf-8", newline="\n") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            new.replace(path)
        finally:
            new.unlink(missing_ok=True)
    except OSError as error:
        raise SapperError(f"{path} cannot be written ({error.strerror})", "name another place") from None
