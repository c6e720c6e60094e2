"""Puts the board in memory (fakes/) on the path: the application's `machine` is fakes/machine.py here."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "fakes"))
