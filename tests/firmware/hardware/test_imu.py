"""The IMU's driver on a block whose registers say anything: it never raises, never waits, and comes back.

What a real part and bus do with it is in tests/hil/rigs/test_imu.py.
"""

import sys
import time
from types import ModuleType

import machine
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytestmark = pytest.mark.unit

RXFLR, STATUS, ABORTS, CLEAR = 0x40048078, 0x40048070, 0x40048080, 0x40048054


class Block:
    """The I2C block: what has come, whether it is busy, why it gave up. anything: says what its registers give."""

    def __init__(self):
        self.came = bytearray()
        self.busy = 0
        self.aborts = 0
        self.sent = []
        self.looks = 0
        self.anything = None

    def peek(self, address, shift, mask):
        self.looks += 1
        assert self.looks < 2000, "it waits"
        if self.anything is not None:
            return self.anything() >> shift & mask
        if address == CLEAR:
            self.aborts = 0
        value = {RXFLR: len(self.came), STATUS: self.busy, ABORTS: self.aborts}.get(address, 0)
        if address == 0x40048010:
            value = self.came.pop(0) if self.came else 0
        return value >> shift & mask

    def poke(self, address, value):
        self.looks += 1

    def push_words(self, address, words, count):
        self.sent.append(list(words[:count]))

    def swap_transfer(self, block, to, count, words, words_count):
        if self.peek(block + 0x78, 0, 31) != count:
            return -1
        view = memoryview(to).cast("B")
        changed = 0
        for i in range(count):
            byte = self.anything() & 255 if self.anything else self.peek(0x40048010, 0, 255)
            changed += view[i] != byte
            view[i] = byte
        if words_count:
            self.push_words(block + 0x10, words, words_count)
        return changed


@pytest.fixture(scope="module")
def made():
    """() -> an Imu and its block."""
    patch = pytest.MonkeyPatch()
    block = [Block()]
    registers = ModuleType("sapper.hardware.registers")
    for name in ("peek", "poke", "push_words", "swap_transfer"):
        setattr(registers, name, lambda *values, name=name: getattr(block[0], name)(*values))
    patch.setitem(sys.modules, "sapper.hardware.registers", registers)
    patch.setattr(machine, "I2C", lambda *_, **__: None, raising=False)
    patch.setattr(machine.Pin, "OPEN_DRAIN", 9, raising=False)
    patch.setattr(machine.Pin, "value", lambda self, level=None: 0)
    for name in ("sleep_ms", "sleep_us"):
        patch.setattr(time, name, lambda _: None, raising=False)
    patch.delitem(sys.modules, "sapper.hardware.imu", raising=False)
    from sapper.hardware.imu import Imu

    def make():
        block[0] = Block()
        return Imu(), block[0]

    yield make
    patch.undo()
    sys.modules.pop("sapper.hardware.imu", None)


def running(made):
    """One that reads."""
    imu, block = made()
    block.came += bytes((0x6C, 0x40, 0x40, 0x44))
    imu.read()
    assert imu.present and block.sent[-1][0] == 0x20
    return imu, block


def test_a_burst_is_an_address_and_fourteen_reads_with_the_stop_on_the_last(made):
    _, block = running(made)
    assert block.sent[-1] == [0x20, 0x500, *[0x100] * 12, 0x300]
    assert block.sent[0] == [0x0F, 0x500, 0x100, 0x100, 0x300]


def test_a_part_that_is_not_set_up_is_reset_and_set_up(made):
    imu, block = made()
    block.came += bytes((0x6C, 0, 0, 0x04))
    reads = 0
    while block.sent[-1][0] != 0x20:
        imu.read()
        reads += 1
    assert block.sent[1:3] == [[0x12, 0x201], [0x10, 0x40, 0x40, 0x244]] and len(block.sent) == 4
    assert 12 <= reads <= 16 and imu.fault == "", "120 ms of settling"


def test_signs_and_order_are_the_parts(made):
    imu, block = running(made)
    block.came += bytes((0, 1, 255, 255, 0, 128, 255, 127, 1, 0, 2, 0, 3, 0))
    assert imu.read() and imu.fresh
    assert (imu.temp, imu.gyro_x, imu.gyro_y, imu.gyro_z) == (256, -1, -32768, 32767)
    assert (imu.accel_x, imu.accel_y, imu.accel_z) == (1, 2, 3)


def test_a_burst_that_has_not_ended_is_waited_for_once_and_then_given_up(made):
    imu, block = running(made)
    block.busy = 1
    assert not imu.read() and imu.fault == ""
    assert not imu.read() and imu.fault == "bus" and not imu.present


def test_a_part_of_a_burst_is_no_row(made):
    imu, block = running(made)
    row = list(imu.row)
    block.came += bytes(range(1, 14))
    for _ in range(3):
        assert not imu.read()
    assert list(imu.row) == row


@settings(max_examples=300, deadline=None)
@given(values=st.lists(st.integers(0, 0xFFFFFFFF), min_size=1, max_size=60), reads=st.integers(1, 250))
def test_whatever_its_registers_say_it_goes_on(made, values, reads):
    imu, block = made()
    turn = [0]

    def anything():
        turn[0] += 1
        # An empty FIFO now and then, as no chip goes on giving for ever.
        return 0 if turn[0] % 40 == 0 else values[turn[0] % len(values)]

    block.anything = anything
    for _ in range(reads):
        block.looks = 0
        assert imu.read() in (True, False)
        assert all(-32768 <= value <= 32767 for value in imu.row)
    block.looks = 0
    assert isinstance(imu.self_test(), str)
    block.anything, block.came, block.busy, block.aborts = None, bytearray(), 0, 0
    for _ in range(400):
        block.looks = 0
        block.came += bytes((0x6C, 0x40, 0x40, 0x44)) if block.sent[-1][0] == 0x0F and not block.came else b""
        block.came += bytes(range(14)) if block.sent[-1][0] == 0x20 and not block.came else b""
        block.sent = block.sent[-1:]
        if imu.read():
            break
    assert imu.fresh, "a bus that is well again is taken"


@settings(max_examples=200, deadline=None)
@given(data=st.binary(min_size=14, max_size=14 * 80))
def test_any_bytes_are_a_row(made, data):
    imu, block = running(made)
    for at in range(0, len(data) - 13, 14):
        block.looks = 0
        block.came[:] = data[at : at + 14]
        fresh = imu.read()
        if fresh:
            assert memoryview(imu.row).cast("B").tobytes() == data[at : at + 14]
