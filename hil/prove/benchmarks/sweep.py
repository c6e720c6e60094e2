"""A minute of sweeping over empty ground, telemetry on: jitter, load, allocation, heap.

Another one with raw telemetry: what that costs, and that none of its frames is lost to a host that reads. And one over
many finds, which are marked as it goes on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from hil.errors import HilError
from hil.play.lane_run import LaneRun
from hil.prove.benchmarks.column import Column
from hil.prove.benchmarks.lanes import empty_lane, lane_of_finds
from hil.prove.benchmarks.row import Row
from hil.rigs.rig import NS_PER_S, TICK_NS, Rig
from hil.world.world import World
from hil.world.world_spec import WorldFile
from sapper.shared.wire import RAW_HZ
from sapper_host.recordings.raw_rows import lost_between

_LANE_M = 18.6  # a little over 60 s at the default 300 mm/s
_LEAST_S = 60.0
_LOOK_S = 6.0  # standing, the board looks at its heap every 5 s


@dataclass
class _Sweep:
    """One such minute: the run, its LOOP frames while moving, heap bytes a turn, and the least that was free."""

    run: LaneRun
    moving: list[Mapping[str, int]]
    heap_b: float
    least_free_b: int

    def mean_load(self) -> float:
        return sum(f["load_pm"] for f in self.moving) / len(self.moving) / 10

    def longest_ms(self) -> float:
        return max(f["tick_max_us"] for f in self.moving) / 1000

    def jitter_ms(self) -> float:
        return max(f["jitter_max_us"] for f in self.moving) / 1000


def _sweep(rig: Rig, file: WorldFile, telemetry: str = "on", marks: bool = False) -> _Sweep:
    run = LaneRun(rig, World(file))
    run.operator.boot()
    run.operator.must(f"set sweep_marks {int(marks)}")
    run.prepare(telemetry)
    run.operator.run(int(_LOOK_S * NS_PER_S))
    before = _heap(run)
    first = len(run.operator.heard.frames)
    result = run.drive()
    if result.ended != "lane" or result.duration_s < _LEAST_S:
        raise HilError(f"the lane ended after {result.duration_s:.1f} s: {result.ended}; {result.events[-5:]}")
    loops = [f.fields for f in run.operator.heard.frames[first:] if f.name == "LOOP"]
    # The first look after it: the next are after a collection, and after the log was written.
    used = before - next((f["heap_free"] for f in loops if f["heap_free"] != before), before)
    heap_b = used * TICK_NS / NS_PER_S / result.duration_s
    return _Sweep(run, loops[1 : int(result.duration_s)], heap_b, least_free_b(loops))


def least_free_b(loops: Iterable[Mapping[str, int]]) -> int:
    """Of a run's LOOP frames to the end of the rest after it: not the last one's, as whether the board collected its
    heap before it looked, or the log's text still lay there, was a matter of moments."""
    return min(loop["heap_free"] for loop in loops)


def measure_raw(rig: Rig, column: Column) -> list[Row]:
    """Needs a freshly powered rig."""
    sweep = _sweep(rig, empty_lane(_LANE_M), "raw")
    frames = [frame for frame in sweep.run.operator.heard.frames if frame.name == "RAW"]
    if len(frames) < _LEAST_S * RAW_HZ:
        raise HilError(f"{len(frames)} RAW frames came in a minute")
    lost = sum(lost_between(before, after) for before, after in pairwise(frame.fields for frame in frames))
    return [
        Row("CPU load of a sweep with raw telemetry", sweep.mean_load(), "%", column.at_most("LOAD_PERCENT")),
        Row("longest tick of the same run", sweep.longest_ms(), "ms", column.at_most("TICK_MS")),
        Row("heap bytes a loop turn, raw telemetry and pings included", sweep.heap_b, "B", ""),
        Row("RAW frames lost to a host that reads", float(lost), "", "<= 0", note=f"of {len(frames)}"),
    ]


def measure_finds(rig: Rig, column: Column) -> list[Row]:
    """Needs a freshly powered rig."""
    sweep = _sweep(rig, lane_of_finds(_LANE_M), marks=True)
    kinds = [event.kind for event in sweep.run.operator.heard.events]
    if not {"detect", "contact"} <= set(kinds):
        raise HilError(f"the lane of finds had none: {sorted(set(kinds))}")
    return [
        Row(
            "longest tick of a lane with alerts and contacts",
            sweep.longest_ms(),
            "ms",
            column.at_most("LANE_TICK_MS"),
            note=f"{kinds.count('detect')} alerts, {kinds.count('contact')} contacts",
        ),
        Row("loop start jitter of it, worst of every tick", sweep.jitter_ms(), "ms", column.at_most("JITTER_US", 1000)),
    ]


def measure(rig: Rig, column: Column) -> list[Row]:
    """Needs a freshly powered rig."""
    sweep = _sweep(rig, empty_lane(_LANE_M))
    moving = sweep.moving
    missed = float(moving[-1]["missed"] - moving[0]["missed"])
    return [
        Row(
            "CPU load of a sweep, telemetry on",
            sweep.mean_load(),
            "%",
            column.at_most("LOAD_PERCENT"),
            silicon="load_percent",
        ),
        Row(
            "its loop start jitter, worst of every tick",
            sweep.jitter_ms(),
            "ms",
            column.at_most("JITTER_US", 1000),
            silicon="late_max_us",
        ),
        Row(
            "its loop start jitter, of all but one tick in a thousand",
            _p999_us(sweep.run),
            "us",
            column.at_most("JITTER_P999_US"),
            silicon="late_p999_us",
        ),
        Row("its longest tick", sweep.longest_ms(), "ms", column.at_most("LANE_TICK_MS"), silicon="tick_max_us"),
        Row("its heap bytes a loop turn, telemetry and pings included", sweep.heap_b, "B", ""),
        Row("frames missed in it", missed, "", column.at_most("FRAMES_MISSED")),
        Row("free heap after 60 s", float(sweep.least_free_b), "B", column.at_least("HEAP_FREE_B")),
    ]


def _p999_us(run: LaneRun) -> float:
    """As the board counts it: of all ticks in motion, which on a freshly powered rig are the run's."""
    figures = dict(word.split("=") for word in run.operator.must("loop").split())
    return float(figures["late_p999_us"])


def _heap(run: LaneRun) -> int:
    loops = [frame.fields for frame in run.operator.heard.frames if frame.name == "LOOP"]
    return int(loops[-1]["heap_free"])
