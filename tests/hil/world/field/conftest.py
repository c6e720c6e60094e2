"""Puts what these tests share, `field_worlds`, on the path."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))
