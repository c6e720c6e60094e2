"""The operator's screen says what the board said, fits its terminal, and never shows old values as new."""

from __future__ import annotations

import errno
import os
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from sapper.shared import events, fields, wire
from sapper.shared.events import WEAKENED
from sapper_host.board.decoder import Counts, Event, StreamDecoder
from sapper_host.errors import SapperError
from sapper_host.operate.monitor_app import Monitor
from sapper_host.operate.monitor_state import MonitorState, Note, describe
from sapper_host.operate.monitor_view import bar_text, plain_line, render
from sapper_host.recordings.recorder import Recorder
from tests.host.board.test_link import wait_for
from tests.host.fake_board import FakeBoard, frame_bytes

pytestmark = pytest.mark.unit

VERSION = {"sapper": "0.1.0", "board": "e6614c775b000001"}


class Clock:
    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def watched(clock: Clock, *chunks: bytes) -> tuple[MonitorState, Counts]:
    decoder = StreamDecoder()
    state = MonitorState("/dev/ttyACM0", clock)
    state.found(VERSION)
    for chunk in chunks:
        for item in decoder.feed(chunk):
            state.take(item, decoder.counts)
        clock.now_s += 0.05
    return state, decoder.counts


def screen(state: MonitorState, counts: Counts, width: int = 80, height: int = 24, unicode: bool = True) -> list[str]:
    console = Console(width=width, height=height, record=True, file=open("/dev/null", "w"), force_terminal=True)  # noqa: SIM115
    console.print(render(state, counts, width, height, unicode))
    return console.export_text().splitlines()


FULL = (
    frame_bytes(wire.STATUS, 1, t_ms=5000, state=3, flags=0b1111, s_mm=4210, speed_mm_s=300, vsys_mv=5010, temp_dc=275),
    frame_bytes(wire.DETECT, 2, t_ms=5000, s_mm=4210, strength=640, statistic=5000, level=4000, **{"class": 1}),
    frame_bytes(wire.LOOP, 3, t_ms=5000, load_pm=215, jitter_max_us=400, heap_free=131072, missed=3),
    fields.text_line(1, 4900, events.KIND_ID["detect"], 4200, (640, 1, 5000, 4000)).encode() + b"\n",
)


def test_the_screen_shows_what_the_board_said() -> None:
    state, counts = watched(Clock(), *FULL)
    text = "\n".join(screen(state, counts))
    for part in ("SWEEP", "4.21 m", "300 mm/s", "strength  640", "ferrous", "125 %", "5.01 V", "load 22 %", "missed 3"):
        assert part in text, part
    assert "ALERT at 4.20 m: strength 640, ferrous" in text and "e6614c775b000001"[:6] in text


def test_a_screen_that_only_watches_says_so_and_why_and_still_fits() -> None:
    state, counts = watched(Clock(), *FULL)
    state.watches("this laptop has no radio key for board e6614c775b000001", "bring the team's key")
    lines = screen(state, counts)
    text = "\n".join(lines)
    assert "WATCHING ONLY, `stop` works: this laptop has no radio key" in text and "bring the team's key" in text
    assert "ALERT at" in text and len(lines) <= 24
    state.watches()
    assert "WATCHING ONLY" not in "\n".join(screen(state, counts))


def test_weakened_stops_are_on_the_screen_in_the_line_and_among_the_events_while_they_last() -> None:
    row = fields.text_line(2, 4950, events.KIND_ID["weakened"], 0, (0b10001,)).encode() + b"\n"
    weak = frame_bytes(wire.STATUS, 4, t_ms=5100, state=3, flags=0b101111, reason=8)
    state, counts = watched(Clock(), *FULL, row, weak)
    text = "\n".join(screen(state, counts))
    assert "STOPS WEAKENED" in text and "STOPS WEAKENED" in plain_line(state)
    assert f"ARMED WITH WEAKENED STOPS: {WEAKENED[0]}, {WEAKENED[4]}" in text
    state, counts = watched(Clock(), row, weak, *FULL)
    assert not state.weakened and "  STOPS WEAKENED " not in "\n".join(screen(state, counts))


def loop_frame(sequence: int, **values: int) -> bytes:
    return frame_bytes(wire.LOOP, sequence, **({"tick_max_us": 6000, "jitter_max_us": 20, "missed": 3} | values))


def in_state(name: str) -> bytes:
    return frame_bytes(wire.STATUS, 9, state=events.STATES.index(name))


def test_a_loop_that_misses_its_limits_in_motion_is_said_in_words_until_the_board_starts_anew() -> None:
    good = (in_state("SWEEP"), loop_frame(1), loop_frame(2, tick_max_us=8000, jitter_max_us=1000))
    state, counts = watched(Clock(), *good)
    assert "LOOP" not in "\n".join(screen(state, counts)).replace("E-STOP LOOP", "")
    slow = loop_frame(3, tick_max_us=12_340, jitter_max_us=1200, missed=5)
    state, counts = watched(Clock(), *good, slow, loop_frame(4, missed=5))
    lines = [line.strip() for line in screen(state, counts)]
    assert "LOOP TOO SLOW: tick 12.3 ms (limit 8), late 1.2 ms (limit 1), 2 frames missed" in lines, "80 columns"
    assert len(lines) <= 24 and "LOOP TOO SLOW" in plain_line(state)
    boot = fields.text_line(1, 5, events.KIND_ID["boot"], 0, (0, 0, 0)).encode() + b"\n"
    state, counts = watched(Clock(), *good, slow, boot)
    assert "TOO SLOW" not in "\n".join(screen(state, counts))


def test_long_ticks_of_a_rover_that_stands_are_no_miss() -> None:
    slow = loop_frame(3, tick_max_us=15_000, jitter_max_us=5000, missed=9)
    halts = fields.text_line(1, 5, events.KIND_ID["state"], 0, (events.STATES.index("CONTACT"), 3, 0)).encode() + b"\n"
    for chunks in ((in_state("ARMED"), slow, slow), (in_state("SWEEP"), loop_frame(1), halts, in_state("SWEEP"), slow)):
        state, _ = watched(Clock(), *chunks)
        assert state.loop_misses.words() == []


def test_a_heap_that_was_collected_in_motion_is_said_in_words() -> None:
    told = [fields.text_line(i, 5, events.KIND_ID["heap_full"], 3200, (15_200,)).encode() + b"\n" for i in range(1, 3)]
    state, counts = watched(Clock(), *FULL, told[0])
    assert "HEAP COLLECTED WHILE ARMED once, last: a tick 15 ms longer" in "\n".join(screen(state, counts))
    state, counts = watched(Clock(), *FULL, *told)
    assert "HEAP COLLECTED WHILE ARMED 2 times, last: a tick 15 ms longer" in "\n".join(screen(state, counts))
    assert "HEAP COLLECTED" in plain_line(state)


@pytest.mark.parametrize(("width", "height"), [(80, 24), (140, 40), (60, 18)])
def test_the_screen_fits_its_terminal(width: int, height: int) -> None:
    state, counts = watched(Clock(), *FULL * 40)
    lines = screen(state, counts, width, height)
    assert len(lines) <= height and max(map(len, lines)) <= width
    assert any("ALERT" in line for line in lines)


def test_a_lost_link_is_said_on_the_screen_and_among_the_events() -> None:
    state, counts = watched(Clock(), *FULL)
    state.lost("/dev/ttyACM0 went away")
    text = "\n".join(screen(state, counts))
    assert "NO LINK" in text and "OLD" in text and not state.fresh
    state.found(VERSION)
    assert [e.text for e in state.events if isinstance(e, Note)][-1] == "link is back" and state.reconnects == 1


def test_silence_is_said_after_a_moment() -> None:
    clock = Clock()
    state, counts = watched(clock, *FULL)
    assert state.fresh and "SILENT" not in "\n".join(screen(state, counts))
    clock.now_s += 3
    assert not state.fresh and "SILENT for 3 s" in "\n".join(screen(state, counts))


def test_a_state_event_shows_before_the_next_status_frame() -> None:
    to_stopped = fields.text_line(2, 5100, events.KIND_ID["state"], 4300, (5, 3, 2)).encode() + b"\n"
    state, _ = watched(Clock(), *FULL, to_stopped)
    assert state.state == "STOPPED"


def test_a_restart_forgets_the_values_before_it() -> None:
    boot = fields.text_line(1, 3, events.KIND_ID["boot"], 0, (3, 0)).encode() + b"\n"
    state, _ = watched(Clock(), *FULL, boot)
    assert state.state == "SAFE" and state.status is None


def test_lost_frames_show_as_a_share() -> None:
    chunks = [frame_bytes(wire.DETECT, sequence & 255) for sequence in range(0, 200, 2)]
    state, counts = watched(Clock(), *chunks)
    quality = state.quality(counts.bad_frames)
    assert quality.lost_pct == pytest.approx(50, abs=1) and quality.frames_per_s == pytest.approx(20, rel=0.1)


@pytest.mark.parametrize("row", events.KINDS, ids=lambda row: row[1])
def test_every_kind_of_event_has_words(row: tuple[int, str, tuple[str, ...], str]) -> None:
    line = fields.text_line(1, 1000, row[0], 1500, tuple(1 for _ in row[2]))
    [event] = StreamDecoder().feed(line.encode() + b"\n")
    assert isinstance(event, Event) and len(describe(event)) > 3


@settings(deadline=None, max_examples=50)
@given(st.data())
def test_any_values_in_valid_frames_can_be_shown(data: st.DataObject) -> None:
    def values(kind: int) -> dict[str, int]:
        span = {"B": (0, 255), "H": (0, 65535), "h": (-32768, 32767), "I": (0, 2**32 - 1), "i": (-(2**31), 2**31 - 1)}
        fields = next(row[3] for row in wire.MESSAGES if row[0] == kind)
        return {name: data.draw(st.integers(*span[code])) for name, code, _, _ in fields}

    kinds = (wire.STATUS, wire.DETECT, wire.LOOP, wire.EVENT)
    state, counts = watched(Clock(), *(frame_bytes(kind, i, **values(kind)) for i, kind in enumerate(kinds)))
    assert len(screen(state, counts)) <= 24
    assert plain_line(state)


@given(st.floats(-10, 2000), st.integers(1, 200), st.booleans())
def test_a_bar_is_as_wide_as_asked(value: float, width: int, unicode: bool) -> None:
    assert len(bar_text(value, 1000, width, unicode)) == width


def test_bars_are_full_empty_and_half() -> None:
    assert (
        bar_text(1000, 1000, 4) == "████" and bar_text(0, 1000, 4) == "    " and bar_text(500, 1000, 4, False) == "##.."
    )


def test_a_recording_that_ended_stays_on_the_screen() -> None:
    state, counts = watched(Clock(), *FULL)
    state.warned("NOT RECORDED: lane.mcap: No space left on device")
    for width, height in ((80, 24), (60, 18)):
        lines = screen(state, counts, width, height)
        assert len(lines) <= height and any("NOT RECORDED: lane.mcap" in line for line in lines)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO], ids=errno.errorcode.get)
def test_watching_goes_on_when_the_disk_does_not(
    board: FakeBoard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def fails(fd: int) -> None:
        raise OSError(number, os.strerror(number))

    with pytest.raises(SapperError, match="the recording ends here"), Recorder(tmp_path / "s.mcap") as recorder:
        monkeypatch.setattr(os, "fsync", fails)
        with Monitor(board.port, recorder) as monitor:
            for t_ms in range(30):
                board.frame(wire.STATUS, t_ms=t_ms, s_mm=t_ms)
                time.sleep(0.05)
            wait_for(lambda: "NOT RECORDED" in monitor.state.warning)
            board.frame(wire.STATUS, t_ms=999, s_mm=4242)
            wait_for(lambda: (seen := monitor.state.snapshot().status) is not None and seen.fields["s_mm"] == 4242)
            assert monitor.state.snapshot().connected


def test_a_step_of_the_test_piece_check_is_told_with_what_to_do() -> None:
    values = {"step": "weak", "snr_x10": 123, "need_x10": 430, "noise_uv": 1500}
    words = describe(Event(1, 5, "testpiece", 0, values))
    assert words.startswith("test piece: weak, 12.3 of 43.0 sigma; ") and "nearer" in words
    assert (
        describe(Event(1, 5, "testpiece", 0, values | {"step": "passed"})) == "test piece: passed, 12.3 of 43.0 sigma"
    )


@pytest.mark.parametrize(
    ("how", "said"),
    (
        ("begun", "SECOND LOOK, backs to a contact at 2.49 m, at 2.74 m"),
        ("over_it", "stands for a second look over 2.49 m, at 2.74 m"),
        ("not_backed", "STANDS PAST A CONTACT, not backed; it lies at 2.49 m, at 2.74 m"),
    ),
)
def test_a_second_look_is_told_in_words(how: str, said: str) -> None:
    assert describe(Event(7, 100, "look", 2740, {"place_mm": 2490, "how": how})) == said
