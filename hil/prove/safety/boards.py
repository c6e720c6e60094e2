"""The boards of a process: each is booted once and used for many scenarios."""

from __future__ import annotations

import atexit
from pathlib import Path
from typing import NamedTuple

from hil.prove.safety.stage import Stage, open_stage


class Where(NamedTuple):
    """A rig's name, the firmware on it, clocks of a miss of its flash cache (None: what it takes by itself), and the
    file of a bench of hardware (None: emulated)."""

    rig: str
    firmware: Path | None = None
    xip_miss_clk: int | None = None
    bench: Path | None = None


_stages: dict[Where, Stage] = {}


def stage_at(where: Where, seed: int, fresh: bool = False) -> Stage:
    """This process's board there; fresh: a new one."""
    if fresh and where in _stages:
        _stages.pop(where).close()
    if where not in _stages:
        given = {"xip_miss_clk": where.xip_miss_clk, "config": where.bench}
        options = {name: value for name, value in given.items() if value is not None}
        _stages[where] = open_stage(where.rig, where.firmware, seed, **options)
        atexit.register(_stages[where].close)
    return _stages[where]
