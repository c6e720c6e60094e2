"""A burst of interference is no object, and no object is a burst."""

import numpy as np
import pytest
from detector_lane import COPPER, NOISE_MV, STEEL, Lane, run

from sapper.detector.roughness import Roughness

TIMES = 6.0


def with_bursts(seed, put=()):
    """20 m at 0.2 m/s, a burst of a second every 10 s."""
    lane = Lane.drive([(20, 0.2)], seed)
    random = np.random.default_rng(seed + 1000)
    seconds = lane.t_ms / 1000
    loud = (seconds % 10 > 5) & (seconds % 10 < 6)
    extra = random.standard_normal((loud.sum(), 3)) * NOISE_MV * np.sqrt(TIMES**2 - 1)
    lane.gates[loud] += extra
    for s_m in put:
        lane.put(s_m, [0.3 * v for v in STEEL])
    return lane


def alarms():
    """Contacts and alerts in 60 bursts and 0.14 m around them."""
    count = 0
    for seed in range(6):
        lane = with_bursts(seed)
        said = run(lane)
        for s_mm in [contact[0] for contact in said.contacts] + said.alerts:
            count += 4.3 < lane.t_ms[np.searchsorted(lane.s_m, s_mm / 1000)] / 1000 % 10 < 6.7
    return count


def test_bursts_raise_hardly_an_alarm():
    assert alarms() <= 8


def test_they_would_if_nobody_looked_how_rough_it_is(monkeypatch):
    monkeypatch.setattr(Roughness, "close", lambda self, last, done: None)
    assert alarms() >= 40


def test_objects_between_bursts_are_found():
    put = (3.5, 7.5, 11.5, 15.5)
    said = run(with_bursts(1, put))
    for s_m in put:
        assert any(abs(c[0] / 1000 - s_m) < 0.1 for c in said.contacts), s_m


@pytest.mark.parametrize("times", [1, 4])
@pytest.mark.parametrize("speed", [0.2, 0.6])
def test_over_an_object_it_is_as_rough_as_beside_it(speed, times):
    lane = Lane.drive([(5, speed)]).put(3.0, [times * v for v in COPPER])
    over, beside = [], []

    def hook(detector, i):
        away_m = abs(lane.s_m[i] - 3.0)
        if detector.ground.bins and lane.s_m[i] > 0 and away_m < 2.4:
            ratio = detector.roughness.rings[(detector.ground.open - 1) % 64] ** 2
            (over if away_m < 0.2 else beside).append(ratio)

    run(lane, hook=hook)
    assert np.mean(over) < 1.4 * np.mean(beside)
