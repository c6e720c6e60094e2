"""Bytes to lines and back: bounded memory, nothing made up, `stop` first, an echo for a person, no wait for a slow
host."""

import contextlib

import pytest
from bench import Port
from hypothesis import given
from hypothesis import strategies as st

from sapper.link.line import MAX_BYTES, LineReader
from sapper.link.link import LINES_MAX, READ_BYTES, Link

pytestmark = pytest.mark.unit

USB, RADIO = 0, 1


def lines_of(data, cut=7):
    """Every line that a reader makes of `data`, fed in pieces, and the reader."""
    reader = LineReader()
    found = []
    for start in range(0, len(data), cut):
        piece = data[start : start + cut]
        at = 0
        while at < len(piece):
            after = reader.take(piece, at, len(piece))
            assert after > at or reader._bad, "no progress"
            at = after
            if reader.line is not None:
                found.append(reader.line)
    return found, reader


def link_on(index, trusted=None):
    port = Port()
    return Link(index, port, index == USB if trusted is None else trusted), port


def drain(link, ticks=200):
    """All lines a link gives in so many ticks."""
    return [line for line in (link.read_line() for _ in range(ticks)) if line is not None]


@pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\n"])
def test_each_line_end_ends_one_line(end):
    assert lines_of(b"status" + end + b"version" + end)[0] == ["status", "version"]


def test_empty_lines_are_lines_and_crlf_is_one_end():
    assert lines_of(b"\n\n\r\n\r")[0] == ["", "", "", ""]


def test_blanks_around_a_line_go_and_backspace_takes_one_character():
    assert lines_of(b"  stx\x7fatus \n")[0] == ["status"]
    assert lines_of(b"\x08\x08\x08ok\n")[0] == ["ok"]


@pytest.mark.parametrize("bad", [b"sto\x00p\n", b"\xffstop\n", b"st\top\n", b"\x1b[Astop\n"])
def test_a_line_with_unprintable_bytes_is_dropped_whole_and_counted(bad):
    found, reader = lines_of(bad)
    assert found == []
    assert reader.malformed == 1


def test_a_line_of_the_greatest_length_passes_and_one_byte_more_does_not():
    assert lines_of(b"a" * MAX_BYTES + b"\n")[0] == ["a" * MAX_BYTES]
    found, reader = lines_of(b"a" * (MAX_BYTES + 1) + b"\nping\n")
    assert found == ["ping"] and reader.too_long == 1


def test_the_tail_of_an_over_long_line_is_no_line_of_its_own():
    found, reader = lines_of(b"x" * 400 + b"stop\n" + b"ping\n")
    assert found == ["ping"] and reader.too_long == 1


@given(st.binary(max_size=2000), st.integers(1, 96))
def test_any_bytes_give_only_what_a_plain_reading_gives(data, cut):
    """Against an independent model: split at line ends, drop bad ones whole; memory never grows."""
    found, reader = lines_of(data, cut)
    expected = []
    text = bytearray()
    bad = False
    after_cr = False
    for byte in data:
        if byte == 10 and after_cr:
            after_cr = False
            continue
        after_cr = byte == 13
        if byte in (10, 13):
            if not bad:
                expected.append(text.decode().strip())
            text.clear()
            bad = False
        elif byte in (8, 127):
            del text[-1:]
        elif 32 <= byte < 127:
            if len(text) == MAX_BYTES:
                bad = True
                text.clear()
            text.append(byte)
        else:
            bad = True
    assert found == expected
    assert len(reader._bytes) == MAX_BYTES


@given(st.lists(st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=MAX_BYTES), max_size=20))
def test_good_lines_arrive_as_they_were_sent(lines):
    assert lines_of("".join(line + "\n" for line in lines).encode(), 32)[0] == [line.strip() for line in lines]


def test_ctrl_c_on_usb_reads_as_stop_and_forgets_what_was_typed():
    link, port = link_on(USB)
    link.interruptible(False)
    port.waiting = b"driv\x03status\n"
    assert drain(link) == ["stop", "status"]


def test_ctrl_c_on_the_radio_is_noise():
    link, port = link_on(RADIO)
    port.waiting = b"\x03\x03\nstatus\n"
    assert drain(link) == ["status"]
    assert link.reader.malformed == 1


@pytest.mark.parametrize("index", [USB, RADIO])
@pytest.mark.parametrize("flood", [b"\n", b"x\n", b"drive 300 0\n", b"@1 0000000000000000 arm\n"])
def test_stop_is_read_at_most_a_few_ticks_after_a_flood(index, flood):
    """What the receive buffers can hold (1024 bytes) of other lines stands before it."""
    link, port = link_on(index)
    link.interruptible(False)
    port.waiting = flood * (1024 // len(flood)) + b"stop\n"
    for tick in range(1024 // READ_BYTES[index] + 3):  # noqa: B007 (asked for after the loop)
        if link.read_line() == "stop":
            break
    else:
        pytest.fail("stop was not read")
    assert tick <= 1024 // READ_BYTES[index] + 1


def test_a_radio_flood_leaves_no_old_lines_behind():
    """57,600 baud bring 57.6 bytes a tick: after the flood at most LINES_MAX lines are carried out."""
    link, port = link_on(RADIO)
    for _ in range(500):
        port.waiting += b"drive 300 0\n" * 5
        link.read_line()
    assert len(port.waiting) < READ_BYTES[RADIO]
    assert len(drain(link)) <= LINES_MAX
    assert link.lost_lines > 1000


def test_a_usb_link_that_cannot_keep_up_says_so():
    link, port = link_on(USB)
    link.interruptible(False)
    port.waiting = b"drive 300 0\n" * 100
    for _ in range(5):
        link.read_line()
    assert link.behind()
    drain(link)
    assert not link.behind()


def test_disarmed_a_pasted_file_loses_nothing():
    link, port = link_on(USB)
    lines = [f"set sweep_mm_s {300 + i}" for i in range(60)]
    port.waiting = "".join(line + "\n" for line in lines).encode()
    assert drain(link) == lines


def test_memory_of_a_link_is_bounded_whatever_comes():
    link, port = link_on(RADIO)
    for i in range(2000):
        port.waiting += bytes((i * 7 + j * 13) & 255 for j in range(96))
        link.read_line()
        assert len(link._lines) <= LINES_MAX + 1
        assert len(link._rest) <= MAX_BYTES
        assert len(link._answers) <= 8


def test_a_host_that_does_not_read_costs_dropped_answers_only():
    link, port = link_on(USB)
    port.room = 0
    for i in range(50):
        link.answer(f"ok {i}")
        link.flush()
    assert link.dropped > 0 and len(link._answers) <= 8 and port.sent == b""
    port.room = 1000
    for _ in range(20):
        link.flush()
    answers = port.sent.split(b"\r\n")
    assert answers[0] == b"ok 0" and link.idle()


def test_answers_leave_whole_and_in_order_however_little_room_there_is():
    link, port = link_on(USB)
    link.answer(iter(("  one", "  two", "ok")))
    link.answer("ok again")
    port.room = 1
    for _ in range(200):
        link.flush()
    assert port.sent == b"  one\r\n  two\r\nok\r\nok again\r\n"


def test_a_frame_never_splits_an_answer():
    link, port = link_on(USB)
    port.room = 2
    link.answer("ok abcdef")
    link.flush()
    link.send_frame(b"\x00frame\x00")
    assert link.dropped == 1
    port.room = 100
    link.flush()
    assert port.sent == b"ok abcdef\r\n"


def test_the_rest_of_a_frame_follows_before_anything_else():
    link, port = link_on(USB)
    port.room = 3
    link.send_frame(b"\x00frame\x00")
    link.answer("ok")
    port.room = 100
    link.flush()
    assert port.sent == b"\x00frame\x00ok\r\n"


def test_a_person_gets_an_echo_and_a_prompt_and_a_program_does_not():
    link, port = link_on(USB)
    port.waiting = b"version\n"
    link.read_line()
    link.answer("ok")
    link.flush()
    assert port.sent == b"ok\r\n"
    port.waiting = b"\r"
    link.read_line()
    link.flush()
    port.sent = b""
    port.waiting = b"status\r"
    assert link.read_line() == "status"
    link.answer("ok")
    link.flush()
    link.flush()
    assert port.sent == b"status\r\nok\r\n> "


def test_a_program_that_follows_a_person_finds_its_answer_on_a_line_of_its_own():
    link, port = link_on(USB)
    port.waiting = b"\r"
    link.read_line()
    link.flush()
    port.sent = b""
    port.waiting = b"status\n"
    assert link.read_line() == "status"
    link.answer("ok state=SAFE")
    link.flush()
    link.flush()
    assert port.sent == b"status\r\nok state=SAFE\r\n"


@given(st.binary(max_size=600))
def test_whatever_comes_over_usb_the_echo_never_holds_a_zero_byte(data):
    """Zero bytes stand for frames."""
    link, port = link_on(USB)
    port.waiting = b"\r" + data
    with contextlib.suppress(KeyboardInterrupt):  # a Ctrl-C for the prompt (ctrl_c.py)
        drain(link, 40)
    assert b"\0" not in port.sent
