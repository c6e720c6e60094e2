"""Known bad poses fail on the same drives: what they forget is what these tests are there to find."""

from dataclasses import replace

import pytest
from pose_faults import mutant, through, uncovered_m
from pose_sim import WORST, Values
from test_drives import share

pytestmark = pytest.mark.unit


def fails(*, fault="none", model=WORST, made_by=None, seeds=(1,), **how):
    """The share of ticks within two sigma of the place, and the farthest beyond three (m)."""
    tolds = []
    for seed in seeds:
        told, _, _ = through(fault, seed, model, *([made_by] if made_by else []), **how)
        tolds.append(told)
    return share(tolds, 2), max(uncovered_m(told) for told in tolds)


def test_the_good_one_passes():
    near, beyond = fails(length=6.0, every_ms=100)
    assert near >= 0.95 and beyond < 0.02


def test_a_lever_arm_forgotten():
    settings = Values(antenna_ahead_mm=0, antenna_left_mm=0, antenna_up_mm=0)
    # The place that was told and the receiver cannot both be right.
    assert through("none", 1, WORST, settings=settings, length=6.0, every_ms=100)[2].dropped_at
    assert not through("none", 1, WORST, length=6.0, every_ms=100)[2].dropped_at
    changes = [("reckoning", "words[_UP] = 4 *", "words[_UP] = 0 *")]
    steep = replace(WORST, slope=0.25)
    bad = [through("none", seed, steep, mutant(*changes), length=6.0, every_ms=100)[2] for seed in (1, 2)]
    good = [through("none", seed, steep, length=6.0, every_ms=100)[2] for seed in (1, 2)]
    assert any(watch.dropped_at for watch in bad)
    assert not any(watch.dropped_at for watch in good)


@pytest.mark.parametrize(
    "name, changes",
    [
        ("latency", [("pose", "at = reckoned.look_back(age_ms)", "at = reckoned.look_back(0)")]),
        (
            "average",
            [("taking", "g[_A] += ((f[SIGMA] - g[_A]) * gain + 255) >> 8", "g[_A] = g[_A] * (256 - gain) >> 8")],
        ),
    ],
)
def test_latency_forgotten_and_errors_that_hang_together_averaged(name, changes):
    near, _ = fails(made_by=mutant(*changes), length=6.0, every_ms=100)
    assert near < 0.9, name


def test_no_gate():
    changes = [("aiding", "if astray or off > most:", "if False:")]
    assert fails(fault="lie", made_by=mutant(*changes), length=6.0, every_ms=100)[1] > 0.3
    assert fails(fault="ramp", made_by=mutant(*changes), length=6.0, every_ms=100)[1] > 0.3


def test_no_look_at_how_it_went():
    changes = [("records", "            wrong += 1", "            wrong += 0")]
    assert fails(fault="ramp", made_by=mutant(*changes), length=14.0, every_ms=100, seeds=(3, 4))[1] > 0.3


def test_a_gyro_believed_whatever_it_says():
    changes = [("pose", "        if found != AGREES:", "        if False:")]
    assert fails(fault="wild gyro", made_by=mutant(*changes), length=6.0, count=2, every_ms=1000)[1] > 0.3


def test_heading_left_out_of_how_sure_the_place_is():
    changes = [("spread", "sway = int(hypot(g[HEADING], _CRAB))", "sway = int(hypot(0, 0))")]
    assert fails(fault="far", gyro=False, made_by=mutant(*changes))[1] > 0.3
    assert fails(fault="far", gyro=False)[1] <= 0
