"""The GNSS receiver's port: UART1 at the rate that it is given, with the radio port's bounds."""

import sys
import time
from types import ModuleType

import machine
import pytest

from sapper.shared.pins import GPIO, UART_GNSS

pytestmark = pytest.mark.unit


class Uart:
    """made: how each was made. waits: bytes that have arrived."""

    made = []

    def __init__(self, number, baud, **how):
        Uart.made.append((number, baud, how["tx"].number, how["rx"].number, how["rxbuf"], how["timeout"]))
        self.waits = b""
        self.sent = 0

    def any(self):
        return len(self.waits)

    def readinto(self, buffer, most=None):
        count = min(len(buffer), len(self.waits) if most is None else most)
        buffer[:count] = self.waits[:count]
        self.waits = self.waits[count:]
        return count or None

    def write(self, buffer, at, count):
        self.sent += count
        return count


@pytest.fixture
def clock(monkeypatch):
    now = [0]
    stdin = ModuleType("sapper_stdin")
    stdin.peek = lambda _: 0
    monkeypatch.setitem(sys.modules, "sapper_stdin", stdin)
    monkeypatch.setattr(machine, "UART", Uart, raising=False)
    monkeypatch.setattr(time, "ticks_us", lambda: now[0], raising=False)
    monkeypatch.setattr(time, "ticks_diff", lambda one, other: one - other, raising=False)
    for name in ("serial_port", "gnss_port"):
        monkeypatch.delitem(sys.modules, f"sapper.hardware.{name}", raising=False)
    Uart.made.clear()
    yield now
    for name in ("serial_port", "gnss_port"):
        sys.modules.pop(f"sapper.hardware.{name}", None)


@pytest.mark.parametrize("baud", [9600, 38_400, 460_800])
def test_it_is_made_at_its_rate_on_its_pins(clock, baud):
    from sapper.hardware.gnss_port import GnssPort

    GnssPort(baud)
    assert Uart.made == [(UART_GNSS, baud, GPIO["GNSS_TX"], GPIO["GNSS_RX"], 1024, 0)]


def test_it_reads_what_has_come_and_no_more_than_fits(clock):
    from sapper.hardware.gnss_port import GnssPort

    port = GnssPort(38_400)
    room = bytearray(4)
    assert port.read_into(room) == 0
    port._uart.waits = b"$GNGGA"
    assert (port.read_into(room), bytes(room)) == (4, b"$GNG")
    assert (port.read_into(room), bytes(room[:2])) == (2, b"GA")


@pytest.mark.parametrize("baud", [9600, 115_200])
def test_room_comes_back_at_the_rate_of_the_line(clock, baud):
    """1,000 bytes wait; after the time of 500 at ten bits each there is room for as many."""
    from sapper.hardware.gnss_port import GnssPort

    port = GnssPort(baud)
    assert port.write(bytes(1000)) == 1000
    assert port.write(bytes(500)) == 0
    clock[0] = 500 * 10_000_000 // baud * 9 // 10
    assert port.write(bytes(500)) < 500
    port._waiting, port._wrote_us = 1000, 0
    clock[0] = 600 * 10_000_000 // baud
    assert port.write(bytes(500)) == 500
