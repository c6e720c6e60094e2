"""A trace out of a recorded session: what the detector got, so that what it made of it can be tried again.

Out of RAW frames (`--raw`) it has every frame; out of DETECT frames alone, one in a few. Where frames are missing the
trace has rows without samples: nothing is made up in between.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sapper.shared.limits import TICK_MS
from sapper.shared.version import VERSION
from sapper_host.errors import TraceError
from sapper_host.outside.text import shown
from sapper_host.recordings.session_facts import BOARD, SETTINGS
from sapper_host.recordings.session_rows import Rows, longest_piece, on_grid, rows_of_run, usual_ms, with_holes
from sapper_host.recordings.session_runs import Recorded, Run, Supply, read_runs
from sapper_host.recordings.trace import DRIVEN, Trace, ticks_per_m
from sapper_host.recordings.trace_rows import COLUMNS
from sapper_host.recordings.truth import Truth

Floats = NDArray[np.float64]

_VSYS, _TEMP = COLUMNS[4:6]
_DECIMALS = (3, 3, 3, 3, 0, 1, 0, 0)
_LEAD_MS = 1000  # of standing before a sweep: a replay has its noise while it arms
_TAIL_MS = 1000  # of rolling on after it: what stopped the sweep at its very end is found again a little later
_ROWS_MOST = 4_000_000  # 11 hours of every frame
_LANE_LEAST_M = 0.1


@dataclass
class Made:
    """A trace, and what its user has to know of it, a line each."""

    trace: Trace
    notes: list[str]


def trace_from(path: Path, sweep: int | None = None) -> Made:
    """The trace of a session: from its first sweep to the end of its last, or of sweep number `sweep` alone (from 1).

    Raises TraceError when it is no session, has no frames, or has no such sweep.
    """
    recorded = read_runs(path)
    sweeps = [(run, *times) for run in recorded.runs for times in run.sweeps_ms()]
    if sweep is not None:
        if not 1 <= sweep <= len(sweeps):
            raise TraceError(path, 0, "", f"sweep {sweep}: the session has {len(sweeps)}", "they are counted from 1")
        run, from_ms, to_ms = sweeps[sweep - 1]
        notes = [f"sweep {sweep} of {len(sweeps)}; over its first metre the detector is new to the ground"]
        return _made(recorded, run, from_ms, to_ms, notes)
    run = max(recorded.runs, key=_recorded_ms)
    notes = [f"of {len(recorded.runs)} starts of the board the longest run"] if len(recorded.runs) > 1 else []
    here = run.sweeps_ms()
    if not here:
        return _made(recorded, run, 0, run.last_ms, [*notes, "no sweep in it: all that was recorded"])
    notes.append(f"{len(here)} sweep{'s' * (len(here) > 1)}, from the first one's beginning to the last one's end")
    return _made(recorded, run, here[0][0], here[-1][1], notes)


def _recorded_ms(run: Run) -> int:
    rows = [row.t_ms for row in run.raw] or [row[0] for row in run.detect]
    return rows[-1] - rows[0] if rows else -1


def _made(recorded: Recorded, run: Run, from_ms: int, to_ms: int, notes: list[str]) -> Made:
    path = recorded.path
    rows, facts = rows_of_run(run, recorded.metadata.get(SETTINGS, {}))
    longest = longest_piece(rows.cut(from_ms - _LEAD_MS, to_ms + _TAIL_MS), notes)
    if len(longest.t_ms) < 2:
        what = "no detector frames in it" if not run.raw and not run.detect else "no detector frames at that time"
        raise TraceError(path, 0, "", what, "record with `sapper monitor --record F.mcap`, best with --raw")
    step_ms = TICK_MS if run.raw else usual_ms(longest.t_ms)
    if (longest.t_ms[-1] - longest.t_ms[0]) / step_ms > _ROWS_MOST:
        raise TraceError(path, 0, "", f"more than {_ROWS_MOST} rows, most of them rows without samples")
    begin_ms = float(longest.t_ms[0])
    table = on_grid(longest, TICK_MS) if run.raw else with_holes(longest, step_ms)
    counted = np.flatnonzero(~np.isnan(table.ticks[:, 0]))
    if len(counted):
        table.ticks -= table.ticks[counted[0]]
    notes += _about_holes(table, run)
    vsys, temp = _supply(run.supply, table.t_ms)
    place_mm = _place_mm(run, begin_ms)
    lines = [
        f"made by `sapper trace from` of {shown(path.name, 200)} (sapper {VERSION})",
        *facts,
        f"times: 0 is {begin_ms / 1000:.3f} s of the board's; places: 0 is {place_mm / 1000:.3f} m of its odometer",
        DRIVEN,
        *_about_board(recorded),
    ]
    trace = Trace(
        name=path.stem,
        t_s=(table.t_ms - table.t_ms[0]) / 1000,
        gates_mv=table.gates_mv,
        vsys_mv=vsys,
        temp_c=temp,
        left_ticks=table.ticks[:, 0],
        right_ticks=table.ticks[:, 1],
        provenance=tuple([*lines, *notes]),
        decimals=_DECIMALS,
    )
    if recorded.truth is not None:
        length_m = float(np.nanmax(trace.s_m(ticks_per_m(trace)))) if len(counted) else 0.0
        trace.truth = _moved(recorded.truth, place_mm / 1000, length_m)
    if recorded.problem:
        notes.append(f"the recording ended early: {recorded.problem}")
    return Made(trace, [*facts, *notes])


def _about_holes(table: Rows, run: Run) -> list[str]:
    without = np.isnan(table.gates_mv[:, 0])
    if not without.any():
        return []
    edges = np.flatnonzero(np.diff(np.concatenate(([False], without, [False])).astype(np.int8)))
    begins, ends = edges[::2], np.minimum(edges[1::2], len(table.t_ms) - 1)
    lengths_s = (table.t_ms[ends] - table.t_ms[np.maximum(begins - 1, 0)]) / 1000
    lost = f", {run.lost_raw} RAW frames were lost on the way" if run.lost_raw else ""
    return [
        f"{len(begins)} holes without samples, {without.sum()} rows, the longest {lengths_s.max():.2f} s{lost}; "
        "what the detector saw there is not known"
    ]


def _supply(told: list[Supply], t_ms: Floats) -> tuple[Floats, Floats]:
    """Where the board told them, in the row of that time or the next; empty elsewhere, and where no trace has such."""
    vsys, temp = np.full(len(t_ms), np.nan), np.full(len(t_ms), np.nan)
    for each in told:
        if t_ms[0] <= each.t_ms <= t_ms[-1]:
            row = int(np.searchsorted(t_ms, each.t_ms))
            vsys[row], temp[row] = each.vsys_mv, each.temp_dc / 10
    for values, column in ((vsys, _VSYS), (temp, _TEMP)):
        values[(values < column.lowest) | (values > column.highest)] = np.nan
    return vsys, temp


def _place_mm(run: Run, t_ms: float) -> float:
    """The board's odometer at that time."""
    if not run.places:
        return 0.0
    times, s_mm = zip(*sorted(run.places), strict=True)
    return float(np.interp(t_ms, times, s_mm))


def _about_board(recorded: Recorded) -> list[str]:
    board = recorded.metadata.get(BOARD, {})
    return [f"{name}: {shown(board[name], 200)}" for name in ("board", "name", "firmware", "git") if board.get(name)]


def _moved(truth: Truth, begin_m: float, length_m: float) -> Truth | None:
    """The truth of the ground from begin_m on, with the trace's own places; None where it did not go anywhere."""
    if length_m < _LANE_LEAST_M:
        return None
    there = [{**each, "s_m": each["s_m"] - begin_m} for each in truth["targets"]]
    rocks = [{**each, "s_m": each["s_m"] - begin_m} for each in truth["hot_rocks"]]
    return {
        **truth,
        "lane_length_m": length_m,
        "targets": [each for each in there if 0 <= each["s_m"] <= length_m],
        "hot_rocks": [each for each in rocks if 0 <= each["s_m"] <= length_m],
        "stuck": [],
    }
