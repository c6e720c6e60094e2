"""A pair of Picos without firmware: they wait in the mask ROM, and their blocks are set by their registers."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from hil.rigs.virtual import VirtualPico, link
from hil.rigs.virtual.pair import BENCH_CONVERTER, PicoPair, bench_lines

US = 1000
MS = 1_000_000
IN_THE_ROM_NS = 1_000_000_000  # both wait for a UF2 by then
CYCLE_NS = 1000 / 48  # as the mask ROM leaves clk_sys
LINES = {line.name: line for line in bench_lines()}
NO_PULL, PULL_DOWN, PULL_UP = 0x52, 0x56, 0x5A
SIO, PWM, PIO0 = 5, 4, 6
MV_PER_LSB = 3300 / 4096


class Pokes:
    """A chip's blocks, by their registers."""

    def __init__(self, pico: VirtualPico) -> None:
        self.pico = pico

    def put(self, address: int, value: int) -> None:
        self.pico.memory.write(address, value.to_bytes(4, "little"))

    def ready(self) -> None:
        """IO_BANK0, PADS_BANK0, PIO0, PWM, SPI1, UART1 out of reset, peripherals clocked, all pins let go."""
        self.put(0x4000F000, 1 << 5 | 1 << 8 | 1 << 10 | 1 << 14 | 1 << 17 | 1 << 23)
        self.put(0x40008048, 0x800)
        self.put(0x50200000, 0)
        self.put(0xD0000028, 0x3FFFFFFF)
        for gpio in range(30):
            self.function(gpio, SIO)
            self.pull(gpio, NO_PULL)
            if gpio not in BENCH_CONVERTER[:2]:  # its bus holds them
                self.pico.pin(gpio).release()
            self.pico.pin(gpio).watch()
            self.pico.pin(gpio).edges()

    def function(self, gpio: int, number: int) -> None:
        self.put(0x40014004 + 8 * gpio, number)

    def pull(self, gpio: int, pad: int) -> None:
        self.put(0x4001C004 + 4 * gpio, pad)

    def drive(self, gpio: int, level: int) -> None:
        self.put(0xD0000014 if level else 0xD0000018, 1 << gpio)
        self.put(0xD0000024, 1 << gpio)

    def let_go(self, gpio: int) -> None:
        self.put(0xD0000028, 1 << gpio)

    def pwm(self, gpio: int, period: int, high: int) -> None:
        """A free-running slice, in cycles."""
        slice_at = 0x40050000 + 0x14 * ((gpio >> 1) & 7)
        self.put(slice_at + 0x10, period - 1)
        self.put(slice_at + 0x0C, high << 16 | high)
        self.put(slice_at, 1)
        self.function(gpio, PWM)

    def pio(self, program: list[int], out: int, into: int = 0) -> None:
        """State machine 0 of PIO0 runs a program at full speed: SET and sideways at `out`, IN and WAIT at `into`."""
        for at, word in enumerate(program):
            self.put(0x50200048 + 4 * at, word)
        self.put(0x502000C8, 1 << 16)
        self.put(0x502000CC, (len(program) - 1) << 12)
        self.put(0x502000DC, 1 << 26 | out << 5 | into << 15)
        self.put(0x502000D8, 0xE081)  # set pindirs, 1
        self.function(out, PIO0)
        self.put(0x502000D8, 0x0000)  # jmp 0
        self.put(0x50200000, 1)


def readied(both: PicoPair) -> PicoPair:
    """All pins and lines as if nothing had been."""
    both.wires.mend()
    for pico in (both.rover, both.instrument):
        Pokes(pico).ready()
    both.run(100 * US)
    for pico in (both.rover, both.instrument):
        for gpio in range(30):
            pico.pin(gpio).edges()
    return both


def spoilt(monkeypatch: pytest.MonkeyPatch, folder: Path, file: str, right: str, wrong: str) -> None:
    """From now on the emulator is one with that text instead of this in that file."""
    emulator = Path(link.__file__).parent
    shutil.copytree(emulator / "node", folder / "node")
    (folder / "node_modules").symlink_to(emulator / "node_modules")
    path = folder / "node" / file
    whole = path.read_text()
    assert whole.count(right) == 1
    path.write_text(whole.replace(right, wrong))
    monkeypatch.setattr(link, "_BRIDGE", folder / "node" / "bridge.mjs")


def conversions(both: PicoPair, channel: int, duration_ns: float) -> tuple[np.ndarray, np.ndarray]:
    """Times and millivolts of what the rover's converter gives, running freely on one input."""
    rover = Pokes(both.rover)
    rover.put(0x4000F000, 1)
    rover.put(0x4004C000, 0)
    both.rover.adc.record()
    since = both.now_ns
    rover.put(0x4004C000, channel << 12 | 1 << 3 | 1)
    both.run(duration_ns)
    found = both.rover.adc.converted(since)
    rover.put(0x4004C000, 0)
    both.run(10 * US)
    return found.times_ns, found.codes * MV_PER_LSB


def at_inputs(both: PicoPair) -> list[int]:
    """Millivolts at GATE_0, 1 and 2."""
    return [round(float(conversions(both, channel, 10 * US)[1][-1])) for channel in range(3)]
