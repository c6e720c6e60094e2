"""The figures of a summary, from results made by hand."""

from typing import Any

import pytest

from hil.prove.campaign.lane import faults_of, lone_alerts, searched_m, told
from hil.prove.campaign.summary import summarise
from sapper_host.recordings.score import score

pytestmark = pytest.mark.unit

TRUTH: dict[str, Any] = {
    "lane_length_m": 20.0,
    "swath_m": 0.5,
    "speed_m_s": 0.33,
    "difficulty": "nominal",
    "targets": [
        {"s_m": 5.0, "name": "pipe", "distance_cm": 5.0},
        {"s_m": 10.0, "name": "plate", "distance_cm": 15.0},
    ],
    "hot_rocks": [{"s_m": 14.0}, {"s_m": 17.0}],
    "stuck": [{"gate": 1, "t0": 10.0, "t1": 20.0}],
}


def result(contacts: list[tuple[float, float]], events: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    scored = told(score([s_m for s_m, _ in contacts], TRUTH), TRUTH)
    scored["lone_alerts"] = lone_alerts(events or [])
    scored["faults"] = faults_of(events or [], TRUTH)
    scored["searched_m"] = searched_m(events or [], TRUTH)
    return {"score": scored, "truth": TRUTH, "low_contacts": contacts, "cpu_load": 0.25, "duration_s": 60.0}


CONDITIONS = {"rig": "sil", "settings": {}, "low_level_x100": 250, "firmware": "0"}


def test_shares_rates_and_errors_are_those_counted_by_hand() -> None:
    summary = summarise(
        {"one": result([(5.1, 20.0), (12.0, 4.0), (14.2, 5.0)]), "two": result([(5.0, 9.0), (9.7, 3.0)])},
        {},
        CONDITIONS,
    )
    figures = summary["groups"]["nominal"]
    assert figures["detection"]["hits"] == 3 and figures["detection"]["of"] == 4
    # Wilson's interval of 3 in 4, by his formula
    assert figures["detection"]["low"] == pytest.approx(0.3006, abs=1e-3)
    assert figures["detection"]["high"] == pytest.approx(0.9544, abs=1e-3)
    assert figures["false_alarms_per_m2"]["count"] == 2 and figures["false_alarms_per_m2"]["on_rocks"] == 1
    assert figures["false_alarms_per_m2"]["rate"] == pytest.approx(2 / 20)
    # Garwood's interval of 2: 0.2422 to 7.2247
    assert figures["false_alarms_per_m2"]["low"] == pytest.approx(0.2422 / 20, abs=1e-4)
    assert figures["false_alarms_per_m2"]["high"] == pytest.approx(7.2247 / 20, abs=1e-4)
    rocks = figures["hot_rocks_called"]
    assert (rocks["hits"], rocks["of"]) == (1, 4)
    assert figures["location_error_m"]["mean"] == pytest.approx((0.1 + 0.0 + 0.3) / 3, abs=1e-3)
    assert summary["by_target"]["plate"]["hits"] == 1 and summary["by_target"]["plate"]["of"] == 2
    assert set(summary["by_distance_cm"]) == {"0 to 7.5", "12.5 to 17.5"}
    assert summary["missed"] == [{"trace": "one", "s_m": 10.0, "name": "plate", "distance_cm": 15.0}]


def test_the_curve_counts_only_what_is_above_its_level() -> None:
    summary = summarise({"one": result([(5.1, 20.0), (9.9, 8.0), (12.0, 4.0)])}, {}, CONDITIONS)
    points = {point["level"]: point for point in summary["all"]["curve"]}
    assert points[4.0]["detection"] == 1.0 and points[4.0]["false_alarms"] == 1
    assert points[8.0]["detection"] == 1.0 and points[8.0]["false_alarms"] == 0
    assert points[20.0]["detection"] == 0.5


def test_faults_are_told_from_false_ones_by_gate_and_time() -> None:
    events = [
        {"t_s": 10.6, "s_m": 3.0, "kind": "fault", "fault": "stuck_gate1"},
        {"t_s": 15.0, "s_m": 3.0, "kind": "fault", "fault": "stuck_gate1"},
        {"t_s": 12.0, "s_m": 3.0, "kind": "fault", "fault": "stuck_gate0"},
        {"t_s": 30.0, "s_m": 3.0, "kind": "fault", "fault": "noise"},
    ]
    told_faults = faults_of(events, TRUTH)
    assert told_faults["stuck"] == [{"gate": 1, "t0": 10.0, "t1": 20.0, "raised_after_s": 0.6}]
    assert [fault["fault"] for fault in told_faults["false"]] == ["stuck_gate0", "noise"]
    summary = summarise({"one": result([], events)}, {}, CONDITIONS)
    assert summary["faults"]["raised"] == 1 and len(summary["faults"]["false"]) == 2


def test_searched_metres_are_the_boards_own_spans() -> None:
    events = [
        {"t_s": 1, "s_m": 0.5, "kind": "covered", "searched": 1},
        {"t_s": 2, "s_m": 4.5, "kind": "covered", "searched": 0},
        {"t_s": 3, "s_m": 8.0, "kind": "covered", "searched": 1},
    ]
    assert searched_m(events, TRUTH) == pytest.approx(4.0 + 12.0)


def test_an_alert_near_a_contact_is_not_alone() -> None:
    events = [
        {"t_s": 1, "s_m": 4.9, "kind": "alert"},
        {"t_s": 2, "s_m": 5.0, "peak_m": 5.0, "snr_x10": 90, "kind": "contact"},
        {"t_s": 3, "s_m": 8.0, "kind": "alert"},
    ]
    assert lone_alerts(events) == [8.0]


def test_an_alert_in_time_is_one_before_or_just_past_the_object() -> None:
    scored = told(score([5.0, 10.0], TRUTH), TRUTH, [4.9, 5.2, 10.11])
    assert [target["alert_m"] for target in scored["targets"]] == [-0.1, 0.11]
    made = result([])
    made["score"] |= scored
    assert summarise({"one": made}, {}, CONDITIONS)["all"]["alert_in_time"]["hits"] == 1


def test_no_result_at_all_still_gives_a_summary() -> None:
    summary = summarise({}, {"bad": "why"}, CONDITIONS)
    assert summary["traces"] == 0 and summary["skipped"] == {"bad": "why"}
    assert summary["all"]["detection"]["share"] is None
