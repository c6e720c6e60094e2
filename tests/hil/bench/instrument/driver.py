"""The host's end of the instrument's line, for its tests: frames by the tables, over a virtual Pico's USB."""

from __future__ import annotations

import binascii
import re
import struct
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from hil.bench.instrument import lines, wire
from hil.rigs.virtual import VirtualPico

MS = 1_000_000
GRID_CYCLES = wire.GRID_US * wire.CYCLES_PER_US
_EVENT = struct.Struct(wire.EVENT)
_REPORT = struct.Struct(wire.REPORT_HEAD)
_FIGURES = re.compile(r"([a-z][a-z ]+) (\d+)")


def frame(kind: int, payload: bytes = b"") -> bytes:
    """A frame of wire.py."""
    made = struct.pack(wire.HEAD, wire.START, kind, len(payload)) + payload
    return made + struct.pack(wire.CRC, binascii.crc32(made))


def slice_frame(at_us: int, us: int, words: Sequence[tuple[int, int]], codes: Sequence[Sequence[int]]) -> bytes:
    """words: (cycles after the word before, levels); codes: of A, B, C, D for each grid line."""
    payload = struct.pack(wire.SLICE_HEAD, at_us & 0xFFFFFFFF, us, len(words), len(codes))
    for cycles, levels in words:
        payload += struct.pack("<I", (cycles - wire.WORD_CYCLES) | levels << wire.WORD_DELAY_BITS)
    for row in codes:
        payload += struct.pack("<4H", *row)
    return frame(wire.SLICE, payload)


class Event(NamedTuple):
    """An event; `cycles` is its time since the timer's 0, exact."""

    cycles: int
    line: int
    kind: int
    first: int
    second: int


class Report(NamedTuple):
    """REPORT_HEAD."""

    now_us: int
    end_us: int
    held_us: int
    late_us: int
    levels: int
    flags: int
    refused: int
    events: int


class Told(NamedTuple):
    """What came: when the host had it, the kind, the payload."""

    t_ns: int
    kind: int
    payload: bytes


class Driver:
    """One instrument on a virtual Pico."""

    def __init__(self, pico: VirtualPico) -> None:
        self.pico = pico
        self.offset = 0
        self.events: list[Event] = []
        self.reports: list[Report] = []
        self.texts: list[str] = []
        self.spoilt = 0
        self.bytes = 0
        self._data = b""

    def run(self, ms: float) -> list[Told]:
        """Let time pass; what came."""
        self.pico.run(ms * MS)
        told = []
        for t_ns, data in self.pico.usb.read():
            self._data += data
            self.bytes += len(data)
            told += [Told(t_ns, kind, payload) for kind, payload in self._frames()]
        for each in told:
            self._took(each)
        return told

    def _frames(self) -> Iterator[tuple[int, bytes]]:
        while len(self._data) >= 4:
            start, kind, length = struct.unpack_from(wire.HEAD, self._data)
            whole = 4 + length + 4
            if start != wire.START or length > wire.PAYLOAD_MOST:
                self.spoilt += 1
                self._data = self._data[1:]
                continue
            if len(self._data) < whole:
                return
            made, self._data = self._data[:whole], self._data[whole:]
            if struct.unpack("<I", made[-4:])[0] != binascii.crc32(made[:-4]):
                self.spoilt += 1
                continue
            yield kind, made[4:-4]

    def _took(self, told: Told) -> None:
        if told.kind == wire.ID:
            _, _, self.offset, _ = struct.unpack(wire.ID_BODY, told.payload)
        elif told.kind == wire.TEXT:
            self.texts.append(told.payload.decode())
        elif told.kind == wire.REPORT:
            self.reports.append(Report(*_REPORT.unpack_from(told.payload)))
            for us, ctr, line, kind, first, second in _EVENT.iter_unpack(told.payload[_REPORT.size :]):
                off = (ctr - self.offset - us * wire.CYCLES_PER_US) & 0xFFFF
                cycles = us * wire.CYCLES_PER_US + (off - 0x10000 if off >= 0x8000 else off)
                self.events.append(Event(cycles, line, kind, first, second))

    def send(self, kind: int, payload: bytes = b"") -> None:
        self.pico.usb.write(frame(kind, payload))

    def hello(self) -> bytes:
        """Ask who it is; ID's payload."""
        self.send(wire.HELLO)
        for _ in range(100):
            for told in self.run(1):
                if told.kind == wire.ID:
                    return told.payload
        raise AssertionError("the instrument does not answer")

    def play(self, at_us: int, us: int, words: Sequence[tuple[int, int]], codes: Sequence[Sequence[int]]) -> None:
        """Send a slice."""
        self.pico.usb.write(slice_frame(at_us, us, words, codes))

    def park(self) -> None:
        """Park it, and let that come true."""
        self.send(wire.PARK)
        self.run(10)

    def soon_us(self, ms: int = 20) -> int:
        """A line of the grid so far behind what is played by now."""
        return self.reports[-1].end_us + 1000 * ms

    def figures(self) -> dict[str, int]:
        """What its TEXT says of the next FIGURES_TURNS turns."""
        self.texts.clear()
        self.send(wire.FIGURES)
        for _ in range(200):
            self.run(10)
            if self.texts:
                return {name.strip(): int(number) for name, number in _FIGURES.findall(self.texts.pop())}
        raise AssertionError("no figures came")

    def forget(self) -> None:
        """Of all that was told, the last report is kept."""
        self.reports = self.reports[-1:]
        self.texts.clear()
        self.events.clear()
        self.spoilt = 0

    def steps(self) -> list[tuple[float, int, float]]:
        """What the converter's outputs did since the last call: ns, output, mV."""
        return [tuple(step) for step in self.pico.call("i2c", "taken")]

    def take_events(self) -> list[Event]:
        """Those since the last call."""
        events, self.events = self.events, []
        return events


def start(uf2: Path, converter: int | None = 3, timer_at_us: int = 0, **options: object) -> Driver:
    """An instrument that has started and said who it is, with the converter of that seed on its bus, or none."""
    pico = VirtualPico(uf2, power=False, **options)  # type: ignore[arg-type]
    pico.faults.start_timer_at(timer_at_us)
    pico.power_on()
    if converter is not None:
        bus = pico.call("i2c", "bus", lines.DAC_SDA, lines.DAC_SCL)
        pico.call("i2c", "mcp4728", bus, lines.DAC_ADDRESS, converter, {})
    driver = Driver(pico)
    driver.run(900)
    driver.hello()
    return driver
