"""Each bound of a link at its last unit: what still fits, what no longer does, and what is counted of it."""

import pytest
from bench import Port

from sapper.crypto.line_mac import COUNTER_MAX
from sapper.crypto.signing import Signer
from sapper.link import often
from sapper.link.gate import Gate
from sapper.link.line import LineReader
from sapper.link.link import LINES_MAX, READ_BYTES, Link
from sapper.link.radio_link import RadioLink
from sapper.link.radio_reader import SHARE, SHARE_EVERY_TICKS, RadioReader
from sapper.link.refusals import Refusals
from sapper.link.unproved import UNKNOWN
from sapper.shared.events import REFUSALS
from sapper.shared.text import Text

pytestmark = pytest.mark.unit

USB, RADIO = 0, 1
KEY, NONCE = bytes(range(32)), bytes(16)


@pytest.fixture
def usb():
    port = Port()
    link = Link(USB, port, True)
    link.interruptible(True)
    return link, port


def given_lines(reader, data):
    """What a radio's reader gives of these bytes, all at once."""
    reader.begin(len(data))
    lines = []
    while (line := reader.next(data)) is not None:
        lines.append(line)
    return lines


# Reading


def test_it_is_behind_after_three_ticks_of_all_it_takes_and_no_more_after_one_of_less(usb):
    link, port = usb
    for full, behind in ((1, False), (2, False), (3, True), (4, True)):
        port.waiting = b" " * READ_BYTES[USB]
        link.read_line()
        assert link.behind() == behind, full
    port.waiting = b" " * (READ_BYTES[USB] - 1)
    link.read_line()
    assert not link.behind()


def test_no_more_is_read_in_a_tick_than_its_bound():
    for index, link in ((USB, Link(USB, Port(), True)), (RADIO, RadioLink(RADIO, Port(), Gate(b"", NONCE)))):
        link._port.waiting = bytes(500)
        link.read_line()
        assert len(link._port.waiting) == 500 - (32, 64)[index]


def test_armed_four_lines_wait_and_the_fifth_is_lost_and_counted():
    port = Port()
    link = Link(USB, port, True)
    link.interruptible(False)
    port.waiting = b"a\nb\nc\nd\ne\nf\n"
    assert link.read_line() == "a" and link.lost_lines == 2
    assert [link.read_line() for _ in range(LINES_MAX)] == ["b", "c", "d", None]


def test_disarmed_usb_is_held_back_while_four_lines_wait_and_loses_none(usb):
    link, port = usb
    port.waiting = b"a\nb\nc\nd\ne\n" + b"f\n" * 20
    assert link.read_line() == "a"
    left = len(port.waiting)
    link._lines[:] = ["1", "2", "3", "4"]
    link.read_line()
    assert len(port.waiting) == left, "nothing is read"
    link.read_line()
    assert len(port.waiting) < left and link.lost_lines == 0


def test_a_lossy_link_reads_on_however_many_wait():
    port = Port()
    link = Link(USB, port, True)
    link.interruptible(False)
    link._lines[:] = ["1", "2", "3", "4"]
    port.waiting = b"stop\n"
    assert link.read_line() == "stop" and link.read_line() == "1"


def test_stop_waits_once_and_first_and_an_empty_line_says_no_more_than_the_one_before(usb):
    link, port = usb
    port.waiting = b"a\n\n\n\nstop\nstop\n"
    assert [link.read_line() for _ in range(5)] == ["stop", "a", "", None, None]
    link.interruptible(False)
    port.waiting = b"\x03\x03x\n"
    assert [link.read_line() for _ in range(3)] == ["stop", "x", None]


def test_the_radio_holds_four_lines_and_eight_of_those_that_are_proved():
    gate = Gate(KEY, NONCE)
    link = RadioLink(RADIO, Port(), gate)
    for n in range(6):
        link._queue("x%d" % n)
    assert len(link._lines) == LINES_MAX and link.lost_lines == 2
    link.reader.proved = True
    for n in range(6):
        link._queue("y%d" % n)
    assert len(link._lines) == 2 * LINES_MAX and link.lost_lines == 4
    link._queue("stop")
    link._queue("stop")
    assert link._lines[:2] == ["stop", "x0"] and len(link._lines) == 9


# Writing


def test_eight_answers_wait_and_the_ninth_is_dropped_and_counted(usb):
    link, port = usb
    for n in range(10):
        link.answer(f"ok {n}")
    assert link.dropped == 2
    for _ in range(4):
        link.flush()
    assert port.sent.split() == b" ".join(b"ok %d" % n for n in range(8)).split()
    assert link.idle()


def text_of(line):
    text = Text()
    text.start(line)
    return text


def test_a_text_leaves_at_once_and_behind_others_it_waits_for_its_turn(usb):
    link, port = usb
    link.answer(text_of("ok 1"))
    assert port.sent == b"ok 1\r\n" and link.idle()
    link.answer("ok 2")
    link.answer(text_of("ok 3"))
    assert port.sent == b"ok 1\r\n"
    link.flush()
    assert port.sent == b"ok 1\r\nok 2\r\nok 3\r\n" and link.idle()


@pytest.mark.parametrize("room", [1, 3, 7])
def test_of_a_text_what_finds_no_room_follows_whole_before_anything_else(usb, room):
    link, port = usb
    text = text_of("ok first")
    port.room = room
    link.answer(text)
    text.start("overwritten")  # as by the next line that is made
    link.answer("ok second")
    link.send_frame(memoryview(b"frame"))
    for _ in range(30):
        link.flush()
    assert port.sent == b"ok first\r\nok second\r\n" and link.idle() and link.dropped == 1


def test_a_person_who_was_answered_by_a_text_sees_the_prompt_behind_it(usb):
    link, port = usb
    port.waiting = b"status\r"
    assert link.read_line() == "status"
    link.flush()
    port.sent = b""
    link.answer(text_of("ok"))
    assert port.sent == b"ok\r\n> "


def test_four_lines_leave_in_a_tick(usb):
    link, port = usb
    link.answer(iter(["1", "2", "3", "4", "5"]))
    link.flush()
    assert port.sent == b"1\r\n2\r\n3\r\n4\r\n"
    link.flush()
    assert port.sent.startswith(b"1\r\n2\r\n3\r\n4\r\n5\r\n") and not port.sent.endswith(b"> ")


def test_a_frame_that_finds_no_room_is_dropped_and_counted_one_by_one(usb):
    link, port = usb
    port.room = 0
    for n in range(1, 4):
        link.send_frame(memoryview(b"frame"))
        assert link.dropped == n and link.idle()
    port.room = 2
    link.send_frame(memoryview(b"frame"))
    assert (link.dropped, port.sent, link.idle()) == (3, b"fr", False)
    link.send_frame(memoryview(b"other"))
    assert (link.dropped, port.sent) == (4, b"fr")
    port.room = 1000
    link.flush()
    assert port.sent == b"frame" and link.idle()
    link.send_frame(memoryview(b"whole"))
    assert port.sent == b"framewhole" and link.idle() and link.dropped == 4


@pytest.mark.parametrize("trusted", [True, False])
@pytest.mark.parametrize("on", [True, False])
def test_ctrl_c_is_the_ports_and_lines_may_wait_only_disarmed_on_a_trusted_link(trusted, on):
    port = Port()
    link = Link(USB, port, trusted)
    link.interruptible(on)
    assert port.interrupts is on and link._lossy == (not (on and trusted))


@pytest.mark.parametrize(("typed", "echoed"), [(b"a", b"a"), (b"abcd", b"abcd"), (b"abcde", b"")])
def test_on_the_radio_a_person_who_types_four_bytes_a_tick_sees_them_and_a_program_that_sends_more_does_not(
    typed, echoed
):
    port = Port()
    link = RadioLink(RADIO, port, Gate(b"", NONCE))
    port.waiting = typed
    link.read_line()
    assert port.sent == b"", "nobody has ended a line with CR yet"
    port.waiting = b"x\r"
    link.read_line()
    port.sent = b""
    port.waiting = typed
    link.read_line()
    assert port.sent == echoed


# The readers


@pytest.mark.parametrize(
    "data",
    [b"a\r\n\nb\n", b"a\r\r\nb\r\n\r\n", b"a\n\r\nb\r\n\n\n", b"a\r\x08\nb\n", b"a\r\x01\nc\nb\n", b"\n\r\n\r\r"],
)
@pytest.mark.parametrize("size", [1, 2, 100])
def test_both_readers_end_lines_alike_whatever_ends_stand_side_by_side(data, size):
    usual, radio = LineReader(), RadioReader(Gate(b"", NONCE))
    expected, found = [], []
    for at in range(0, len(data), size):
        part = data[at : at + size]
        place = 0
        while place < len(part):
            place = usual.take(part, place, len(part))
            if usual.line is not None:
                expected.append(usual.line and UNKNOWN)
        found += given_lines(radio, part)
        assert radio.by_hand == usual.by_hand
    assert found == expected and len(expected) >= 3


def test_the_radios_share_is_used_up_and_comes_back_one_by_one_up_to_its_most():
    reader = RadioReader(Gate(KEY, NONCE))
    assert given_lines(reader, b"x\n" * (SHARE + 5)) == [UNKNOWN] * SHARE and reader.dropped() == 5
    for _ in range(SHARE_EVERY_TICKS - 1):
        reader.elapse()
    assert given_lines(reader, b"x\n") == [] and reader.dropped() == 6
    reader.elapse()
    assert given_lines(reader, b"x\nx\n") == [UNKNOWN] and reader.dropped() == 7
    for _ in range(SHARE_EVERY_TICKS * (SHARE + 10)):
        reader.elapse()
    assert given_lines(reader, b"x\n" * (SHARE + 5)) == [UNKNOWN] * SHARE


def used_up(gate):
    reader = RadioReader(gate)
    given_lines(reader, b"x\n" * (SHARE + 1))
    return reader


@pytest.mark.parametrize("text", ["p", "ping", "x" * 130])
@pytest.mark.parametrize("counter", [1, 9, 10, 99_999_999, 100_000_000, COUNTER_MAX])
def test_a_signed_line_needs_no_share_whatever_its_length_and_counter(counter, text):
    gate = Gate(KEY, NONCE)
    reader = used_up(gate)
    line = Signer(KEY, NONCE).sign(counter, text)
    dropped = reader.dropped()
    expected = often.PING | often.PROVED if text == "ping" else chr(gate.mark) + line[1:]
    assert given_lines(reader, line.encode() + b"\n") == [expected]
    assert reader.proved and reader.dropped() == dropped
    assert given_lines(reader, line.encode() + b"\n") == [], "its counter was taken"
    assert given_lines(reader, Signer(KEY, NONCE).sign(max(1, counter - 1), text).encode() + b"\n") == []


@pytest.mark.parametrize(
    "spoil",
    [
        lambda line: line[1:],
        lambda line: "#" + line[1:],
        lambda line: "@0" + line[1:],
        lambda line: "@" + line[2:],
        lambda line: line.replace(" ", "_", 1),
        lambda line: line[: line.rindex(" ")] + "_" + line[line.rindex(" ") + 1 :],
        lambda line: line[:-1] + "?",
        lambda line: line[: line.rindex(" ")],
        lambda line: "@1" + "0" * 9 + line[2:],
        lambda line: Signer(KEY, NONCE).sign(COUNTER_MAX + 1, "ping"),
    ],
)
def test_what_only_looks_signed_needs_its_share(spoil):
    reader = used_up(Gate(KEY, NONCE))
    line = Signer(KEY, NONCE).sign(5, "ping")
    assert given_lines(reader, spoil(line).encode() + b"\n") == [] and not reader.proved


@pytest.mark.parametrize("line", ["stop", " stop", "stop ", "  stop  "])
def test_stop_needs_no_share(line):
    assert given_lines(used_up(Gate(KEY, NONCE)), line.encode() + b"\n") == ["stop"]


@pytest.mark.parametrize("blanks", [1, 2, 159, 160])
def test_a_line_of_blanks_is_an_empty_one(blanks):
    assert given_lines(RadioReader(Gate(KEY, NONCE)), b" " * blanks + b"\nx\n") == ["", UNKNOWN]
    padded = b" " * ((blanks - 1) // 2) + b"x" + b" " * (blanks // 2) + b"\n"
    assert given_lines(RadioReader(Gate(KEY, NONCE)), padded) == [UNKNOWN]


@pytest.mark.parametrize("line", ["Stop", "stpp", "ttop", "stoq", "sto", "stops", "s top"])
def test_what_is_not_stop_does(line):
    assert given_lines(used_up(Gate(KEY, NONCE)), line.encode() + b"\n") == []


def test_why_lines_were_dropped_is_the_worst_of_it():
    for data, why in ((b"\x01\n", "malformed"), (b"x" * 161 + b"\n", "too_long"), (b"x\n" * (SHARE + 1), "flood")):
        reader = RadioReader(Gate(KEY, NONCE))
        given_lines(reader, data)
        assert (reader.dropped(), reader.why_dropped()) == (1, why)
    usual = LineReader()
    usual.take(b"\x01", 0, 1)
    usual.take(b"\n", 0, 1)
    assert (usual.dropped(), usual.why_dropped()) == (1, "malformed")


# What is told of refusals


def test_refusals_are_counted_one_by_one_and_told_at_once_and_then_once_a_second():
    told = []
    refusals = Refusals(lambda *args: told.append(args))
    refusals.elapse(10)
    assert told == []
    refusals.add(1, "mac")
    refusals.elapse(10)
    assert told == [(1, REFUSALS.index("mac"), 1)]
    refusals.add(0, "unsigned", 3)
    for _ in range(100):
        refusals.elapse(10)
    assert len(told) == 1
    refusals.elapse(10)
    assert told[1:] == [(0, REFUSALS.index("unsigned"), 4)]
    for _ in range(300):
        refusals.elapse(10)
    assert len(told) == 2


def test_what_a_link_dropped_by_itself_is_counted_once_with_its_reason():
    told = []
    refusals = Refusals(lambda *args: told.append(args))
    port = Port()
    link = Link(USB, port, True)
    link.interruptible(False)
    port.waiting = b"\x04\n\x05\n"
    link.read_line()
    refusals.look(link)
    refusals.look(link)
    refusals.elapse(10)
    assert told == [(USB, REFUSALS.index("malformed"), 2)] and refusals.count == 2
    port.waiting = b"a\nb\nc\nd\ne\n"
    link.read_line()
    refusals.look(link)
    refusals.elapse(1000)
    refusals.elapse(10)
    assert told[1:] == [(USB, REFUSALS.index("flood"), 3)]
