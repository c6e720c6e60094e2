"""What a flood of forged lines leaves on the heap: what counts as missed."""

from __future__ import annotations

import pytest

from hil.prove.benchmarks import flood
from hil.prove.benchmarks.column import Column
from sapper.shared.limits import FLOOD_HEAP_MIN

pytestmark = pytest.mark.unit

FREE_B = 100_000
LOOPS = [{"tick_max_us": 8000, "load_pm": 500}]


def row(used_b: int, collected: bool = False) -> tuple[float, bool | None]:
    found = flood.rows(LOOPS, FREE_B, used_b, collected, Column())[-1]
    return found.value, found.ok


def test_the_minutes_are_those_in_which_the_flood_would_have_filled_the_heap() -> None:
    assert row(FREE_B // 60) == (pytest.approx(10, rel=0.01), False)
    assert row(432)[1], "what a sweep and its stop leave by themselves"
    assert row(432 + 5 * 10 * 16)[1] is False, "one object a line that is answered"
    assert row(5 * 10 * 600)[1] is False, "as a text, an exception and their answer once left"


def test_a_flood_that_left_nothing_has_a_figure_and_one_with_a_collection_in_it_none() -> None:
    assert FLOOD_HEAP_MIN < row(0)[0] < 10_000
    assert row(0, collected=True) == (0, False)
