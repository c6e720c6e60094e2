"""How fast two emulated Picos wired to each other are: emulated seconds for a second of one core, closed loop.

As for the virtual rover alone (virtual_speed.py): a rover that sweeps in the demo's world, here through the bench's
rig, so with instrument, wires, rig and world among it. `python -m hil.prove.benchmarks.hil_speed` tells it;
--metres M: only so much of the lane. --busy PERCENT: a known bad bench, whose every slice is waited for with the
processor busy for so much of the time that it stands for.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace

from hil.errors import HilError
from hil.play.lane_run import LaneRun
from hil.prove.benchmarks.calibration import VIRTUAL, Calibration, Speed
from hil.prove.benchmarks.hil_command import parser_of, show
from hil.prove.benchmarks.row import Row
from hil.rigs.registry import open_rig
from hil.rigs.rig import NS_PER_S
from hil.world.world import World
from hil.world.world_file import load_world_file
from sapper_host import processes

_LEAST = 0.8
_SEED = 3


def measure(metres: float | None = None, busy_percent: float = 0.0) -> Speed:
    """Along the demo's lane, or so much of it."""
    file = load_world_file("demo")
    if metres is not None:
        file = replace(file, world=replace(file.world, lane_length_m=metres))
    with Calibration(VIRTUAL) as calibration:
        with closing(open_rig("bench", seed=_SEED)) as rig:
            run = LaneRun(rig, World(file))
            run.prepare()
            last_ns = rig.now_ns

            def progress(share: float) -> None:
                nonlocal last_ns
                until_s = time.process_time() + (rig.now_ns - last_ns) / NS_PER_S * busy_percent / 100
                last_ns = rig.now_ns
                while time.process_time() < until_s:
                    pass
                calibration.look()

            ended = run.drive(progress).ended
            if ended != "lane":
                raise HilError(f"the lane ended by '{ended}', so no speed is told; see what `sapper rig bench` shows")
            emulated_s = rig.now_ns / NS_PER_S
        return calibration.speed(emulated_s)


def rows(metres: float | None = None, busy_percent: float = 0.0) -> list[Row]:
    """As `make bench --only hil` tells it."""
    speed = measure(metres, busy_percent)
    return [
        Row(
            "two emulated Picos, demo world, closed loop: emulated / CPU seconds",
            speed.there,
            "",
            f">= {_LEAST}",
            note=f"{speed.note}; of {speed.own_s + speed.others_s:.0f} s the rig and the world {speed.own_s:.1f}",
        )
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = parser_of(__doc__)
    parser.add_argument("--metres", type=float)
    parser.add_argument("--busy", type=float, default=0.0, metavar="PERCENT", help="a known bad bench")
    options = parser.parse_args(arguments)
    return show(lambda: rows(options.metres, options.busy))


if __name__ == "__main__":
    sys.exit(processes.command(main))
