"""Each line of the board's stands on a line of its own, whatever was echoed before it and however little of anything
the port takes at once."""

import itertools

import pytest
from bench import Port

from sapper.link.gate import Gate
from sapper.link.link import Link
from sapper.link.radio_link import RadioLink
from sapper.shared.text import Text

pytestmark = pytest.mark.unit

USB, RADIO = 0, 1
FRAME = b"\x00frame\x00"
SHORT, LONG = "ok 1", "ok " + "x" * 40


class Rooms(Port):
    """A port that takes so many bytes at each call, in turn."""

    def __init__(self, rooms):
        super().__init__()
        self._rooms = itertools.cycle(rooms)

    def write(self, buffer, at=0, most=-1):
        self.room = next(self._rooms)
        return super().write(buffer, at, most)


def link_on(index, port):
    return Link(USB, port, True) if index == USB else RadioLink(RADIO, port, Gate(bytes(range(32)), bytes(16)))


def tick(link):
    """What a tick does with a link; its line."""
    line = link.read_line()
    if line is not None:
        link.answer("ok " + str(line))
    link.flush()
    return line


def text_of(line):
    text = Text()
    text.start(line)
    return text


@pytest.mark.parametrize("index", [USB, RADIO])
@pytest.mark.parametrize("end", [b"\r", b"\r\n"])
@pytest.mark.parametrize("last", range(1, 6))
def test_a_programs_answer_is_a_line_of_its_own_where_a_line_by_hand_or_noise_went_before(index, end, last):
    """Its line may end in a piece so short that a person might have typed it."""
    port = Port()
    link = link_on(index, port)
    port.waiting = b"\xff\x8cnoise" + end
    tick(link)
    line = b"nonce 12bda8fbb04e3b32\n"
    for piece in (line[:-last], line[-last:]):
        port.waiting += piece
        tick(link)
    for _ in range(5):
        tick(link)
    assert b"ok nonce 12bda8fbb04e3b32" in port.sent.split(b"\r\n"), port.sent


@pytest.mark.parametrize("index", [USB, RADIO])
@pytest.mark.parametrize("first", [SHORT, LONG])
@pytest.mark.parametrize("second", [SHORT, LONG])
@pytest.mark.parametrize("make", [str, text_of])
def test_lines_and_frames_leave_whole_however_the_port_splits_them(index, first, second, make):
    """A first write of every length, then none, then every length again; a frame is tried between all pieces."""
    for room, again in itertools.product(range(len(LONG) + 3), repeat=2):
        port = Rooms((room, 0, again, 1000))
        link = link_on(index, port)
        for line in (first, second):
            link.answer(make(line))
            link.send_frame(FRAME)
        for _ in range(12):
            link.flush()
            link.send_frame(FRAME)
        for _ in range(4):
            link.flush()
        lines = port.sent.replace(FRAME, b"").decode().split("\r\n")
        assert lines == [first, second, ""], (room, again, port.sent)


@pytest.mark.parametrize("index", [USB, RADIO])
def test_what_is_echoed_joins_no_line_however_the_port_splits_it(index):
    """A person types, and is told of something in the middle; every write takes some of it, or nothing."""
    for rooms in itertools.product((0, 1, 2, 5, 1000), repeat=3):
        port = Rooms((*rooms, 1000))
        link = link_on(index, port)
        port.waiting = b"\r"
        for _ in range(12):
            tick(link)
        for piece in (b"sta", b"t"):
            port.waiting += piece
            tick(link)
            link.answer(text_of("* event"))
        for piece in (b"us", b"\r"):
            port.waiting += piece
            tick(link)
        for _ in range(20):
            tick(link)
        lines = port.sent.replace(b"> ", b"").split(b"\r\n")
        assert lines.count(b"* event") == 2 and b"ok status" in lines, (rooms, port.sent)
