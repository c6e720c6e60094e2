"""The checkout's modules, compiled as an update carries them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from sapper_host.errors import SapperError, Status
from sapper_host.files.checkout import ROOT


def compiled(repository: Path = ROOT) -> Path:
    """Compile the checkout's modules; the folder they are in. SapperError when there is no checkout, or it fails."""
    if not (repository / "firmware" / "toolchain").is_dir():
        raise SapperError("this is no checkout with a firmware/ to build from", "name a bundle file", Status.USAGE)
    environment = os.environ | {"PYTHONPATH": str(repository / "firmware")}
    # It says what it does; the first time on a machine that takes minutes.
    done = subprocess.run(
        [sys.executable, "-m", "toolchain", "mpy"], cwd=repository, env=environment, stdout=sys.stderr, check=False
    )
    if done.returncode:
        raise SapperError("the modules were not compiled, as said above", "correct that, or name a bundle file")
    return repository / "build" / "mpy"
