"""Recordings of a rover that stood, went back or turned are played: the board is driven as its tracks went."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from hil.play.replay import replay
from hil.traces.motion import Leg
from hil.traces.synthetic import synthetic_trace
from sapper_host.board.decoder import Frame, Item
from sapper_host.recordings.score import finds_of, score
from sapper_host.recordings.trace import Trace

pytestmark = pytest.mark.sil

V = 0.4
STEEL_M = 2.0
STAND = (Leg(V, until_m=1.7), Leg(0.0, seconds=3.0), Leg(V, until_m=3.2))
REVERSE = (
    Leg(V, until_m=2.3),
    Leg(0.0, seconds=1.2),
    Leg(-0.2, until_m=1.6),
    Leg(0.0, seconds=1.0),
    Leg(V, until_m=3.2),
)
U_TURN = (Leg(V, until_m=2.3), Leg(-0.2, until_m=1.6), Leg(V, until_m=3.2))


def lane(legs: Sequence[Leg], steel_m: float = STEEL_M) -> Trace:
    """A lane whose noise is plain: here replays are judged, not what is found in the noise around a stand."""
    return synthetic_trace("moved", 3.2, V, (steel_m,), seed=2, legs=legs)


def of(events: Sequence[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [event for event in events if event["kind"] == kind]


@pytest.mark.parametrize("legs", [STAND, REVERSE, U_TURN], ids=["stand", "reverse", "without a stand between"])
def test_steel_is_found_once_and_no_track_is_at_fault(legs: Sequence[Leg]) -> None:
    trace = lane(legs)
    events = replay(trace, "sil", "mark")["events"]
    assert trace.truth is not None
    scored = score(finds_of(events), trace.truth)
    assert of(events, "fault") == []
    assert len(scored.found) == 1 and not scored.false_alarms and not scored.again
    assert abs(scored.found[0].error_m) < 0.05


@pytest.mark.parametrize("legs", [STAND, REVERSE], ids=["stand", "reverse"])
def test_no_motor_drives_a_track_that_stands(legs: Sequence[Leg]) -> None:
    told: list[dict[str, int]] = []

    def listener(item: Item) -> None:
        if isinstance(item, Frame) and item.name == "STATUS":
            told.append(dict(item.fields))

    replay(lane(legs), "sil", "mark", (("telemetry_status_hz", 10),), listener=listener)
    moving = [row for row in told if row["speed_mm_s"] != 0]
    assert len(moving) > 30
    against = [row for row in moving if abs(row["speed_mm_s"]) > 100 and row["duty_left"] * row["speed_mm_s"] < 0]
    assert against == [], "duty and counts go the same way"
    # For 300 ms before and 100 ms after it is in one place, and not at the start.
    stood = [
        row
        for before, row, after in zip(told, told[3:], told[4:], strict=False)
        if before["s_mm"] == row["s_mm"] == after["s_mm"] != told[0]["s_mm"]
    ]
    assert len(stood) > 5
    assert [row for row in stood if row["duty_left"] or row["duty_right"]] == []


def test_ground_before_and_behind_a_stand_is_searched_without_a_gap() -> None:
    covered = of(replay(lane(STAND), "sil", "mark")["events"], "covered")
    assert [event["searched"] for event in covered] == [1, 0, 1, 0]
    assert 0 <= covered[2]["s_m"] - covered[1]["s_m"] <= 0.005


def test_the_result_tells_how_it_was_driven() -> None:
    def hows(legs: Sequence[Leg], on_detect: str = "mark") -> list[str]:
        return [row["how"] for row in replay(lane(legs), "sil", on_detect)["driven"]]

    assert hows([Leg(V, until_m=3.2)]) == ["sweep"]
    assert hows(STAND) == ["sweep", "stand", "sweep"]
    assert hows(REVERSE) == ["sweep", "stand", "drive"]
    assert hows(STAND, "stop") == ["sweep", "stand", "sweep", "stopped"]


def test_stop_mode_passes_over_a_stand_and_stops_over_the_find() -> None:
    result = replay(lane(STAND), "sil", "stop")
    assert result["ended"] == "stop"
    assert STEEL_M - 0.4 < result["outputs"]["duty_0_s_m"] < STEEL_M + 0.1
    assert of(result["events"], "state")[-1]["to"] == "CONTACT"


def test_stop_mode_lets_go_over_a_find_where_the_rover_is_driven_by_hand() -> None:
    legs = [Leg(V, until_m=1.2), Leg(-0.2, until_m=0.8), Leg(V, until_m=3.2)]
    result = replay(lane(legs), "sil", "stop")
    assert result["ended"] == "stop"
    assert STEEL_M - 0.4 < result["outputs"]["duty_0_s_m"] < STEEL_M + 0.1
    assert len(of(result["events"], "detect")) == 1


def test_a_recording_of_a_rover_that_only_stands_is_played() -> None:
    trace = synthetic_trace("moved", 1.2, V)
    still = replace(trace, left_ticks=0 * trace.left_ticks, right_ticks=0 * trace.right_ticks, truth=None)
    result = replay(still, "sil", "mark")
    assert result["ended"] == "end" and of(result["events"], "fault") == []
    assert [row["how"] for row in result["driven"]] == ["stand"]


def test_a_turn_on_the_spot_is_driven_by_hand() -> None:
    trace = lane([Leg(V, until_m=1.0), Leg(0.0, seconds=1.5), Leg(0.15, until_m=1.4), Leg(0.0, seconds=1.0)])
    stood_at = trace.left_ticks[(trace.t_s > 3.5) & (trace.t_s < 3.6)][0]
    trace.right_ticks = np.where(trace.left_ticks > stood_at, 2 * stood_at - trace.left_ticks, trace.left_ticks)
    result = replay(replace(trace, truth=None), "sil", "mark")
    assert of(result["events"], "fault") == []
    assert [row["how"] for row in result["driven"]] == ["sweep", "stand", "drive"]


def test_a_track_that_stands_beside_one_that_goes_is_still_a_fault() -> None:
    trace = lane([Leg(V, until_m=3.2)])
    cut = replace(trace, left_ticks=np.minimum(trace.left_ticks, 1000))
    faults = of(replay(cut, "sil", "mark")["events"], "fault")
    assert faults and faults[0]["fault"] in ("encoder_left", "encoder_right"), "the board sees that they differ"
    assert 2.5 <= faults[0]["t_s"] < 3.0


@pytest.mark.parametrize("legs", [STAND, REVERSE], ids=["stand", "reverse"])
def test_after_a_stuck_gate_it_goes_on_in_the_piece_that_it_is_in(legs: Sequence[Leg]) -> None:
    trace = synthetic_trace("moved", 6.0, V, (5.0,), legs=[*legs, Leg(V, until_m=6.0)])
    frozen = (trace.t_s > 2.0) & (trace.t_s < 3.2)
    trace.gates_mv[frozen, 1] = trace.gates_mv[np.flatnonzero(frozen)[0], 1]
    result = replay(trace, "sil", "mark")
    assert {event["fault"] for event in of(result["events"], "fault")} == {"stuck_gate1"}
    assert [row["how"] for row in result["driven"]][:2] == ["sweep", "stopped"]
    assert of(result["events"], "contact")[-1]["s_m"] == pytest.approx(5.0, abs=0.06)
