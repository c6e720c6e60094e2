"""Where the checkout is that these tools run from, folders in it that several of them look into, and its toolchain."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from sapper_host import processes

ROOT = Path(__file__).resolve().parents[3]
BUILD = ROOT / "build"
DOCS = ROOT / "docs"
# Recordings of a real detector, beside the checkout where somebody has them; never part of it.
RECORDED = ROOT.parent / "shared" / "data"


def toolchain(*words: str, root: Path = ROOT, **how: Any) -> subprocess.CompletedProcess[str]:
    """Run the toolchain of the checkout at `root`, in it. how: as for processes.run; its status is not checked."""
    environment = os.environ | {"PYTHONPATH": str(root / "firmware")}
    command = [sys.executable, "-m", "toolchain", *words]
    return processes.run(command, cwd=root, env=environment, text=True, **how)
