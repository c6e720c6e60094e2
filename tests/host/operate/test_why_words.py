"""Why it stands and what is to be done, and how the line is: the same words in console and monitor, for whatever the
board says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sapper.shared import events, fields, wire
from sapper.shared.commands import ROWS, allowed
from sapper_host.board.decoder import Counts, StreamDecoder
from sapper_host.operate.bell import Bell
from sapper_host.operate.fault_words import FAULT_WORDS, TRACK_WORDS
from sapper_host.operate.link_words import link_words, wrapped
from sapper_host.operate.monitor_state import SILENT_S, MonitorState
from sapper_host.operate.once import Once
from sapper_host.operate.why_words import why
from tests.host.fake_board import frame_bytes
from tests.host.operate.test_monitor import VERSION, Clock, screen, watched

pytestmark = pytest.mark.unit
STATES = {name: index for index, name in enumerate(events.STATES)}
REASONS = {name: index for index, name in enumerate(events.REASON_NAMES)}
# What the console's toolbar is drawn with, once more than it says it is.
DRAWN_EACH_S = 0.2


def line(number: int, kind: str, *args: int, t_ms: int = 5000, s_mm: int = 1200) -> bytes:
    return fields.text_line(number, t_ms + number, events.KIND_ID[kind], s_mm, args).encode() + b"\n"


def status(state: str, reason: str, fault: str = "none") -> bytes:
    fields = {"state": STATES[state], "reason": REASONS[reason], "fault": events.FAULTS.index(fault)}
    return frame_bytes(wire.STATUS, 1, t_ms=5000, **fields)


def test_every_fault_and_what_a_track_looks_like_has_words() -> None:
    assert tuple(FAULT_WORDS) == events.FAULTS and tuple(TRACK_WORDS) == events.TRACK_FAULTS
    assert all(meaning for name, (meaning, _) in FAULT_WORDS.items() if name != "none")
    # What stops the rover as a reason of its own has its remedy there.
    assert {name for name, (_, remedy) in FAULT_WORDS.items() if not remedy} == {
        "none", "encoder_left", "encoder_right", "acquisition", "exception"
    }  # fmt: skip
    assert all(words for name, words in TRACK_WORDS.items() if name != "none")


@pytest.mark.parametrize("state", ["STOPPED", "FAULT"])
@pytest.mark.parametrize("reason", events.REASON_NAMES)
@pytest.mark.parametrize("told", ["event", "frame", "answer"])
def test_a_latch_says_why_and_how_it_is_cleared(state: str, reason: str, told: str) -> None:
    data = {
        "event": line(1, "state", STATES[state], 3, REASONS[reason]),
        "frame": status(state, reason),
        "answer": f"ok state={state} reason={reason} fault=none s_mm=0\n".encode(),
    }[told]
    seen, _ = watched(Clock(), data)
    text = why(seen).plain
    assert text.startswith(reason) and dict(events.REASONS)[reason] in text and "disarm" in text


@pytest.mark.parametrize("told", ["event", "frame"])
def test_over_a_find_every_command_that_goes_on_from_it_is_named(told: str) -> None:
    data = line(1, "state", STATES["CONTACT"], 3, REASONS["alert"]) if told == "event" else status("CONTACT", "alert")
    seen, counts = watched(Clock(), data)
    for name in ("verdict", "mark"):
        assert allowed(ROWS[name], STATES["CONTACT"]) and f"`{ROWS[name][1]}`" in why(seen).plain
    shown = " ".join("".join(screen(seen, counts)).replace("│", "").split())
    assert ROWS["verdict"][1] in shown


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("track", events.TRACK_FAULTS[1:])
def test_a_track_at_fault_is_told_by_side_and_looks_also_after_status_has_come(side: str, track: str) -> None:
    told = line(1, "stop", REASONS["encoder"], 2)
    told += line(2, "fault", events.FAULTS.index(f"encoder_{side}"), events.TRACK_FAULTS.index(track))
    told += line(3, "state", STATES["FAULT"], 3, REASONS["encoder"])
    seen, counts = watched(Clock(), told, status("FAULT", "encoder"))
    for part in (f"the {side} track", TRACK_WORDS[track], "check encoder"):
        assert part in why(seen).plain
    assert any(f"encoder_{side}" in text for text in screen(seen, counts))
    seen.take(StreamDecoder().feed(status("SAFE", "operator"))[0], counts)
    assert not why(seen)


def test_a_fault_of_before_is_no_reason_for_a_later_stop() -> None:
    seen, _ = watched(Clock(), line(1, "fault", events.FAULTS.index("noise"), 0), status("STOPPED", "key_off"))
    assert "noise" not in why(seen).plain
    seen, _ = watched(Clock(), line(1, "fault", events.FAULTS.index("encoder_left"), 1), status("STOPPED", "blind"))
    assert "track" not in why(seen).plain


def test_nothing_is_said_where_all_is_as_it_was_asked_for() -> None:
    for state in ("SAFE", "ARMED", "TELEOP", "SWEEP"):
        assert not why(watched(Clock(), status(state, "operator"))[0])
    assert "stands" in why(watched(Clock(), status("ARMED", "rested"))[0]).plain


@given(st.text(max_size=300), st.integers(10, 120), st.integers(1, 4))
def test_words_fit_whatever_they_are(text: str, width: int, most: int) -> None:
    from rich.text import Text

    lines = wrapped(Text(text), width, most)
    assert len(lines) <= most and all(each.cell_len <= width for each in lines)


# The line


def heard_every(period_s: float, clock: Clock, times: int = 30) -> tuple[MonitorState, Counts]:
    state, decoder = MonitorState("", clock), StreamDecoder()
    state.found(VERSION)
    for number in range(times):
        clock.now_s += period_s
        for item in decoder.feed(frame_bytes(wire.STATUS, number & 255)):
            state.take(item, decoder.counts)
    return state, decoder.counts


@pytest.mark.parametrize("period_s", [0.02, 0.04, 0.2, 0.34])
def test_a_line_that_falls_silent_is_seen_within_a_second(period_s: float) -> None:
    clock = Clock()
    state, _ = heard_every(period_s, clock)
    clock.now_s += SILENT_S - 0.01
    assert state.heard and "SILENT" not in link_words(state, 0).plain
    clock.now_s += 0.02
    assert not state.heard and not state.fresh
    assert SILENT_S + DRAWN_EACH_S < 1.0
    clock.now_s += 2.0
    assert link_words(state, 0).plain == "SILENT for 3 s" and "red" in str(link_words(state, 0).style)


def test_the_slowest_telemetry_there_is_is_not_called_silent_between_two_frames() -> None:
    clock = Clock()
    state, _ = heard_every(1.0, clock)
    clock.now_s += 1.4
    assert state.heard
    clock.now_s += 0.7
    assert not state.heard


def test_anything_that_makes_sense_is_a_sign_of_life_and_noise_is_none() -> None:
    for data, alive in ((line(1, "mark", 1), True), (b"ok t_ms=100\n", True), (b"\x80\xff\xfe\n", False)):
        clock = Clock()
        state, counts = heard_every(0.05, clock)
        clock.now_s += 0.9
        assert not state.heard
        for item in StreamDecoder().feed(data):
            state.take(item, counts)
        assert state.heard == alive


def test_a_long_answer_that_leaves_no_room_for_frames_is_no_silence_but_its_figures_are_old() -> None:
    clock = Clock()
    state, counts = heard_every(0.05, clock)
    for number in range(20):  # longer than a screen may be old
        clock.now_s += 0.1
        for item in StreamDecoder().feed(b"  %d a line of the log\n" % number):
            state.take(item, counts)
    assert state.heard and not state.fresh


def test_without_telemetry_silence_says_nothing() -> None:
    clock = Clock()
    state, counts = heard_every(0.05, clock)
    for item in StreamDecoder().feed(b"ok telemetry=off\n"):
        state.take(item, counts)
    clock.now_s += 60
    assert state.heard and not state.fresh and link_words(state, 0).plain == "waiting for telemetry"


# Told again


def test_events_told_again_are_kept_once_and_do_not_set_the_state_back() -> None:
    told = [line(1, "state", STATES["ARMED"], 0, 1), line(2, "state", STATES["SWEEP"], 1, 1)]
    told += [line(3, "detect", 640, 1, 5000, 4000), line(4, "state", STATES["CONTACT"], 3, REASONS["alert"])]
    state, _ = watched(Clock(), *told, *told[:2])
    assert state.state == "CONTACT" and len(state.events) == 4


def decoded(*data: bytes) -> list:
    return StreamDecoder().feed(b"".join(data))


def test_an_event_is_new_once_in_text_and_as_a_frame_and_after_a_restart() -> None:
    once = Once()
    number = (1 << 16) + 7
    [text] = decoded(line(number, "mark", 1))
    [frame] = decoded(frame_bytes(wire.EVENT, 1, number=7, t_ms=text.t_ms, kind=events.KIND_ID["mark"], s_mm=0, a=1))
    assert once.new(text) and not once.new(frame)
    [boot, mark] = decoded(line(1, "boot", 1, 0), line(2, "mark", 1))
    for _ in range(2):
        assert once.new(boot) and once.new(mark) and not once.new(mark)


def rung(bell: Bell, *data: bytes) -> int:
    return sum(bell.rings(item) for item in decoded(*data))


CONTACT = ("state", STATES["CONTACT"], STATES["SWEEP"], REASONS["alert"])


def test_it_rings_once_a_find_whatever_of_it_arrives() -> None:
    alert, stops = line(1, "detect", 640, 1, 5000, 4000), line(2, *CONTACT)
    contact = line(3, "contact", 1230, 80, 640, 100, 1, s_mm=1500)
    for arrived in ((alert, stops, contact), (stops, contact), (contact,), (alert,), (alert, contact), (alert, stops)):
        bell = Bell()
        assert rung(bell, *arrived) == 1
        assert rung(bell, *arrived) == 0, "told again"
    bell = Bell()
    assert rung(bell, alert, stops, contact) == 1
    assert rung(bell, *(line(4 + n, "detect", 640, 1, 5000, 4000, s_mm=1700) for n in range(3))) == 3
    assert rung(bell, line(9, "state", STATES["STOPPED"], 3, 2), line(10, "stop", 2, 1), line(11, "mark", 1)) == 0
    assert rung(Bell(False), alert, stops, contact) == 0
