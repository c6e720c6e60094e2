"""How fast the virtual rover is: emulated seconds for a second of one core, along the demo's lane, the flash cache on.

CPU time of board and world, start and boot among it, against that of a calibration loop in between. The two take turns,
so that on a quiet core it is wall time, or a little more where Node compiles beside.
"""

from __future__ import annotations

from contextlib import closing

from hil.play.lane_run import LaneRun
from hil.prove.benchmarks.calibration import VIRTUAL, Calibration, Speed
from hil.prove.benchmarks.row import Row, at_least
from hil.rigs.registry import open_rig
from hil.rigs.rig import NS_PER_S, Rig
from hil.world.world import World
from hil.world.world_file import load_world_file


def measure(rig: Rig, calibration: Calibration) -> Speed:
    """On a freshly powered rig, which is closed."""
    with closing(rig):
        run = LaneRun(rig, World(load_world_file("demo")))
        run.prepare()
        run.drive(calibration.look)
        emulated_s = rig.now_ns / NS_PER_S
    return calibration.speed(emulated_s)


def rows() -> list[Row]:
    """The figure as `make bench` tells it."""
    with Calibration(VIRTUAL) as calibration:
        speed = measure(open_rig("virtual"), calibration)
    return [
        Row(
            "virtual rover, demo world: emulated / CPU seconds",
            speed.there,
            "",
            at_least("VIRTUAL_SPEED_PERCENT", 100),
            note=speed.note,
        )
    ]
