"""Which serial port is which: what is plugged in, who says what it is, and what is written down of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hil.bench.config import BenchPort
from hil.bench.instrument import wire
from hil.bench.link import ID_BODY, Deframer, frame
from sapper_host.board.serial_stream import ByteStream, SerialStream
from sapper_host.connected.ports import Port, list_ports

INSTRUMENT_NAME = "Sapper bench instrument"
FT232H_IDS = "0403:6014"
_ANSWER_S = 1.5
_BAUD = 115200  # USB: of no meaning
_KINDS = ("usb", "serial")

Opener = Callable[[str, int], ByteStream]
Listed = Callable[[], list[Port]]


@dataclass(frozen=True)
class Identity:
    """What an instrument says of itself: the version of its frames, its chip's number, what it was built from."""

    version: int
    number: str
    built: str

    @property
    def ours(self) -> bool:
        """Whether it speaks as this Sapper does."""
        return self.version == wire.VERSION


def plugged_in(listed: Listed = list_ports) -> list[Port]:
    """Ports of this machine; lines of rigs that run are none."""
    return [port for port in listed() if port.kind in _KINDS]


def asked(device: str, opened: Opener = SerialStream, answer_s: float = _ANSWER_S) -> Identity | None:
    """Say hello as to an instrument; None where none answers. LinkError where the port cannot be opened."""
    stream = opened(device, _BAUD)
    try:
        stream.write(frame(wire.HELLO))
        frames, until = Deframer(), time.monotonic() + answer_s
        while time.monotonic() < until:
            for kind, payload in frames.feed(stream.read_some()):
                if kind == wire.ID and len(payload) == ID_BODY.size:
                    version, number, _, built = ID_BODY.unpack(payload)
                    return Identity(version, number.hex(), built.hex())
    finally:
        stream.close()
    return None


def candidates(name: str, ports: Sequence[Port]) -> list[Port]:
    """Those that may be the rover, the instrument, or an adapter (any other name), by what USB says of them."""
    instruments = [port for port in ports if INSTRUMENT_NAME in port.detail]
    rovers = [port for port in ports if port.what == "board" and port not in instruments]
    if name in ("rover", "instrument"):
        return rovers if name == "rover" else instruments
    return [port for port in ports if port not in (*rovers, *instruments) and port.usb_ids not in ("", FT232H_IDS)]


def told_apart(port: Port, ports: Sequence[Port]) -> BenchPort:
    """What to write down of a port so that it is found again, and none of the others is taken for it: its number, if
    it has one of its own; else the socket it is in; else its name."""
    same = [other for other in ports if other.serial_number == port.serial_number and other.usb_ids == port.usb_ids]
    if port.serial_number and len(same) == 1:
        return BenchPort(serial_number=port.serial_number, usb_ids=port.usb_ids)
    there = [other for other in ports if other.location == port.location]
    if port.location and len(there) == 1:
        return BenchPort(usb_ids=port.usb_ids, location=port.location)
    return BenchPort(device=port.device)


def fits(spec: BenchPort, port: Port) -> bool:
    """Whether all that is written down is so."""
    return bool(spec.given) and all(getattr(port, name) == value for name, value in spec.given.items())


def words(port: Port) -> str:
    """A port, for a person."""
    number = f", number {port.serial_number}" if port.serial_number else ""
    where = f", in socket {port.location}" if port.location else ""
    return f"{port.device} ({port.detail or port.kind}{number}{where})"
