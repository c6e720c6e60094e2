"""The firmware that the stages of these tests run."""

from pathlib import Path

import pytest

from hil.rigs.firmware import default_uf2


@pytest.fixture(scope="session")
def firmware() -> Path:
    """The built UF2; skips, with the reason, where there is none."""
    try:
        return default_uf2()
    except Exception as error:
        pytest.skip(str(error))
