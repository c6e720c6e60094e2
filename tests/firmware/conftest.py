"""Puts the board in memory (fakes/) on the path: the application's `machine` is fakes/machine.py here."""

import gc
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "fakes"))

# MicroPython's; what free memory the board has is the virtual Pico's to tell.
gc.mem_free = lambda: 150_000
