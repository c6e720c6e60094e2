"""What the detector's three gates see on the stage, and what they saw.

Voltages are constant but for noise: what a find does to them is the detector's own tests' business.
"""

from __future__ import annotations

from collections import deque
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hil.rigs.ports import AdcPort

GATES_MV = (1700.0, 1650.0, 1600.0)
_NOISE_MV = (2.0, 1.0, 1.0)
_NOISE_STEP_NS = 500_000
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
        # Of each gate: (points' times, ns, and voltages), held from point to point; a later row replaces what the ones
        # before it have from its first time on.
        self._seen: tuple[deque[tuple[NDArray[Any], NDArray[Any]]], ...] = (deque(), deque(), deque())

    def play_to(self, start_ns: int, end_ns: int) -> None:
        """There is noise from start to end, at least."""
        if end_ns > self._played_to_ns:
            self._play(max(start_ns, self._played_to_ns))

    def hold(self, gate: int, millivolts: float, now_ns: int) -> None:
        """This gate has this voltage, without noise, from now on."""
        self._held.add(gate)
        self._adc.set(gate, millivolts)
        self._seen[gate].append((np.array([now_ns]), np.array([millivolts])))

    def bend(self, bend_mv: tuple[float, float, float], now_ns: int) -> None:
        """From now on the gates stand so far from the air's voltages, as over an object."""
        self._bend_mv = bend_mv
        self._play(now_ns)

    def clear(self) -> None:
        """None is held or bent, from the next `play_to` on."""
        self._held.clear()
        self._bend_mv = _STRAIGHT_MV
        self._played_to_ns = 0

    def seen_mv(self, gate: int, times_ns: NDArray[Any]) -> NDArray[Any]:
        """What this gate's input had at these times; all of them since `forget_before`'s."""
        out = np.full(len(times_ns), np.nan)
        for times, values in self._seen[gate]:
            after = times_ns >= times[0]
            out[after] = values[np.searchsorted(times, times_ns[after], side="right") - 1]
        return out

    def forget_before(self, t_ns: int) -> None:
        """What they saw before is not asked for again."""
        for rows in self._seen:
            while len(rows) > 1 and rows[1][0][0] <= t_ns:
                rows.popleft()

    def _play(self, from_ns: int) -> None:
        times = np.arange(from_ns, from_ns + _AHEAD_NS, _NOISE_STEP_NS)
        for gate, (level, noise) in enumerate(zip(GATES_MV, _NOISE_MV, strict=True)):
            if gate not in self._held:
                values = level + self._bend_mv[gate] + noise * self._random.standard_normal(len(times))
                self._adc.play(gate, times, values, interpolate="hold")
                self._seen[gate].append((times, values))
        self._played_to_ns = int(times[-1]) + _NOISE_STEP_NS
