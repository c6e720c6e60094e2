"""Where Node is, which the virtual Pico runs in: the one place that looks for it."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path


def find_node() -> str | None:
    """Path of the Node program; None where there is none.

    $SAPPER_NODE goes first, then the one beside the environment's Python, which `make setup` puts there and which is
    new enough, then this machine's own.
    """
    beside = str(Path(sys.prefix) / "bin")
    return os.environ.get("SAPPER_NODE") or shutil.which("node", path=beside) or shutil.which("node")
