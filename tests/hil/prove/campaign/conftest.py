"""Puts the traces that the tests share (folder_of_traces.py) on the path, and skips where nothing is built."""

import sys
from pathlib import Path

import pytest

from hil.errors import HilError
from hil.rigs.sil.process import default_micropython

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="session", autouse=True)
def _micropython() -> None:
    try:
        default_micropython()
    except HilError as error:
        pytest.skip(str(error))
