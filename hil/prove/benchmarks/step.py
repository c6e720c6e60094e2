"""A sudden object: a step in the gates that takes the statistic to twice its level, to both duties 0.

From the step itself, by the world's clock: the statistic is matched to the coil's footprint, in bins of 20 mm, so a
step of this size, some three sigma of a frame, must be looked at for most of a bin before it can be told from noise.
What follows the sample that brings it over its level is `make safety`'s to measure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hil.errors import HilError
from hil.play.closed_loop import ClosedLoop
from hil.play.operator import Operator
from hil.prove.benchmarks.column import Column
from hil.prove.benchmarks.lanes import empty_lane
from hil.prove.benchmarks.row import Row
from hil.rigs.rig import NS_PER_MS, NS_PER_S, Rig
from hil.world.world import World
from sapper_host.board.decoder import Event

Floats = NDArray[np.float64]
_STEPS = 12
_CALIBRATING = 4  # steps that only find the amplitude
_AIM = 2.0  # times its level
_DIRECTION = np.array([-1.0, -0.6, -0.2])  # how a non-ferrous object bends the gates
_FIRST_MV = 60.0
_RUN_UP_S = 4.0
_LIMIT_NS = 400 * NS_PER_MS


@dataclass(frozen=True)
class Step:
    """One step that stopped the rover: ms from it to both duties 0; the statistic, times its level."""

    from_step_ms: float
    ratio: float


class SteppedWorld(World):
    """An empty lane whose gates jump by `step_mv` at `step_ns` and stay there until the step is taken away."""

    step_ns = 0
    step_mv: Floats | None = None

    def voltages_mv(self, times_ns: Any, coil_m: Any) -> Floats:
        """The ground's voltages with the step on top."""
        values = super().voltages_mv(times_ns, coil_m)
        if self.step_mv is not None:
            values = values + np.where(np.asarray(times_ns)[:, None] >= self.step_ns, self.step_mv, 0.0)
        return np.asarray(np.clip(values, 0.0, 3300.0))


def measure(rig: Rig, _column: Column) -> list[Row]:
    """Needs a freshly powered rig. Finds the amplitude first: the step has to take the statistic to twice its level."""
    world = SteppedWorld(empty_lane(100.0))
    loop = ClosedLoop(rig, world)
    operator = Operator(rig, loop.run)
    operator.boot()
    operator.must("telemetry on")
    operator.settle()
    operator.arm()
    amplitude = _FIRST_MV
    steps: list[Step | None] = []
    random = np.random.default_rng(1)
    for number in range(_STEPS):
        operator.must("sweep 20000")
        operator.run(int((_RUN_UP_S + random.uniform(0, 0.1)) * NS_PER_S))
        heard = len(operator.heard.events)
        stops = len(loop.truth.stops)
        world.step_ns = rig.now_ns + 20 * NS_PER_MS
        world.step_mv = amplitude * _DIRECTION
        end_ns = world.step_ns + _LIMIT_NS
        while len(loop.truth.stops) == stops and rig.now_ns < end_ns:
            operator.run(5 * NS_PER_MS)
        stopped = len(loop.truth.stops) > stops
        operator.run(NS_PER_S // 2)
        alert = _alert(operator.heard.events[heard:])
        world.step_mv = None
        if alert is None or not stopped:
            if number >= _CALIBRATING:
                steps.append(None)
            else:
                amplitude *= 1.5
            operator.must("stop")
            operator.must("disarm")
            operator.settle()
            operator.arm()
            continue
        ratio = float(alert.args["statistic"]) / float(alert.args["level"])
        stop_ns = loop.truth.stops[stops].t_ns
        if number >= _CALIBRATING:
            steps.append(Step((stop_ns - world.step_ns) / NS_PER_MS, ratio))
        else:
            amplitude *= float(np.clip(_AIM / ratio, 0.5, 2.0))
        operator.must("verdict unknown")
    operator.must("disarm")
    return rows(steps)


def rows(steps: list[Step | None]) -> list[Row]:
    """The figures of these steps; None is one without an alert and a stop in its time, which fails. HilError when all
    are."""
    seen = [step for step in steps if step is not None]
    if not seen:
        raise HilError("no step raised an alert; see hil/prove/benchmarks/step.py")
    from_step = [step.from_step_ms for step in seen]
    return [
        Row("a step to twice the level, from the step itself, median", float(np.median(from_step)), "ms", ""),
        Row("the same, worst", max(from_step), "ms", ""),
        Row(f"such steps that stopped nothing within {_LIMIT_NS // NS_PER_MS} ms", len(steps) - len(seen), "", "<= 0"),
        Row(
            "the statistic at those alerts, times its level, median",
            float(np.median([step.ratio for step in seen])),
            "",
            "",
        ),
    ]


def _alert(events: list[Event]) -> Event | None:
    alerts = [event for event in events if event.kind == "detect"]
    return alerts[0] if alerts else None
