"""Puts the board in memory (fakes/) on the path: the application's `machine` is fakes/machine.py here."""

import sys
from pathlib import Path

from hypothesis import settings

sys.path[:0] = [str(Path(__file__).parent / "fakes"), str(Path(__file__).parent)]

# Two tests share two cores with others: an example's wall time says nothing.
settings.register_profile("sapper", deadline=None)
settings.load_profile("sapper")
