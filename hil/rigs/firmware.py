"""The image that the rigs of a chip run."""

from __future__ import annotations

from pathlib import Path

from hil.errors import HilError
from sapper_host.files.checkout import BUILD


def default_uf2() -> Path:
    """The UF2 that `make firmware` leaves; HilError when there is none."""
    path = BUILD / "firmware.uf2"
    if not path.exists():
        raise HilError(f"{path} is not there; run `make firmware`")
    return path
