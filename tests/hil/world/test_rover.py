"""The rover: speed follows duty, it stops when told, the contactor has its say, the encoders tell what the tracks
did.
"""

from typing import Any

import pytest

from hil.world.encoder import Edges, Encoder
from hil.world.rover import Drive, Rover
from hil.world.world_file import parse_world
from hil.world.world_spec import RoverSpec

pytestmark = pytest.mark.unit

SLICE_NS = 5_000_000
EVEN: dict[str, Any] = {"rover": {"slip": 0.0, "mismatch": 0.0}}


class Run:
    """A rover driven in slices; collects every edge."""

    def __init__(self, data: dict[str, Any] | None = None) -> None:
        self.rover = Rover(parse_world(data or EVEN))
        self.t_ns = 0
        self.edges: dict[str, list[tuple[int, int]]] = {k: [] for k in ("left_a", "left_b", "right_a", "right_b")}

    def go(self, seconds: float, left: float, right: float | None = None, enable: bool = True) -> "Run":
        right = left if right is None else right
        end = self.t_ns + round(seconds * 1e9)
        while self.t_ns < end:
            t = self.t_ns
            drive = Drive(
                [(t, abs(left))], [(t, abs(right))], [(t, left >= 0)], [(t, right >= 0)], [(t, float(enable))]
            )
            out = self.rover.step(t, t + SLICE_NS, drive)
            for name, e in out.edges.items():
                self.edges[name] += list(zip(e.times_ns, e.levels, strict=True))
            self.t_ns += SLICE_NS
        return self


def decode(a: list[tuple[int, int]], b: list[tuple[int, int]]) -> int:
    """Ticks as the board counts them: both edges of A, forward when B is low as A rises (or high as it falls)."""
    events = sorted([(t, "a", v) for t, v in a] + [(t, "b", v) for t, v in b])
    level_b = 0
    ticks = 0
    for _, phase, level in events:
        if phase == "b":
            level_b = level
        else:
            ticks += 1 if level != level_b else -1
    return ticks


@pytest.mark.parametrize("duty", [0.2, 0.33, 0.6, 0.95])
def test_steady_speed_is_drive_less_friction(duty: float) -> None:
    run = Run(EVEN | {"supply": {"sag_mv_per_a": 0.0}}).go(1.5, duty)
    assert run.rover.speeds_m_s[0] == pytest.approx(1.15 * duty - 0.06, abs=0.002)


def test_supply_sags_under_load_and_that_costs_speed() -> None:
    stiff = Run(EVEN | {"supply": {"sag_mv_per_a": 0.0}}).go(1.5, 0.9)
    soft = Run(EVEN | {"supply": {"sag_mv_per_a": 200.0}}).go(1.5, 0.9)
    assert soft.rover.motor_amps > 0.3
    assert soft.rover.speeds_m_s[0] < stiff.rover.speeds_m_s[0] - 0.005


def test_a_duty_below_friction_moves_nothing() -> None:
    run = Run().go(1.0, 0.05)
    assert run.rover.track_m == [0.0, 0.0] and not run.edges["left_a"]


def test_braking_from_sweep_speed_takes_centimetres_and_coasting_more() -> None:
    ways = {}
    for mode in ("brake", "coast"):
        run = Run({"rover": EVEN["rover"] | {"at_zero_duty": mode}}).go(1.5, 0.33)
        at = run.rover.track_m[0]
        run.go(1.5, 0.0)
        assert run.rover.speeds_m_s == (0.0, 0.0)
        ways[mode] = run.rover.track_m[0] - at
    assert 0.01 < ways["brake"] < 0.035
    assert 1.2 * ways["brake"] < ways["coast"] < 0.1


def test_contactor_drops_out_after_its_delay_and_pulls_in_after_its() -> None:
    data = {"rover": EVEN["rover"] | {"contactor_drop_ms": 15.0, "contactor_pull_ms": 20.0}}
    run = Run(data).go(0.015, 0.5)
    assert not run.rover.contactor_closed and run.rover.speeds_m_s[0] == 0.0
    run.go(0.5, 0.5)
    assert run.rover.contactor_closed
    run.go(0.010, 0.5, enable=False)
    assert run.rover.contactor_closed
    run.go(0.020, 0.5, enable=False)
    assert not run.rover.contactor_closed
    run.go(2.0, 0.5, enable=False)
    assert run.rover.speeds_m_s == (0.0, 0.0)


def test_duty_without_motor_en_moves_nothing() -> None:
    run = Run().go(1.0, 0.9, enable=False)
    assert run.rover.track_m == [0.0, 0.0]


@pytest.mark.parametrize("duty", [0.4, -0.4])
def test_edges_tell_the_distance_and_direction(duty: float) -> None:
    run = Run().go(2.0, duty).go(0.5, 0.0)
    for side, way in (("left", run.rover.track_m[0]), ("right", run.rover.track_m[1])):
        ticks = decode(run.edges[f"{side}_a"], run.edges[f"{side}_b"])
        assert abs(ticks - way * 1000) <= 1.01
    assert run.rover.encoder_left.ticks == decode(run.edges["left_a"], run.edges["left_b"])


def test_there_and_back_comes_to_the_same_count() -> None:
    run = Run().go(1.0, 0.4).go(0.4, 0.0).go(1.7, -0.3).go(0.5, 0.0)
    assert abs(decode(run.edges["left_a"], run.edges["left_b"]) - run.rover.track_m[0] * 1000) <= 1.01


def test_forward_means_b_low_as_a_rises() -> None:
    run = Run().go(0.5, 0.4)
    events = sorted([(t, "a", v) for t, v in run.edges["left_a"]] + [(t, "b", v) for t, v in run.edges["left_b"]])
    b = 0
    rises = []
    for _, phase, level in events:
        if phase == "b":
            b = level
        elif level == 1:
            rises.append(b)
    assert len(rises) > 30 and not any(rises)


def test_edges_alternate_rise_in_time_and_are_evenly_spaced_at_steady_speed() -> None:
    run = Run().go(2.0, 0.4)
    for edges in run.edges.values():
        times = [t for t, _ in edges]
        assert times == sorted(times)
        assert all(x[1] != y[1] for x, y in zip(edges, edges[1:], strict=False))
    late = [t for t, _ in run.edges["left_a"] if t > 1_500_000_000]
    gaps = [y - x for x, y in zip(late, late[1:], strict=False)]
    assert max(gaps) / min(gaps) < 1.02


def test_a_track_wired_the_other_way_round_runs_and_counts_backwards() -> None:
    run = Run({"rover": EVEN["rover"] | {"left_reversed": 1}}).go(1.0, 0.4)
    assert run.rover.track_m[0] < -0.3 < 0.3 < run.rover.track_m[1]
    assert decode(run.edges["left_a"], run.edges["left_b"]) > 300


def test_unequal_tracks_turn_the_rover_and_move_the_coil_sideways() -> None:
    run = Run().go(1.0, 0.3, 0.4)
    assert run.rover.heading_rad > 0.1 and run.rover.coil_m[1] > 0.05


def test_turning_on_the_spot_keeps_the_middle_where_it_is() -> None:
    run = Run()
    x = run.rover.x_m
    run.go(1.0, -0.3, 0.3)
    assert abs(run.rover.x_m - x) < 0.005 and abs(run.rover.y_m) < 0.005
    assert run.rover.heading_rad > 0.5


def test_slip_makes_the_ground_pass_slower_than_the_tracks() -> None:
    run = Run({"rover": {"slip": 0.05, "mismatch": 0.0}}).go(5.0, 0.4)
    ground = run.rover.x_m + run.rover.spec.coil_ahead_m
    track = sum(run.rover.track_m) / 2
    assert 0.02 < 1 - ground / track < 0.08


def test_changes_inside_a_slice_act_when_they_happen() -> None:
    """Duty to 0 in the middle of a long slice: the way is that of both halves."""
    whole = Run().go(1.5, 0.4)
    split = Run().go(1.5, 0.4)
    t = whole.t_ns
    whole.rover.step(t, t + 100_000_000, Drive([(t, 0.4), (t + 50_000_000, 0.0)], [(t, 0.4), (t + 50_000_000, 0.0)]))
    split.go(0.05, 0.4).go(0.05, 0.0)
    assert whole.rover.track_m[0] == pytest.approx(split.rover.track_m[0], abs=1e-6)


def test_same_seed_same_path_other_seed_another() -> None:
    def end(seed: int) -> tuple[float, float]:
        return Run({"world": {"seed": seed}, "rover": {"slip": 0.03}}).go(3.0, 0.4).rover.coil_m

    assert end(1) == end(1) != end(2)


@pytest.mark.parametrize("way_m", [0.0, 1e-30, -5e-324])
def test_a_way_too_short_to_tell_is_none(way_m: float) -> None:
    encoder, edges = Encoder(RoverSpec(), False), Edges()
    encoder.move(0, 10_000_000, way_m, edges, edges)
    assert edges.times_ns == [] and encoder.ticks == 0


def test_pushed_by_hand_the_encoders_count_though_no_motor_runs() -> None:
    run = Run()
    run.rover.hand = (0.2, -0.1)
    run.go(1.0, 0.0, enable=False)
    assert decode(run.edges["left_a"], run.edges["left_b"]) == pytest.approx(200, abs=1)
    assert decode(run.edges["right_a"], run.edges["right_b"]) == pytest.approx(-100, abs=1)
    run.rover.hand = None
    run.go(0.5, 0.0, enable=False)
    assert run.rover.encoder_left.ticks == pytest.approx(200, abs=1)
