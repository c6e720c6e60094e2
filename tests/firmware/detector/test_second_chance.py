"""What the early estimate does not see, the full one stops for."""

import pytest
from detector_lane import COPPER, STEEL, Lane, run

from sapper.detector.second_chance import SecondChance

WEAK = 0.085


def places(lane):
    """(where the coil was, what the alert was about, late) of each alert, mm."""
    out = []
    seen = [0]

    def hook(detector, i):
        if detector.alert_mm != seen[0]:
            seen[0] = detector.alert_mm
            out.append((int(lane.s_m[i - 1] * 1000), detector.alert_mm, detector.alert_level != detector.level))

    run(lane, hook=hook)
    return out


def weak_lanes():
    """Steel that the early estimate misses now and then, at 0.6 m/s."""
    return [Lane.drive([(6, 0.6)], seed).put(4.0, [WEAK * v for v in STEEL]) for seed in range(24)]


def stopped_for(lanes):
    """Of lanes with an object at 4 m: how many raise an alert that is about it."""
    return sum(any(abs(at - 4000) <= 100 for _, at, _ in places(lane)) for lane in lanes)


def found(lanes):
    return sum(any(abs(c[0] - 4000) <= 100 for c in run(lane).contacts) for lane in lanes)


def test_what_becomes_a_contact_raises_an_alert_too():
    lanes = weak_lanes()
    assert found(lanes) >= 14
    assert stopped_for(lanes) >= found(lanes) - 1


def test_without_the_late_alert_weak_objects_would_be_left_behind(monkeypatch):
    monkeypatch.setattr(SecondChance, "put", lambda self, *arguments: 0)
    lanes = weak_lanes()
    assert stopped_for(lanes) <= found(lanes) - 4


def test_a_late_alert_comes_within_a_quarter_of_a_metre_and_tells_the_place():
    said = [each for lane in weak_lanes() for each in places(lane)]
    late = [each for each in said if each[2] and abs(each[1] - 4000) < 300]
    assert len(late) >= 4
    for coil_mm, at_mm, _ in late:
        assert abs(at_mm - 4000) <= 100
        assert 180 <= coil_mm - at_mm <= 270


@pytest.mark.parametrize("speed", [0.2, 0.6])
def test_the_shoulder_before_a_strong_object_is_no_object(speed):
    lane = Lane.drive([(7, speed)]).put(4.0, COPPER)
    said = places(lane)
    assert len(said) == 1
    coil_mm, at_mm, late = said[0]
    assert not late
    assert abs(at_mm - 4000) <= 160
