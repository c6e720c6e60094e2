"""A mission in a field that is broken off over and over: its program killed, its file taken to another laptop, its
board restarted, its link gone for a while. Each time it goes on from its file.

People stand beside it: where the board has forgotten its place they measure the rover in where it stands; where it
cannot go on from there they switch it off and carry it before the base line.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import numpy as np
from numpy.typing import NDArray

from hil.errors import HilError
from hil.play.field_run import FieldRun
from hil.rigs.rig import NS_PER_S, Rig
from hil.rigs.sil.rig import SilRig
from hil.world.field.made_up import MadeUp
from sapper_host.field.journal import Journal
from sapper_host.field.mission import Mission
from sapper_host.field.runner import Runner
from sapper_host.field.running import Phase
from sapper_host.field.searched import NONE, Searched

KINDS = ("program", "laptop", "board", "link")
_EVERY_S = (3.0, 60.0)
_LINK_S = (0.5, 6.0)
_CARRIED_MOST = 8


@dataclass
class Broken:
    """What happened: the kinds in their order, and what was lost by one of them: cells of the file that were not there
    any more afterwards. carried: how often people had to fetch the rover."""

    kinds: list[str] = field(default_factory=list)
    lost_cells: int = 0
    carried: int = 0


class BrokenRun(FieldRun):
    """A FieldRun on a rig that can be restarted (`sil`), broken off `count` times at moments that `chance` draws."""

    TIMES = 20

    def __init__(self, rig: Rig, made: MadeUp, file: Path, chance: Random, count: int) -> None:
        super().__init__(rig, made, file)
        if not isinstance(rig, SilRig):
            raise HilError(f"a board on {rig.name} is not restarted here; use sil")
        self._sil = rig
        self._chance = chance
        self._to_come = count
        self._next_ns = self._down_ns = 0
        self.broken = Broken()

    def step(self) -> Phase:
        """One of the runner, or none while the link is down."""
        now_ns = self.rig.now_ns
        if now_ns < self._down_ns:
            self.port.hear()
            return self.runner.phase
        if not self._next_ns:
            self._draw()
        elif now_ns >= self._next_ns and self._to_come:
            self._to_come -= 1
            self._break_off(self._chance.choice(KINDS))
            self._draw()
        phase = super().step()
        if phase is Phase.HELD and self.broken.carried < _CARRIED_MOST:
            self._carry()
            return self.runner.phase
        return phase

    def _draw(self) -> None:
        self._next_ns = self.rig.now_ns + round(self._chance.uniform(*_EVERY_S) * NS_PER_S)

    def _break_off(self, kind: str) -> None:
        self.broken.kinds.append(kind)
        if kind == "link":
            self._down_ns = self.rig.now_ns + round(self._chance.uniform(*_LINK_S) * NS_PER_S)
            return
        before = self._in_file()
        path = self.mission.path
        if kind == "laptop":
            path = path.with_name(f"laptop-{len(self.broken.kinds)}{path.suffix}")
            shutil.copyfile(self.mission.path, path)
        elif kind == "board":
            self._restart()
        if kind != "board":
            self._open(path)
        self.broken.lost_cells += int((before & ~self._in_file()).sum())

    def _open(self, path: Path) -> None:
        """Another program, with nothing but the file; the one before put nothing away."""
        self.mission = Mission(path)
        self.runner = Runner(self.mission, self.beside)

    def _in_file(self) -> NDArray[np.bool_]:
        searched = Searched(self.plan.area, self.plan.geometry.cell_mm)
        Journal(self.mission, searched)
        return np.asarray(searched.sigma_mm != NONE)

    def _restart(self) -> None:
        self._sil.reset()
        self.operator.listen()

    def _carry(self) -> None:
        """Before the base line, as the plan begins, switched off on the way."""
        self.broken.carried += 1
        start = self.plan.start
        skid = self.world.skid
        skid.x_m, skid.y_m, skid.heading_rad = start.x_mm / 1000, start.y_mm / 1000, 0.0
        self._here = skid.x_m, skid.y_m
        self._restart()
        self._open(self.mission.path)
