"""Rigs that run on this machine: each leaves a small file that says which serial lines are its, so that others find it.

The files lie in `run/` of the cache folder; one whose process is gone is removed by whoever looks next.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

import psutil

from sapper_host.files import folders
from sapper_host.files.whole_file import write


@dataclass(frozen=True)
class RunningRig:
    """A rig that runs. `ports`: what -> pseudo-terminal, e.g. {"usb": "/dev/pts/4", "radio": "/dev/pts/5"}.

    `bootsel`: the folder that its board shows as a drive while it is in BOOTSEL; '' when it has none.
    """

    pid: int
    rig: str
    ports: dict[str, str] = field(default_factory=dict)
    world: str = ""
    started_s: float = 0.0
    bootsel: str = ""


def _run_folder() -> Path:
    return folders.cache() / "run"


@contextmanager
def registered(rig: str, ports: dict[str, str], world: str = "", bootsel: str = "") -> Iterator[RunningRig]:
    """While the block runs, this process is listed as a rig with these serial ports."""
    entry = RunningRig(os.getpid(), rig, dict(ports), world, time.time(), bootsel)
    # Named for the order: nobody sets this clock back while they run.
    path = _run_folder() / f"{time.monotonic_ns():020d}-{rig}-{entry.pid}.json"
    write(path, json.dumps(asdict(entry)) + "\n", sync=False)  # it is of no use after a power cut
    try:
        yield entry
    finally:
        path.unlink(missing_ok=True)


def running_rigs() -> list[RunningRig]:
    """The rigs that run now, oldest first. Files of processes that ended are removed."""
    rigs = []
    for path in sorted(_run_folder().glob("*.json")):
        try:
            rig = RunningRig(**json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            continue  # half written, gone meanwhile, or of another version: not ours to judge
        if psutil.pid_exists(rig.pid):
            rigs.append(rig)
        else:
            path.unlink(missing_ok=True)
    return rigs
