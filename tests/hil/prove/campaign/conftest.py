"""Puts the traces that the tests share (folder_of_traces.py) on the path, and skips where nothing is built."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="session", autouse=True)
def _micropython(micropython: None) -> None:
    """Every test here runs on it."""
