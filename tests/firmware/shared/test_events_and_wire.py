"""Events and telemetry: what the board writes, the laptop's independent code reads, whatever the values."""

import contextlib
import struct
import zlib
from array import array

import pytest
from cobs import cobs
from hypothesis import given
from hypothesis import strategies as st

from sapper.crypto.crc import put_crc32
from sapper.link.cobs import encode_into
from sapper.link.event_log import CAPACITY, WORDS, EventLog
from sapper.link.telemetry import FrameWriter
from sapper.shared import events, fields, wire

pytestmark = pytest.mark.unit


def blank():
    return array("i", [0] * WORDS)


i32 = st.integers(-(2**31), 2**31 - 1)
RANGES = {"B": (0, 255), "H": (0, 65535), "h": (-32768, 32767), "I": (0, 2**32 - 1), "i": (-(2**31), 2**31 - 1)}


def test_ids_names_and_arguments_are_well_formed():
    assert len({row[0] for row in events.KINDS}) == len({row[1] for row in events.KINDS}) == len(events.KINDS)
    for number, kind, names, meaning in events.KINDS:
        assert 0 < number < 256 and kind.isidentifier() and meaning
        assert len(names) <= events.ARGS_MAX
    for table in (events.STATES, events.REASON_NAMES, events.FAULTS, events.REFUSALS):
        assert len(set(table)) == len(table)


def values_of(name):
    """Numbers that the board may put into an event for this name."""
    if name in events.ENUMS:
        return st.integers(0, len(events.ENUMS[name]) - 1)
    if name in events.BITS:
        return st.integers(0, (1 << len(events.BITS[name])) - 1)
    return st.integers(*fields.EVENT_FIELDS[name])


@given(st.data(), st.sampled_from(events.KINDS))
def test_an_event_line_reads_back_as_it_was_written(data, row):
    number, t_ms, s_mm = (data.draw(values_of(name)) for name in ("number", "t_ms", "s_mm"))
    args = [data.draw(values_of(name)) for name in row[2]]
    line = fields.text_line(number, t_ms, row[0], s_mm, args)
    assert line.isascii() and "\n" not in line
    back = fields.parse_line(line)
    assert (back["number"], back["t_ms"], back["kind"], back["s_mm"]) == (number, t_ms, row[1], s_mm)
    for name, value in zip(row[2], args, strict=True):
        named, bits = events.ENUMS.get(name), events.BITS.get(name)
        if bits:
            parts = [] if back[name] == "none" else back[name].split("+")
            assert sum(1 << bits.index(part) for part in parts) == value and len(set(parts)) == len(parts)
        else:
            assert back[name] == (named[value] if named else value)


def test_every_value_that_a_board_tells_has_its_place_in_the_table():
    for row in events.KINDS:
        for name in row[2]:
            assert [name in table for table in (events.ENUMS, events.BITS, fields.EVENT_FIELDS)].count(True) == 1, name
    assert set(fields.FRAME_FIELDS) == {row[1] for row in wire.MESSAGES}


def test_numbers_of_text_events_wrap_as_those_of_frames_do():
    assert fields.parse_line(fields.text_line(65536 + 7, 1, events.KIND_ID["mark"], 0, [1]))["number"] == 7


MARK = "* 1 1000 mark s_mm=0 count=1"


@pytest.mark.parametrize(
    "line",
    [
        "",
        "ok",
        "* 1 2",
        "* a b mark s_mm=0 count=1",
        "* 1 2 nothing s_mm=0",
        "* 1 2 mark s_mm",
        MARK + " more=1",
        "* 1 1000 mark count=1 s_mm=0",  # another order
        "* 1 1000 mark s_mm=0 s_mm=0",
        "* 1 99999999999999999999999999 mark s_mm=0 count=1",
        "* 1 4294967296 mark s_mm=0 count=1",
        "* 1 -1 mark s_mm=0 count=1",
        "* 65537 1000 mark s_mm=0 count=1",
        "* -1 1000 mark s_mm=0 count=1",
        "* +1 1000 mark s_mm=0 count=1",
        "* 1 1_000 mark s_mm=0 count=1",
        "* 1  1000 mark s_mm=0 count=1",
        "* \u0661 1000 mark s_mm=0 count=1",  # a one of another script
        "* 1 1000 mark s_mm=2147483648 count=1",
        "* 1 1000 mark s_mm=0 count=-1",
        "* 1 1000 mark s_mm=0 count=none",
        "* 1 1000 mark s_mm=0 count=0x1",
        "* 1 1000 state s_mm=0 to=3 from=SAFE reason=operator",  # a number where names are told
        "* 1 1000 state s_mm=0 to=99 from=SAFE reason=operator",
        "* 1 1000 stop s_mm=0 reason=operator detail=cmd_stop+nonsense",
        "* 1 1000 stop s_mm=0 reason=operator detail=none+cmd_stop",
        "* 1 1000 detect s_mm=0 strength=1001 class=none statistic=0 level=1",
        "* 1 1000 link s_mm=0 port=usb up=2 away_ms=5",
    ],
)
def test_a_line_that_does_not_fit_the_table_is_no_event(line):
    assert fields.parse_line(MARK)
    with pytest.raises(ValueError):  # noqa: PT011 - whatever its text
        fields.parse_line(line)


@pytest.mark.parametrize(
    "field, value",
    [("state", 7), ("reason", 255), ("fault", len(events.FAULTS)), ("s_mm", 2**31), ("t_ms", -1), ("x_mm", 1.5),
     ("x_mm", None), ("x_mm", float("nan")), ("x_mm", 10**400), ("vsys_mv", "5000"), ("state", True)],
)  # fmt: skip
def test_a_frame_that_does_not_fit_the_table_is_refused(field, value):
    status = dict.fromkeys(fields.FRAME_FIELDS["STATUS"], 0)
    fields.check_frame("STATUS", status)
    with pytest.raises(ValueError, match=field):
        fields.check_frame("STATUS", status | {field: value})


def test_answers_are_read_by_the_table():
    told = {"state": "SAFE", "s_mm": "-5", "weakened": "0", "newer": "words"}
    assert fields.answer_values("status", told) == {"state": "SAFE", "s_mm": -5, "weakened": 0}
    for name, value in (("state", "7"), ("s_mm", "1_0"), ("t_ms", "-1"), ("t_ms", "9" * 30), ("loop", "2")):
        with pytest.raises(ValueError):  # noqa: PT011
            fields.answer_values("status", told | {name: value})


@given(st.binary(max_size=253))
def test_the_boards_cobs_is_the_librarys(data):
    target = bytearray(len(data) + 4)
    size = encode_into(data, len(data), target)
    assert bytes(target[:size]) == b"\0" + cobs.encode(data) + b"\0"


@given(st.binary(min_size=1, max_size=60))
def test_the_crc_is_the_one_of_the_standard_library(body: bytes) -> None:
    buffer = bytearray(body + bytes(4))
    put_crc32(buffer, len(body))
    assert bytes(buffer) == body + zlib.crc32(body).to_bytes(4, "little")


@given(st.data(), st.sampled_from(wire.MESSAGES))
def test_a_frame_reads_back_as_it_was_written(data, row):
    values = [data.draw(st.integers(*RANGES[field[1]])) for field in row[3]]
    writer = FrameWriter()
    for sequence in (1, 2):
        frame = bytes(writer.make(row[0], *values))
        assert frame[0] == frame[-1] == 0 and 0 not in frame[1:-1]
        body = cobs.decode(frame[1:-1])
        assert zlib.crc32(body[:-4]) == struct.unpack("<I", body[-4:])[0]
        name, number, told = wire.decode(body)
        assert (name, number, list(told.values())) == (row[1], sequence, values)


@given(st.sampled_from(wire.MESSAGES), st.integers(0, 10_000), st.integers(1, 255))
def test_one_wrong_byte_is_never_taken(row, place, change):
    frame = bytearray(cobs.decode(bytes(FrameWriter().make(row[0], *([1] * len(row[3]))))[1:-1]))
    frame[place % len(frame)] ^= change
    with pytest.raises(wire.WireError):
        wire.decode(bytes(frame))


@given(st.binary(max_size=80))
def test_any_bytes_are_refused_by_one_kind_of_error(data):
    with pytest.raises(wire.WireError):
        wire.decode(data)


def test_the_budget_of_the_line_holds():
    """2.5 kB/s with every rate at its highest setting of `set`: STATUS 10 Hz, DETECT 50 Hz, LOOP 1 Hz."""
    size = {row[1]: struct.calcsize(wire.FORMATS[row[0]]) + wire.CRC_BYTES + 3 for row in wire.MESSAGES}
    assert size["STATUS"] * 10 + size["DETECT"] * 50 + size["LOOP"] <= 2500
    assert wire.FRAME_MAX_BYTES < 254, "one COBS block"


def test_the_log_keeps_the_last_events_in_order():
    log = EventLog(blank())
    for i in range(3 * CAPACITY):
        log.add(i, events.KIND_ID["mark"], -i, i)
    assert log.next == 3 * CAPACITY + 1 and log.oldest() == log.next - CAPACITY
    for number in range(log.oldest(), log.next):
        assert log.rows[log.at(number)] == number
        assert fields.parse_line(log.text(number))["count"] == number - 1
        assert fields.parse_line(log.text(number))["s_mm"] == 1 - number


def test_a_new_log_is_empty():
    log = EventLog(blank())
    assert log.oldest() == log.next == 1


@given(st.integers(0, 200))
def test_after_a_reset_everything_is_still_there_and_numbers_go_on(count):
    words = blank()
    log = EventLog(words)
    for i in range(count):
        log.add(i, events.KIND_ID["mark"], 0, i)
    before = [log.text(number) for number in range(log.oldest(), log.next)]
    again = EventLog(words)
    assert [again.text(number) for number in range(again.oldest(), again.next)] == before[-CAPACITY:]
    again.add(5, events.KIND_ID["boot"], 0, 3)
    assert again.rows[again.at(again.next - 1)] == count + 1


def test_the_row_under_way_at_a_reset_is_left_out():
    """A reset after each store of `add`: what is found is the log before it or with it, never a mixture."""

    class CutError(Exception):
        pass

    class Words:
        def __init__(self, words, left):
            self.words, self.left = words, left

        def __getitem__(self, at):
            return self.words[at]

        def __setitem__(self, at, value):
            if self.left == 0:
                raise CutError
            self.left -= 1
            self.words[at] = value

    for left in range(12):
        words = blank()
        log = EventLog(words)
        for i in range(100):
            log.add(i, events.KIND_ID["mark"], 0, i)
        texts = [log.text(number) for number in range(log.oldest(), log.next)]
        log.rows = Words(words, left)
        with contextlib.suppress(CutError):
            log.add(777, events.KIND_ID["mark"], 0, 777)
        found = EventLog(words)
        after = [found.text(number) for number in range(found.oldest(), found.next)]
        assert [text for text in after if "777" not in text] == (texts[1:] if left else texts)
        assert len([text for text in after if "777" in text]) == (1 if left > 10 else 0)


@given(st.lists(i32, min_size=WORDS, max_size=WORDS), st.booleans())
def test_whatever_stands_in_ram_at_power_up_is_survived(words, magic):
    if magic:
        words[:2] = [0x1AB0C5, CAPACITY]
    log = EventLog(words)
    for number in range(log.oldest(), log.next):
        log.text(number)
    log.add(1, events.KIND_ID["boot"], 0)
    assert "boot" in log.text(log.next - 1)
