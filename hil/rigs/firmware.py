"""The image that the rigs of a chip run."""

from __future__ import annotations

from pathlib import Path

from hil.errors import HilError
from sapper_host.files.checkout import BUILD


def default_uf2(build: Path = BUILD) -> Path:
    """The UF2 that `make firmware` leaves in a checkout's build folder; HilError when there is none."""
    return existing(build / "firmware.uf2")


def existing(path: Path) -> Path:
    """The same path; HilError when there is no such UF2."""
    if not path.exists():
        raise HilError(f"{path} is not there; run `make firmware`")
    return path
