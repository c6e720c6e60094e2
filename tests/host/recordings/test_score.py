"""Finds and targets are matched as the field counts them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sapper_host.recordings.score import FOUND_WITHIN_M, finds_of, score

pytestmark = pytest.mark.unit


def truth(*targets: float, rocks: tuple[float, ...] = ()) -> dict[str, Any]:
    return {
        "lane_length_m": 20.0,
        "swath_m": 0.5,
        "targets": [{"s_m": s_m} for s_m in targets],
        "hot_rocks": [{"s_m": s_m} for s_m in rocks],
    }


def test_each_find_is_a_hit_again_a_rock_or_a_false_alarm() -> None:
    result = score([2.1, 2.4, 5.2, 9.0], truth(2.0, 7.0, rocks=(5.0,)))
    assert [(m.target, m.s_m, round(m.error_m, 3)) for m in result.found] == [(0, 2.1, 0.1)]
    assert result.again == (2.4,) and result.missed == (1,)
    assert result.on_rocks == (5.2,) and result.on_nothing == (9.0,)
    assert result.false_alarms == (5.2, 9.0) and result.rocks_called == (0,)
    assert result.detection == 0.5 and result.false_alarms_per_m2 == pytest.approx(0.2)
    assert result.error_m == pytest.approx(0.1)


def test_a_find_belongs_to_the_nearest_target() -> None:
    result = score([3.3], truth(3.0, 3.4))
    assert [m.target for m in result.found] == [1] and result.missed == (0,)


def test_a_find_at_the_end_of_a_long_body_is_of_it_and_one_of_a_small_one_is_not() -> None:
    long = truth(5.0, 9.0)
    long["targets"][0]["extent_m"] = 1.5
    result = score([5.7, 6.3, 9.7], long)
    assert [m.target for m in result.found] == [0] and result.again == () and result.on_nothing == (6.3, 9.7)


def test_half_a_metre_counts_and_a_millimetre_more_does_not() -> None:
    assert len(score([2.5], truth(2.0)).found) == 1
    assert len(score([2.501], truth(2.0)).found) == 0


def test_a_hot_rock_is_called_once_and_each_find_on_it_is_a_false_alarm() -> None:
    result = score([4.8, 5.2, 11.0], truth(rocks=(8.0, 5.0, 11.2)))
    assert result.on_rocks == (4.8, 5.2, 11.0) and result.rocks_called == (1, 2) and result.rocks == 3
    assert result.false_alarms_per_m2 == pytest.approx(0.3)


def test_a_find_between_target_and_hot_rock_is_the_targets() -> None:
    result = score([5.4], truth(5.0, rocks=(5.5,)))
    assert len(result.found) == 1 and result.false_alarms == ()


def test_targets_beyond_the_end_of_the_run_are_not_missed() -> None:
    result = score([2.0], truth(2.0, 15.0), searched_m=10.0)
    assert result.missed == () and result.area_m2 == pytest.approx(5.0)


def test_a_stop_over_a_find_counts_without_its_contact_and_not_twice_with_it() -> None:
    alert = {"t_s": 1, "s_m": 2.05, "kind": "detect", "strength": 900}
    contact = {"t_s": 2, "s_m": 2.6, "kind": "contact", "peak_mm": 2010}
    assert finds_of([alert]) == [2.05]
    assert finds_of([alert, contact]) == [2.01]
    assert finds_of([{"t_s": 0, "s_m": 0, "kind": "state"}]) == []


_PLACES = st.lists(st.floats(0, 20), max_size=12)


@given(_PLACES, _PLACES, _PLACES)
def test_every_find_and_every_target_is_counted_once(
    finds: list[float], targets: list[float], rocks: list[float]
) -> None:
    result = score(finds, truth(*targets, rocks=tuple(rocks)))
    counted = len(result.found) + len(result.again) + len(result.false_alarms)
    assert counted == len(finds) and result.targets == len(targets)
    assert all(abs(match.error_m) <= FOUND_WITHIN_M for match in result.found)
