"""Rigs that run on this machine: each leaves a small file that says which serial lines are its, so that others find it.

The files lie in `run/` of the cache folder; one whose process is gone is removed by whoever looks next.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import psutil

from sapper_host.files import folders
from sapper_host.files.whole_file import write
from sapper_host.outside import json_text

_MOST_BYTES = 65536
_PID_END = 1 << 31


@dataclass(frozen=True)
class RunningRig:
    """A rig that runs. `ports`: what -> pseudo-terminal, e.g. {"usb": "/dev/pts/4", "radio": "/dev/pts/5"}.

    `bootsel`: the folder that its board shows as a drive while it is in BOOTSEL; '' when it has none. `board`: its
    board's number.
    """

    pid: int
    rig: str
    ports: dict[str, str] = field(default_factory=dict)
    world: str = ""
    started_s: float = 0.0
    bootsel: str = ""
    board: str = ""


def _entry(value: dict[str, Any]) -> RunningRig:
    """The rig that a file tells of. ValueError or TypeError when it tells of none."""
    rig = RunningRig(**value)
    ports = rig.ports
    texts = [rig.rig, rig.world, rig.bootsel, *ports.keys(), *ports.values()] if isinstance(ports, dict) else [None]
    if type(rig.pid) is not int or not 0 < rig.pid < _PID_END or not all(isinstance(text, str) for text in texts):
        raise ValueError("not a running rig")
    return rig


def _run_folder() -> Path:
    return folders.cache() / "run"


@contextmanager
def registered(
    rig: str, ports: dict[str, str], world: str = "", bootsel: str = "", board: str = ""
) -> Iterator[RunningRig]:
    """While the block runs, this process is listed as a rig with these serial ports."""
    entry = RunningRig(os.getpid(), rig, dict(ports), world, time.time(), bootsel, board)
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
    for path in _files():
        try:
            rig = _entry(json_text.read(path, _MOST_BYTES))
        except (OSError, ValueError, TypeError):
            continue  # half written, gone meanwhile, or of another version: not ours to judge
        if psutil.pid_exists(rig.pid):
            rigs.append(rig)
        else:
            with suppress(OSError):  # another user's
                path.unlink(missing_ok=True)
    return rigs


def _files() -> list[Path]:
    """What rigs have left; nothing where the folder cannot be read: then this user has no rig."""
    try:
        return sorted(path for path in _run_folder().iterdir() if path.suffix == ".json")
    except OSError:
        return []
