"""The checkout's modules, compiled as an update carries them."""

from __future__ import annotations

import sys
from pathlib import Path

from sapper_host.errors import SapperError, Status
from sapper_host.files.checkout import ROOT, toolchain


def compiled(repository: Path = ROOT) -> Path:
    """Compile the checkout's modules; the folder they are in. SapperError when there is no checkout, or it fails."""
    if not (repository / "firmware" / "toolchain").is_dir():
        raise SapperError("this is no checkout with a firmware/ to build from", "name a bundle file", Status.USAGE)
    # It says what it does; the first time on a machine that takes minutes.
    if toolchain("mpy", root=repository, stdout=sys.stderr).returncode:
        raise SapperError("the modules were not compiled, as said above", "correct that, or name a bundle file")
    return repository / "build" / "mpy"
