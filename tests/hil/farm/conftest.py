"""What the farm's tests need: labgrid's environment."""

import pytest

from hil.farm.place import FARM_PYTHON


@pytest.fixture(scope="session")
def labgrid() -> None:
    """Skips, with the remedy, where it is not installed; `make test` installs it."""
    if not FARM_PYTHON.exists():
        pytest.skip("labgrid is not installed; run `make farm`")
