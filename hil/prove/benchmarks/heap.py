"""How long a rover may move before its heap is full and a tick waits for its collection: a minute of driving, as busy
as operators make it."""

from __future__ import annotations

from collections.abc import Mapping

from hil.errors import HilError
from hil.play.lane_run import LaneRun
from hil.play.operator import Operator
from hil.prove.benchmarks.column import Column
from hil.prove.benchmarks.lanes import empty_lane
from hil.prove.benchmarks.row import Row
from hil.rigs.rig import NS_PER_MS, NS_PER_S, TICK_NS, Rig
from hil.world.world import World

LOOK_S = 6  # standing, the board looks at its heap every 5 s
_DRIVE_EVERY_NS = 100 * NS_PER_MS  # as `sapper console` does with a key down
_STATUS_EVERY = 10  # of those: as a monitor does that cannot sign
_BLOCK_B = 16  # the least that can be allocated: a run that leaves nothing is counted as if it had left one


def drive(run: LaneRun, rig: Rig, seconds: float) -> None:
    """As from a joystick: each line another speed and turn. Pings go beside them, and telemetry comes."""
    end_ns = rig.now_ns + int(seconds * NS_PER_S)
    said = 0
    while rig.now_ns < end_ns:
        rig.usb.write(b"drive %d %d\n" % (200 + said * 7 % 50, said * 3 % 41 - 20))
        if said % _STATUS_EVERY == 0:
            rig.usb.write(b"status\n")
        said += 1
        run.operator.run(_DRIVE_EVERY_NS)


def ready(rig: Rig) -> LaneRun:
    """A freshly powered rover, armed, its heap looked at."""
    run = LaneRun(rig, World(empty_lane(1)))
    run.prepare()
    run.operator.run(LOOK_S * NS_PER_S)
    return run


def measure(rig: Rig, column: Column, seconds: float = 60) -> list[Row]:
    """Needs a freshly powered rig."""
    run = ready(rig)
    heard = run.operator.heard
    before_b = loops(run.operator)[-1]["heap_free"]
    first_event = len(heard.events)
    first_line = len(heard.lines)
    start_mm = _place_mm(run)
    drive(run, rig, seconds)
    run.operator.run(LOOK_S * NS_PER_S)
    used_b = before_b - loops(run.operator)[-1]["heap_free"]
    events = heard.events[first_event:]
    states = [str(event.args["to"]) for event in events if event.kind == "state"]
    refused = [line for line in heard.lines[first_line:] if line.startswith("err ")]
    if states != ["TELEOP", "ARMED"] or refused or _place_mm(run) - start_mm < 100 * seconds:
        raise HilError(f"the rover did not drive as it was told: {states}, {refused[:3]}, {_place_mm(run)} mm")
    return rows(before_b, used_b, seconds, any(event.kind == "heap_full" for event in events), column)


def rows(before_b: int, used_b: int, seconds: float, collected: bool, column: Column) -> list[Row]:
    """The figures of a run that began with so many bytes free, and left so many behind."""
    return [
        Row(
            "heap bytes a loop turn, telemetry, pings, drive and status answers",
            used_b * TICK_NS / NS_PER_S / seconds,
            "B",
            "",
        ),
        Row(
            "motion with telemetry, pings and answers before a heap collection",
            0 if collected else minutes(before_b, used_b, seconds),
            "min",
            column.at_least("HEAP_MOTION_MIN"),
            note=f"{before_b} B free when it began, {used_b} B less {seconds:g} s later",
        ),
    ]


def minutes(before_b: int, used_b: int, seconds: float) -> float:
    """How long so many bytes of heap last, of which these seconds used so many."""
    return before_b / (max(used_b, _BLOCK_B) / seconds) / 60


def loops(operator: Operator) -> list[Mapping[str, int]]:
    """What the LOOP frames told that this operator has heard."""
    return [frame.fields for frame in operator.heard.frames if frame.name == "LOOP"]


def _place_mm(run: LaneRun) -> int:
    return int([frame.fields["s_mm"] for frame in run.operator.heard.frames if frame.name == "STATUS"][-1])
