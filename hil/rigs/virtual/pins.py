"""The virtual Pico's GPIO, PWM outputs and ADC inputs, seen from the board around the chip."""

from __future__ import annotations

import base64
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from hil.rigs.ports import Converted
from hil.rigs.virtual import protocol
from hil.rigs.virtual.chip import Chip
from hil.rigs.virtual.errors import VirtualPicoError

FUNCTIONS = {0: "xip", 1: "spi", 2: "uart", 3: "i2c", 4: "pwm", 5: "sio", 6: "pio0", 7: "pio1", 8: "clock", 9: "usb"}
ADC_CHANNELS = 5


class Pin:
    """One GPIO. Times are emulated nanoseconds; a time in the past, or None, means now."""

    def __init__(self, chip: Chip, number: int) -> None:
        self._chip = chip
        self.number = number
        self._edges: list[tuple[int, int]] = []

    @property
    def level(self) -> int:
        """The level on the wire, 0 or 1: the chip's output, else what drives it from outside, else the pull."""
        return (self._chip.status().levels >> self.number) & 1

    @property
    def is_output(self) -> bool:
        """Whether the chip drives the wire."""
        return bool((self._chip.status().outputs >> self.number) & 1)

    @property
    def function(self) -> str:
        """What the pin is selected for: 'sio', 'pwm', 'pio0', 'uart', ... or 'none' as after a reset."""
        return FUNCTIONS.get(self._chip.status().functions[self.number], "none")

    def watch(self, on: bool = True) -> None:
        """From now on edges are recorded, for `edges` and as events of kind 'pin' (a PWM pin's every edge, too)."""
        self._chip.post(protocol.watch(protocol.WATCH_PIN, self.number, on))

    def edges(self) -> list[tuple[int, int]]:
        """(time, new level) of every edge since the last call, while watched."""
        self._chip.flush()
        edges, self._edges = self._edges, []
        return edges

    def drive(self, level: int, at_ns: float | None = None) -> None:
        """Drives the wire from outside to 0 or 1. An output of the chip wins over it."""
        self._chip.post(protocol.drive(self.number, 1 if level else 0, -1.0 if at_ns is None else at_ns))

    def drive_edges(self, times_ns: Sequence[float] | np.ndarray, levels: Sequence[int] | np.ndarray) -> None:
        """Schedules many: levels[i] from times_ns[i] on. Times must not fall."""
        times = np.asarray(times_ns, dtype=np.float64)
        if len(times) != len(levels):
            raise VirtualPicoError(f"{len(times)} times for {len(levels)} levels on GPIO {self.number}; give as many")
        if np.any(np.diff(times) < 0):
            raise VirtualPicoError(f"the times of the edges for GPIO {self.number} fall; sort them")
        if len(times):
            self._chip.post(protocol.drive_many(self.number, times, levels))

    def lead_to(self, other: Pin) -> None:
        """Puts a wire from this pin to another, for good: its level drives that one; a UART's bytes arrive."""
        if other is self:
            raise VirtualPicoError(f"a wire from GPIO {self.number} to itself leads nowhere")
        self._chip.call("lead", self.number, other.number)

    def release(self, at_ns: float | None = None) -> None:
        """Stops driving the wire from outside."""
        self._chip.post(protocol.drive(self.number, protocol.RELEASED, -1.0 if at_ns is None else at_ns))

    def cancel(self) -> None:
        """Forgets what is scheduled for this wire and not yet done."""
        self._chip.call("cancelDrives", self.number)

    def took(self, t_ns: int, level: int) -> None:
        """An edge has been reported (for VirtualPico)."""
        self._edges.append((t_ns, level))


class Pwm:
    """The duty of one GPIO: of its PWM slice when it is on PWM, else 0.0 or 1.0 as its level is."""

    def __init__(self, chip: Chip, number: int) -> None:
        self._chip = chip
        self.number = number
        self._changes: list[tuple[int, float]] = []

    @property
    def duty(self) -> float:
        """Share of the period the pin is high, 0..1."""
        return self._chip.status().duties[self.number]

    @property
    def freq_hz(self) -> float:
        """Frequency of the pin's slice while the pin is on PWM and the slice runs, else 0."""
        return float(self._chip.call("pwmFrequency", self.number))

    def watch(self, on: bool = True) -> None:
        """From now on changes of duty are recorded, at the instant they take effect (the slice's wrap)."""
        self._chip.post(protocol.watch(protocol.WATCH_DUTY, self.number, on))

    def changes(self) -> list[tuple[int, float]]:
        """(time, new duty) since the last call, while watched."""
        self._chip.flush()
        changes, self._changes = self._changes, []
        return changes

    def took(self, t_ns: int, duty: float) -> None:
        """A change has been reported (for VirtualPico)."""
        self._changes.append((t_ns, duty))


class Adc:
    """The five ADC inputs: 0..3 at GPIO 26..29, 4 the temperature sensor. Volts as the pin sees them, in mV."""

    def __init__(self, chip: Chip) -> None:
        self._chip = chip

    @staticmethod
    def plays(channel: int) -> bool:
        """All of them."""
        return channel in range(ADC_CHANNELS)

    def set(self, channel: int, millivolts: float) -> None:
        """The input has this voltage from now on; what was scheduled for it is forgotten."""
        self._check(channel)
        self._chip.post(protocol.u8_f64(protocol.ADC_SET, channel, millivolts))

    @property
    def running_since_ns(self) -> int | None:
        """When the chip last began to convert freely; None when it does not."""
        since = float(self._chip.call("adcFreeSince"))
        return None if since < 0 else round(since)

    def play(self, channel: int, times_ns: ArrayLike, values_mv: ArrayLike, interpolate: str = "linear") -> None:
        """From times_ns[0] on the input follows the points, 'hold'ing each or joining them 'linear'ly.

        Both arrays have shape (n,); times rise. What was scheduled for before times_ns[0] stays. Every conversion
        sees the value of the instant it begins. The last value holds.
        """
        self._check(channel)
        times = np.asarray(times_ns, dtype=np.float64)
        values = np.asarray(values_mv, dtype=np.float64)
        if times.shape != values.shape or times.ndim != 1:
            raise VirtualPicoError(f"ADC {channel}: times of shape {times.shape} for values of shape {values.shape}")
        if interpolate not in ("hold", "linear"):
            raise VirtualPicoError(f"ADC {channel}: interpolate is 'hold' or 'linear', not '{interpolate}'")
        if np.any(np.diff(times) < 0) or not np.all(np.isfinite(times)) or not np.all(np.isfinite(values)):
            raise VirtualPicoError(f"ADC {channel}: times fall, or a time or value is not a number")
        self._chip.post(protocol.adc_play(channel, times, values, interpolate == "linear"))

    def record(self) -> None:
        """From now on every conversion is kept, for `converted`: the newest 52 s of them at 10,000 a second."""
        self._chip.call("adcRecord", True)

    def converted(self, since_ns: float) -> Converted:
        """The kept conversions that began at `since_ns` or later."""
        times, values = (base64.b64decode(part) for part in self._chip.call("adcTaken", since_ns))
        both = np.frombuffer(values, dtype="<u2")
        return Converted(np.frombuffer(times, dtype="<f8"), (both >> 12).astype("<u2"), (both & 0xFFF).astype("<u2"))

    def noise(self, lsb_rms: float) -> None:
        """From now on the converter's own noise (normally distributed, seeded) is of so many LSB."""
        self._chip.call("adcNoise", lsb_rms)

    @staticmethod
    def _check(channel: int) -> None:
        if channel not in range(ADC_CHANNELS):
            raise VirtualPicoError(f"the RP2040 has ADC inputs 0..{ADC_CHANNELS - 1}, not {channel}")
