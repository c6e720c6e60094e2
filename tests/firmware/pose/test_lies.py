"""GNSS that lies, sticks or jumps, and gyros that do: caught before they had much effect, or told."""

import math

import pytest
from pose_faults import through, uncovered_m
from pose_sim import NOMINAL, WORST

pytestmark = pytest.mark.unit
MODELS = (NOMINAL, WORST)


def effect_m(told, at, until=None):
    """How much farther off the place was than before, at the worst, in the fault or after."""
    first = int(at.begins * 100)
    before = max(row[0] for row in told.rows[max(0, first - 500) : first])
    return max(row[0] for row in told.rows[first : int(until * 100) if until else None]) - before


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("every_ms", [100, 1000])
def test_fixes_half_a_metre_off_are_refused(model, every_ms):
    told, at, _ = through("flicker", 1, model, every_ms=every_ms)
    assert effect_m(told, at) < 0.05
    told, at, watch = through("lie", 2, model, every_ms=every_ms)
    assert at.begins < watch.dropped_at < at.begins + 4
    assert effect_m(told, at, watch.dropped_at + 10) < 0.3
    assert uncovered_m(told) <= 0


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("seed", [3, 4])
def test_a_ramp_is_caught_before_it_has_moved_the_place_by_0_3_m(model, seed):
    told, at, watch = through("ramp", seed, model, every_ms=100, length=10.0)
    assert at.begins < watch.dropped_at < at.begins + 8
    assert effect_m(told, at, watch.dropped_at + 10) < 0.2
    assert uncovered_m(told) < 0.15
    # It stays dropped while it goes on.
    assert not any(row[4] for row in told.rows[int(watch.dropped_at * 100) + 10 : int(at.begins * 100) + 3000])


@pytest.mark.parametrize("model", MODELS)
def test_a_rover_that_stands_does_not_move(model):
    told, at, watch = _standing(model)
    assert watch.dropped_at < at + 3.5
    assert max(row[0] for row in told.rows[: int(watch.dropped_at * 100)]) < 0.15
    assert told.rows[-1][0] < 0.06


def _standing(model):
    from pose_faults import Watch
    from pose_sim import Values, drive, gnss, run

    from sapper.pose.pose import Pose

    made = drive(9, model, [("stand", 2.0, 0), ("drive", 2.0, 0.3), ("stand", 40.0, 0)])
    gnss(made, 9, model, bad=lambda t, e, n: (e + 0.05 * max(0, t - 20), n))
    watch = Watch()
    return run(Pose(Values()), made, watch=watch), 20, watch


@pytest.mark.parametrize("model", MODELS)
def test_a_step_by_multipath_is_not_followed(model):
    for seed in (6,):
        told, at, watch = through("multipath", seed, model, every_ms=100, length=14.0)
        assert watch.dropped_at < at.begins + 2.5
        assert effect_m(told, at, watch.dropped_at + 9) < 0.15
        assert uncovered_m(told) <= 0


@pytest.mark.parametrize("model", MODELS)
def test_frozen_fixes_do_not_hold_the_rover(model):
    told, at, _ = through("frozen", 8, model, every_ms=100, length=14.0)
    assert effect_m(told, at) < 0.2
    assert uncovered_m(told) < 0.06


def test_a_receiver_that_agrees_again_is_used_again():
    told, at, _ = through("lie", 12, NOMINAL, every_ms=100, count=2, length=10.0)
    back = int(at.ends * 100) + 1700
    assert any(row[5] for row in told.rows) and back < len(told.rows)
    assert all(row[4] and not row[5] for row in told.rows[back:])
    assert told.rows[-1][0] < 0.05


@pytest.mark.parametrize("fault", ["stuck gyro", "wild gyro"])
def test_a_gyro_that_disagrees_with_the_tracks_is_dropped(fault):
    seen = []

    told, at, _ = through(fault, 14, NOMINAL, every_ms=100, count=2, length=6.0)
    assert uncovered_m(told) < 0.25
    from pose_sim import Values, run

    from sapper.pose.pose import Pose

    run(Pose(Values()), at.made, at.gyro, watch=lambda tick, pose: seen.append(pose.gyro_dropped))
    assert not any(seen[: int(at.begins * 100)])
    assert seen[-1]
    assert abs(told.rows[-1][2]) < 3 * told.rows[-1][3] < math.pi
