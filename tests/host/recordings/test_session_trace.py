"""A trace out of a session: what was recorded at its place and time, and nothing where there was nothing."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest

from sapper.shared import wire
from sapper_host.board.decoder import Event, Frame
from sapper_host.errors import Status, TraceError
from sapper_host.recordings.mcap_file import McapTopics
from sapper_host.recordings.raw_rows import lost_between, rows_of
from sapper_host.recordings.recorder import Recorder, frame_message
from sapper_host.recordings.session_trace import trace_from
from sapper_host.recordings.trace import read_trace, write_trace

pytestmark = pytest.mark.unit

Item = Frame | Event
_HALF = 32768  # LSB/16: half of full scale


def raw(number: int, t_ms: int, steps: Iterable[int] = (10,) * 5, **odd: int) -> Frame:
    """A RAW frame whose gates tell the time of their tick and whose left count is 3 a tick, the right one's falls."""
    fields = {"t_ms": t_ms, "number": number, "vsys_mv": 5000, "temp_dc": 215}
    for i, step in enumerate(steps):
        t_ms += step if i else 0
        fields |= {f"ms_{i}": step, f"gate0_{i}": _HALF, f"gate1_{i}": t_ms % 60000, f"gate2_{i}": 16 * i}
        fields |= {f"left_{i}": 65500 + t_ms // 10 * 3 & 0xFFFF, f"right_{i}": -(t_ms // 10) & 0xFFFF}
    return Frame("RAW", number & 255, fields | odd)


def status(t_ms: int, s_mm: int = 0, boot: int = 0) -> Frame:
    fields = {"t_ms": t_ms, "s_mm": s_mm, "boot": boot}
    return Frame("STATUS", 0, dict.fromkeys(wire.FIELDS[wire.STATUS], 0) | fields)


def detect(t_ms: int, s_mm: int) -> Frame:
    gates = {"gate0": _HALF, "gate1": 100, "gate2": 200}
    return Frame("DETECT", 0, dict.fromkeys(wire.FIELDS[wire.DETECT], 0) | {"t_ms": t_ms, "s_mm": s_mm} | gates)


def state(t_ms: int, to: str, number: int = 0) -> Event:
    return Event(number or t_ms, t_ms, "state", 0, {"to": to, "from": "ARMED", "reason": "operator"})


def session(path: Path, items: Iterable[Item], settings: dict[str, str] | None = None) -> Path:
    now = [1_000_000_000]
    with Recorder(path, lambda: now[0]) as recorder:
        if settings:
            recorder.describe("sapper-settings", settings)
        for item in items:
            recorder.take(item)
            now[0] += 1_000_000
    return path


def test_rows_of_a_raw_frame_have_their_own_times() -> None:
    rows = rows_of(raw(0, 1000, (10, 10, 20, 10, 11)).fields)
    assert [row.t_ms for row in rows] == [1000, 1010, 1030, 1040, 1051]
    assert rows[1].gates == (_HALF, 1010, 16) and rows[0].left == (65500 + 300) & 0xFFFF


@pytest.mark.parametrize(("before", "after", "lost"), [(4, 5, 0), (4, 7, 2), (65535, 0, 0), (65534, 1, 2), (900, 0, 0)])
def test_what_was_lost_shows_in_the_numbers(before: int, after: int, lost: int) -> None:
    assert lost_between({"number": before}, {"number": after}) == lost


def test_every_tick_is_a_row_at_its_frames_beginning(tmp_path: Path) -> None:
    path = session(tmp_path / "s.mcap", [raw(n, 1000 + 50 * n) for n in range(40)])
    trace = trace_from(path).trace
    assert trace.frame_hz == pytest.approx(100) and len(trace.t_s) == 199 and not trace.gaps()
    assert any("0 is 1.000 s of the board's" in line for line in trace.provenance)
    np.testing.assert_allclose(trace.gates_mv[:, 0], 1650)
    np.testing.assert_allclose(trace.gates_mv[7, 1], (1010 + 70) * 3300 / 65536)  # told at its end
    np.testing.assert_array_equal(trace.left_ticks, 3 * np.arange(199))  # its 16 bits ran over
    np.testing.assert_array_equal(trace.right_ticks, -np.arange(199))
    assert np.nanmin(trace.vsys_mv) == 5000 and np.isnan(trace.vsys_mv[1]) and np.nanmax(trace.temp_c) == 21.5
    write_trace(trace, tmp_path / "lane.mcap")
    np.testing.assert_allclose(read_trace(tmp_path / "lane.mcap").gates_mv, trace.gates_mv, atol=0.0006)


def test_a_hole_has_rows_without_samples_and_is_told(tmp_path: Path) -> None:
    frames = [raw(n, 1000 + 50 * n) for n in range(40) if n not in (10, 11, 30)]
    made = trace_from(session(tmp_path / "s.mcap", frames))
    empty = np.isnan(made.trace.gates_mv[:, 0])
    assert empty.sum() == 15 and len(made.trace.t_s) == 199
    assert np.isnan(made.trace.left_ticks[empty]).all() and made.trace.left_ticks[-1] == 3 * 198
    assert any("2 holes" in note and "15 rows" in note and "3 RAW frames were lost" in note for note in made.notes)
    assert [round(gap.end_s - gap.start_s, 2) for gap in made.trace.gaps() if gap.column == "gate0_mv"] == [0.11, 0.06]


def test_a_tick_without_a_frame_and_a_late_tick_are_no_samples_of_their_neighbours(tmp_path: Path) -> None:
    no_frame = {f"gate{gate}_2": wire.NO_FRAME for gate in range(3)}
    frames = [raw(0, 1000), raw(1, 1050, (10, 10, 20, 10, 10))]
    frames += [raw(2, 1110, **no_frame), raw(3, 1160, (10, 14, 6, 10, 10))]
    trace = trace_from(session(tmp_path / "s.mcap", frames)).trace
    assert np.flatnonzero(np.isnan(trace.gates_mv[:, 0])).tolist() == [6, 12]
    np.testing.assert_allclose(np.diff(trace.t_s), 0.01)


def test_sweeps_are_taken_one_by_one_or_from_first_to_last(tmp_path: Path) -> None:
    items: list[Item] = [raw(n, 1000 + 50 * n) for n in range(200)]
    items += [state(3000, "SWEEP"), state(5000, "CONTACT"), state(7000, "SWEEP"), state(9000, "ARMED")]
    items += [state(3000, "SWEEP"), state(5000, "CONTACT")]  # told again
    path = session(tmp_path / "s.mcap", items)
    made = trace_from(path)
    assert made.trace.duration_s == pytest.approx(1.0 + 9.0 - 3.0 + 1.0, abs=0.02)
    assert any("2 sweeps" in note for note in made.notes)
    second = trace_from(path, 2).trace
    assert second.duration_s == pytest.approx(1.0 + 9.0 - 7.0 + 1.0, abs=0.02)
    first = trace_from(path, 1).trace
    assert first.duration_s == pytest.approx(1.0 + 5.0 - 3.0 + 1.0, abs=0.02), "with what it rolled on over its find"
    with pytest.raises(TraceError, match="sweep 3: the session has 2") as caught:
        trace_from(path, 3)
    assert caught.value.status == Status.BAD_INPUT


def test_without_raw_frames_those_of_telemetry_are_taken_and_said_to_be(tmp_path: Path) -> None:
    frames = [detect(1000 + 50 * n, 500 + 15 * n) for n in range(60) if n not in (20, 21)]
    made = trace_from(session(tmp_path / "s.mcap", frames))
    assert "20 Hz: one frame of the detector in 5" in made.notes[0]
    assert len(made.trace.t_s) == 60 and np.isnan(made.trace.gates_mv[20:22, 0]).all()
    assert made.trace.left_ticks[-1] == made.trace.right_ticks[-1] == 15 * 59
    assert any("1 holes" in note for note in made.notes)


@pytest.mark.parametrize(
    ("settings", "places", "told"),
    [
        ({"ticks_per_m": "1700"}, True, "1700"),
        ({"ticks_per_m": "1_7"}, True, "2000 (told by the odometer)"),
        (None, True, "2000 (told by the odometer)"),
        (None, False, "1000 (the default: the session does not tell)"),
    ],
)
def test_how_far_a_tick_goes_comes_from_the_settings_or_the_odometer(
    tmp_path: Path, settings: dict[str, str] | None, places: bool, told: str
) -> None:
    # The mean of both counts rises by one a tick; half a millimetre each makes 2000 a metre.
    items: list[Item] = [raw(n, 1000 + 50 * n) for n in range(400)]
    items += [status(1000 + 200 * n, 1200 + 10 * n) for n in range(100)] if places else []
    items.sort(key=lambda item: item.fields["t_ms"] if isinstance(item, Frame) else 0)
    trace = trace_from(session(tmp_path / "s.mcap", items, settings)).trace
    assert f"ticks_per_m: {told}" in trace.provenance


def test_a_restart_begins_another_run_and_the_longest_is_taken(tmp_path: Path) -> None:
    first = [raw(n, 60_000 + 50 * n) for n in range(10)]
    second = [raw(n, 100 + 50 * n) for n in range(50)]
    made = trace_from(session(tmp_path / "s.mcap", [*first, Event(1, 0, "boot", 0), *second]))
    assert len(made.trace.t_s) == 249 and any("2 starts of the board" in note for note in made.notes)


def test_a_restart_that_nobody_heard_of_shows_by_its_boot_number(tmp_path: Path) -> None:
    """The link was away for longer than the new start has lasted: its times go on from those before."""
    items: list[Item] = [status(1000, boot=7), *(raw(n, 1000 + 50 * n) for n in range(40))]
    items += [status(9000, boot=8), *(raw(n, 9000 + 50 * n) for n in range(60))]
    made = trace_from(session(tmp_path / "s.mcap", items))
    assert any("of 2 starts of the board" in note for note in made.notes)
    assert len(made.trace.t_s) == 299 and not made.trace.gaps()


def test_a_truth_goes_along_with_the_traces_own_places(tmp_path: Path) -> None:
    frames = [detect(1000 + 50 * n, 2000 + 15 * n) for n in range(100)]
    truth = {"lane_length_m": 9, "swath_m": 0.5, "speed_m_s": 0.3, "targets": [{"s_m": s} for s in (1.0, 2.5, 8.0)]}
    path = tmp_path / "s.mcap"
    with Recorder(path) as recorder:
        recorder.truth(truth)
        for frame in frames:
            recorder.take(frame)
    made = trace_from(path)
    assert made.trace.truth is not None
    assert [target["s_m"] for target in made.trace.truth["targets"]] == [pytest.approx(0.5)]
    write_trace(made.trace, tmp_path / "t.csv")
    assert read_trace(tmp_path / "t.csv").truth is not None


@pytest.mark.parametrize(
    ("topic", "message", "reason"),
    [
        ("/raw", {"t_ms": 5}, "does not fit"),
        ("/raw", {**raw(0, 10).fields, "t_ms": 1 << 32}, "t_ms is not a whole number within"),
        ("/raw", {**raw(0, 10).fields, "gate0_3": -1}, "gate0_3 is not a whole number"),
        ("/raw", {**raw(0, 10).fields, "ms_2": 1e300}, "ms_2 is not a whole number"),
        ("/detect", {**detect(5, 5).fields, "s_mm": "far"}, "s_mm is not a whole number"),
        ("/status", {"t_ms": None}, "t_ms is not a whole number"),
        ("/event", {"kind": "state", "t_ms": -5, "number": 1, "args": {"to": "SWEEP"}}, "t_ms and number"),
        ("/event", {"kind": "state", "t_ms": 5, "number": 1}, "args"),
    ],
)
def test_a_session_whose_messages_do_not_fit_is_refused(
    tmp_path: Path, topic: str, message: dict[str, object], reason: str
) -> None:
    path = tmp_path / "s.mcap"
    with path.open("wb") as file:
        topics = McapTopics(file)
        topics.write_json("/raw", 0, frame_message(raw(0, 0)))
        topics.write_json(topic, 1, message)
        topics.writer.finish()
    with pytest.raises(TraceError, match=reason):
        trace_from(path)


def test_a_session_whose_times_leap_costs_neither_time_nor_memory(tmp_path: Path) -> None:
    frames = [raw(n, 1000 + 50 * n) for n in range(20)] + [raw(20 + n, 4_000_000_000 + 59_000 * n) for n in range(1000)]
    with pytest.raises(TraceError, match="rows without samples"):
        trace_from(session(tmp_path / "s.mcap", frames))


def test_a_session_without_frames_is_refused_with_the_way_to_have_some(tmp_path: Path) -> None:
    with pytest.raises(TraceError, match=r"no detector frames in it.*--raw"):
        trace_from(session(tmp_path / "s.mcap", [status(1), status(200)]))


def test_what_a_session_says_of_its_board_is_one_line_of_provenance(tmp_path: Path) -> None:
    path = tmp_path / "s.mcap"
    with Recorder(path) as recorder:
        recorder.describe("sapper-board", {"board": "e6\n0.5,1,1,1,1,1,1,1", "git": "\x1b[31m" + "a" * 9000})
        recorder.describe("sapper-settings", {"ticks_per_m": "9" * 5000})
        for n in range(10):
            recorder.take(raw(n, 1000 + 50 * n))
    write_trace(trace_from(path).trace, tmp_path / "t.csv")
    trace = read_trace(tmp_path / "t.csv")
    assert len(trace.t_s) == 49 and "board: e6?0.5,1,1,1,1,1,1,1" in trace.provenance
    assert all(line.isprintable() for line in trace.provenance)


def test_a_board_that_was_late_each_time_has_no_counts_and_no_truth(tmp_path: Path) -> None:
    path = tmp_path / "s.mcap"
    with Recorder(path) as recorder:
        recorder.truth({"lane_length_m": 9, "swath_m": 0.5, "speed_m_s": 0.3, "targets": []})
        for n in range(10):
            recorder.take(raw(n, 1000 + 150 * n, (30,) * 5))
    trace = trace_from(path).trace
    assert np.isnan(trace.left_ticks).all() and trace.truth is None and not np.isnan(trace.gates_mv).all()


def test_a_supply_that_no_trace_can_have_is_left_out(tmp_path: Path) -> None:
    path = session(tmp_path / "s.mcap", [raw(n, 1000 + 50 * n, vsys_mv=65535, temp_dc=-32768) for n in range(5)])
    write_trace(trace_from(path).trace, tmp_path / "t.csv")
    assert np.isnan(read_trace(tmp_path / "t.csv").vsys_mv).all()
