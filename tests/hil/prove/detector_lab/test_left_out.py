"""Objects and days left out of the tuning: what was chosen without them, and is worst for them, is what they get."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from hil.prove.detector_lab.lanes import Lane
from hil.prove.detector_lab.left_out import DELIVERED, cross_days, day_report, days_of, left_out, report
from hil.prove.detector_lab.score import Find, Pair

pytestmark = pytest.mark.unit

OTHER = (120, 30)
assert OTHER != DELIVERED


def lane(name: str, difficulty: str = "nominal") -> Lane:
    truth = {
        "lane_length_m": 20.0,
        "swath_m": 0.5,
        "difficulty": difficulty,
        "targets": [{"s_m": 5.0, "name": "can"}, {"s_m": 9.0, "name": "pipe"}],
        "hot_rocks": [],
    }
    return Lane(name, np.zeros(0), np.zeros((0, 3)), np.zeros(0), truth)


def pairs(name: str, *finds: tuple[float, float]) -> list[Pair]:
    return [(lane(name), [Find(place, height) for place, height in finds])]


def test_an_object_gets_the_setting_that_the_others_chose_and_of_equals_its_worst() -> None:
    found = {DELIVERED: Counter(can=1, pipe=1), OTHER: Counter(can=1, pipe=0)}
    assert left_out(found, ["can", "pipe"]) == {"can": DELIVERED, "pipe": OTHER}


def test_the_table_of_objects_tells_what_is_lost() -> None:
    text = report("nominal", 0.05, {DELIVERED: pairs("a", (5, 9), (9, 9)), OTHER: pairs("a", (5, 9))})
    assert "| pipe | 0/1 | 1/1 | 120, 30 |" in text and "2/2 = 1.000" in text


# On its own day each setting finds all; on the other, the one that was chosen for it finds one and has a false alarm.
CROSSED = {
    DELIVERED: pairs("synth_x_1_0", (5, 9), (9, 9)) + pairs("dev2_nominal_1_0", (5, 9), (15, 8)),
    OTHER: pairs("synth_x_1_0", (5, 9)) + pairs("dev2_nominal_1_0", (5, 9), (9, 9)),
}


def test_a_day_is_scored_at_what_was_chosen_on_the_other() -> None:
    days = days_of([one for one, _ in CROSSED[DELIVERED]])
    assert days == {"first": ["synth_x_1_0"], "other": ["dev2_nominal_1_0"]}
    crossed = cross_days(CROSSED, days)
    assert crossed["other"].setting == DELIVERED and crossed["first"].setting == OTHER
    assert (crossed["other"].scored.found, crossed["first"].scored.found) == (1, 1)
    assert crossed["first"].delivered.found == 2


def test_a_level_that_was_fixed_on_a_quiet_day_lets_false_alarms_of_another_through() -> None:
    quiet = pairs("synth_x_1_0", (5, 9), (9, 4))
    noisy = pairs("dev2_nominal_1_0", (5, 9), (9, 6), (15, 5), (17, 5))
    crossed = cross_days({DELIVERED: quiet + noisy}, {"other": ["dev2_nominal_1_0"]})["other"]
    assert crossed.scored.false_alarms == 2 and crossed.level <= 4
    assert crossed.delivered.false_alarms == 0 and crossed.delivered.found == 2
    assert "0.200" in day_report({DELIVERED: quiet + noisy}, {"other": ["dev2_nominal_1_0"]})


def test_scenes_of_another_day_are_of_it_and_their_controls_are_not() -> None:
    days = days_of([lane("synth_other_day_78_000"), lane("synth_other_day-control_78_000")])
    assert days == {"first": ["synth_other_day-control_78_000"], "other": ["synth_other_day_78_000"]}
