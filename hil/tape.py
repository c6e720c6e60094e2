"""A trace as stimuli: ADC voltages and encoder edges, at the trace's own pace; standing before, slowing to rest after.

The tape's own time (tau, seconds into the trace) advances with the board's at a rate: 1 while rolling, falling to 0
while the tracks come to rest. Standing, a second of it is shuttled so that the detector sees real noise, not a frozen
value.
"""

from __future__ import annotations

from bisect import bisect_right

import numpy as np
from numpy.typing import NDArray

from hil.errors import HilError
from hil.rig import NS_PER_S, Rig
from sapper.pins import GPIO, TEMP_27C_UV, TEMP_SLOPE_UV, VSYS_DIVIDER
from sapper_host.trace import Trace

Floats = NDArray[np.float64]
_SHUTTLE_S = 1.0
_VSYS_MV = 5000.0
_TEMP_C = 27.0
_STEP_S = 0.01


def _filled(values: Floats, missing: float) -> Floats:
    """Holes take the last value before them; `missing` where there is none."""
    known = ~np.isnan(values)
    if not known.any():
        return np.full(len(values), missing)
    index = np.where(known, np.arange(len(values)), -1)
    index = np.maximum.accumulate(index)
    index[index < 0] = int(np.argmax(known))
    return np.asarray(values[index], dtype=np.float64)


class Tape:
    """`schedule(ns)` before each slice that the board runs. `roll` starts it, `coast` lets it come to rest."""

    def __init__(self, board: Rig, trace: Trace) -> None:
        if len(trace.t_s) < 2:
            raise HilError(f"{trace.name}: a trace of {len(trace.t_s)} rows cannot be played; it takes two")
        self._board = board
        self._t_s = trace.t_s - trace.t_s[0]
        temp_mv = (TEMP_27C_UV + (_filled(trace.temp_c, _TEMP_C) - 27.0) * TEMP_SLOPE_UV) / 1000
        supply_mv = _filled(trace.vsys_mv, _VSYS_MV) / VSYS_DIVIDER
        gates = [_filled(trace.gates_mv[:, i], 0.0) for i in range(3)]
        self._inputs = (*gates, supply_mv, temp_mv)
        self._ticks = [_filled(trace.left_ticks, 0.0), _filled(trace.right_ticks, 0.0)]
        self._phase = [0, 0]
        self._count = [float(ticks[0]) for ticks in self._ticks]
        self._tau = 0.0
        self._direction = 1.0
        self._rolling = False
        self._coast_s: float | None = None
        self._coast_left_s = 0.0
        self.started_ns = 0
        travel = (self._ticks[0][-1] + self._ticks[1][-1] - self._ticks[0][0] - self._ticks[1][0]) / 2000
        self.length_m = abs(float(travel))
        self.speed_m_s = self.length_m / float(self._t_s[-1])
        self.first_s_m = float(self._ticks[0][0] + self._ticks[1][0]) / 2000
        for side in ("LEFT", "RIGHT"):
            board.pin(GPIO[f"ENC_{side}_A"]).drive(0)
            board.pin(GPIO[f"ENC_{side}_B"]).drive(0)

    @property
    def finished(self) -> bool:
        """Played to its end."""
        return self._tau >= self._t_s[-1]

    @property
    def resting(self) -> bool:
        """Come to rest after `coast`."""
        return self._coast_s is not None and self._coast_left_s <= 0

    @property
    def share(self) -> float:
        """How much of it has been played, 0..1."""
        return float(self._tau / self._t_s[-1])

    def roll(self) -> None:
        """From now on the tracks move."""
        self._tau = 0.0
        self._direction = 1.0
        self._rolling = True
        self.started_ns = self._board.now_ns

    def coast(self, rest_s: float) -> None:
        """The motors are off: roll out within rest_s."""
        if self._coast_s is None:
            self._coast_s = rest_s
            self._coast_left_s = rest_s

    def s_m_at(self, at_ns: int) -> float:
        """Place of the coil at a board time while rolling, in the trace's own metres."""
        tau = (at_ns - self.started_ns) / NS_PER_S
        return float((np.interp(tau, self._t_s, self._ticks[0]) + np.interp(tau, self._t_s, self._ticks[1])) / 2000)

    def schedule(self, duration_ns: int) -> None:
        """Put in the stimuli of the next `duration_ns`."""
        start_ns = self._board.now_ns
        duration_s = duration_ns / NS_PER_S
        before = self._tau
        if not self._rolling or self.resting or self.finished:
            self._shuttle(start_ns, duration_s)
            return
        rate = 1.0
        if self._coast_s is not None:
            rate = max(0.0, self._coast_left_s / self._coast_s) if self._coast_s else 0.0
            self._coast_left_s -= duration_s
        self._tau = min(before + rate * duration_s, float(self._t_s[-1]))
        self._play_adc(start_ns, duration_s, before, self._tau)
        for side in (0, 1):
            self._play_ticks(side, start_ns, duration_ns)

    def _shuttle(self, start_ns: int, duration_s: float) -> None:
        """Standing: back and forth over the last second played (the first one before rolling), tracks still."""
        low, high = (max(0.0, self._tau - _SHUTTLE_S), self._tau) if self._rolling else (0.0, _SHUTTLE_S)
        high = min(max(high, low + 2 * _STEP_S), float(self._t_s[-1]))
        if not hasattr(self, "_shuttle_tau") or not low <= self._shuttle_tau <= high:
            self._shuttle_tau = high if self._rolling else low
        after = self._shuttle_tau + self._direction * duration_s
        if after > high or after < low:
            self._direction = -self._direction
            after = self._shuttle_tau + self._direction * duration_s
        after = float(np.clip(after, low, high))
        self._play_adc(start_ns, duration_s, self._shuttle_tau, after)
        self._shuttle_tau = after

    _shuttle_tau: float

    def _play_adc(self, start_ns: int, duration_s: float, first_s: float, last_s: float) -> None:
        """The rows between two tape times, each held from its own time on."""
        low, high = min(first_s, last_s), max(first_s, last_s)
        first = bisect_right(self._t_s, low) - 1
        last = bisect_right(self._t_s, high) - 1
        rows = np.arange(max(first, 0), max(last, 0) + 1)
        if last_s < first_s:
            rows = rows[::-1]
        at_s = np.clip(self._t_s[rows], low, high)
        share = np.abs(at_s - first_s) / max(high - low, 1e-9)
        times_ns = (start_ns + share * duration_s * NS_PER_S).astype(np.int64)
        for channel, values in enumerate(self._inputs):
            self._board.adc.play(channel, times_ns, values[rows], interpolate="hold")

    def _play_ticks(self, side: int, start_ns: int, duration_ns: int) -> None:
        """Edges of A and B for the ticks passed in this slice, evenly spread; one decoded tick is one edge of A."""
        want = float(np.interp(self._tau, self._t_s, self._ticks[side]))
        steps = round(want) - round(self._count[side])
        self._count[side] = want
        if not steps:
            return
        name = ("LEFT", "RIGHT")[side]
        pin_a = self._board.pin(GPIO[f"ENC_{name}_A"])
        pin_b = self._board.pin(GPIO[f"ENC_{name}_B"])
        direction = 1 if steps > 0 else -1
        # Four quarter phases a cycle: forwards A rises with B low, then B rises, A falls with B high, B falls.
        spacing = duration_ns / (2 * abs(steps))
        a_times: list[int] = []
        a_levels: list[int] = []
        b_times: list[int] = []
        b_levels: list[int] = []
        phase = self._phase[side]
        for i in range(2 * abs(steps)):
            at_ns = int(start_ns + (i + 0.5) * spacing)
            old_a = phase in (1, 2)
            phase = (phase + direction) % 4
            new_a = phase in (1, 2)
            if new_a != old_a:
                a_times.append(at_ns)
                a_levels.append(int(new_a))
            else:
                b_times.append(at_ns)
                b_levels.append(int(phase in (2, 3)))
        self._phase[side] = phase
        pin_a.drive_edges(a_times, a_levels)
        pin_b.drive_edges(b_times, b_levels)
