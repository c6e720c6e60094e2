"""The boards of a process: each is booted once and used for many scenarios."""

from __future__ import annotations

import atexit
from pathlib import Path

from hil.prove.safety.stage import Stage, open_stage

Where = tuple[str, Path | None]  # a rig's name, and the firmware on it

_stages: dict[Where, Stage] = {}


def stage_at(where: Where, seed: int, fresh: bool = False) -> Stage:
    """This process's board there; fresh: a new one."""
    if fresh and where in _stages:
        _stages.pop(where).close()
    if where not in _stages:
        _stages[where] = open_stage(*where, seed)
        atexit.register(_stages[where].close)
    return _stages[where]
