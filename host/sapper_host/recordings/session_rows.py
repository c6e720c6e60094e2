"""The rows of a trace out of a run's frames, at the board's times; where frames are missing, rows without samples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sapper.shared.limits import TICK_MS
from sapper.shared.pins import ADC_FULL_SCALE_MV
from sapper.shared.settings import row_of
from sapper_host.recordings.session_runs import Run

Floats = NDArray[np.float64]

_FULL_SCALE = 65536  # a frame's mean in LSB/16
_GAP_STEPS = 1.8
_KNOWN_MM = 500  # the ticks of a metre can be told from so much way
_DETECT_PER_M = 1000  # one tick a millimetre of the odometer
_HOLE_MOST_MS = 60_000  # what is further apart is no one piece


@dataclass
class Rows:
    """Rows at rising board times: t_ms (n,), gates_mv (n, 3) and ticks (n, 2) with NaN for none."""

    t_ms: Floats
    gates_mv: Floats
    ticks: Floats

    def cut(self, from_ms: float, to_ms: float) -> Rows:
        inside = (self.t_ms >= from_ms) & (self.t_ms <= to_ms)
        return Rows(self.t_ms[inside], self.gates_mv[inside], self.ticks[inside])


def rows_of_run(run: Run, settings: Mapping[str, str]) -> tuple[Rows, list[str]]:
    """All rows of a run, and what they are made of."""
    if run.raw:
        none = (np.nan, np.nan, np.nan)
        ticks = np.stack(
            [_unwrapped([row.left for row in run.raw]), _unwrapped([row.right for row in run.raw])], axis=1
        )
        gates = np.array([row.gates or none for row in run.raw], dtype=np.float64)
        t_ms = np.array([row.t_ms for row in run.raw], dtype=np.float64)
        rising = np.concatenate(([True], np.diff(np.maximum.accumulate(t_ms)) > 0))
        rows = Rows(t_ms[rising], gates[rising] * (ADC_FULL_SCALE_MV / _FULL_SCALE), ticks[rising])
        per_m, how = _ticks_per_m(run, rows, settings)
        rows = _from_begin(rows)
        return rows, ["source: RAW frames: every frame of the detector", f"ticks_per_m: {per_m:g}{how}"]
    detect = sorted({row[0]: row for row in run.detect}.values())
    s_mm = np.array([row[1] for row in detect], dtype=np.float64)
    gates = np.array([row[2] for row in detect], dtype=np.float64).reshape(-1, 3)
    t_ms = np.array([row[0] for row in detect], dtype=np.float64)
    rows = Rows(t_ms, gates * (ADC_FULL_SCALE_MV / _FULL_SCALE), np.stack((s_mm, s_mm), axis=1))
    step_ms = usual_ms(t_ms)
    return rows, [
        f"source: DETECT frames, {1000 / step_ms:g} Hz: one frame of the detector in {step_ms / TICK_MS:g}. A replay "
        "holds each until the next: noise and faint objects are not as they were live; record with --raw",
        f"ticks_per_m: {_DETECT_PER_M}",
        "encoders: both tracks as the odometer's middle, turns are not in them",
    ]


def _from_begin(rows: Rows) -> Rows:
    """Rows as a trace has them: a frame at its beginning, with the counts of then, those of the tick before. The board
    tells it at its end. Without that tick's row the counts are not known; the first row is given up for them.
    """
    before = np.where((np.diff(rows.t_ms) < _GAP_STEPS * TICK_MS)[:, None], rows.ticks[:-1], np.nan)
    return Rows(rows.t_ms[1:] - TICK_MS, rows.gates_mv[1:], before)


def _unwrapped(counts: list[int]) -> Floats:
    """Counts of 16 bits as counts without bounds, from 0 on."""
    # Casting to 16 bits with a sign is the shortest way round.
    steps = np.diff(np.array(counts, dtype=np.int64)).astype(np.uint16).astype(np.int16)
    return np.concatenate(([0.0], np.cumsum(steps, dtype=np.float64)))


def usual_ms(t_ms: Floats) -> float:
    """The usual step between rows."""
    return float(np.median(np.diff(t_ms))) if len(t_ms) > 1 else float(TICK_MS)


def _ticks_per_m(run: Run, rows: Rows, settings: Mapping[str, str]) -> tuple[float, str]:
    """By the board's settings where they were recorded, else by its odometer, else the default."""
    text = settings.get("ticks_per_m", "")
    _name, default, lowest, highest, *_ = row_of("ticks_per_m")
    if text.isascii() and text.isdigit() and len(text) < 10 and lowest <= int(text) <= highest:
        return float(text), ""
    if run.places:
        times, s_mm = (np.array(column, dtype=np.float64) for column in zip(*sorted(run.places), strict=True))
        middle = rows.ticks.mean(axis=1)
        inside = (times >= rows.t_ms[0]) & (times <= rows.t_ms[-1])
        way_mm = np.diff(s_mm[inside])
        way_ticks = np.diff(np.interp(times[inside], rows.t_ms, middle))
        # An odometer that is set back goes against the ticks: those steps tell nothing.
        alike = (way_mm > 0) & (way_ticks > 0)
        if way_mm[alike].sum() >= _KNOWN_MM:
            return float(round(1000 * way_ticks[alike].sum() / way_mm[alike].sum())), " (told by the odometer)"
    return float(default), " (the default: the session does not tell)"


def longest_piece(rows: Rows, notes: list[str]) -> Rows:
    """Without what lies beyond a hole of a minute."""
    ends = np.flatnonzero(np.diff(rows.t_ms) > _HOLE_MOST_MS) + 1
    bounds = [0, *ends.tolist(), len(rows.t_ms)]
    if len(bounds) <= 2:
        return rows
    first, last = max(zip(bounds, bounds[1:], strict=False), key=lambda ends: ends[1] - ends[0])
    notes.append(f"{len(bounds) - 1} pieces more than a minute apart: this is the longest")
    return Rows(rows.t_ms[first:last], rows.gates_mv[first:last], rows.ticks[first:last])


def on_grid(rows: Rows, step_ms: float) -> Rows:
    """A row every step; where there was none, one without samples. A tick that began a little late has its place."""
    at = np.rint((rows.t_ms - rows.t_ms[0]) / step_ms).astype(np.int64)
    # Two ticks within one step, after a late one: the second takes the next place.
    at = np.maximum.accumulate(at - np.arange(len(at))) + np.arange(len(at))
    table = _empty(int(at[-1]) + 1)
    table.t_ms[:] = rows.t_ms[0] + step_ms * np.arange(len(table.t_ms))
    table.gates_mv[at] = rows.gates_mv
    table.ticks[at] = rows.ticks
    return table


def with_holes(rows: Rows, step_ms: float) -> Rows:
    """Each row at its own time; in a hole, rows without samples at the usual step."""
    steps = np.diff(rows.t_ms)
    missing = np.where(steps > _GAP_STEPS * step_ms, np.rint(steps / step_ms).astype(np.int64) - 1, 0)
    at = np.concatenate(([0], np.cumsum(missing + 1)))
    table = _empty(int(at[-1]) + 1)
    table.t_ms[:] = np.interp(np.arange(len(table.t_ms)), at, rows.t_ms)
    table.gates_mv[at] = rows.gates_mv
    table.ticks[at] = rows.ticks
    return table


def _empty(count: int) -> Rows:
    return Rows(np.full(count, np.nan), np.full((count, 3), np.nan), np.full((count, 2), np.nan))
