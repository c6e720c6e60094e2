"""The host's ports: found by what the system tells, opened again when they come back, none in another's way."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from hil.bench.config import BenchPort
from hil.bench.hardware import HostPort
from sapper_host.connected.ports import Port
from sapper_host.errors import LinkError, LinkGoneError, PortBusyError

pytestmark = pytest.mark.unit

_PORT = BenchPort(serial_number="E661", usb_ids="2E8A:0005")


class _Cable:
    """Ports of a system, and what is at their other ends."""

    def __init__(self) -> None:
        self.ports: list[Port] = []
        self.streams: list[_Stream] = []
        self.opened: list[tuple[str, int]] = []
        self.busy = False

    def plug(self, device: str, number: str = "E661", ids: str = "2e8a:0005") -> None:
        self.ports.append(Port(device, "usb", "board", serial_number=number, usb_ids=ids))

    def open(self, device: str, baud: int) -> _Stream:
        if self.busy:
            raise PortBusyError(f"{device} is in use", "close the other program")
        self.opened.append((device, baud))
        self.streams.append(_Stream())
        return self.streams[-1]


class _Stream:
    def __init__(self) -> None:
        self.gone = threading.Event()
        self.stuck = threading.Event()
        self.come: list[bytes] = []
        self.sent: list[bytes] = []
        self.closed = False

    def read_some(self) -> bytes:
        if self.gone.is_set():
            raise LinkGoneError("it went away", "plug it in")
        if self.come:
            return self.come.pop(0)
        time.sleep(0.005)
        return b""

    def write(self, data: bytes) -> None:
        if self.gone.is_set():
            raise LinkError("it went away", "plug it in")
        while self.stuck.is_set():
            time.sleep(0.005)
        self.sent.append(data)

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def cable() -> _Cable:
    return _Cable()


@pytest.fixture
def port(cable: _Cable) -> Iterator[HostPort]:
    made = HostPort("rover", _PORT, lambda: list(cable.ports), cable.open)
    yield made
    made.close()


def _until(true: Callable[[], object]) -> None:
    end = time.monotonic() + 5
    while not true():
        assert time.monotonic() < end, "it did not become so"
        time.sleep(0.005)


def test_a_board_is_found_by_its_number_and_again_under_another_name(cable: _Cable, port: HostPort) -> None:
    cable.plug("/dev/ttyACM0", number="OTHER")
    time.sleep(0.1)
    assert not port.present
    port.write(b"lost")
    cable.plug("/dev/ttyACM1")
    _until(lambda: port.present)
    before = time.monotonic_ns()
    cable.streams[0].come.append(b"hello")
    _until(lambda: cable.streams[0].come == [])
    _until(lambda: (heard := port.read()) and heard[0][1] == b"hello" and heard[0][0] >= before)
    port.write(b"version\n")
    _until(lambda: cable.streams[0].sent == [b"version\n"])
    del cable.ports[1]
    cable.streams[0].gone.set()
    _until(lambda: not port.present)
    assert cable.streams[0].closed
    cable.plug("/dev/ttyACM2")
    _until(lambda: port.present)
    assert [device for device, _ in cable.opened] == ["/dev/ttyACM1", "/dev/ttyACM2"]


def test_a_port_that_takes_nothing_holds_nobody_up(cable: _Cable, port: HostPort) -> None:
    cable.plug("/dev/ttyACM1")
    _until(lambda: port.present)
    cable.streams[0].stuck.set()
    begun = time.monotonic()
    for _ in range(100):
        port.write(b"x")
    assert time.monotonic() - begun < 0.5
    cable.streams[0].come.append(b"still heard")
    _until(lambda: [data for _, data in port.read()] == [b"still heard"])
    cable.streams[0].stuck.clear()
    _until(lambda: len(cable.streams[0].sent) == 100)


def test_a_host_that_hangs_fetches_nothing_until_it_reads_again(cable: _Cable, port: HostPort) -> None:
    cable.plug("/dev/ttyACM1")
    _until(lambda: port.present)
    port.reading = False
    time.sleep(0.05)
    cable.streams[0].come += [b"kept"]
    time.sleep(0.2)
    assert port.read() == [] and cable.streams[0].come == [b"kept"]
    port.reading = True
    _until(lambda: [data for _, data in port.read()] == [b"kept"])


def test_why_a_port_is_not_there_is_known(cable: _Cable, port: HostPort) -> None:
    cable.busy = True
    cable.plug("/dev/ttyACM1")
    _until(lambda: "is in use; close the other program" in port.trouble)
    cable.plug("/dev/ttyACM2")
    _until(lambda: "add what tells them apart under [ports]" in port.trouble)
    assert not port.present


def test_a_port_that_the_file_does_not_name_is_never_there() -> None:
    port = HostPort("gnss", BenchPort())
    assert not port.given and not port.present
    port.write(b"nowhere")
    assert port.read() == []
    port.close()
