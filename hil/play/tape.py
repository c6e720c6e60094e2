"""A trace as stimuli: ADC voltages and encoder edges, at the trace's own pace; standing before, slowing to rest after.

The tape's own time (tau, seconds into the trace) advances with the board's at a rate: 1 while rolling, falling to 0
while the tracks come to rest. Standing, a second of it is shuttled so that the detector sees real noise, not a frozen
value.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from hil.errors import HilError
from hil.play.course import AHEAD, STAND, Piece, pieces_of
from hil.rigs.rig import NS_PER_S, SAMPLE_NS, Rig
from sapper.shared.pins import GPIO, TEMP_27C_UV, TEMP_SLOPE_UV, VSYS_DIVIDER
from sapper_host.recordings.trace import DRIVEN, Trace, ticks_per_m

Floats = NDArray[np.float64]
_SHUTTLE_S = 1.0
_LEAD_LEAST_S = 0.3  # fewer rows of standing are no noise to learn from
_BEFORE_S = 0.05
_VSYS_MV = 5000.0
_TEMP_C = 27.0
_STEP_S = 0.01
_EDGES_FROM, _EDGES_TO = 0.15, 0.95
_EDGES_LATE_NS = 220_000  # than a row begins at input 0: boards look at encoders just before a frame begins, or after
# Levels of A and B in the four quarter phases of a cycle: forwards A rises with B low.
_LEVEL_A = np.array([0, 1, 1, 0])
_LEVEL_B = np.array([0, 0, 1, 1])


def _filled(values: Floats, missing: float) -> Floats:
    """Holes take the last value before them; `missing` where there is none."""
    known = ~np.isnan(values)
    if not known.any():
        return np.full(len(values), missing)
    index = np.where(known, np.arange(len(values)), -1)
    index = np.maximum.accumulate(index)
    index[index < 0] = int(np.argmax(known))
    return np.asarray(values[index], dtype=np.float64)


def _bridged(t_s: Floats, counts: Floats) -> Floats:
    """Counts at all times: tracks go evenly over rows that have none, as they cannot jump; 0 where none is known."""
    known = ~np.isnan(counts)
    return np.interp(t_s, t_s[known], counts[known]) if known.any() else np.zeros(len(counts))


class Tape:
    """`schedule(ns)` before each slice that the board runs. `roll` starts it, `coast` lets it come to rest."""

    def __init__(self, board: Rig, trace: Trace) -> None:
        if len(trace.t_s) < 2:
            raise HilError(f"{trace.name}: a trace of {len(trace.t_s)} rows cannot be played; it takes two")
        self._board = board
        self.ticks_per_m = ticks_per_m(trace)
        ticks = [_bridged(trace.t_s, trace.left_ticks), _bridged(trace.t_s, trace.right_ticks)]
        if any(line.startswith(DRIVEN) for line in trace.provenance):
            ticks = [(ticks[0] + ticks[1]) / 2] * 2
        self._t_s = trace.t_s - trace.t_s[0]
        self._begin_s = float(trace.t_s[0])
        temp_mv = (TEMP_27C_UV + (_filled(trace.temp_c, _TEMP_C) - 27.0) * TEMP_SLOPE_UV) / 1000
        supply_mv = _filled(trace.vsys_mv, _VSYS_MV) / VSYS_DIVIDER
        gates = [_filled(trace.gates_mv[:, i], 0.0) for i in range(3)]
        self._inputs = (*gates, supply_mv, temp_mv)
        self._ticks = ticks
        self._phase = [0, 0]
        self._count = [round(float(ticks[0])) for ticks in self._ticks]
        self._lead_s = self._standing_s()
        self._tau = 0.0
        self._direction = 1.0
        self._rolling = False
        self._anchors_ns: list[int] = []  # board times at which slices began while rolling, and the tape's
        self._anchors_s: list[float] = []
        self._coast_s: float | None = None
        self._coast_left_s = 0.0
        self.started_ns = 0
        travelled = [float(ticks[-1] - ticks[0]) for ticks in self._ticks]
        self.length_m = abs(sum(travelled)) / (2 * self.ticks_per_m)
        self.pieces = self._moving_pieces()
        self.speed_m_s = self._usual_speed_m_s()
        self._origin_m = trace.origin_ticks() / self.ticks_per_m
        self.first_s_m = float(self._ticks[0][0] + self._ticks[1][0]) / (2 * self.ticks_per_m) - self._origin_m
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
        """From now on the tracks move: rows in which they stand have been played until then."""
        self._tau = self._lead_s
        self._direction = 1.0
        self._rolling = True
        self.started_ns = self._board.now_ns

    @property
    def at_s(self) -> float:
        """Its own time: how far into the trace it is."""
        return self._tau

    @property
    def left_ns(self) -> int:
        """What is left of it, at full speed."""
        return max(1, round((float(self._t_s[-1]) - self._tau) * NS_PER_S))

    def ticks_between(self, from_s: float, to_s: float) -> tuple[float, float]:
        """How far each track goes between two of its own times."""
        left, right = (np.interp((from_s, to_s), self._t_s, ticks) for ticks in self._ticks)
        return float(left[1] - left[0]), float(right[1] - right[0])

    def to_mark_ns(self, every_s: float) -> int:
        """To the next multiple of every_s of its own time, at full speed."""
        return min(self.left_ns, max(1, round((every_s - self._tau % every_s) * NS_PER_S)))

    def go_on(self) -> None:
        """After `coast`: the tracks move again, from where they rest."""
        self._coast_s = None

    def coast(self, rest_s: float) -> None:
        """The motors are off: roll out within rest_s."""
        if self._coast_s is None:
            self._coast_s = rest_s
            self._coast_left_s = rest_s

    def t_s_at(self, at_ns: int) -> float:
        """The trace's own time at a board time; before its start and after its end time runs on."""
        return self.own_s(self._tau_at(at_ns))

    def own_s(self, at_s: float) -> float:
        """The trace's own time, where the tape is at `at_s`."""
        return self._begin_s + at_s

    def _tau_at(self, at_ns: int) -> float:
        """The tape's time, seconds into the trace."""
        if not self._anchors_ns or at_ns <= self._anchors_ns[0]:
            return self._lead_s + (at_ns - self.started_ns) / NS_PER_S
        beyond_ns = max(0, at_ns - self._anchors_ns[-1]) if self.finished else 0
        return float(np.interp(at_ns, self._anchors_ns, self._anchors_s)) + beyond_ns / NS_PER_S

    def s_m_at(self, at_ns: int) -> float:
        """Place of the coil at a board time, in the trace's own metres."""
        tau = self._tau_at(at_ns)
        both = np.interp(tau, self._t_s, self._ticks[0]) + np.interp(tau, self._t_s, self._ticks[1])
        return float(both / (2 * self.ticks_per_m)) - self._origin_m

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
        if self._tau == before:
            return
        if not self._anchors_ns or self._anchors_ns[-1] != start_ns:
            self._anchor(start_ns, before)
        self._anchor(start_ns + duration_ns, self._tau)
        self._play_adc(start_ns, duration_s, before, self._tau)
        for side in (0, 1):
            self._play_ticks(side, start_ns, duration_ns, before)

    def _standing_s(self) -> float:
        """How long the tracks stand at the trace's beginning; a little less, so that its first tick is played."""
        moves = [np.flatnonzero(np.diff(ticks)) for ticks in self._ticks]
        first = min((int(each[0]) for each in moves if len(each)), default=0)
        return max(0.0, float(self._t_s[first]) - _BEFORE_S)

    def _moving_pieces(self) -> list[Piece]:
        """What is played once it rolls: all but the stand at its beginning."""
        pieces = pieces_of(self._t_s, [np.round(ticks) for ticks in self._ticks], self.ticks_per_m)
        later = [piece for piece in pieces if piece.to_s > self._lead_s]
        if len(later) > 1 and later[0].how == STAND and later[0].from_s == 0:
            later = later[1:]
        return [replace(later[0], from_s=self._lead_s), *later[1:]]

    def _usual_speed_m_s(self) -> float:
        """While it goes ahead, if it ever does."""
        ahead = [piece for piece in self.pieces if piece.how == AHEAD] or self.pieces
        ticks = sum(sum(self.ticks_between(piece.from_s, piece.to_s)) for piece in ahead)
        return abs(ticks) / (2 * self.ticks_per_m) / sum(piece.to_s - piece.from_s for piece in ahead)

    def _anchor(self, at_ns: int, tau_s: float) -> None:
        self._anchors_ns.append(at_ns)
        self._anchors_s.append(tau_s)

    def _shuttle(self, start_ns: int, duration_s: float) -> None:
        """Standing: back and forth over the last second played (before rolling: over the rows in which the tracks
        stand, or the first second), tracks still."""
        end_s = self._tau if self._rolling else self._lead_s if self._lead_s >= _LEAD_LEAST_S else _SHUTTLE_S
        low, high = max(0.0, end_s - _SHUTTLE_S), end_s
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
        """The rows between two tape times, each held from its own time on; at each input as much later as it is sampled
        later, so that a row and a frame have the same samples."""
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
            self._board.adc.play(channel, times_ns + channel * SAMPLE_NS, values[rows], interpolate="hold")

    def _play_ticks(self, side: int, start_ns: int, duration_ns: int, before: float) -> None:
        """Edges of A and B for the ticks of this slice, evenly spread between rows; a decoded tick is one edge of A."""
        after = self._tau
        inner = self._t_s[bisect_right(self._t_s, before) : bisect_left(self._t_s, after)]
        tau = np.concatenate(([before], inner, [after]))
        counts = np.round(np.interp(tau, self._t_s, self._ticks[side])).astype(np.int64)
        counts[0] = self._count[side]
        self._count[side] = int(counts[-1])
        steps = 2 * np.diff(counts)  # quarter phases
        edges = np.abs(steps)
        total = int(edges.sum())
        if not total:
            return
        share = (tau - before) / (after - before)
        nth = np.arange(total) - np.repeat(np.cumsum(edges) - edges, edges)
        # Clear of a row's ends, where boards look: a tick's exact moment then decides nothing.
        within = _EDGES_FROM + (nth + 0.5) / np.repeat(edges, edges) * (_EDGES_TO - _EDGES_FROM)
        begin_ns = start_ns + _EDGES_LATE_NS
        times_ns = begin_ns + duration_ns * (np.repeat(share[:-1], edges) + within * np.repeat(np.diff(share), edges))
        phases = (self._phase[side] + np.concatenate(([0], np.cumsum(np.repeat(np.sign(steps), edges))))) % 4
        self._phase[side] = int(phases[-1])
        name = ("LEFT", "RIGHT")[side]
        for letter, table in (("A", _LEVEL_A), ("B", _LEVEL_B)):
            levels = table[phases]
            changed = levels[1:] != levels[:-1]
            self._board.pin(GPIO[f"ENC_{name}_{letter}"]).drive_edges(
                times_ns[changed].astype(np.int64).tolist(), levels[1:][changed].tolist()
            )
