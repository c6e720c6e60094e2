"""What a result is made of: the files that decide what a replay on a rig gives, and how it is read and scored."""

from __future__ import annotations

from pathlib import Path

from hil.rigs.registry import entry
from hil.rigs.sources import digest, find_sources
from sapper_host.files.checkout import ROOT

# Folders and files of the checkout that play a trace, hear the board and score what it said, whatever the rig.
# A test holds them against what a worker really imports.
_WAYS = (
    "firmware/cpython",
    "firmware/sapper/__init__.py",
    "firmware/sapper/hardware",
    "firmware/sapper/shared",
    "firmware/sapper/link",
    "firmware/sapper/crypto",
    "hil/__init__.py",
    "hil/errors.py",
    "hil/play",
    "hil/prove/__init__.py",
    "hil/prove/campaign/__init__.py",
    "hil/prove/campaign/jobs.py",
    "hil/prove/campaign/lane.py",
    "hil/prove/campaign/made_of.py",
    "host/sapper_host/__init__.py",
    "host/sapper_host/errors.py",
    "host/sapper_host/processes.py",
    "host/sapper_host/streams.py",
    "host/sapper_host/board",
    "host/sapper_host/files",
    "host/sapper_host/flash/__init__.py",
    "host/sapper_host/flash/binary_info.py",
    "host/sapper_host/flash/boot_stage.py",
    "host/sapper_host/flash/build_mark.py",
    "host/sapper_host/flash/uf2.py",
    "host/sapper_host/outside",
    "host/sapper_host/recordings",
)


def files_of(rig: str, root: Path = ROOT, firmware: Path | None = None) -> list[Path]:
    """All of them, in the checkout at `root`; firmware: what the rig runs instead of the checkout's own."""
    found = set(entry(rig).files(root, firmware))
    for way in _WAYS:
        found.update(find_sources(root / way) if (root / way).is_dir() else [root / way])
    return sorted(found)


def firmware_digest(rig: str, root: Path = ROOT, firmware: Path | None = None) -> str:
    """What tells results apart that were made by other firmware, on another rig, or played and scored otherwise."""
    return digest(root, files_of(rig, root, firmware))
