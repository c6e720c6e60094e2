"""Noise: what is supposed before any ground was seen, and what stays when the rover is armed anew."""

from detector_lane import STEEL, Lane, run

from sapper.detector.noise import Noise

LOUD = 2.5


def alarms_at_the_start(lanes):
    return sum(len(said.alerts) + len(said.contacts) for said in map(run, lanes))


def loud_starts():
    """The first 1.5 m of 30 lanes with nothing in them, on a day with much more noise."""
    return [Lane.drive([(2.1, 0.3)], seed, noise=LOUD) for seed in range(30)]


def test_noise_unlike_the_nominal_makes_no_alarms_at_a_first_start():
    assert alarms_at_the_start(loud_starts()) <= 2


def test_supposing_the_nominal_noise_would(monkeypatch):
    monkeypatch.setattr(Noise, "suppose", lambda self, bend, early: None)
    assert alarms_at_the_start(loud_starts()) >= 15


def test_what_was_learned_stays_over_arming():
    lane = Lane.drive([(12, 0.3)], 3, noise=LOUD)
    half = len(lane.s_m) // 2
    factors = []

    def hook(detector, i):
        if i == half:
            factors.append(detector.noise.factor_x100())
            detector.reset()
        elif i == half + 200:
            factors.append(detector.noise.factor_x100())

    run(lane, hook=hook)
    before, after = factors
    assert 200 <= before <= 330
    assert abs(after - before) <= 40


def test_a_weak_object_is_found_right_after_arming_as_later():
    """Armed anew 1.2 m before it, where the noise was learned already."""
    found = {1.2: 0, 4.0: 0}
    for away_m in found:
        for seed in range(12):
            lane = Lane.drive([(12, 0.3)], seed).put(8.0, [0.1 * v for v in STEEL])
            at = int((8.0 - away_m) / 0.003) + 30

            def hook(detector, i, at=at):
                if i == at:
                    detector.reset()

            found[away_m] += any(abs(c[0] - 8000) <= 100 for c in run(lane, hook=hook).contacts)
    assert found[4.0] >= 8
    assert found[1.2] >= found[4.0] - 2
