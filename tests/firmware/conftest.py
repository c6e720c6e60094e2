"""Puts the board in memory (fakes/) on the path: the application's `machine` is fakes/machine.py here."""

import sys
from itertools import count
from pathlib import Path

import pytest
from hypothesis import settings

sys.path[:0] = [str(Path(__file__).parent / "fakes"), str(Path(__file__).parent)]

# Two tests share two cores with others: an example's wall time says nothing.
settings.register_profile("sapper", deadline=None)
settings.load_profile("sapper")

_FILES = ("settings_file.PATH", "name_file.PATH", "log_file.PATH", "key_file.RADIO.path", "team_key._FILE.path")
_numbers = count()


@pytest.fixture(autouse=True)
def files_of_its_own(tmp_path_factory, monkeypatch):
    """What the application keeps in files goes to a folder of this test's own, not to the root of this machine."""
    folder = tmp_path_factory.getbasetemp() / f"board-{next(_numbers)}"
    folder.mkdir()
    for name in _FILES:
        monkeypatch.setattr(f"sapper.storage.{name}", str(folder / name.split(".")[0]))
