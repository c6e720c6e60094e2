"""What the radio's port says it sent is what its UART took."""

import sys
import time
from types import ModuleType

import machine
import pytest

pytestmark = pytest.mark.unit


class Uart:
    """takes: bytes of each write that it has room for, None for none at all."""

    def __init__(self, *_, **__):
        self.takes = 10_000
        self.sent = b""

    def write(self, buffer, at, count):
        if self.takes is None:
            return None
        taken = bytes(buffer[at : at + min(count, self.takes)])
        self.sent += taken
        return len(taken)


@pytest.fixture
def port(monkeypatch):
    stdin = ModuleType("sapper_stdin")
    stdin.peek = lambda _: 0
    monkeypatch.setitem(sys.modules, "sapper_stdin", stdin)
    monkeypatch.setattr(machine, "UART", Uart, raising=False)
    monkeypatch.setattr(time, "ticks_us", lambda: 0, raising=False)
    monkeypatch.setattr(time, "ticks_diff", lambda one, other: one - other, raising=False)
    monkeypatch.delitem(sys.modules, "sapper.hardware.serial_port", raising=False)
    from sapper.hardware.serial_port import RadioPort

    yield RadioPort()
    sys.modules.pop("sapper.hardware.serial_port", None)


@pytest.mark.parametrize(("takes", "taken"), [(10_000, 40), (40, 40), (39, 39), (1, 1), (0, 0), (None, 0)])
def test_a_uart_that_takes_fewer_bytes_is_believed(port, takes, taken):
    port._uart.takes = takes
    line = bytes(range(50))
    assert port.write(line, 10) == taken
    assert port._uart.sent == line[10 : 10 + taken]


def test_what_it_did_not_take_waits_nowhere(port):
    """With nothing carried meanwhile, a kilobyte finds room, however often none of it was taken before."""
    port._uart.takes = 0
    for _ in range(9):
        assert port.write(bytes(1000)) == 0
    port._uart.takes = 10_000
    assert port.write(bytes(1000)) == 1000
    assert port.write(bytes(1000)) == 0, "and now there is none"
