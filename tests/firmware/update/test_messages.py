"""An update's messages one by one: each answered by its rule, spoilt ones thrown away whole, no byte left waiting."""

import random
import time
from binascii import crc32

import flash_layout
import pytest
from flash_slot import SECTOR, FlashSlot

from sapper.update import receiver as update_receiver
from sapper.update.receiver import BODY_BYTES_MAX, SILENCE_MS, Receiver, Silent, Slot
from sapper_host.update import wire as update_wire

pytestmark = pytest.mark.unit

RANDOM = random.Random(11)


class Line:
    """A port whose bytes come in parts: each a message, or a pause in ms. `now`: its time, which every look moves."""

    def __init__(self, parts, monkeypatch, room=1 << 30):
        self.parts = list(parts)
        self.said = b""
        self.now = 0
        self.room = room
        monkeypatch.setattr(time, "ticks_ms", self.tick, raising=False)
        monkeypatch.setattr(time, "ticks_diff", lambda a, b: a - b, raising=False)

    def tick(self):
        self.now += 1
        return self.now

    def read_into(self, buffer):
        if self.parts and isinstance(self.parts[0], int):
            self.parts[0] -= 1
            if self.parts[0] <= 0:
                self.parts.pop(0)
            return 0
        if not self.parts:
            return 0
        data = self.parts[0]
        count = min(len(buffer), len(data))
        buffer[:count] = data[:count]
        self.parts[0] = data[count:]
        if not self.parts[0]:
            self.parts.pop(0)
        return count

    def read_all(self, buffer):
        if self.read_into(buffer) < len(buffer):
            raise Silent

    def write(self, data):
        self.said += bytes(data[: self.room])
        return min(self.room, len(data))

    @property
    def lines(self):
        return self.said.decode().split("\r\n")[:-1]


class Board:
    """A receiver on a slot in memory."""

    def __init__(self, *parts, monkeypatch, manifest=(), slot=None, running=None, room=1 << 30):
        self.slot = slot if slot is not None else FlashSlot()
        self.line = Line(parts, monkeypatch, room)
        self.fed = self.pointed = 0
        self.target = Slot(self.slot, self.slot.erase, running)
        Receiver(self.line, self.target, manifest, b"", self._point, self._feed).run()

    def _point(self):
        self.pointed += 1

    def _feed(self):
        self.fed += 1


def message(kind, number=0, body=b""):
    return update_wire.message(kind, number, body)


def sector(number, content):
    return message("S", number, b"\0" + bytes([0]) + len(content).to_bytes(2, "little") + content)


@pytest.fixture
def board(monkeypatch):
    return lambda *parts, **more: Board(*parts, monkeypatch=monkeypatch, **more)


def test_q_is_the_last_message_and_changes_nothing(board):
    made = board(message("Q"), message("Q"))
    assert made.line.lines == ["ok receiving", "ok left; the board restarts as it was"]
    assert made.line.parts == [message("Q")] and made.slot.operations == 0 and not made.pointed


@pytest.mark.parametrize("kind", ["A", "m", "q", "X"])
def test_an_unknown_message_is_a_spoilt_one_and_the_next_is_taken(board, kind):
    made = board(message(kind), 100, message("Q"))
    assert made.line.lines[1:] == [
        "err message: spoilt on its way; send it again",
        "ok left; the board restarts as it was",
    ]


def test_the_manifest_is_told_line_by_line(board):
    made = board(message("M"), message("Q"), manifest=("one 1 2 3", "two 4 5 6"))
    assert made.line.lines[1:-1] == ["  one 1 2 3", "  two 4 5 6", "ok manifest"]


def test_every_message_feeds_the_watchdog_once_silence_too(board):
    assert board(message("M"), message("M"), 10, message("X"), 100, message("Q")).fed == 4
    assert board().fed == 1


def test_silence_ends_it_after_three_seconds_and_not_before(board):
    made = board(SILENCE_MS - 10, message("Q"))
    assert made.line.lines[-1].startswith("ok left")
    made = board(SILENCE_MS + 10, message("Q"))
    assert made.line.lines[-1] == "err silence: nothing came for 3000 ms; the board restarts as it was"
    assert SILENCE_MS <= made.line.now <= SILENCE_MS + 10


def test_a_spoilt_message_is_thrown_away_until_the_line_is_quiet(board):
    """What follows at once is of it; what comes after 20 ms of quiet is the next."""
    spoilt = bytearray(message("M"))
    spoilt[4] ^= 1
    made = board(bytes(spoilt) + message("Q"), 15, message("Q"), 40, message("M"), message("Q"))
    assert [line[:8] for line in made.line.lines[1:]] == ["err mess", "ok manif", "ok left;"]


@pytest.mark.parametrize("place", range(8 + 3))
def test_a_bit_of_any_byte_spoils_a_message(board, place):
    sent = bytearray(sector(0, b"abc")[:8] + b"xyz")
    body = b"xyz"
    head = bytes([ord("S"), 0, 3, 0])
    whole = head + crc32(body, crc32(head)).to_bytes(4, "little") + body
    spoilt = bytearray(whole)
    spoilt[place] ^= 4
    made = board(bytes(spoilt), 100, message("Q"))
    assert made.line.lines[-1].startswith(("err message", "ok left", "err silence"))
    assert made.slot.operations == 0 and len(sent) == 11


def test_a_body_may_fill_its_room_and_not_be_a_byte_longer(board):
    full = message("H", 0, bytes(BODY_BYTES_MAX))
    assert board(full, message("Q")).line.lines[1].startswith("ok have=")
    longer = message("H", 0, bytes(BODY_BYTES_MAX + 1))
    assert board(longer, 100, message("Q")).line.lines[1].startswith("err message")


def test_answers_leave_however_little_room_there_is(board):
    made = board(message("M"), message("Q"), manifest=("a line",), room=3)
    assert made.line.lines == ["ok receiving", "  a line", "ok manifest", "ok left; the board restarts as it was"]


def test_a_host_that_does_not_read_is_not_waited_for_for_ever(board):
    made = board(message("Q"), room=0)
    assert made.line.said == b"" and SILENCE_MS < made.line.now < 2 * SILENCE_MS + 100


def refusing(monkeypatch, error):
    def refuse(*_):
        raise error

    monkeypatch.setattr(update_receiver.patch, "build", refuse)


def test_what_flash_refuses_ends_it(board, monkeypatch):
    refusing(monkeypatch, OSError(5))
    made = board(sector(0, b"abc"), message("Q"))
    assert made.line.lines[-1].startswith("err flash: ") and made.line.parts == [message("Q")]


def test_a_sector_without_room_is_asked_for_as_it_is_and_the_next_message_is_taken(board, monkeypatch):
    refusing(monkeypatch, MemoryError())
    made = board(sector(0, b"abc"), message("Q"))
    assert made.line.lines[1].startswith("err room: ") and made.line.lines[2].startswith("ok left")
    assert made.slot.operations == 0


# The slot


def sums_of(*contents):
    return b"".join(crc32(content).to_bytes(4, "little") for content in contents)


def full(seed):
    return random.Random(seed).randbytes(SECTOR)


def filled(*contents):
    """A slot that holds these sectors from its start."""
    slot = FlashSlot()
    for number, content in enumerate(contents):
        slot[number * SECTOR : (number + 1) * SECTOR] = content
    return slot


def test_what_is_held_is_told_sector_by_sector_and_only_of_the_image():
    contents = [full(n) for n in range(4)]
    slot = filled(*contents)
    held = Slot(slot, slot.erase, None).held
    assert held(sums_of(*contents)) == "1111"
    assert held(sums_of(contents[0], full(9), contents[2], full(8))) == "1010"
    assert held(sums_of(*contents)[:7]) == "1"
    assert held(b"") == ""
    blank = b"\xff" * SECTOR
    slot = FlashSlot()
    target = Slot(slot, slot.erase, None)
    assert target.image_sectors == flash_layout.IMAGE_BYTES_MAX // SECTOR
    assert target.held(sums_of(*[blank] * (target.image_sectors + 5))) == "1" * target.image_sectors


def test_sectors_that_hold_other_things_are_cleared_a_block_at_once_where_that_is_faster():
    """Four sectors of 45 ms are more than a block of 150 ms; with one to be kept and written again of 15 ms, not."""
    other = [full(n) for n in range(16)]
    for used, kept, expected in ((4, 0, "0000"), (3, 0, "000"), (4, 1, "00000"), (4, 2, "000011"), (5, 2, "0000000")):
        contents = other[: used + kept]
        slot = filled(*contents)
        wanted = sums_of(*[full(100 + n) for n in range(used)], *contents[used:])
        assert Slot(slot, slot.erase, None).held(wanted) == expected, (used, kept)


@pytest.mark.parametrize(("used", "erases"), [(3, 3), (4, 1), (16, 1)])
def test_a_block_is_erased_once_where_that_pays(used, erases):
    slot = filled(*[full(n) for n in range(used)])
    done = []

    def erase(number, count):
        done.append((number, count))
        FlashSlot.erase(slot, number, count)

    target = Slot(slot, erase, None)
    contents = [full(100 + n) for n in range(used)]
    target.held(sums_of(*contents))
    for number, content in enumerate(contents):
        target.put(number, memoryview(b"\0" + b"\0" + SECTOR.to_bytes(2, "little") + content))
        assert slot[number * SECTOR : (number + 1) * SECTOR] == content
    assert len(done) == erases and ((0, 16) in done) == (erases == 1)


def test_a_block_that_holds_what_stays_is_not_erased():
    kept = full(1)
    slot = filled(kept, *[full(n) for n in range(2, 5)])
    target = Slot(slot, slot.erase, None)
    assert target.held(sums_of(kept, *[full(100 + n) for n in range(3)])) == "1000"
    target.put(1, memoryview(b"\0" + b"\0" + SECTOR.to_bytes(2, "little") + full(7)))
    assert slot[:SECTOR] == kept and slot[SECTOR : 2 * SECTOR] == full(7)


def test_the_second_block_is_looked_at_for_itself():
    slot = FlashSlot()
    slot[16 * SECTOR : 24 * SECTOR] = b"".join(full(n) for n in range(8))
    slot.operations = 0
    target = Slot(slot, slot.erase, None)
    blank = b"\xff" * SECTOR
    target.held(sums_of(*[blank] * 16, *[full(100 + n) for n in range(8)]))
    for number in (16, 17):
        target.put(number, memoryview(b"\0" + b"\0" + SECTOR.to_bytes(2, "little") + full(100 + number)))
    assert slot[18 * SECTOR : 24 * SECTOR] == b"\xff" * (6 * SECTOR), "the block was erased as one"


def test_a_sector_that_is_there_already_costs_nothing():
    content = full(3)
    slot = filled(content)
    target = Slot(slot, slot.erase, None)
    target.held(sums_of(content))
    target.put(0, memoryview(b"\0" + b"\0" + SECTOR.to_bytes(2, "little") + content))
    assert slot.operations == 0


def test_the_first_change_takes_the_old_trailer_away_and_a_trailer_is_written_alone_on_blank():
    slot = FlashSlot()
    slot[-SECTOR:] = b"t" * SECTOR
    target = Slot(slot, slot.erase, None)
    target.put(0, memoryview(b"\0" + b"\0" + (3).to_bytes(2, "little") + b"abc"))
    assert slot[-SECTOR:] == b"\xff" * SECTOR and slot[:4] == b"abc\xff"
    target.finish(b"the trailer")
    assert slot[-SECTOR:] == b"the trailer" + b"\xff" * (SECTOR - 11)
