"""What the detector's three gates see on the stage, and saw.

Voltages are constant but for noise: what a find does to them is the detector's own tests' business.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hil.rigs.ports import AdcPort
from hil.rigs.rig import TICK_NS
from hil.world.world_spec import FrontEnd

GATES_MV = (1700.0, 1650.0, 1600.0)
_NOISE_STEP_NS = 500_000
# A front end's noise as a world has it by itself, which is as it was recorded; there it is that of a frame's mean.
_NOISE_MV = tuple(mv * (TICK_NS / _NOISE_STEP_NS) ** 0.5 for mv in FrontEnd().noise_mv)
_AHEAD_NS = 1_000_000_000
_STRAIGHT_MV = (0.0, 0.0, 0.0)


class Played:
    """What one gate was given, as steps: the points that were played, with those that later ones replaced left out."""

    def __init__(self, millivolts: float) -> None:
        self._times: NDArray[np.float64] = np.zeros(1)
        self._values: NDArray[np.float64] = np.array([millivolts])

    def add(self, times_ns: NDArray[np.float64], values_mv: NDArray[np.float64]) -> None:
        """From times_ns[0] on these."""
        keep = int(self._times.searchsorted(times_ns[0], "left"))
        self._times = np.concatenate((self._times[:keep], times_ns))
        self._values = np.concatenate((self._values[:keep], values_mv))

    def at(self, times_ns: NDArray[np.float64]) -> NDArray[np.float64]:
        """The voltages at these times, in mV."""
        return self._values[np.maximum(self._times.searchsorted(times_ns, "right") - 1, 0)]

    def forget_before(self, t_ns: int) -> None:
        """What was before is not asked for again."""
        first = max(0, int(self._times.searchsorted(t_ns, "right")) - 1)
        self._times, self._values = self._times[first:], self._values[first:]


class Gates:
    """Noise, played a second ahead; a gate may be held, and all may be bent away from the air's voltages. played: what
    each was given."""

    def __init__(self, adc: AdcPort, seed: int) -> None:
        self._adc = adc
        self._random = np.random.default_rng([seed, 77])
        self._held: set[int] = set()
        self._bend_mv = _STRAIGHT_MV
        self._played_to_ns = 0
        self._now_ns = 0
        self.played = [Played(mv) for mv in GATES_MV]

    def play_to(self, start_ns: int, end_ns: int) -> None:
        """There is noise from start to end, at least."""
        self._now_ns = end_ns
        if end_ns > self._played_to_ns:
            self._play(max(start_ns, self._played_to_ns))

    def hold(self, gate: int, millivolts: float) -> None:
        """This gate has this voltage, without noise, from now on, which is where `play_to` ended."""
        self._held.add(gate)
        self._adc.set(gate, millivolts)
        self.played[gate].add(np.array([float(self._now_ns)]), np.array([millivolts]))

    def trace(self, gate: int, start_ns: int, step_ns: int, values_mv: NDArray[np.float64]) -> None:
        """This gate has these voltages from then on, each for a step, and then the last one until `clear`."""
        self._held.add(gate)
        self._put(gate, start_ns + step_ns * np.arange(len(values_mv), dtype=np.float64), values_mv)

    def bend(self, bend_mv: tuple[float, float, float], now_ns: int) -> None:
        """From now on the gates stand so far from the air's voltages, as over an object."""
        self._bend_mv = bend_mv
        self._play(now_ns)

    def clear(self) -> None:
        """None is held or bent, from the next `play_to` on."""
        self._held.clear()
        self._bend_mv = _STRAIGHT_MV
        self._played_to_ns = 0

    def _play(self, from_ns: int) -> None:
        times = np.arange(from_ns, from_ns + _AHEAD_NS, _NOISE_STEP_NS, dtype=np.float64)
        for gate, (level, noise) in enumerate(zip(GATES_MV, _NOISE_MV, strict=True)):
            if gate not in self._held:
                values = level + self._bend_mv[gate] + noise * self._random.standard_normal(len(times))
                self._put(gate, times, values)
        self._played_to_ns = int(times[-1]) + _NOISE_STEP_NS

    def _put(self, gate: int, times_ns: NDArray[np.float64], values_mv: NDArray[np.float64]) -> None:
        self._adc.play(gate, times_ns, values_mv, interpolate="hold")
        self.played[gate].add(times_ns, values_mv)
