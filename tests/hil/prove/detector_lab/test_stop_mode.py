"""Stop mode against mark mode, on one lane: what is counted as left behind is, and with the second look nothing is."""

import pytest

from hil.prove.detector_lab.stop_mode import lane, own_world

pytestmark = [pytest.mark.slow, pytest.mark.sil]
# A hard lane: some of its objects are contacts, and no alert is raised below 20 sigma.
LANE = ("hard", 5)
DEAF = {"det_alert_x100": 2000}


def test_a_lane_is_the_same_ground_every_time() -> None:
    first, second = (own_world(*LANE, 300).file for _ in range(2))
    assert first == second and first.targets


def test_with_the_second_look_nothing_stays_behind_that_a_contact_names_and_without_it_something_does() -> None:
    marked = lane(*LANE, "mark", DEAF)
    assert marked["found"] > 0
    looked = lane(*LANE, "stop", DEAF)
    assert looked["left"] == 0 and looked["found"] + looked["past"] >= marked["found"]
    assert lane(*LANE, "stop", {**DEAF, "sweep_look": 0})["left"] > 0
