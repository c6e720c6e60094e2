"""The bench's detection rows: counted as everywhere, and a detector that falls short misses its limit."""

from typing import Any

import numpy as np
import pytest

from hil.prove.benchmarks import detection
from hil.prove.detector_lab.lanes import Lane, own
from hil.prove.detector_lab.run import Result
from hil.prove.detector_lab.score import Find
from sapper.shared.events import FAULTS

pytestmark = pytest.mark.unit

STUCK_GATE1 = FAULTS.index("stuck_gate1")


def lane(*targets_m: float, rocks_m: tuple[float, ...] = (), stuck: tuple[dict[str, Any], ...] = ()) -> Lane:
    truth = {
        "lane_length_m": 20.0,
        "swath_m": 0.5,
        "speed_m_s": 0.3,
        "difficulty": "nominal",
        "targets": [{"s_m": s_m} for s_m in targets_m],
        "hot_rocks": [{"s_m": s_m} for s_m in rocks_m],
        "stuck": list(stuck),
    }
    return Lane("made", np.zeros(0), np.zeros((0, 3)), np.zeros(0), truth)


def finds(*places_m: float) -> list[Find]:
    return [Find(s_m, 9.0) for s_m in places_m]


def test_every_rate_has_its_promise_at_a_setting() -> None:
    assert set(detection.PROMISES) == {(d, rate) for d, rates in detection.POINTS.items() for rate in rates}


def test_a_detector_that_finds_all_keeps_its_promise_and_a_blind_one_does_not() -> None:
    sharp = list(detection._promise("x", "nominal", 0.05, [(lane(2.0, 5.0), finds(2.1, 5.0))]))
    assert [row.ok for row in sharp] == [True, True]
    assert sharp[0].value == 1.0 and sharp[0].interval is not None and sharp[0].interval[0] < 0.5
    blind = list(detection._promise("x", "nominal", 0.05, [(lane(2.0, 5.0), [])]))
    assert [row.ok for row in blind] == [False, True]


def test_a_find_on_a_hot_rock_breaks_the_rate_of_false_alarms() -> None:
    rows = list(detection._promise("x", "nominal", 0.05, [(lane(2.0, rocks_m=(5.0,)), finds(2.1, 5.1))]))
    assert [row.ok for row in rows] == [True, False]
    assert rows[1].value == pytest.approx(0.1)


def test_an_alert_too_late_to_stop_over_its_object_is_not_in_time() -> None:
    for past_m, ok in ((0.09, True), (0.094, False)):  # 25 ms at 0.3 m/s are 7.5 mm
        said = Result(contacts=finds(2.0), alerts=finds(2.0 + past_m))
        *_, in_time = detection._delivered("x", [(lane(2.0, rocks_m=(9.0,)), said)])
        assert in_time.ok is ok


def test_late_and_groundless_faults_miss_their_limits() -> None:
    frozen = lane(stuck=({"gate": 1, "t0": 10.0, "t1": 20.0},))
    for t_s, raised, groundless in ((10.4, True, True), (11.5, False, True), (5.0, False, False)):
        rows = list(detection._faults("x", [(frozen, Result(faults=[(t_s, STUCK_GATE1)]))]))
        assert [row.ok for row in rows] == [raised, groundless]


def test_the_own_lanes_are_those_that_the_command_makes() -> None:
    made = own(3, 1, "hard")
    assert made.name == "synth_hard_3_001" and made.truth["difficulty"] == "hard"
    assert made.gates_mv.shape == (len(made.t_s), 3) and np.isfinite(made.frames()).all()
    assert made.s_m[-1] == pytest.approx(20.0, abs=0.1)
