"""What a plan would take: sums that agree with the way, and batteries that are changed on the base line."""

from __future__ import annotations

import pytest
from shapely.geometry import box

from sapper_host.field.area import Area, check_area
from sapper_host.field.dry_run import MACHINE, dry_run, machine_of
from sapper_host.field.errors import FieldError
from sapper_host.field.plan import Plan, plan_of
from tests.host.field.fields import USUAL, rectangle, round_obstacle

pytestmark = pytest.mark.unit


@pytest.fixture(scope="module")
def plan() -> Plan:
    return plan_of(rectangle(obstacles=(round_obstacle(4, -3, 0.3),)), USUAL)


def test_lanes_add_up_to_the_whole_way(plan: Plan) -> None:
    run = dry_run(plan, machine_of({}))
    assert run.driven_m == pytest.approx(plan.driven_m)
    # Each lane once, and some once more to turn in.
    assert {lane.lane for lane in run.lanes} == set(range(1, len(plan.lanes.y_mm) + 1))
    assert sum(lane.turns for lane in run.lanes) == sum(leg.kind == "turn" for leg in plan.legs)
    assert run.batteries == 1 and not run.too_long


def test_a_lane_takes_the_time_of_its_way() -> None:
    single = plan_of(check_area(Area("strip", box(0, -0.6, 10, 0), 1.0)), USUAL)
    run = dry_run(single, machine_of({"sweep_mm_s": 200, "back_mm_s": 400, "pause_ms": 0}))
    assert [move.kind for move in single.moves] == ["lane", "back"]
    assert run.time_s == pytest.approx(single.moves[0].value / 200 + single.moves[1].value / 400)


def test_energy_is_what_runs_all_the_time_and_what_moves(plan: Plan) -> None:
    still = dry_run(plan, machine_of({"mass_g": 1000, "idle_mw": 36_000}))
    assert still.energy_wh == pytest.approx(36 * still.time_s / 3600, rel=0.05)
    light, heavy = (dry_run(plan, machine_of({"idle_mw": 0, "mass_g": mass})) for mass in (20_000, 40_000))
    assert heavy.energy_wh == pytest.approx(2 * light.energy_wh)


def test_a_battery_is_changed_before_a_lane_that_it_would_not_bring_back_from(plan: Plan) -> None:
    most = max(lane.energy_wh for lane in dry_run(plan, machine_of({})).lanes)
    usable = 1.3 * most
    run = dry_run(plan, machine_of({"battery_mwh": round(usable * 1000), "usable_pm": 1000}))
    assert run.batteries == 1 + sum(lane.new_battery for lane in run.lanes) > 1 and not run.too_long
    used = 0.0
    for lane in run.lanes:
        used = lane.energy_wh if lane.new_battery else used + lane.energy_wh
        assert used <= usable


def test_a_lane_that_takes_more_than_a_battery_is_told(plan: Plan) -> None:
    run = dry_run(plan, machine_of({"battery_mwh": 1000, "usable_pm": 500}))
    assert run.too_long


@pytest.mark.parametrize(
    ("given", "told"),
    [({"speed": 1}, "there is no figure 'speed'"), ({"usable_pm": 1001}, "usable_pm is 1001; give 100 to 1000")],
)
def test_figures_that_are_none_are_refused(given: dict[str, int], told: str) -> None:
    with pytest.raises(FieldError, match=told):
        machine_of(given)


def test_the_figures_lie_within_their_bounds() -> None:
    assert all(least <= usual <= most for _, usual, least, most, *_ in MACHINE)
