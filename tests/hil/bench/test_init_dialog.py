"""`sapper bench init`: ports are known by what they say, by being plugged in, or by name; never by luck."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hil.bench.config import BenchPort, Config, GateFit
from hil.bench.init_dialog import Dialog, InitError, changes
from hil.bench.instrument import wire
from hil.bench.link import ID_BODY, frame
from hil.bench.port_finding import Identity, asked, fits, told_apart
from sapper_host.connected.ports import Port
from sapper_host.errors import PortBusyError

pytestmark = pytest.mark.unit

ROVER = Port("/dev/ttyACM0", "usb", "board", "Sapper rover", "E661A", location="1-1.1", usb_ids="2e8a:0005")
INSTRUMENT = Port(
    "/dev/ttyACM1", "usb", "board", "Sapper bench instrument", "E661B", location="1-1.2", usb_ids="2e8a:0005"
)
RADIO = Port("/dev/ttyUSB0", "usb", "other", "Silicon Labs CP2102", "0001", location="1-1.3", usb_ids="10c4:ea60")
GNSS = Port("/dev/ttyUSB1", "usb", "other", "Silicon Labs CP2102", "0001", location="1-1.4", usb_ids="10c4:ea60")
FT232H = Port("/dev/ttyUSB2", "usb", "other", "FTDI FT232H", "FT9", location="1-1.5", usb_ids="0403:6014")
SOLDERED = Port("/dev/ttyAMA0", "serial", "other")
RIGS_LINE = Port("/tmp/rig/usb", "usb-rig", "rig", "virtual rig", "E661A")
OURS = Identity(wire.VERSION, "e661b", "00" * 8)


class Person:
    """Answers, and plugs in what is asked for; `here` is what is plugged in."""

    def __init__(self, here: list[Port], answers: Callable[[str], bool] = lambda question: True, **how: object) -> None:
        self.here = list(here)
        self.answers = answers
        self.to_plug: list[list[Port]] = []
        self.said: list[str] = []
        self.questions: list[str] = []
        self.identities: dict[str, Identity | None] = {INSTRUMENT.device: OURS}
        options = {"native": lambda: True, "plug_s": 3.0} | how
        self.dialog = Dialog(
            self.said.append,
            self._confirm,
            listed=lambda: list(self.here),
            hello=lambda device: self.identities.get(device),
            wait=self._wait,
            **options,  # type: ignore[arg-type]
        )

    def _confirm(self, question: str) -> bool:
        self.questions.append(question)
        return self.answers(question)

    def _wait(self, seconds: float) -> None:
        if self.to_plug:
            self.here = self.to_plug.pop(0)

    def run(self, base: Config | None = None, backend: str = "") -> Config:
        return self.dialog.run(base or Config(), backend)


def test_what_is_clear_is_asked_about_once_and_written_so_that_it_is_found_again() -> None:
    person = Person([ROVER, INSTRUMENT, RADIO], lambda question: "is there a gnss" not in question)
    config = person.run()
    assert config.ports == {
        "rover": BenchPort("E661A", "2e8a:0005"),
        "instrument": BenchPort("E661B", "2e8a:0005"),
        "radio": BenchPort("0001", "10c4:ea60"),
        "gnss": BenchPort(),
    }
    assert config.bus.backend == "native"
    assert len(person.questions) == 4
    assert any(line.startswith("instrument: number e661b, built from 00") for line in person.said)


def test_two_adapters_with_one_number_are_told_apart_by_their_sockets_as_they_are_plugged_in() -> None:
    person = Person([ROVER, INSTRUMENT])
    person.to_plug = [[ROVER, INSTRUMENT], [ROVER, INSTRUMENT, RADIO], [ROVER, INSTRUMENT, RADIO, GNSS]]
    config = person.run()
    assert config.ports["radio"].given["serial_number"] == "0001", "as long as it is alone"
    assert config.ports["gnss"].given == {"usb_ids": "10c4:ea60", "location": "1-1.4"}
    assert told_apart(RADIO, [RADIO, GNSS]).given == {"usb_ids": "10c4:ea60", "location": "1-1.3"}
    assert told_apart(SOLDERED, [SOLDERED, RADIO]).given == {"device": "/dev/ttyAMA0"}


def test_an_adapter_that_was_there_before_is_not_taken_for_the_one_that_comes() -> None:
    person = Person([ROVER, INSTRUMENT, GNSS, RADIO], lambda question: "gnss" not in question)
    # Pulled out, and in again: it is the one that went and came.
    person.to_plug = [[ROVER, INSTRUMENT, GNSS], [ROVER, INSTRUMENT, GNSS, RADIO]]
    assert person.run().ports["radio"].location == "1-1.3"


def test_two_at_once_and_none_at_all_are_told() -> None:
    person = Person([ROVER, INSTRUMENT])
    person.to_plug = [[ROVER, INSTRUMENT, RADIO, GNSS]]
    with pytest.raises(InitError, match="ttyUSB0 and /dev/ttyUSB1 came at once; plug them in one after another"):
        person.run()
    with pytest.raises(InitError, match="nothing was plugged in for 3 s; begin again, with the radio's cable in hand"):
        Person([ROVER, INSTRUMENT]).run()


@pytest.mark.parametrize(
    ("identity", "words"),
    [
        (None, "no instrument answers on /dev/ttyACM1; flash it"),
        (Identity(99, "e", "0"), "has frames of version 99; flash it"),
    ],
)
def test_an_instrument_that_does_not_say_so_is_none(identity: Identity | None, words: str) -> None:
    person = Person([ROVER, INSTRUMENT, RADIO])
    person.identities[INSTRUMENT.device] = identity
    with pytest.raises(InitError, match=words):
        person.run()


def test_a_busy_instrument_is_told_as_that() -> None:
    def busy(device: str) -> Identity | None:
        raise PortBusyError(f"{device} is in use", "end the other program")

    person = Person([ROVER, INSTRUMENT, RADIO])
    person.dialog.hello = busy
    with pytest.raises(InitError, match="in use; end the other program"):
        person.run()


def test_nobody_to_ask_takes_what_is_clear_and_names_what_is_not() -> None:
    config = Person([ROVER, INSTRUMENT, RADIO], asking=False).run()
    assert config.ports["radio"].given and not config.ports["gnss"].given
    with pytest.raises(InitError, match="the radio may be /dev/ttyUSB0 or /dev/ttyUSB1; say which with --radio PORT"):
        Person([ROVER, INSTRUMENT, RADIO, GNSS], asking=False).run()
    with pytest.raises(InitError, match="no port here is the instrument .*; plug it in, or say which"):
        Person([ROVER, RADIO], asking=False).run()
    named = {"radio": GNSS.device, "gnss": RADIO.device}
    config = Person([ROVER, INSTRUMENT, RADIO, GNSS], asking=False, named=named).run()
    assert (config.ports["radio"].location, config.ports["gnss"].location) == ("1-1.4", "1-1.3")
    with pytest.raises(InitError, match="there is no port /dev/ttyNOSUCH for the radio; `sapper devices` lists them"):
        Person([ROVER, INSTRUMENT], asking=False, named={"radio": "/dev/ttyNOSUCH"}).run()


def test_a_rigs_line_is_no_port_of_a_bench() -> None:
    with pytest.raises(InitError, match="no port here is the rover"):
        Person([RIGS_LINE, INSTRUMENT, RADIO], asking=False).run()


@pytest.mark.parametrize(
    ("ports", "native", "backend"),
    [([], True, "native"), ([FT232H], False, "ft232h"), ([FT232H], True, "ft232h"), ([], False, "native")],
)
def test_the_bus_is_where_there_is_one(ports: list[Port], native: bool, backend: str) -> None:
    person = Person([ROVER, INSTRUMENT, RADIO, *ports], lambda q: "is there a gnss" not in q, native=lambda: native)
    assert person.run().bus.backend == backend
    assert person.run(backend="native").bus.backend == "native"


def test_what_is_not_asked_about_is_kept_and_what_changes_is_told() -> None:
    before = Config(gates={"gate_0": GateFit(1.0, 0.99)}, ports={**Config().ports, "rover": BenchPort("OLD")})
    after = Person([ROVER, INSTRUMENT, RADIO], asking=False).run(before)
    assert after.gates == before.gates and after.supply == before.supply
    assert changes(before, after, [ROVER]) == ["rover was {'serial_number': 'OLD'}"]
    old = Port("/dev/ttyACM9", "usb", "board", serial_number="OLD")
    assert fits(before.ports["rover"], old)
    assert changes(before, after, [old])[0].endswith("which is still there as /dev/ttyACM9")


class InstrumentsPort:
    """What an instrument sends that has been hearing nothing: the end of a report, then its answer."""

    def __init__(self, answer: bytes) -> None:
        self.pieces = [b"\x82\xa5\x00", answer[:7], answer[7:]]
        self.written: list[bytes] = []
        self.closed = False

    def write(self, data: bytes) -> None:
        self.written.append(data)

    def read_some(self) -> bytes:
        return self.pieces.pop(0) if self.pieces else b""

    def close(self) -> None:
        self.closed = True


def test_an_instrument_is_asked_who_it_is() -> None:
    answer = frame(wire.ID, ID_BODY.pack(wire.VERSION, bytes(range(8)), 3, bytes(8)))
    port = InstrumentsPort(answer)
    identity = asked("/dev/x", lambda device, baud: port, 1.0)  # type: ignore[arg-type, return-value]
    assert identity == Identity(wire.VERSION, "0001020304050607", "00" * 8) and identity.ours
    assert port.written == [frame(wire.HELLO)] and port.closed
    silent = InstrumentsPort(b"")
    assert asked("/dev/x", lambda device, baud: silent, 0.05) is None and silent.closed  # type: ignore[arg-type, return-value]
