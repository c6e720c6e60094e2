"""Places are joined where they are of one frame, and kept apart where they are not, whatever firmware was recorded."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sapper.shared.limits import TIME_WRAP_MS
from sapper_host.recordings.parts import Part, parts_of
from sapper_host.recordings.searched import runs_of
from sapper_host.recordings.session import read_session
from sapper_host.recordings.starts import ANEW, ARMED_ANEW, parts_begin
from sapper_host.recordings.track import track_of
from tests.host.recorded_rover import RecordedRover

pytestmark = pytest.mark.unit


def two_armings(rover: RecordedRover) -> None:
    """A lane, disarmed, armed again, and a lane on from there."""
    for _ in range(2):
        rover.to("ARMED")
        rover.sweep(2000)
        rover.to("SAFE")
        rover.stand()


def recorded(path: Path) -> list[Part]:
    return parts_of(read_session(path))


def test_places_go_on_over_two_armings_of_one_start(tmp_path: Path) -> None:
    with RecordedRover(tmp_path / "s.mcap") as rover:
        two_armings(rover)
    [part] = recorded(rover.recorder.path)
    assert (part.number, part.boot, part.apart) == (1, 4711, "") and part.driven_m == pytest.approx(4)
    track = track_of(part)
    assert np.ptp(track.x_m) == pytest.approx(4) and (np.diff(track.x_m) >= 0).all()


@pytest.mark.parametrize("before_ms", [500, 5000, 12000])
def test_a_start_whose_time_wraps_is_one_part_in_the_order_of_what_happened(tmp_path: Path, before_ms: int) -> None:
    parts = []
    for begin in (1000, TIME_WRAP_MS - before_ms):
        rover = RecordedRover(tmp_path / f"{begin}.mcap")
        rover.t_ms = begin
        with rover:
            two_armings(rover)
        [part] = recorded(rover.recorder.path)
        parts.append(part)
    usual, wrapped = parts
    for name in ("status", "detect"):
        for field, values in getattr(usual, name).items():
            shift = TIME_WRAP_MS - before_ms - 1000 if field == "t_ms" else 0
            assert (getattr(wrapped, name)[field] == values + shift).all(), (name, field)
    assert [(event["kind"], event["number"]) for event in wrapped.events] == [
        (event["kind"], event["number"]) for event in usual.events
    ]
    assert wrapped.driven_m == usual.driven_m == pytest.approx(4)


def test_sweeps_of_an_older_firmware_are_apart_by_arming(tmp_path: Path) -> None:
    with RecordedRover(tmp_path / "s.mcap", boot=None) as rover:
        two_armings(rover)
    first, second = recorded(rover.recorder.path)
    assert (first.apart, second.apart) == ("", ARMED_ANEW) and (first.number, second.number) == (1, 2)
    for part in (first, second):
        assert part.driven_m == pytest.approx(2) and part.boot is None
        assert [event["kind"] for event in part.events if event["kind"] == "covered"] == ["covered"] * 2
        assert (np.diff(part.detect["s_mm"]) >= 0).all()


@pytest.mark.parametrize("driven_mm", [20, 2000])
def test_without_its_events_an_arming_shows_by_the_place_that_falls_to_0(tmp_path: Path, driven_mm: int) -> None:
    with RecordedRover(tmp_path / "s.mcap", boot=None) as rover:
        two_armings(rover)
        rover.drive(driven_mm - 2000)
    session = read_session(rover.recorder.path)
    session.events.clear()
    first, second = parts_of(session)
    assert first.status["s_mm"][-1] == 2000 and second.status["s_mm"][0] == 0


def test_a_place_that_leaps_further_than_a_rover_goes_is_of_another_frame(tmp_path: Path) -> None:
    """The arming itself was lost, with a second of everything; the rover is under way again when it is heard."""
    with RecordedRover(tmp_path / "s.mcap", boot=None) as rover:
        rover.drive(3000)
        rover.t_ms += 1000
        rover.s_mm = rover.x_mm = 60.0
        rover.drive(500)
    first, second = recorded(rover.recorder.path)
    assert first.status["s_mm"][-1] == 3000 and second.status["s_mm"][0] == 110 and second.apart == ARMED_ANEW


def test_a_first_arming_begins_no_part(tmp_path: Path) -> None:
    with RecordedRover(tmp_path / "s.mcap", boot=None) as rover:
        rover.to("ARMED")
        rover.sweep(1000)
    assert len(recorded(rover.recorder.path)) == 1


@pytest.mark.parametrize("boots", [(4711, 4712), (None, None), (None, 4711), (4711, None)])
def test_a_restart_begins_a_part_whatever_firmware_runs(tmp_path: Path, boots: tuple[int | None, int | None]) -> None:
    with RecordedRover(tmp_path / "s.mcap", boot=boots[0]) as rover:
        rover.drive(2000)
        rover.restart(boots[1])
        rover.drive(1500)
    first, second = recorded(rover.recorder.path)
    assert (first.boot, second.boot) == boots and second.apart == ANEW
    assert first.driven_m == pytest.approx(2) and second.driven_m == pytest.approx(1.5)
    assert [event["kind"] for event in second.events] == ["boot"]


def test_a_restart_whose_event_was_lost_shows_by_the_boot_number_alone(tmp_path: Path) -> None:
    """The clock is further on than where the recording left off: nothing but the number tells."""
    with RecordedRover(tmp_path / "s.mcap") as rover:
        rover.drive(1000)
        rover.t_ms, rover.boot, rover.s_mm, rover.x_mm = rover.t_ms + 60_000, 4712, 950.0, 950.0
        rover.drive(500)
    first, second = recorded(rover.recorder.path)
    assert (first.boot, second.boot) == (4711, 4712) and first.driven_m == pytest.approx(1)


def test_a_start_that_is_heard_again_goes_on_in_its_own_part(tmp_path: Path) -> None:
    with RecordedRover(tmp_path / "s.mcap") as rover:
        rover.drive(1000)
        rover.event("boot", cause="power_on", source="factory")
        rover.drive(500)
    assert [part.driven_m for part in recorded(rover.recorder.path) if len(part.status["t_ms"])] == [pytest.approx(1.5)]


class TestTrack:
    def test_the_coil_is_ahead_of_the_tracks_and_swings_with_them(self, tmp_path: Path) -> None:
        with RecordedRover(tmp_path / "s.mcap") as rover:
            rover.drive(1000)
            rover.turn(1571)
            rover.drive(500)
        track = track_of(recorded(rover.recorder.path)[0])
        ahead = float(track.x_m[0])
        assert ahead > 0.1
        assert (track.x_m[-1], track.y_m[-1]) == (pytest.approx(1, abs=0.01), pytest.approx(0.5 + ahead, abs=0.01))

    def test_the_same_place_along_the_track_is_where_it_was_last(self, tmp_path: Path) -> None:
        """It backs a metre, turns left and goes a metre: s is what it was, the ground is another."""
        with RecordedRover(tmp_path / "s.mcap") as rover:
            rover.drive(2000)
            before_ms = rover.t_ms
            rover.drive(-1000)
            rover.turn(1571)
            rover.drive(1000)
        track = track_of(recorded(rover.recorder.path)[0])
        ahead = float(track.x_m[0])
        x, y = track.passed(1.5, before_ms)
        assert (x, y) == (pytest.approx(1.5 + ahead), pytest.approx(0))
        x, y = track.passed(1.5, rover.t_ms)
        assert (x, y) == (pytest.approx(1, abs=0.01), pytest.approx(0.5 + ahead, abs=0.01))
        x, y = track.passed(2.2, rover.t_ms)
        assert (x, y) == (pytest.approx(1, abs=0.01), pytest.approx(1.2 + ahead, abs=0.01))

    def test_a_heading_that_wraps_is_no_turn(self, tmp_path: Path) -> None:
        with RecordedRover(tmp_path / "s.mcap") as rover:
            rover.turn(3100)
            rover.heading_mrad = 3120.0
            rover.stand()
            rover.heading_mrad = -3140.0
            rover.stand()
        assert np.abs(np.diff(track_of(recorded(rover.recorder.path)[0]).heading_rad)).max() < 0.2


class TestSearchedGround:
    def test_it_is_what_the_board_says_and_nothing_else(self, tmp_path: Path) -> None:
        with RecordedRover(tmp_path / "s.mcap") as rover:
            two_armings(rover)
        runs = runs_of(recorded(rover.recorder.path)[0])
        assert [(run.searched, run.from_mm, run.to_mm) for run in runs] == [
            (False, 0, 300),
            (True, 300, 2000),
            (False, 2000, 2300),
            (True, 2300, 4000),
            (False, 4000, 4000),
        ]

    def test_without_its_events_the_flags_say_it(self, tmp_path: Path) -> None:
        with RecordedRover(tmp_path / "s.mcap") as rover:
            two_armings(rover)
        session = read_session(rover.recorder.path)
        session.events.clear()
        runs = runs_of(parts_of(session)[0])
        # From the first STATUS that says so to the last: less than the 300 to 2000 that the events would tell.
        assert [(run.searched, run.from_mm, run.to_mm) for run in runs[:2]] == [(False, 0, 350), (True, 350, 2000)]

    def test_where_it_ended_untold_the_last_that_was_told_counts(self, tmp_path: Path) -> None:
        with RecordedRover(tmp_path / "s.mcap") as rover:
            rover.searched = 1
            rover.drive(500)
            rover.searched = 0
            rover.drive(500)
        runs = runs_of(recorded(rover.recorder.path)[0])
        assert [(run.searched, run.to_mm) for run in runs] == [(False, 50), (True, 500), (False, 1000)]

    def test_what_was_driven_while_nothing_was_heard_is_not(self, tmp_path: Path) -> None:
        with RecordedRover(tmp_path / "s.mcap") as rover:
            rover.to("ARMED")
            rover.to("SWEEP")
            rover.searched = 1
            rover.event("covered", from_mm=0, searched=1)
            rover.drive(1000)
            rover.t_ms += 6000
            rover.drive(1500, steps=False)
            rover.drive(500)
        runs = runs_of(recorded(rover.recorder.path)[0])
        assert [(run.searched, run.from_mm, run.to_mm) for run in runs if run.to_mm > run.from_mm] == [
            (True, 0, 1000),
            (False, 1000, 2500),
            (True, 2500, 3000),
        ]


def test_lines_of_a_log_say_where_places_begin_again() -> None:
    lines = [
        "7 100 boot s_mm=0 cause=power_on source=factory",
        "8 900 state s_mm=0 to=ARMED from=SAFE reason=operator",
        "9 5000 state s_mm=1200 to=SAFE from=ARMED reason=operator",
        "10 9000 state s_mm=0 to=ARMED from=SAFE reason=operator",
        "11 9500 something_newer s_mm=20",
        "12 100 boot s_mm=0 cause=watchdog source=factory",
        "13 900 state s_mm=0 to=ARMED from=SAFE reason=operator",
        "14 5000 state s_mm=1200 to=SAFE from=ARMED reason=operator",
        "15 9000 state s_mm=1200 to=ARMED from=SAFE reason=operator",
    ]
    assert parts_begin(lines) == ["", "", "", ARMED_ANEW, "", ANEW, "", "", ""]
    assert parts_begin([]) == [] and parts_begin(["", "1"]) == ["", ""]
