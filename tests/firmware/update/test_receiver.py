"""The board's end of an update, in memory: whatever arrives, the slot ends up whole and signed, or not counting."""

import random
import struct
import time
import zlib

import flash_layout
import pytest
from flash_slot import SECTOR, FlashSlot, PowerGone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sapper.shared.commands import ROWS, allowed
from sapper.shared.events import STATES
from sapper.update import receiver as update_receiver
from sapper.update.patch import COPY, DATA, DEFLATED, PIECES_BYTES_MAX, PatchError, build
from sapper.update.receiver import Receiver, Slot
from sapper.update.slot_trailer import BYTES_MAX, MARK
from sapper.update.trailer import TrailerError, check, mac
from sapper_host.errors import NoAnswerError
from sapper_host.update import wire as update_wire
from sapper_host.update.bundle import Bundle, FileRow

pytestmark = pytest.mark.unit

KEY = bytes(range(32))
IMAGE = random.Random(1).randbytes(5 * SECTOR + 1234)
RUNNING = random.Random(2).randbytes(3 * SECTOR) + IMAGE[SECTOR : 3 * SECTOR]


def trailer_of(image, key=None, **changes):
    """A trailer as `sapper bundle` makes it, with `changes`."""
    import hashlib

    values = {"length": len(image), "sha256": hashlib.sha256(image).hexdigest(), "crc32": f"{zlib.crc32(image):08x}"}
    values |= {"api": 1, "mpy": 4870, "version": "9", "git": "x", "content": "y"} | changes
    unsigned = "\n".join([MARK, *(f"{name}={value}" for name, value in values.items()), ""]).encode()
    return unsigned + f"mac={mac(key, unsigned) if key else 'none'}\n".encode()


def bundle_of(image, key=None, files=()):
    return Bundle(image, trailer_of(image, key), {}, tuple(files))


class Clock:
    """Milliseconds that pass only when somebody waits."""

    def __init__(self, monkeypatch):
        self.now = 0
        monkeypatch.setattr(time, "ticks_ms", self.tick, raising=False)
        monkeypatch.setattr(time, "ticks_diff", lambda a, b: a - b, raising=False)

    def tick(self):
        self.now += 1
        return self.now


class Port:
    """The board's port: gives `data` in parts, then silence; keeps what is said."""

    def __init__(self, data):
        self._data = data
        self.said = b""

    def read_into(self, buffer):
        count = min(len(buffer), len(self._data))
        buffer[:count] = self._data[:count]
        self._data = self._data[count:]
        return count

    def read_all(self, buffer):
        if len(self._data) < len(buffer):
            self._data = b""
            raise update_receiver.Silent  # what the watchdog does on the board
        self.read_into(buffer)

    def write(self, data):
        self.said += bytes(data[:7])
        return len(data[:7])

    @property
    def lines(self):
        return self.said.decode().split("\r\n")[:-1]


def receive(data, slot, key=b"", running=None, runs=None):
    """Have the board take these bytes; (its lines, whether the slot was pointed to)."""
    pointed = []
    port = Port(data)
    Receiver(port, Slot(slot, slot.erase, running), (), key, lambda: pointed.append(True), lambda: None, runs).run()
    return port.lines, bool(pointed)


def messages(bundle, running=()):
    """All of an update, in order."""
    plan = update_wire.pieces(bundle, running)
    out = [update_wire.message("H", 0, update_wire.sums(bundle.image))]
    out += [update_wire.message("S", number, update_wire.body_of(sector)) for number, sector in enumerate(plan)]
    return [*out, update_wire.message("E", 0, bundle.trailer)]


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    return Clock(monkeypatch)


def test_an_update_arrives_whole_and_is_pointed_to():
    slot = FlashSlot()
    lines, pointed = receive(b"".join(messages(bundle_of(IMAGE))), slot)
    assert pointed and lines[-1].startswith("ok update is whole")
    assert slot[: len(IMAGE)] == IMAGE
    assert slot[-SECTOR:].startswith(trailer_of(IMAGE))


def test_what_the_running_application_has_is_copied_from_it():
    rows = [FileRow("same", SECTOR, 2 * SECTOR, "x")]
    bundle = bundle_of(IMAGE, files=rows)
    there = [FileRow("same", 3 * SECTOR, 2 * SECTOR, "x")]
    data = b"".join(messages(bundle, there))
    assert len(data) < len(IMAGE) - 2 * SECTOR + 2000
    slot = FlashSlot()
    lines, pointed = receive(data, slot, running=RUNNING)
    assert pointed, lines
    assert slot[: len(IMAGE)] == IMAGE


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations(range(6)), twice=st.lists(st.integers(0, 5), max_size=3))
def test_sectors_may_come_in_any_order_and_twice(order, twice):
    first, *rest, last = messages(bundle_of(IMAGE))
    slot = FlashSlot()
    _, pointed = receive(b"".join([first, *(rest[i] for i in [*order, *twice]), last]), slot)
    assert pointed and slot[: len(IMAGE)] == IMAGE


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_garbled_bytes_never_make_a_slot_count(data):
    sent = bytearray(b"".join(messages(bundle_of(IMAGE))))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(sent) - 1))
        how = data.draw(st.sampled_from(["flip", "lose", "add"]))
        if how == "flip":
            sent[at] ^= data.draw(st.integers(1, 255))
        elif how == "lose":
            del sent[at : at + data.draw(st.integers(1, 40))]
        else:
            sent[at:at] = data.draw(st.binary(min_size=1, max_size=40))
    slot = FlashSlot()
    _, pointed = receive(bytes(sent), slot)
    assert not pointed or slot[: len(IMAGE)] == IMAGE


class LineToReceiver:
    """The laptop's end of a line without loss, the receiver behind it: what a message answers is there at once."""

    def __init__(self, slot):
        self.receiver = Receiver(self, Slot(slot, slot.erase, RUNNING), (), b"", self._point, lambda: None)
        self.pointed = False
        self.said = []
        self.lines = []

    def _point(self):
        self.pointed = True

    def write(self, data):
        kind, number, length = struct.unpack_from("<cBH", data)
        self.lines.append(self.receiver._do(kind, number, memoryview(data)[8 : 8 + length])[1])
        self.said.append(self.lines[-1])

    def line(self, _seconds):
        return self.lines.pop(0)

    answer_line = line

    def quiet(self, _seconds):
        self.lines.clear()


def test_sectors_that_find_no_room_to_be_unpacked_come_as_they_are(monkeypatch):
    """Of a board's heap in pieces: no window of 4 kB in one."""
    image = b"".join(b"%07d\n" % number for number in range(2500))

    def no_window(sent, *others):
        if sent[0] == DEFLATED:
            raise MemoryError("memory allocation failed, allocating 4096 bytes")
        build(sent, *others)

    monkeypatch.setattr(update_receiver.patch, "build", no_window)
    slot = FlashSlot()
    line = LineToReceiver(slot)
    update_wire.send(line, bundle_of(image), lambda share: None)
    assert [said.partition(":")[0] for said in line.said if said.startswith("err")][:1] == ["err room"]
    assert line.pointed and slot[: len(image)] == image


def test_a_sector_without_room_even_as_it_is_ends_it_with_the_board_as_it_was(monkeypatch):
    def none(*_):
        raise MemoryError("memory allocation failed, allocating 4096 bytes")

    monkeypatch.setattr(update_receiver.patch, "build", none)
    slot = FlashSlot()
    line = LineToReceiver(slot)
    with pytest.raises(NoAnswerError, match="err room"):
        update_wire.send(line, bundle_of(IMAGE), lambda share: None)
    assert not line.pointed and not slot[-SECTOR:].startswith(MARK.encode())


def test_silence_ends_it_with_the_board_as_it_was():
    slot = FlashSlot()
    lines, pointed = receive(b"".join(messages(bundle_of(IMAGE))[:4]), slot)
    assert not pointed and lines[-1].startswith("err silence")


def test_what_an_earlier_try_left_need_not_come_again():
    slot = FlashSlot()
    first = messages(bundle_of(IMAGE))
    receive(b"".join(first[:4]), slot)
    lines, _ = receive(first[0], slot)
    assert lines[1] == "ok have=111000"
    lines, pointed = receive(b"".join([first[0], *first[4:]]), slot)
    assert pointed and slot[: len(IMAGE)] == IMAGE


def test_an_old_image_does_not_count_from_the_first_change_on():
    slot = FlashSlot()
    receive(b"".join(messages(bundle_of(IMAGE))), slot)
    other = random.Random(5).randbytes(len(IMAGE))
    receive(b"".join(messages(bundle_of(other))[:3]), slot)
    assert slot[-SECTOR:] == b"\xff" * SECTOR


def test_power_may_go_at_every_operation_and_the_next_try_succeeds():
    old, new = random.Random(7).randbytes(3 * SECTOR), IMAGE
    data = b"".join(messages(bundle_of(new)))
    whole = FlashSlot()
    receive(b"".join(messages(bundle_of(old))), whole)
    operations = whole.operations
    before = bytes(whole)
    receive(data, whole)
    for cut in range(whole.operations - operations):
        slot = FlashSlot(cut_after=cut)
        slot[:] = before
        with pytest.raises(PowerGone):
            receive(data, slot)
        counts = slot[-SECTOR:].startswith(trailer_of(old)) or slot[-SECTOR:].startswith(trailer_of(new))
        if counts:
            image = old if slot[-SECTOR:].startswith(trailer_of(old)) else new
            assert slot[: len(image)] == image, f"cut at {cut}: a trailer beside what is not its image"
        slot.cut_after = None
        _, pointed = receive(data, slot)
        assert pointed and slot[: len(new)] == new


@pytest.mark.parametrize(
    ("trailer", "name"),
    [
        (trailer_of(IMAGE), "signature"),
        (trailer_of(IMAGE, bytes(32)), "signature"),
        (trailer_of(IMAGE, KEY) + b"sha256=" + b"0" * 64 + b"\n", "signature"),
        (trailer_of(IMAGE, KEY)[:-1], "trailer"),
        (trailer_of(IMAGE, KEY).replace(b"version=9", b"version=8"), "signature"),
        (trailer_of(IMAGE[:-1] + b"?", KEY), "hash"),
        (trailer_of(IMAGE, KEY, length=0), "size"),
        (trailer_of(IMAGE, KEY, length=10**9), "size"),
        (trailer_of(IMAGE, KEY, api=2), "api"),
        (trailer_of(IMAGE, KEY, mpy=1), "mpy"),
        (b"\xff" * 40, "trailer"),
        (b"", "trailer"),
        (trailer_of(IMAGE, KEY, version="x" * BYTES_MAX), "trailer"),
    ],
)
def test_a_board_with_a_key_takes_only_what_is_whole_and_signed(trailer, name, monkeypatch):
    monkeypatch.setattr(update_receiver.running, "takes", lambda: (1, 4870))
    check(trailer_of(IMAGE, KEY), IMAGE, KEY, 1, 4870)
    with pytest.raises(TrailerError) as refused:
        check(trailer, IMAGE, KEY, 1, 4870)
    assert refused.value.args[0] == name
    slot = FlashSlot()
    lines, pointed = receive(b"".join(messages(Bundle(IMAGE, trailer, {}, ()))), slot, KEY)
    assert not pointed and lines[-1].startswith(f"err {name}: ")
    assert slot[: len(IMAGE)] == IMAGE and slot[-SECTOR:] == b"\xff" * SECTOR, "all but the trailer is written"


@given(st.binary(max_size=200))
def test_any_bytes_are_a_sector_or_refused(sent):
    sector = bytearray(SECTOR)
    try:
        build(memoryview(sent), b"running", sector, bytearray(PIECES_BYTES_MAX))
    except PatchError:
        return
    assert len(sector) == SECTOR


@pytest.mark.parametrize(
    "pieces",
    [
        bytes([DATA, 5, 0]) + b"four",
        bytes([COPY, 0, 0, 0, 0, 17]),
        bytes([COPY, 0, 0, 0, 8, 0]),
        bytes([7, 1, 0, 0]),
        bytes([DATA, 1]),
    ],
)
def test_a_piece_from_outside_is_refused(pieces):
    with pytest.raises(PatchError):
        build(memoryview(b"\0" + pieces), b"running", bytearray(SECTOR), bytearray(PIECES_BYTES_MAX))


def test_an_image_fills_a_slot_and_no_more():
    assert flash_layout.IMAGE_BYTES_MAX + 2 * SECTOR == flash_layout.SLOT_BYTES
    assert (flash_layout.KEY_SECTOR, flash_layout.TRAILER_SECTOR) == (94, 95)
    slot = FlashSlot()
    too_far = update_wire.message("S", flash_layout.IMAGE_BYTES_MAX // SECTOR, b"\0")
    lines, _ = receive(too_far, slot)
    assert lines[1].startswith("err sector") and slot.operations == 0


@pytest.mark.parametrize("length", [flash_layout.IMAGE_BYTES_MAX, 33 * SECTOR, 1])
def test_no_update_touches_the_sector_that_holds_the_team_key(length):
    """Over a slot that is full, so that whole blocks are erased first; then once more, with all of it held."""
    slot = FlashSlot()
    slot[:] = random.Random(3).randbytes(len(slot))
    at = flash_layout.KEY_SECTOR * SECTOR
    kept = bytes(slot[at : at + SECTOR])
    for seed in (4, 5):
        image = random.Random(seed).randbytes(length)
        lines, pointed = receive(b"".join(messages(bundle_of(image))), slot)
        assert pointed, lines
        assert slot[:length] == image and slot[at : at + SECTOR] == kept


def test_the_console_takes_no_update_but_in_safe():
    assert [state for state in STATES if allowed(ROWS["update"], STATES.index(state))] == ["SAFE"]
