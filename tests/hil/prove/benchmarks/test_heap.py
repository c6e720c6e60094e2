"""How long a rover may move before its heap is full: what counts as missed, and that the board tells when it is."""

from __future__ import annotations

from contextlib import closing

import pytest

from hil.prove.benchmarks import heap
from hil.prove.benchmarks.column import Column
from hil.rigs.firmware import default_uf2
from hil.rigs.rig import NS_PER_S
from hil.rigs.virtual import VirtualPico
from sapper.shared.limits import HEAP_MOTION_MIN

FREE_B = 100_000


def minutes(used_b: int, collected: bool = False) -> float:
    row = heap.rows(FREE_B, used_b, 60, collected, Column())[1]
    assert row.ok == (row.value >= HEAP_MOTION_MIN)
    return row.value


@pytest.mark.unit
def test_the_minutes_are_those_in_which_the_run_would_have_filled_the_heap() -> None:
    assert minutes(FREE_B // 10) == pytest.approx(10)
    assert minutes(FREE_B // HEAP_MOTION_MIN) == pytest.approx(HEAP_MOTION_MIN, rel=0.001)
    assert minutes(100 * 60 * 8) < HEAP_MOTION_MIN, "8 bytes a turn, as ping and telemetry once left"
    assert minutes(100 * 60 * 16) < HEAP_MOTION_MIN, "one object in each tick"


@pytest.mark.unit
@pytest.mark.parametrize("used_b", [0, -160])
def test_a_run_that_left_nothing_has_a_figure_and_one_with_a_collection_in_it_none(used_b: int) -> None:
    assert HEAP_MOTION_MIN < minutes(used_b) < 10_000
    assert minutes(used_b, collected=True) == 0


@pytest.mark.virtual
@pytest.mark.slow
def test_a_heap_that_fills_while_the_rover_moves_is_told_with_what_it_cost() -> None:
    """Filled by what is answered on the heap, as often as it takes."""
    with closing(VirtualPico(default_uf2())) as rig:
        run = heap.ready(rig)
        heard = run.operator.heard
        answers = 0
        while not (told := [event for event in heard.events if event.kind == "heap_full"]):
            rig.usb.write(b"get\n")
            heap.drive(run, rig, 0.5)
            answers += 1
            assert answers < 60, "the heap did not fill, or nobody was told"
        assert answers > 2
        assert 5_000 < int(told[0].args["took_us"]) < 50_000
        run.operator.run(NS_PER_S)
        assert sum(event.kind == "heap_full" for event in heard.events) == 1
        assert max(frame.fields["tick_max_us"] for frame in heard.frames if frame.name == "LOOP") > 10_000
