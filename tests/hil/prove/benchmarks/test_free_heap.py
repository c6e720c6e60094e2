"""The heap that a mission has: of the factory's application and of a slot's, and that the log takes none of it."""

from __future__ import annotations

from contextlib import closing

import pytest

from hil.play.lane_run import LaneRun
from hil.prove.benchmarks import sweep
from hil.prove.benchmarks.column import COLUMNS, SLOT, Column
from hil.prove.benchmarks.lanes import empty_lane
from hil.rigs.rig import NS_PER_S
from hil.rigs.virtual import VirtualPico
from hil.world.world import World
from sapper.shared import limits
from sapper_host.files.checkout import ROOT
from toolchain import hot_set

HOT_SET_GROWS_B = 2048  # of RAM, until it is chosen anew
_MOTION_B = 2048  # what a minute of motion may leave


@pytest.mark.unit
def test_the_row_is_the_least_that_was_free_whatever_was_looked_at_last() -> None:
    assert sweep.least_free_b([{"heap_free": free} for free in (106_912, 105_728, 98_624, 106_912)]) == 98_624


@pytest.mark.virtual
def test_a_start_leaves_more_than_the_limit_free_at_70_clocks_a_miss() -> None:
    with closing(Column(70).open("virtual")) as rig:
        assert _standing_b(LaneRun(rig, World(empty_lane(1)))) > limits.HEAP_FREE_B + HOT_SET_GROWS_B + _MOTION_B


@pytest.mark.virtual
@pytest.mark.slow
def test_the_log_of_a_mission_leaves_the_heap_as_it_was_whenever_the_board_looks_at_it() -> None:
    """It looks, and collects, every 5 s in turn: two missions, so that one's log falls between the two."""
    with closing(Column(70).open("virtual")) as rig:
        run = LaneRun(rig, World(empty_lane(1)))
        before_b = _standing_b(run)
        for _ in range(2):
            run.operator.arm()
            run.operator.must("disarm")
            run.operator.run(int(10.5 * NS_PER_S))
        assert [event.kind for event in run.operator.heard.events].count("log") == 2
        assert min(_free_b(run)[6:]) > before_b - _MOTION_B


_WHERE = b"""
from machine import mem32
from sapper.drive.drive import Drive
print("code", [mem32[id(function) + 12] for function in (Drive.sense, Drive.resting)])
"""


@pytest.mark.virtual
def test_an_applications_native_code_from_a_slot_runs_where_it_lies_but_for_the_hot_sets() -> None:
    """And what it had taken of the heap is free."""
    with closing(SLOT.open("virtual")) as rig:
        assert isinstance(rig, VirtualPico)
        free_b = _standing_b(LaneRun(rig, World(empty_lane(1))))
        assert free_b > limits.HEAP_FREE_SLOT_B + HOT_SET_GROWS_B + _MOTION_B
        rig.usb.write(b"repl\n")
        rig.run(300_000_000)
        rig.usb.write(b"\x05" + _WHERE + b"\x04")
        rig.run(400_000_000)
        said = b"".join(data for _, data in rig.usb.read()).rpartition(b"code [")[2]
    hot, cold = (int(word) for word in said.partition(b"]")[0].split(b","))
    sections = [entry.section for entry in hot_set.read((ROOT / "firmware" / hot_set.LIST).read_text())]
    assert ".text.fun_data_sapper_drive_drive_Drive_sense" in sections, "else another one shows it"
    assert ".text.fun_data_sapper_drive_drive_Drive_resting" not in sections, "else another one shows it"
    assert 0x2000_0000 <= hot < 0x2001_0000, "where the hot set is"
    assert 0x1010_0000 <= cold < 0x1020_0000, "in the slot"


def _standing_b(run: LaneRun) -> int:
    """Free some seconds after the start."""
    run.operator.boot()
    run.operator.must("telemetry on")
    run.operator.run(6 * NS_PER_S)
    return _free_b(run)[-1]


def _free_b(run: LaneRun) -> list[int]:
    return [int(frame.fields["heap_free"]) for frame in run.operator.heard.frames if frame.name == "LOOP"]


@pytest.mark.virtual
@pytest.mark.slow
@pytest.mark.parametrize(
    "column",
    [*(pytest.param(column, marks=pytest.mark.whole) for column in COLUMNS), SLOT],
    ids=lambda column: column.name,
)
def test_after_a_minute_of_sweeping_as_much_is_free_as_the_limit_says(column: Column) -> None:
    with closing(column.open("virtual")) as rig:
        [row] = [row for row in sweep.measure(rig, column) if row.name == "free heap after 60 s"]
    assert row.ok
    assert row.value >= (limits.HEAP_FREE_SLOT_B if column.slot else limits.HEAP_FREE_B) + HOT_SET_GROWS_B
