"""Puts this folder's maker of drives on the path, and the detector's integers that refuse to grow."""

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "detector")]
