"""The gates' voltages as the converter's codes: each sampled in the middle of the time for which the output shows it.

So what the rover converts is a quarter of a millisecond old or young at most, and neither on the mean.

A code is 0.8 mV wide, and a detector takes the mean of 20 samples: what a code leaves out is put into the next one, so
that the mean over some is as asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hil.bench.config import GateFit
from hil.bench.instrument import wire
from hil.bench.instrument.lines import DAC_OUTPUTS
from hil.errors import HilError

Floats = NDArray[np.float64]
_CODES = 4096
_CODE_MOST = _CODES - 1
# The converter's reference is its supply.
_FULL_SCALE_MV = 3300
# From a grid step to a change of each output: its address and the bytes before, at 400 kHz.
_DELAYS_NS = (72_650, 120_310, 167_980, 215_640)
_GRID_NS = wire.GRID_US * 1000
_MIDDLE_NS = _GRID_NS // 2


@dataclass(frozen=True)
class Output:
    """One of the converter's outputs: what a code gives there, and how long after its grid step it changes."""

    mv_per_code: float = _FULL_SCALE_MV / _CODES
    offset_mv: float = 0.0
    delay_ns: int = 0

    def codes(self, millivolts: Floats) -> Floats:
        """Not rounded; what it cannot give is its nearest."""
        return np.asarray(np.clip((millivolts - self.offset_mv) / self.mv_per_code, 0, _CODE_MOST))


def outputs_of(gates: Mapping[str, GateFit]) -> tuple[Output, ...]:
    """The outputs of a bench that was calibrated so."""
    fits = [gates.get(name.lower(), GateFit()) for name in DAC_OUTPUTS]
    return tuple(
        Output(fit.gain * _FULL_SCALE_MV / _CODES, fit.offset_mv, delay_ns)
        for fit, delay_ns in zip(fits, _DELAYS_NS, strict=True)
    )


class Wave:
    """A voltage over time: points, each held or led in a straight line to the next. Times in ns."""

    def __init__(self, millivolts: float = 0.0) -> None:
        self._times = np.zeros(1, dtype=np.int64)
        self._values = np.full(1, millivolts)
        self._leads = np.zeros(1, dtype=bool)  # to the next point

    def play(self, times_ns: Sequence[int] | Any, values_mv: Sequence[float] | Any, linear: bool) -> None:
        """From times_ns[0] on these points replace what was there; what is before stays."""
        times = np.asarray(times_ns, dtype=np.int64)
        values = np.asarray(values_mv, dtype=np.float64)
        if times.shape != values.shape or times.ndim != 1:
            raise HilError(f"times of shape {times.shape} for values of shape {values.shape}; give as many")
        if np.any(np.diff(times) < 0) or not np.all(np.isfinite(values)):
            raise HilError("the times of the voltages fall, or one is not a number; sort them")
        if not len(times):
            return
        keep = int(self._times.searchsorted(times[0], "left"))
        if keep and not linear:
            self._leads[keep - 1] = False
        self._times = np.concatenate((self._times[:keep], times))
        self._values = np.concatenate((self._values[:keep], values))
        self._leads = np.concatenate((self._leads[:keep], np.full(len(times), linear)))

    def at(self, times_ns: NDArray[np.int64]) -> Floats:
        """Its values; times rise. Points that are over before the first of them are forgotten."""
        first = max(0, int(self._times.searchsorted(times_ns[0], "right")) - 1)
        self._times, self._values, self._leads = self._times[first:], self._values[first:], self._leads[first:]
        point = np.maximum(self._times.searchsorted(times_ns, "right") - 1, 0)
        held = self._values[point]
        if not self._leads.any():
            return held
        return np.where(self._leads[point], np.interp(times_ns, self._times, self._values), held)


class Voltages:
    """All outputs of the converter: `waves` are put in, frames of codes taken, grid step by grid step."""

    def __init__(self, outputs: Sequence[Output]) -> None:
        if len(outputs) != len(DAC_OUTPUTS):
            raise HilError(f"{len(outputs)} outputs of the converter, which has {len(DAC_OUTPUTS)}; name each")
        self.waves = [Wave() for _ in outputs]
        self._outputs = tuple(outputs)
        self._left = np.zeros(len(outputs))  # what the codes so far have left out

    def frames(self, start_ns: int, steps: int) -> NDArray[np.int64]:
        """The codes of so many grid steps, a row each."""
        grid = start_ns + _GRID_NS * np.arange(steps, dtype=np.int64)
        columns = []
        for number, (output, wave) in enumerate(zip(self._outputs, self.waves, strict=True)):
            wanted = self._left[number] + np.cumsum(output.codes(wave.at(grid + output.delay_ns + _MIDDLE_NS)))
            given = np.floor(wanted + 0.5)
            self._left[number] = wanted[-1] - given[-1]
            columns.append(np.diff(given, prepend=0.0))
        return np.stack(columns, axis=1).astype(np.int64)
