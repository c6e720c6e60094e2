"""The image that the rigs of a chip run."""

from __future__ import annotations

from pathlib import Path

from hil.errors import HilError
from sapper_host.files.checkout import BUILD, toolchain

INSTRUMENT_UF2 = "instrument.uf2"


def default_uf2(build: Path = BUILD) -> Path:
    """The UF2 that `make firmware` leaves in a checkout's build folder; HilError when there is none."""
    return existing(build / "firmware.uf2")


def existing(path: Path) -> Path:
    """The same path; HilError when there is no such UF2."""
    if not path.exists():
        raise HilError(f"{path} is not there; run `make firmware`")
    return path


def instrument_uf2(build: Path = BUILD) -> Path:
    """The bench's instrument's, that `make instrument` leaves there; HilError when there is none."""
    path = build / INSTRUMENT_UF2
    if not path.exists():
        raise HilError(f"{path} is not there; run `make instrument`")
    return path


def with_hot_set(listed: str | Path, folder: Path) -> Path:
    """The UF2 of this tree with that list of what is in RAM ('none': nothing), built into a folder. HilError."""
    done = toolchain("firmware", "--hot-set", str(listed), "--to", str(folder), capture_output=True)
    if done.returncode:
        raise HilError(f"the firmware does not build: {done.stdout}{done.stderr}")
    return folder / "firmware.uf2"
