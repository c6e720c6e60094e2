"""Stop mode: an approach begins where a rover would, and only an alert over the target counts."""

from __future__ import annotations

import pytest

from hil.prove.detector_lab import approaches
from hil.prove.detector_lab.approaches import Stops, approach_all, armed_at_m, stops_of
from hil.prove.detector_lab.run import Result, run
from hil.prove.detector_lab.score import Find
from tests.hil.prove.detector_lab.white_lane import white_lane

pytestmark = pytest.mark.unit


def truth(*places_m: float) -> dict[str, object]:
    return {"targets": [{"s_m": place} for place in places_m]}


def test_an_approach_begins_at_most_its_run_up_before_and_behind_the_object_before() -> None:
    assert armed_at_m(truth(1.0, 5.0, 6.0)) == [0.0, 3.5, 5.7]


def test_alerts_over_targets_are_stops_and_others_are_elsewhere() -> None:
    def stops(*alerts_m: float) -> Stops:
        return stops_of(truth(2.0, 6.0), Result(alerts=[Find(place, 5.0) for place in alerts_m]))

    assert stops(2.1, 6.4) == Stops(2, 2, 0)
    assert stops(1.4, 6.6) == Stops(2, 0, 2)
    assert stops() == Stops(2, 0, 0)
    assert stops(2.0, 2.2) == Stops(2, 1, 0)  # twice over one object is one stop


def test_a_detector_that_stops_over_all_is_told_from_a_deaf_one(monkeypatch) -> None:
    lane = white_lane(5, (4.0, 9.0, 14.0), times=4.0)
    assert approach_all(lane) == Stops(3, 3, 0)
    deaf = {"det_alert_x100": 1_000_000}
    monkeypatch.setattr(approaches, "run", lambda lane, armed_at_m: run(lane, deaf, armed_at_m=armed_at_m))
    assert approach_all(lane) == Stops(3, 0, 0)


def test_arming_forgets_the_ground_and_keeps_the_rest_of_the_lane() -> None:
    lane = white_lane(6, (4.0, 9.0), times=4.0)
    whole = {round(contact.s_m) for contact in run(lane).contacts}
    armed = {round(contact.s_m) for contact in run(lane, armed_at_m=[4.05]).contacts}
    assert {4, 9} <= whole and 9 in armed and 4 not in armed
