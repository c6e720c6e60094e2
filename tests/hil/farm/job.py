"""A job of the farm in a process of its own: `python -m tests.hil.farm.job PLACE`. Acquires, flashes, runs, releases.

Prints one line of JSON: what the board answered, and how long the emergency stop took to MOTOR_EN.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from hil.farm.place import held
from hil.play.closed_loop import ClosedLoop
from hil.play.operator import Operator
from hil.rigs.registry import open_rig
from hil.rigs.rig import NS_PER_MS, Rig
from hil.world.world import load_world
from sapper.shared.pins import GPIO
from sapper_host import processes

SEED = 3
_TOLD_NS = 100 * NS_PER_MS  # a bench tells some tens of milliseconds late


def stopped(rig: Rig) -> dict[str, Any]:
    """Sweep, open the emergency-stop loop, see when the power of the motors goes."""
    loop = ClosedLoop(rig, load_world("clean"))
    operator = Operator(rig, loop.run)
    version = operator.boot()
    operator.settle()
    operator.arm()
    operator.must("sweep 2000")
    operator.run(100 * NS_PER_MS)
    before = operator.state
    rig.pin(GPIO["MOTOR_EN"]).edges()
    opened_ns = rig.now_ns + NS_PER_MS
    rig.pin(GPIO["ESTOP_OK"]).drive(0, at_ns=opened_ns)
    rig.run(_TOLD_NS)
    edges = rig.pin(GPIO["MOTOR_EN"]).edges()
    return {"version": version, "state": before, "edges": [[t_ns - opened_ns, level] for t_ns, level in edges]}


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("place")
    parser.add_argument("--wait", type=float, default=0.0)
    parser.add_argument("--uf2", type=Path)
    parser.add_argument("--stay", action="store_true", help="run on until the bench is lost or this is ended")
    options = parser.parse_args()
    with held(options.place, options.wait) as name:
        rig = open_rig(name, options.uf2, seed=SEED)
        try:
            print(json.dumps(stopped(rig)), flush=True)
            while options.stay:
                rig.run(NS_PER_MS)
        finally:
            rig.close()
    return 0


def command() -> int:
    """With the rigs' errors as the command line has them."""
    from sapper_host.verbs.rigs import rig_errors

    with rig_errors():
        return main()


if __name__ == "__main__":
    sys.exit(processes.command(command))
