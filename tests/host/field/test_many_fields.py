"""A plan's promise on fields of all shapes, held against a walk that knows nothing of how plans are made: no track
stands on ground that was not searched before, nothing enters a stand-off, and what a coil can reach is searched."""

from __future__ import annotations

from dataclasses import replace

import pytest
from shapely.geometry import Point

from sapper_host.field.area import Area
from sapper_host.field.check import walk
from sapper_host.field.errors import FieldError
from sapper_host.field.plan import Plan, plan_of
from tests.host.field.fields import USUAL, odd_field, usual_field

pytestmark = pytest.mark.unit
SEEDS = range(20)


def planned(area: Area) -> Plan | None:
    try:
        return plan_of(area, USUAL)
    except FieldError:
        return None


@pytest.fixture(scope="module")
def usual() -> list[Plan]:
    return [plan_of(usual_field(seed), USUAL) for seed in SEEDS]


@pytest.fixture(scope="module")
def odd() -> list[Plan]:
    return [plan for seed in SEEDS if (plan := planned(odd_field(seed)))]


def walked(plan: Plan) -> bool:
    return walk(plan.area, plan.geometry, plan.start, plan.moves, cell_mm=25, step_mm=30).clear


def test_no_track_of_any_usual_field_is_on_ground_not_searched(usual: list[Plan]) -> None:
    assert [plan.area.name for plan in usual if not walked(plan)] == []


def test_no_track_of_any_odd_field_is_on_ground_not_searched(odd: list[Plan]) -> None:
    assert len(odd) > 0.7 * len(SEEDS)
    assert [plan.area.name for plan in odd if not walked(plan)] == []


def test_what_a_coil_can_reach_of_usual_fields_is_searched(usual: list[Plan]) -> None:
    reachable = sum(plan.coverage.reachable_m2 for plan in usual)
    assert sum(plan.coverage.share * plan.coverage.reachable_m2 for plan in usual) / reachable >= 0.99
    assert min(plan.coverage.share for plan in usual) >= 0.95


def ratio(plans: list[Plan]) -> float:
    least = sum(plan.coverage.reachable_m2 for plan in plans) / USUAL.swath_mm * 1000
    return sum(plan.driven_m for plan in plans) / least


def test_fields_are_driven_without_detours(usual: list[Plan]) -> None:
    """Four obstacles in 80 m2, each a way from the side with its lead-ins and turns: the worst case."""
    assert ratio(usual) <= 4.3
    assert ratio([plan_of(replace(plan.area, obstacles=()), USUAL) for plan in usual]) <= 3.0


def test_gaps_and_searched_ground_make_up_the_area(usual: list[Plan], odd: list[Plan]) -> None:
    for plan in (*usual, *odd):
        cover = plan.coverage
        gaps = sum(gap.area_m2 for gap in cover.gaps)
        assert cover.searched_m2 + gaps == pytest.approx(cover.area_m2, abs=0.02), plan.area.name
        reachable = sum(gap.area_m2 for gap in cover.gaps if gap.reachable)
        assert reachable == pytest.approx((1 - cover.share) * cover.reachable_m2, abs=0.02), plan.area.name


def test_every_gap_has_a_cause_and_a_place_in_it(odd: list[Plan]) -> None:
    for plan in odd:
        for gap in plan.coverage.gaps:
            told = gap.as_dict()
            assert told["cause"] and gap.shape.distance(Point(told["x_m"], told["y_m"])) < 0.01
        left = plan.area.polygon.difference(plan.coverage.searched)
        assert all(left.buffer(1e-6).contains(gap.shape) for gap in plan.coverage.gaps)


def test_each_move_begins_where_the_last_one_ended_and_the_last_on_the_base_line(odd: list[Plan]) -> None:
    for plan in odd:
        here = plan.start
        for leg in plan.legs:
            assert leg.start == here
            here = leg.end
        assert here.x_mm == plan.start.x_mm and here.heading == 0
