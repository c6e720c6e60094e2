"""What the detector's three gates see on the stage.

Voltages are constant but for noise: what a find does to them is the detector's own tests' business.
"""

from __future__ import annotations

import numpy as np

from hil.rigs.ports import AdcPort
from hil.rigs.rig import TICK_NS
from hil.world.world_spec import FrontEnd

GATES_MV = (1700.0, 1650.0, 1600.0)
_NOISE_STEP_NS = 500_000
# A front end's noise as a world has it by itself, which is as it was recorded; there it is that of a frame's mean.
_NOISE_MV = tuple(mv * (TICK_NS / _NOISE_STEP_NS) ** 0.5 for mv in FrontEnd().noise_mv)
_AHEAD_NS = 1_000_000_000
_STRAIGHT_MV = (0.0, 0.0, 0.0)


class Gates:
    """Noise, played a second ahead; a gate may be held, and all may be bent away from the air's voltages."""

    def __init__(self, adc: AdcPort, seed: int) -> None:
        self._adc = adc
        self._random = np.random.default_rng([seed, 77])
        self._held: set[int] = set()
        self._bend_mv = _STRAIGHT_MV
        self._played_to_ns = 0

    def play_to(self, start_ns: int, end_ns: int) -> None:
        """There is noise from start to end, at least."""
        if end_ns > self._played_to_ns:
            self._play(max(start_ns, self._played_to_ns))

    def hold(self, gate: int, millivolts: float) -> None:
        """This gate has this voltage, without noise, from now on."""
        self._held.add(gate)
        self._adc.set(gate, millivolts)

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
        times = np.arange(from_ns, from_ns + _AHEAD_NS, _NOISE_STEP_NS)
        for gate, (level, noise) in enumerate(zip(GATES_MV, _NOISE_MV, strict=True)):
            if gate not in self._held:
                values = level + self._bend_mv[gate] + noise * self._random.standard_normal(len(times))
                self._adc.play(gate, times, values, interpolate="hold")
        self._played_to_ns = int(times[-1]) + _NOISE_STEP_NS
