"""A minute of sweeping over empty ground, telemetry on: jitter, load, allocation, heap, and the emulator's speed."""

from __future__ import annotations

import time

from hil.errors import HilError
from hil.play.lane_run import LaneRun
from hil.prove.benchmarks.empty_lane import empty_lane
from hil.prove.benchmarks.row import Row, at_least, at_most
from hil.rigs.rig import NS_PER_S, TICK_NS, Rig
from hil.world.world import World

_LANE_M = 18.6  # a little over 60 s at the default 300 mm/s
_LEAST_S = 60.0
_LOOK_S = 6.0  # standing, the board looks at its heap every 5 s


def measure(rig: Rig) -> list[Row]:
    """Needs a freshly powered rig."""
    run = LaneRun(rig, World(empty_lane(_LANE_M)))
    run.prepare()
    run.operator.run(int(_LOOK_S * NS_PER_S))
    before = _heap(run)
    start_s, wall_s = rig.now_ns / NS_PER_S, time.monotonic()
    first = len(run.operator.heard.frames)
    result = run.drive()
    wall_s, emulated_s = time.monotonic() - wall_s, rig.now_ns / NS_PER_S - start_s
    if result.ended != "lane" or result.duration_s < _LEAST_S:
        raise HilError(f"the lane ended after {result.duration_s:.1f} s: {result.ended}; {result.events[-5:]}")
    loops = [f.fields for f in run.operator.heard.frames[first:] if f.name == "LOOP"]
    moving = loops[1 : int(result.duration_s)]
    used = before - min(f["heap_free"] for f in loops)
    return [
        Row("virtual rover, telemetry on: emulated / wall seconds", emulated_s / wall_s, "", at_least("VIRTUAL_SPEED")),
        Row(
            "loop start jitter, worst of every tick of the run",
            max(f["jitter_max_us"] for f in moving) / 1000,
            "ms",
            at_most("JITTER_MS"),
        ),
        Row(
            "CPU load of the same run",
            sum(f["load_pm"] for f in moving) / len(moving) / 10,
            "%",
            at_most("LOAD_PERCENT"),
        ),
        Row("longest tick of the same run", max(f["tick_max_us"] for f in moving) / 1000, "ms", ""),
        Row(
            "heap bytes a loop turn, telemetry and pings included",
            used * TICK_NS / NS_PER_S / result.duration_s,
            "B",
            "",
        ),
        Row(
            "frames missed in the same run",
            float(moving[-1]["missed"] - moving[0]["missed"]),
            "",
            at_most("FRAMES_MISSED"),
        ),
        Row("free heap after 60 s", float(_heap(run)), "B", at_least("HEAP_FREE_B")),
    ]


def _heap(run: LaneRun) -> int:
    loops = [frame.fields for frame in run.operator.heard.frames if frame.name == "LOOP"]
    return int(loops[-1]["heap_free"])
