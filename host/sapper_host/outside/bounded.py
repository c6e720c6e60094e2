"""Files of others, read no further than what they could be."""

from __future__ import annotations

from pathlib import Path


def read(path: Path, most: int) -> bytes:
    """The bytes of a file of at most so many. ValueError when it has more, OSError when it cannot be read."""
    with path.open("rb") as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise ValueError(f"more than {most} bytes")
    return data
