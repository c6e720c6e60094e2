"""The rover's pins, used from MicroPython's prompt: driven one at a time, read, and its converter's codes."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

from hil.bench.outside import BytePort, Outside
from hil.errors import HilError
from sapper.shared.pins import GPIO
from sapper_host.board.dialog import Dialog
from sapper_host.errors import SapperError
from sapper_host.silicon.raw_prompt import RawPrompt

_LOOK_NS = 1_000_000
_BOOT_S = 8.0
_ASK_S = 1.0
_GPIO_IN = 0xD0000004
# `alone` drives one pin high and lets go of all others, which the application's PWM and PIO may have. It waits for
# lines and pull-downs: 100 kilohm and some 100 pF are 10 us.
_PROGRAM = f"""
import machine, time
from machine import Pin
mem32 = machine.mem32
def go(pins, pull):
    for n in pins:
        Pin(n, Pin.IN, pull)
def alone(pins, n):
    go(pins, Pin.PULL_DOWN)
    Pin(n, Pin.OUT, value=1)
    time.sleep_us(200)
    return mem32[{_GPIO_IN}]
def levels(pins):
    go(pins, Pin.PULL_DOWN)
    time.sleep_us(200)
    return mem32[{_GPIO_IN}]
def codes(n, count):
    adc = machine.ADC(n)
    return [adc.read_u16() >> 4 for _ in range(count)]
def mean(n, count):
    return sum(codes(n, count)) / count
uart = machine.UART(0, 57600, tx=Pin(0), rx=Pin(1))
"""


class PortStream:
    """A port of the outside as a `ByteStream`: time passes while one waits."""

    def __init__(self, outside: Outside, port: BytePort) -> None:
        self._outside = outside
        self._port = port

    def read_some(self) -> bytes:
        """What has come within a millisecond."""
        self._outside.wait(_LOOK_NS)
        return b"".join(data for _, data in self._port.read())

    def write(self, data: bytes) -> None:
        """Send it."""
        self._port.write(data)

    def close(self) -> None:
        """Nothing to let go of: the port is the outside's."""


class Rover:
    """A rover at its prompt. Opening it leaves Sapper, which has to be in SAFE; `restart` brings it back."""

    def __init__(self, outside: Outside) -> None:
        self._outside = outside
        self._dialog = Dialog(PortStream(outside, outside.rover_usb), lambda: outside.now_ns / 1e9)
        self._prompt: RawPrompt | None = None

    def answers(self) -> bool:
        """Whether Sapper, or MicroPython, is at its USB within the time of a start."""
        until_ns = self._outside.now_ns + int(_BOOT_S * 1e9)
        while self._outside.now_ns < until_ns:
            if self._outside.rover_usb.present and self._asked():
                return True
            self._outside.wait(_LOOK_NS)
        return False

    def _asked(self) -> bool:
        try:
            self._dialog.quiet(0.05)
            self._dialog.ask("version", _ASK_S, expect="sapper=")
        except SapperError:
            return False
        return True

    def enter(self) -> None:
        """Sapper is left for the prompt. HilError when it is not."""
        try:
            self._dialog.ask("repl", expect="MicroPython")
            self._prompt = RawPrompt(self._dialog)
            self._prompt.run(_PROGRAM)
        except SapperError as error:
            raise HilError(f"the rover does not come to its prompt: {error}") from error

    @property
    def prompt(self) -> RawPrompt:
        """Entered before."""
        assert self._prompt is not None
        return self._prompt

    def alone(self, wires: Sequence[str], driven: str) -> frozenset[str]:
        """Drive one of the wires high and let go of the others; those that read high."""
        return self._set(wires, self.prompt.value(f"alone({_numbers(wires)}, {GPIO[driven]})"))

    def levels(self, wires: Sequence[str]) -> frozenset[str]:
        """Let go of all; those that read high."""
        return self._set(wires, self.prompt.value(f"levels({_numbers(wires)})"))

    def mean_code(self, signal: str, count: int = 64) -> float:
        """The mean of so many codes (12 bits) of an analogue input."""
        return float(self.prompt.value(f"mean({GPIO[signal]}, {count})"))

    def codes(self, signal: str, count: int) -> list[int]:
        """So many codes of an analogue input, one after the other."""
        return [int(code) for code in self.prompt.value(f"codes({GPIO[signal]}, {count})")]

    def radio_says(self, text: str) -> None:
        """Send it over the radio's line."""
        self.prompt.run(f"uart.write({text!r})")

    def radio_heard(self) -> str:
        """What has come over it."""
        return str(self.prompt.value("(uart.read() or b'').decode()"))

    def restart(self) -> None:
        """Back to Sapper, by the chip's reset."""
        if self._prompt is not None:
            self._prompt = None
            with contextlib.suppress(SapperError):
                RawPrompt(self._dialog).restart()

    @staticmethod
    def _set(wires: Sequence[str], word: int) -> frozenset[str]:
        return frozenset(wire for wire in wires if word >> GPIO[wire] & 1)


def _numbers(wires: Sequence[str]) -> tuple[int, ...]:
    return tuple(GPIO[wire] for wire in wires)
