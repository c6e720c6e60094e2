"""A lane in a field, on the board: what GNSS, gyro, pose and the map of the ground take of its time and heap."""

from __future__ import annotations

from hil.errors import HilError
from hil.play.field_stage import FieldStage
from hil.prove.benchmarks.column import Column
from hil.prove.benchmarks.row import Row
from hil.prove.benchmarks.sweep import least_free_b
from hil.rigs.rig import NS_PER_S, Rig

_TO_MM = 4000
_LEAST_S = 15
_REST_NS = 8 * NS_PER_S  # the board collects its heap, and then looks at it


def measure(rig: Rig, column: Column) -> list[Row]:
    """Needs a freshly powered rig."""
    stage = FieldStage(rig)
    stage.prepare()
    operator = stage.operator
    operator.run(NS_PER_S)
    first = len(operator.heard.frames)
    began_ns = rig.now_ns
    stage.lane(_TO_MM)
    operator.run(NS_PER_S // 2)
    while operator.state == "SWEEP":
        operator.run(NS_PER_S // 2)
    seconds = (rig.now_ns - began_ns) / NS_PER_S
    if operator.state != "ARMED" or seconds < _LEAST_S:
        raise HilError(f"the lane ended after {seconds:.1f} s in {operator.state}; {operator.heard.events[-5:]}")
    moving = [f.fields for f in operator.heard.frames[first:] if f.name == "LOOP"][1 : int(seconds)]
    first = len(operator.heard.frames)
    operator.must("disarm")
    operator.run(_REST_NS)
    after = [f.fields for f in operator.heard.frames[first:] if f.name == "LOOP"]
    return [
        Row(
            "CPU load of a lane in a field, telemetry on",
            sum(f["load_pm"] for f in moving) / len(moving) / 10,
            "%",
            column.at_most("FIELD_LOAD_PERCENT"),
        ),
        Row(
            "longest tick of a lane in a field",
            max(f["tick_max_us"] for f in moving) / 1000,
            "ms",
            column.at_most("FIELD_TICK_MS"),
        ),
        Row(
            "loop start jitter of it, in a field",
            max(f["jitter_max_us"] for f in moving) / 1000,
            "ms",
            column.at_most("JITTER_US", 1000),
        ),
        Row(
            "frames missed in a lane in a field",
            float(moving[-1]["missed"] - moving[0]["missed"]),
            "",
            column.at_most("FRAMES_MISSED"),
        ),
        Row("free heap in a field, standing", float(least_free_b(after)), "B", column.at_least("FIELD_HEAP_B")),
    ]
