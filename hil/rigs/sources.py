"""Files that decide what a program does, and a digest of them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

_ENDINGS = (".py", ".mjs", ".json", ".bin", ".toml", ".lock")
_NOT_IN = ("node_modules", "__pycache__")
_DIGITS = 16


def find_sources(folder: Path) -> list[Path]:
    """Every source of a folder and the folders in it, by name: programs and their data, no pages for people."""
    found = (path for path in folder.rglob("*") if path.suffix in _ENDINGS)
    return sorted(path for path in found if not set(_NOT_IN) & set(path.relative_to(folder).parts))


def digest(root: Path, files: Iterable[Path]) -> str:
    """Of the files' places and contents: a changed one, a new one and one that was moved give another.

    Files outside `root` count by their contents alone.
    """
    sum_of_all = hashlib.sha256()
    for place, path in sorted((_place(root, path), path) for path in set(files)):
        content = path.read_bytes()
        sum_of_all.update(f"{place}\0{len(content)}\0".encode() + content)
    return sum_of_all.hexdigest()[:_DIGITS]


def _place(root: Path, path: Path) -> str:
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else ""
