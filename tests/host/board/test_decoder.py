"""The decoder tells text, events and frames apart on a line of any quality, and stays small."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sapper.shared import events, fields, wire
from sapper.shared.fields import check_frame
from sapper_host.board.decoder import LINE_MAX_BYTES, Event, Frame, StreamDecoder, Text, parse_event_text
from sapper_host.board.status_text import frames_of_status
from tests.host.fake_board import frame_bytes

pytestmark = pytest.mark.unit


def status(sequence: int, **values: int) -> bytes:
    return frame_bytes(wire.STATUS, sequence, **values)


def test_a_frame_between_text_lines_gives_all_three() -> None:
    decoder = StreamDecoder()
    items = decoder.feed(b"ok one\r\n" + status(7, t_ms=1234, s_mm=-5) + b"ok two\n")
    assert items[0] == Text("ok one")
    assert isinstance(items[1], Frame) and items[1].fields["t_ms"] == 1234 and items[1].fields["s_mm"] == -5
    assert items[2] == Text("ok two")
    assert decoder.counts.lost_bytes == 0 and decoder.counts.bad_frames == 0


@given(st.integers(1, 40))
def test_the_same_bytes_in_pieces_of_any_size_mean_the_same(size: int) -> None:
    line = fields.text_line(3, 900, events.KIND_ID["contact"], 1500, (1480, 200, 800, 93, 1)).encode()
    stream = b"ok x\n" + status(1) + status(2) + line + b"\r\n" + status(3) + b"\r\nbye\n"
    whole = StreamDecoder().feed(stream)
    decoder = StreamDecoder()
    pieces = [item for i in range(0, len(stream), size) for item in decoder.feed(stream[i : i + size])]
    assert pieces == whole and len(whole) == 7


def test_text_after_a_frame_comes_at_once_without_waiting_for_the_next_frame() -> None:
    decoder = StreamDecoder()
    decoder.feed(status(1))
    assert decoder.feed(b"ok\r\n") == [Text("ok")]


def test_text_form_and_frame_of_an_event_are_the_same_object() -> None:
    args = (850, 1, 4200, 1000)
    text = fields.text_line(12, 3456, events.KIND_ID["detect"], 2100, args)
    names = dict(zip("abcd", args, strict=True))
    frame = frame_bytes(wire.EVENT, 0, number=12, t_ms=3456, kind=events.KIND_ID["detect"], s_mm=2100, **names)
    [from_text] = StreamDecoder().feed(text.encode() + b"\n")
    [from_frame] = StreamDecoder().feed(frame)
    assert from_text == from_frame
    assert isinstance(from_text, Event) and from_text.args["class"] == "ferrous" and from_text.line() == text


@pytest.mark.parametrize("field, value", [("state", 7), ("reason", 200), ("fault", 13)])
def test_a_frame_with_a_number_that_has_no_name_is_damaged(field: str, value: int) -> None:
    decoder = StreamDecoder()
    assert decoder.feed(frame_bytes(wire.STATUS, 0, **{field: value})) == []
    assert decoder.counts.bad_frames == 1 and decoder.counts.frames == 0
    assert len(decoder.feed(frame_bytes(wire.STATUS, 1, **{field: 1}))) == 1


def test_an_event_frame_with_values_outside_their_table_is_damaged() -> None:
    decoder = StreamDecoder()
    state = events.KIND_ID["state"]
    assert decoder.feed(frame_bytes(wire.EVENT, 0, number=1, kind=state, a=99)) == []
    assert decoder.feed(frame_bytes(wire.EVENT, 1, number=2, kind=events.KIND_ID["mark"], a=-1)) == []
    assert decoder.counts.bad_frames == 2


@pytest.mark.parametrize("kind", [row[1] for row in events.KINDS])
def test_every_kind_of_event_survives_text_and_back(kind: str) -> None:
    row = events.KIND_ROW[events.KIND_ID[kind]]
    line = fields.text_line(1, 2, row[0], -3, tuple(1 for _ in row[2]))
    assert parse_event_text(line).line() == line


@pytest.mark.parametrize(
    "line",
    [
        "* 1 2 nosuch s_mm=3",
        "* x 2 boot s_mm=3 cause=watchdog source=factory",
        "* 1 2 boot s_mm=3 cause=watchdog",
        "* 1 2 boot s_mm=3 cause=sopt source=factory",
        "* 1 2 boot cause=watchdog source=factory",
        "* 1 2",
    ],
)
def test_a_damaged_event_line_is_no_event(line: str) -> None:
    decoder = StreamDecoder()
    [item] = decoder.feed(line.encode() + b"\n")
    assert isinstance(item, Text) and item.garbled
    assert decoder.counts.garbled_lines == 1


@pytest.mark.parametrize("drop", range(6))
def test_a_lost_zero_costs_no_text_and_at_most_two_frames(drop: int) -> None:
    stream = bytearray(b"a\n" + status(1) + b"b\n" + status(2) + b"c\n" + status(3) + b"d\n" + status(4) + b"e\n")
    zeros = [i for i, byte in enumerate(stream) if byte == 0]
    del stream[zeros[drop]]
    items = StreamDecoder().feed(bytes(stream))
    clean = [item.line for item in items if isinstance(item, Text) and not item.garbled]
    frames = [item for item in items if isinstance(item, Frame)]
    assert len(clean) >= 4 and clean[-1] == "e"
    assert len(frames) >= 2


def test_a_damaged_frame_is_counted_and_the_next_is_taken() -> None:
    damaged = bytearray(status(1))
    damaged[6] ^= 0x55 if damaged[6] != 0x55 else 0x11
    decoder = StreamDecoder()
    items = decoder.feed(bytes(damaged) + status(2) + b"ok\n")
    assert [type(item) for item in items] == [Frame, Text]
    assert decoder.counts.bad_frames == 1 and decoder.counts.lost_bytes == len(damaged) - 2


def test_gaps_in_sequence_and_event_numbers_are_counted() -> None:
    decoder = StreamDecoder()
    decoder.feed(status(254) + status(1) + status(1))
    assert decoder.counts.frame_gaps == 2 and decoder.counts.duplicates == 1
    decoder.feed(b"* 65535 1 mark s_mm=0 count=1\n* 3 1 mark s_mm=0 count=2\n")
    assert decoder.counts.event_gaps == 3


def test_raw_frames_are_counted_apart_and_from_0_when_they_begin_again() -> None:
    decoder = StreamDecoder()
    for i in range(4):
        decoder.feed(status(i) + frame_bytes(wire.RAW, i, number=i))
    decoder.feed(frame_bytes(wire.RAW, 0, number=0) + status(4))
    assert (decoder.counts.frame_gaps, decoder.counts.duplicates) == (0, 0)
    decoder.feed(frame_bytes(wire.RAW, 3, number=3) + status(6))
    assert decoder.counts.frame_gaps == 2 + 1


def test_a_restart_of_the_board_is_no_gap() -> None:
    decoder = StreamDecoder()
    decoder.feed(b"* 900 1 mark s_mm=0 count=1\n* 1 1 boot s_mm=0 cause=power_on source=factory\n")
    assert decoder.counts.event_gaps == 0


def test_an_endless_line_is_cut_and_counted() -> None:
    decoder = StreamDecoder()
    [item] = decoder.feed(b"x" * 5000 + b"\n")
    assert isinstance(item, Text) and len(item.line) == LINE_MAX_BYTES and item.garbled
    assert decoder.counts.lost_bytes == 5000 - LINE_MAX_BYTES


def test_control_characters_never_reach_the_terminal() -> None:
    [item] = StreamDecoder().feed(b"ok \x1b[2J\x07\n")
    assert item == Text("ok ?[2J?", garbled=True)


def held_bytes(decoder: StreamDecoder) -> int:
    return len(decoder._text) + len(decoder._segment or b"")


_PIECES = st.one_of(
    st.binary(max_size=300),
    st.sampled_from(
        [b"\0", b"\0\0", b"\n", b"* 1 2 boot s_mm=3 cause=watchdog source=factory\r\n", b"ok\n", status(5)]
    ),
)


@given(st.lists(_PIECES, max_size=40))
def test_any_bytes_are_survived_in_bounded_memory_and_all_accounted_for(pieces: list[bytes]) -> None:
    decoder = StreamDecoder()
    for piece in pieces:
        for item in decoder.feed(piece):
            if isinstance(item, Text):
                assert item.line.isprintable() or "\t" in item.line
        assert held_bytes(decoder) <= LINE_MAX_BYTES + 3 * wire.WIRE_MAX_BYTES
    assert decoder.counts.bytes == sum(len(piece) for piece in pieces)


@given(st.binary(max_size=2000))
def test_after_any_garbage_the_line_is_read_again(garbage: bytes) -> None:
    decoder = StreamDecoder()
    decoder.feed(garbage)
    items = decoder.feed(b"\n\0\0\n" + b"x" * wire.WIRE_MAX_BYTES + b"\n" + status(1) + status(2) + b"ok end\n")
    assert items[-1] == Text("ok end")
    assert sum(isinstance(item, Frame) and item.sequence in (1, 2) for item in items) >= 1


def test_a_status_line_makes_frames_that_fit_the_table_however_high_its_counters() -> None:
    said = {"state": "SWEEP", "s_mm": "-5", "missed": "70000", "refused": "2147483647", "vsys_mv": "5000"}
    frames = frames_of_status(said, 1000)
    for frame in frames:
        check_frame(frame.name, frame.fields)
    assert frames[0].named("state") == "SWEEP" and frames[2].fields["missed"] == 65535
    with pytest.raises(ValueError, match="t_ms"):
        frames_of_status(said | {"t_ms": "9" * 30}, 1000)
