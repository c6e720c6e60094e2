"""The firmware that the stages of these tests run."""

from pathlib import Path

import pytest

from hil.rigs.firmware import default_uf2
from hil.rigs.virtual.errors import VirtualPicoError
from hil.rigs.virtual.link import find_node
from sapper_host.files.checkout import BUILD


@pytest.fixture(scope="session")
def firmware() -> Path:
    """The built UF2; skips, with the reason, where there is none, or no Node to run it on. All else is an error."""
    try:
        find_node()
    except VirtualPicoError as missing:
        pytest.skip(str(missing))
    if not (BUILD / "firmware.uf2").exists():
        pytest.skip("build/firmware.uf2 is not there; run `make firmware`")
    return default_uf2()
