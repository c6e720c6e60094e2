"""Recordings played into the application on the sil rig."""

from dataclasses import replace

import numpy as np
import pytest

from hil.play.replay import replay
from hil.traces.synthetic import synthetic_trace
from sapper_host.recordings.score import finds_of, score

pytestmark = pytest.mark.sil


def test_buried_steel_is_found_and_nothing_else() -> None:
    trace = synthetic_trace("two", 9.0, 0.4, (3.1, 6.2))
    result = replay(trace, "sil", "mark")
    assert trace.truth is not None
    scored = score(finds_of(result["events"]), trace.truth)
    assert len(scored.found) == 2 and not scored.false_alarms
    assert all(abs(match.error_m) < 0.05 for match in scored.found)
    assert not [event for event in result["events"] if event["kind"] == "fault"]


def test_stop_mode_stands_over_the_find() -> None:
    trace = synthetic_trace("one", 6.0, 0.3, (3.0,))
    result = replay(trace, "sil", "stop")
    assert result["ended"] == "stop"
    assert 2.5 < result["outputs"]["duty_0_s_m"] < 3.1
    assert [event["to"] for event in result["events"] if event["kind"] == "state"][-1] == "CONTACT"


def test_a_replay_is_the_same_every_time() -> None:
    trace = synthetic_trace("again", 5.0, 0.4, (3.0,))
    first, second = (replay(trace, "sil", "mark")["events"] for _ in range(2))
    assert first == second


def test_after_a_stuck_gate_the_replay_goes_on_in_the_traces_own_places() -> None:
    trace = synthetic_trace("stuck", 16.0, 0.4, (3.0, 13.0))
    frozen = (trace.t_s > 12.0) & (trace.t_s < 18.0)
    trace.gates_mv[frozen, 1] = trace.gates_mv[np.flatnonzero(frozen)[0], 1]
    events = replay(trace, "sil", "mark")["events"]
    faults = [event for event in events if event["kind"] == "fault"]
    assert faults and faults[0]["fault"] == "stuck_gate1"
    assert 0 < faults[0]["t_s"] - 12.0 <= 1.0
    assert [event["to"] for event in events if event["kind"] == "state"].count("SWEEP") >= 2
    contacts = [event["s_m"] for event in events if event["kind"] == "contact"]
    assert [round(s_m) for s_m in contacts] == [3, 13]
    assert contacts[1] == pytest.approx(13.0, abs=0.05)


def test_a_trace_of_another_encoder_has_its_places_right() -> None:
    trace = synthetic_trace("fine", 5.0, 0.4, (3.0,))
    trace = replace(
        trace,
        left_ticks=np.floor(trace.left_ticks * 1.7),
        right_ticks=np.floor(trace.right_ticks * 1.7),
        provenance=("ticks_per_m: 1700",),
    )
    contacts = [event["s_m"] for event in replay(trace, "sil", "mark")["events"] if event["kind"] == "contact"]
    assert contacts == [pytest.approx(3.0, abs=0.05)]


@pytest.mark.parametrize("ticks", [7000, -7000])
def test_encoders_and_times_that_begin_elsewhere_score_the_same(ticks: int) -> None:
    trace = synthetic_trace("elsewhere", 5.0, 0.4, (3.0,))
    moved = replace(
        trace, left_ticks=trace.left_ticks + ticks, right_ticks=trace.right_ticks + ticks, t_s=trace.t_s + 100
    )
    here, there = (replay(each, "sil", "mark")["events"] for each in (trace, moved))
    assert [event["kind"] for event in here] == [event["kind"] for event in there]
    for event, other in zip(here, there, strict=True):
        assert other["s_m"] == pytest.approx(event["s_m"], abs=0.004)
        assert other["t_s"] == pytest.approx(event["t_s"] + 100, abs=0.002), "times are the trace's own"
    assert trace.truth is not None
    assert score(finds_of(there), trace.truth).found
