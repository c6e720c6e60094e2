"""A minute of sweeping over empty ground, telemetry on: jitter, load, allocation, heap, and the emulator's speed.

And another one with raw telemetry: what that costs, and that none of its frames is lost to a host that reads.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from hil.errors import HilError
from hil.play.lane_run import LaneRun
from hil.prove.benchmarks.empty_lane import empty_lane
from hil.prove.benchmarks.row import Row, at_least, at_most
from hil.rigs.rig import NS_PER_S, TICK_NS, Rig
from hil.world.world import World
from sapper.shared.wire import RAW_HZ
from sapper_host.recordings.raw_rows import lost_between

_LANE_M = 18.6  # a little over 60 s at the default 300 mm/s
_LEAST_S = 60.0
_LOOK_S = 6.0  # standing, the board looks at its heap every 5 s


@dataclass
class _Sweep:
    """One such minute: the run, its LOOP frames while moving, heap bytes a turn, the emulator's speed."""

    run: LaneRun
    moving: list[Mapping[str, int]]
    heap_b: float
    speed: float

    def mean_load(self) -> float:
        return sum(f["load_pm"] for f in self.moving) / len(self.moving) / 10

    def longest_ms(self) -> float:
        return max(f["tick_max_us"] for f in self.moving) / 1000


def _sweep(rig: Rig, telemetry: str) -> _Sweep:
    run = LaneRun(rig, World(empty_lane(_LANE_M)))
    run.prepare(telemetry)
    run.operator.run(int(_LOOK_S * NS_PER_S))
    before = _heap(run)
    start_s, wall_s = rig.now_ns / NS_PER_S, time.monotonic()
    first = len(run.operator.heard.frames)
    result = run.drive()
    wall_s, emulated_s = time.monotonic() - wall_s, rig.now_ns / NS_PER_S - start_s
    if result.ended != "lane" or result.duration_s < _LEAST_S:
        raise HilError(f"the lane ended after {result.duration_s:.1f} s: {result.ended}; {result.events[-5:]}")
    loops = [f.fields for f in run.operator.heard.frames[first:] if f.name == "LOOP"]
    # The first look after it: the next are after a collection, and after the log was written.
    used = before - next((f["heap_free"] for f in loops if f["heap_free"] != before), before)
    heap_b = used * TICK_NS / NS_PER_S / result.duration_s
    return _Sweep(run, loops[1 : int(result.duration_s)], heap_b, emulated_s / wall_s)


def measure_raw(rig: Rig) -> list[Row]:
    """Needs a freshly powered rig."""
    sweep = _sweep(rig, "raw")
    frames = [frame for frame in sweep.run.operator.heard.frames if frame.name == "RAW"]
    if len(frames) < _LEAST_S * RAW_HZ:
        raise HilError(f"{len(frames)} RAW frames came in a minute")
    lost = sum(lost_between(before, after) for before, after in pairwise(frame.fields for frame in frames))
    return [
        Row("CPU load of a sweep with raw telemetry", sweep.mean_load(), "%", at_most("LOAD_PERCENT")),
        Row("longest tick of the same run", sweep.longest_ms(), "ms", at_most("TICK_MS")),
        Row("heap bytes a loop turn, raw telemetry and pings included", sweep.heap_b, "B", ""),
        Row("RAW frames lost to a host that reads", float(lost), "", "<= 0", note=f"of {len(frames)}"),
    ]


def measure(rig: Rig) -> list[Row]:
    """Needs a freshly powered rig."""
    sweep = _sweep(rig, "on")
    moving = sweep.moving
    return [
        Row("virtual rover, telemetry on: emulated / wall seconds", sweep.speed, "", at_least("VIRTUAL_SPEED")),
        Row(
            "loop start jitter, worst of every tick of the run",
            max(f["jitter_max_us"] for f in moving) / 1000,
            "ms",
            at_most("JITTER_MS"),
        ),
        Row(
            "loop start jitter, of all but one tick in a thousand",
            _p999_us(sweep.run),
            "us",
            at_most("JITTER_P999_US"),
        ),
        Row(
            "CPU load of the same run",
            sweep.mean_load(),
            "%",
            at_most("LOAD_PERCENT"),
        ),
        Row("longest tick of the same run", sweep.longest_ms(), "ms", ""),
        Row(
            "heap bytes a loop turn, telemetry and pings included",
            sweep.heap_b,
            "B",
            "",
        ),
        Row(
            "frames missed in the same run",
            float(moving[-1]["missed"] - moving[0]["missed"]),
            "",
            at_most("FRAMES_MISSED"),
        ),
        Row("free heap after 60 s", float(_heap(sweep.run)), "B", at_least("HEAP_FREE_B")),
    ]


def _p999_us(run: LaneRun) -> float:
    """As the board counts it: of all ticks in motion, which on a freshly powered rig are the run's."""
    figures = dict(word.split("=") for word in run.operator.must("loop").split())
    return float(figures["late_p999_us"])


def _heap(run: LaneRun) -> int:
    loops = [frame.fields for frame in run.operator.heard.frames if frame.name == "LOOP"]
    return int(loops[-1]["heap_free"])
