"""What rigs are built from, for the tests that need it."""

import pytest

from hil.errors import HilError
from hil.rigs.sil.process import default_micropython


@pytest.fixture(scope="session")
def micropython() -> None:
    """What sil runs on; skips, with the reason, where it is not built."""
    try:
        default_micropython()
    except HilError as error:
        pytest.skip(str(error))
