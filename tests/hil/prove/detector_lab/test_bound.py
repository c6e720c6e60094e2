"""The bound: what its formulas say is what such a detector does, and nobody beats it where it knows the noise."""

from __future__ import annotations

import numpy as np
import pytest

from hil.intervals import wilson
from hil.prove.detector_lab.bound import AROUND_BINS, Known, Noise, known, of_object, wander_covariance
from hil.prove.detector_lab.found import ALERTS, BASELINES, CONTACTS, find, levels, tally
from hil.prove.detector_lab.kernels import BIN_M, FRAME_HZ, footprint
from hil.prove.detector_lab.lanes import own
from tests.hil.prove.detector_lab.white_lane import SPEED_M_S, STEEL_MV, WHITE, WHITE_MV, white_lane

pytestmark = pytest.mark.unit

RATE = 0.5  # false alarms a square metre: many enough to count


def filtered(random: np.random.Generator, tracks: int, bins: int, size: float) -> np.ndarray:
    """Output of the known-signature filter of one gate in white noise, (tracks, bins), with an object of `size` sigma
    in the middle of each track."""
    f = footprint(np.arange(-AROUND_BINS, AROUND_BINS + 1) * BIN_M)
    x = np.arange(len(f)) - AROUND_BINS
    nuisance = np.stack([np.ones_like(f), x], axis=1)
    h = f - nuisance @ np.linalg.lstsq(nuisance, f, rcond=None)[0]
    h /= np.sqrt(h @ h)
    noise = random.standard_normal((tracks, bins + len(f) - 1))
    noise[:, bins // 2 : bins // 2 + len(f)] += f * size / (h @ f)
    return np.lib.stride_tricks.sliding_window_view(noise, len(f), axis=1) @ h


def one_gate(times: float = 1.0) -> Known:
    """An object that only gate 2 sees."""
    return of_object((0.0, 0.0, times), 0.138, SPEED_M_S, WHITE)


def test_the_filter_rises_over_its_level_as_often_as_it_says() -> None:
    out = filtered(np.random.default_rng(1), 400, 1000, 0.0)
    level = one_gate().level(RATE)
    rises = np.count_nonzero((out[:, 1:] >= level) & (out[:, :-1] < level))
    expected = RATE * 0.5 * 400 * 1000 * BIN_M
    assert rises == pytest.approx(expected, rel=0.1)


def test_it_finds_as_often_as_it_says() -> None:
    level = one_gate().level(RATE)
    for size in (1.0, 2.5, 4.0):
        near = filtered(np.random.default_rng(2), 2000, 51, size)[:, 25 - 5 : 25 + 6]
        low, high = wilson(np.count_nonzero(near.max(axis=1) >= level), 2000, 0.999)
        assert low - 0.02 <= Known(size, one_gate().rises_per_m).chance(RATE) <= high + 0.02


def test_its_size_in_white_noise_is_that_of_the_bump_over_the_noise() -> None:
    frames_a_bin = BIN_M / SPEED_M_S * FRAME_HZ
    f = footprint(np.arange(-AROUND_BINS, AROUND_BINS + 1) * BIN_M)
    free = f - f.mean()
    by_hand = np.sqrt(free @ free * frames_a_bin) * np.linalg.norm(np.array(STEEL_MV) / WHITE_MV)
    assert of_object(STEEL_MV, 0.138, SPEED_M_S, WHITE).d == pytest.approx(by_hand, rel=1e-6)


def test_wander_and_speed_tell_on_it() -> None:
    for noise in (Noise(), Noise(WHITE_MV, (17.0, 1.7, 1.7), modelled=True)):
        slow, fast = (of_object(STEEL_MV, 0.138, speed, noise).d for speed in (0.2, 0.6))
        assert slow < fast  # the wander counts for less at speed
        assert slow < of_object(STEEL_MV, 0.138, 0.2, Noise(noise.white_mv, (0.0, 0.0, 0.0))).d
    assert wander_covariance(1, 0.3, 1.7, modelled=True)[0] == pytest.approx(1.7**2)


def test_it_takes_the_noise_that_the_truth_tells_and_each_object_of_it() -> None:
    lane = own(3, 1, "hard")
    assert Noise.of(lane) == Noise(WHITE_MV, (17.0, 1.7, 1.7), modelled=True)
    assert len(known(lane)) == len(lane.truth["targets"])
    louder = lane.truth | {"noise_mv": [2 * value for value in WHITE_MV]}
    assert all(a.d > b.d for a, b in zip(known(lane), known(lane, Noise.of(_with(lane, louder))), strict=True))


def _with(lane, truth):
    return type(lane)(lane.name, lane.t_s, lane.gates_mv, lane.s_m, truth)


PLACES = (3.0, 6.0, 9.0, 12.0, 15.0, 18.0)


@pytest.fixture(scope="module")
def faint():
    return [find(white_lane(seed, PLACES, times=0.22)) for seed in range(12)]


def test_nobody_beats_it_on_white_noise(faint) -> None:
    counts = tally("white", faint, levels(faint))
    assert 0.5 < counts.found["bound"] / counts.targets < 1.0
    assert all(counts.found[who] <= counts.found["bound"] for who in (CONTACTS, ALERTS, *BASELINES))
    assert counts.found[CONTACTS] > 0


def test_a_bound_that_takes_the_noise_for_three_times_what_it_is_is_beaten(faint) -> None:
    wrong = Noise(tuple(3 * value for value in WHITE_MV), (0.0, 0.0, 0.0))
    rate = levels(faint).rate
    chances = [one.chance(rate) for each in faint for one in known(each.lane, wrong)]
    assert max(tally("white", faint, levels(faint)).found[who] for who in (CONTACTS, *BASELINES)) > sum(chances)
