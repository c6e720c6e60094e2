"""The virtual Pico as a bench has its board: no inside, no faults of the chip, wired lines alone, all told late."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from hil.bench.instrument.lines import LINES
from hil.errors import HilError
from hil.prove.safety.stage import Stage
from hil.rigs.virtual import VirtualPico
from sapper.shared.pins import GPIO

LAG_NS = 25_000_000
# What the bench's host has beside the instrument's lines.
_WIRED = {GPIO[row[0]] for row in LINES} | {GPIO["ARM_KEY"]}


class _Line:
    def __init__(self, rig: OutsideRig, inner: Any) -> None:
        self._rig, self._inner = rig, inner

    def write(self, data: bytes) -> None:
        self._rig.later(lambda: self._inner.write(data))

    def read(self) -> list[tuple[int, bytes]]:
        read: list[tuple[int, bytes]] = self._inner.read()
        return read


class _Pin:
    def __init__(self, rig: OutsideRig, inner: Any) -> None:
        self._rig, self._inner = rig, inner
        self.watch, self.edges, self.drive_edges = inner.watch, inner.edges, inner.drive_edges

    @property
    def level(self) -> int:
        return int(self._inner.level)

    def drive(self, level: int, at_ns: int | None = None) -> None:
        self._inner.drive(level, self._rig.now_ns if at_ns is None else at_ns)


class _Adc:
    running_since_ns = None

    def __init__(self, rig: OutsideRig, inner: Any) -> None:
        self._rig, self._inner = rig, inner

    @staticmethod
    def plays(channel: int) -> bool:
        return channel < 4

    def set(self, channel: int, millivolts: float) -> None:
        self.play(channel, [self._rig.now_ns], [millivolts], "hold")

    def play(self, channel: int, times_ns: Any, values_mv: Any, interpolate: str = "linear") -> None:
        if self.plays(channel):
            self._inner.play(channel, times_ns, values_mv, interpolate)


class _Cable:
    def __init__(self, rig: OutsideRig, inner: Any) -> None:
        self._rig, self._inner = rig, inner

    def unplug_usb(self) -> None:
        self._rig.later(self._inner.unplug_usb)

    def host_hangs(self) -> None:
        self._rig.later(self._inner.host_hangs)

    def mend(self) -> None:
        self._rig.later(self._inner.mend)


class OutsideRig:
    """Time, Power, Reset and Cable; what is done is done at `now_ns`, and what was seen comes LAG_NS later."""

    name = "outside"
    time_resolution_ns = 1000
    lag_ns = LAG_NS

    def __init__(self, firmware: Path, seed: int = 0) -> None:
        self.inner = VirtualPico(firmware, seed=seed)
        self.adc = _Adc(self, self.inner.adc)
        self.usb = _Line(self, self.inner.usb)
        self.uart = [_Line(self, line) for line in self.inner.uart]
        self.cable = _Cable(self, self.inner.cable)
        self.powered = True
        self._due: list[tuple[int, Callable[[], object]]] = []

    @property
    def now_ns(self) -> int:
        return self.inner.now_ns + LAG_NS

    def later(self, act: Callable[[], object]) -> None:
        """It is done when the board has come to what is now."""
        self._due.append((self.now_ns, act))

    def run(self, duration_ns: int) -> None:
        end = self.inner.now_ns + duration_ns
        while self._due and self._due[0][0] <= end:
            at_ns, act = self._due.pop(0)
            self.inner.run_until(at_ns)
            act()
        self.inner.run_until(end)

    def pin(self, gpio: int) -> _Pin:
        if gpio not in _WIRED:
            raise HilError(f"GPIO {gpio} is not wired")
        return _Pin(self, self.inner.pin(gpio))

    def pwm(self, gpio: int) -> Any:
        if gpio not in _WIRED:
            raise HilError(f"GPIO {gpio} is not wired")
        return self.inner.pwm(gpio)

    def power_on(self) -> None:
        self.powered = True
        self.later(self.inner.power_on)

    def power_cut(self) -> None:
        self.powered = False
        self.later(self.inner.power_cut)

    def run_pin(self, level: int) -> None:
        self.later(lambda: self.inner.run_pin(level))

    def reset_causes(self) -> Sequence[tuple[int, str]]:
        return self.inner.reset_causes()

    def close(self) -> None:
        self.inner.close()


def open_outside(firmware: Path, seed: int = 0) -> Stage:
    """A stage on such a rig."""
    rig = OutsideRig(firmware, seed)
    try:
        return Stage(rig, seed)
    except BaseException:
        rig.close()
        raise
