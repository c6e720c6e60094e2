"""A lane that was driven and recorded with every frame is replayed, and the board finds there what it found live."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from hil.play.lane_run import LaneRun
from hil.play.replay import replay
from hil.rigs.registry import open_rig
from hil.world.world import load_world
from sapper_host.board.decoder import Frame, Item
from sapper_host.recordings.recorder import Recorder
from sapper_host.recordings.session_trace import Made, trace_from
from sapper_host.recordings.trace import read_trace, write_trace

pytestmark = pytest.mark.sil

# One that barely crosses its level may cross it a footprint's part later.
_ALERT_M = 0.08


@dataclass
class Driven:
    """What the board told on its way, and the session."""

    contacts: list[dict[str, Any]]
    alerts: list[dict[str, Any]]
    session: Path


def drive(folder: Path, telemetry: str, marks: bool, lossy: Callable[[Item], bool] = lambda item: False) -> Driven:
    """The demo's lane on the sil rig. marks: sweep on over finds, else stop at each. lossy: what the line loses."""
    path = folder / "session.mcap"
    rig = open_rig("sil")
    began_ns = time.time_ns()
    try:
        run = LaneRun(rig, load_world("demo"))
        with Recorder(path, lambda: began_ns + rig.now_ns) as recorder:
            run.operator.listener = lambda item: None if lossy(item) else recorder.take(item)
            run.operator.boot()
            run.operator.must(f"set sweep_marks {int(marks)}")
            run.prepare(telemetry)
            result = run.drive()
            recorder.truth(result.truth)
    finally:
        rig.close()
    assert result.ended == "lane"
    kinds = {kind: [event for event in result.events if event["kind"] == kind] for kind in ("contact", "detect")}
    return Driven(kinds["contact"], kinds["detect"], path)


def replayed(made: Made, folder: Path, on_detect: str) -> list[dict[str, Any]]:
    """By way of the file, as a user has it."""
    write_trace(made.trace, folder / "lane.csv")
    return list(replay(read_trace(folder / "lane.csv"), "sil", on_detect)["events"])


def places(contacts: list[dict[str, Any]]) -> list[float]:
    return [event["peak_m"] if "peak_m" in event else event["peak_mm"] / 1000 for event in contacts]


@pytest.mark.parametrize("marks", [True, False], ids=["sweeping on", "stopping at each find"])
def test_a_lane_recorded_raw_has_the_same_contacts_when_it_is_replayed(tmp_path: Path, marks: bool) -> None:
    live = drive(tmp_path, "raw", marks)
    made = trace_from(live.session)
    assert made.trace.frame_hz == pytest.approx(100) and not made.trace.gaps()
    events = replayed(made, tmp_path, "mark")
    again = [event for event in events if event["kind"] == "contact"]
    assert len(live.contacts) == 6 and [event["class"] for event in again] == [e["class"] for e in live.contacts]
    assert places(again) == pytest.approx(places(live.contacts), abs=0.01)
    assert not [event for event in events if event["kind"] == "fault"]
    alerts = [event for event in events if event["kind"] == "alert"]
    assert [e["s_m"] for e in alerts] == pytest.approx([e["s_m"] for e in live.alerts], abs=_ALERT_M)


def test_the_first_stop_of_a_lane_recorded_raw_comes_again(tmp_path: Path) -> None:
    live = drive(tmp_path, "raw", False)
    events = replayed(trace_from(live.session, sweep=1), tmp_path, "stop")
    assert [e["s_m"] for e in events if e["kind"] == "detect"] == [pytest.approx(live.alerts[0]["s_m"], abs=_ALERT_M)]


def test_frames_that_the_line_lost_are_told_and_hold_no_samples(tmp_path: Path) -> None:
    raw = iter(range(10**9))

    def lossy(item: Item) -> bool:
        return isinstance(item, Frame) and item.name == "RAW" and next(raw) in (300, 301, 302, 400)

    live = drive(tmp_path, "raw", True, lossy)
    made = trace_from(live.session)
    assert any("2 holes" in note and "20 rows" in note and "4 RAW frames were lost" in note for note in made.notes)
    assert any("2 holes" in line for line in made.trace.provenance)
    gaps = {(gap.start_s, round(gap.end_s - gap.start_s, 2)) for gap in made.trace.gaps()}
    assert sorted(length for _, length in gaps) == [0.06, 0.16], "nothing is made up in them"
    again = [e for e in replayed(made, tmp_path, "mark") if e["kind"] == "contact"]
    assert places(again) == pytest.approx(places(live.contacts), abs=0.03)


def test_without_raw_a_trace_says_what_it_is_not(tmp_path: Path) -> None:
    live = drive(tmp_path, "on", True)
    made = trace_from(live.session)
    assert made.trace.frame_hz == pytest.approx(20)
    assert "20 Hz: one frame of the detector in 5" in made.notes[0] and "--raw" in made.notes[0]
    assert made.notes[0] in made.trace.provenance
