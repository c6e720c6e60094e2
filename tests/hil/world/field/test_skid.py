"""Skidding tracks: a turn takes more than they tell, loose and sloping ground pull aside, obstacles stop the machine.

Known bad: a rover that turns as its tracks tell, and one that goes through a tree.
"""

import math
from typing import Any

import pytest
from field_worlds import EVEN, MS, played, with_parts

from hil.world.field.field_file import parse_field
from hil.world.field.field_spec import WORST
from hil.world.field.field_world import FieldWorld
from hil.world.rover import Drive

pytestmark = pytest.mark.unit

OPEN = {"start": {"x_m": 4.0, "y_m": -2.5}}


def ratio_in_a_turn(data: dict[str, Any]) -> float:
    """The tracks' difference over what the turn is worth at the true track width."""
    out = played(with_parts(data, **OPEN)).go(2.0, -0.4, 0.4)
    rover = out.world.skid
    return (rover.track_m[1] - rover.track_m[0]) / (rover.heading_rad * rover.spec.track_width_m)


def test_a_turn_takes_more_than_the_tracks_tell() -> None:
    assert ratio_in_a_turn(EVEN) == pytest.approx(1.5)
    worst = [
        ratio_in_a_turn({"field": {**EVEN["field"], "seed": seed}, "skid": {"preset": "worst"}}) for seed in range(12)
    ]
    assert all(1.15 < each < 2.2 for each in worst)
    assert min(worst) < 1.5 and max(worst) > 1.7
    usual = [ratio_in_a_turn({"field": {**EVEN["field"], "seed": seed}}) for seed in range(12)]
    assert max(usual) - min(usual) < max(worst) - min(worst)


def test_a_rover_that_turns_as_its_tracks_tell_is_told_from_it() -> None:
    straight = with_parts(EVEN, skid={"width_low": 1.0, "width_high": 1.0})
    assert ratio_in_a_turn(straight) == pytest.approx(1.0)


def test_it_turns_about_a_place_off_its_middle() -> None:
    def moved_m(pivot_m: float) -> float:
        out = played(with_parts(EVEN, **OPEN, skid={"pivot_m": pivot_m}, field={"seed": 5})).go(4.0, -0.4, 0.4)
        rover = out.world.skid
        assert abs(rover.pivot_m) <= pivot_m and abs(rover.heading_rad) > 1
        expected = 2 * abs(rover.pivot_m) * abs(math.sin(rover.heading_rad / 2))
        assert math.hypot(rover.x_m - 4, rover.y_m + 2.5) == pytest.approx(expected, abs=1e-3)
        return expected

    assert moved_m(0.0) == 0
    assert moved_m(0.04) > 0.005


def test_one_track_on_looser_ground_pulls_that_way() -> None:
    loose = with_parts(EVEN, loose={"share": 0.5, "patch_m": 1.0}, skid={"loose_slip": 0.15}, field={"seed": 3})
    out, turned, looser = played(loose), [], []
    while out.world.skid.x_m < 5:
        heading = out.world.skid.heading_rad
        out.go(0.2, 0.35)
        turned.append(out.world.skid.heading_rad - heading)
        left, right = out.world.skid._loose
        looser.append(left - right)
    one_sided = [(turn, side) for turn, side in zip(turned, looser, strict=True) if abs(side) > 0.5]
    assert len(one_sided) > 3
    assert all(turn * side > 0 for turn, side in one_sided), "the looser track falls back"
    firm = played(EVEN).go(8.0, 0.35)
    assert firm.world.skid.heading_rad == 0.0


def test_a_side_slope_lets_it_drift_downhill_and_a_climb_costs_speed() -> None:
    side = {"relief": {"slope_deg": 4.0, "uphill_deg": 90.0}, "skid": {"side_slip": 0.3}}
    aside = played(with_parts(EVEN, **side)).go(6.0, 0.35).world.skid
    way = aside.x_m + 0.6
    assert aside.y_m + 0.4 == pytest.approx(-0.3 * math.sin(math.radians(4)) * way, rel=0.02)
    assert aside.at(5_900 * MS).roll_rad == pytest.approx(math.radians(4), abs=1e-6)
    level = played(EVEN).go(3.0, 0.35).world.skid.speeds_m_s[0]
    up = played(with_parts(EVEN, relief={"slope_deg": 4.0})).go(3.0, 0.35).world.skid
    assert up.speeds_m_s[0] == pytest.approx(level - 0.5 * 9.81 * math.sin(math.radians(4)) * 0.09, abs=1e-3)
    assert up.at(2_900 * MS).pitch_rad == pytest.approx(math.radians(4), abs=1e-6)


TREE = {"obstacle": [{"name": "tree", "x_m": 1.5, "y_m": -0.4, "radius_m": 0.2}]}
STONE = {"obstacle": [{"corners_m": [[1.3, -0.9], [1.7, -0.9], [1.7, -0.3], [1.3, -0.3]]}]}


@pytest.mark.parametrize("what", [TREE, STONE], ids=["disc", "polygon"])
def test_the_machine_stops_against_what_stands_in_its_way_and_backs_off_again(what: dict[str, Any]) -> None:
    out = played(with_parts(EVEN, **what)).go(8.0, 0.35)
    rover = out.world.skid
    assert rover.coil_m[0] + 0.07 == pytest.approx(1.3, abs=0.004)
    assert [each.obstacle for each in out.world.knocks] == [0], "told once, however long it pushes on"
    stood = out.world.knocks[0].t_ns
    assert 3 < stood / 1e9 < 7
    ticks = [t for t, _ in out.edges["left_a"]]
    assert max(ticks) <= stood + 5 * MS, "tracks that are held do not turn"
    out.go(2.0, -0.35)
    assert rover.coil_m[0] < 1.0
    through = played(EVEN).go(8.0, 0.35)
    assert through.world.skid.coil_m[0] > 1.8 and not through.world.knocks


def test_the_heads_bar_is_stopped_aside_too_and_in_a_turn() -> None:
    beside = {"obstacle": [{"x_m": 4.0, "y_m": -1.9, "radius_m": 0.1}], **OPEN}
    out = played(with_parts(EVEN, **beside, front_end={"coils": 9})).go(6.0, -0.4, 0.4)
    assert len(out.world.knocks) >= 1
    assert 0 < out.world.skid.heading_rad < math.pi / 2


def test_what_stands_stays_and_costs_next_to_nothing() -> None:
    out = played(with_parts(EVEN, relief={"slope_deg": 4.5})).go(2.0, 0.0)
    rover = out.world.skid
    assert (rover.x_m, rover.y_m, rover.heading_rad) == (-0.6, -0.4, 0.0)
    assert out.edges.get("left_a") == []


def test_the_worst_is_what_is_not_said_and_what_is_said_goes_before() -> None:
    file = parse_field({"field": EVEN["field"], "skid": {"preset": "worst", "side_slip": 0.05}})
    assert file.skid.side_slip == 0.05
    assert all(getattr(file.skid, name) == value for name, value in WORST.items() if name != "side_slip")


def test_a_change_of_a_pin_is_felt_with_the_next_millisecond() -> None:
    world = FieldWorld(parse_field(EVEN))
    on = [(0, 1.0)]
    world.skid.step(0, 100 * MS, Drive([(50 * MS + 1, 1.0)], [(50 * MS + 1, 1.0)], on, on, on))
    assert world.skid.at(51 * MS).speed_m_s == 0
    assert world.skid.at(53 * MS).speed_m_s > 0
