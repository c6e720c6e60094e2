"""What is in a trace, in numbers: for `sapper trace info` and reports."""

from __future__ import annotations

from typing import Any

import numpy as np

from sapper_host.recordings.trace import Trace, ticks_per_m
from sapper_host.recordings.trace_rows import NAMES


def summary(trace: Trace) -> dict[str, Any]:
    """Facts on a trace, ready for JSON. `ranges` rows: column, lowest, highest (None = no sample), empty cells."""
    s_m = trace.s_m(ticks_per_m(trace))
    known = s_m[~np.isnan(s_m)]
    columns = (trace.t_s, *trace.gates_mv.T, trace.vsys_mv, trace.temp_c, trace.left_ticks, trace.right_ticks)
    return {
        "name": trace.name,
        "rows": len(trace.t_s),
        "duration_s": round(trace.duration_s, 6),
        "frame_hz": round(trace.frame_hz, 3),
        "distance_m": round(float(known[-1] - known[0]), 4) if len(known) else None,
        "ranges": [_range(name, values) for name, values in zip(NAMES, columns, strict=True)],
        "gaps": [list(gap) for gap in trace.gaps()],
        "provenance": list(trace.provenance),
        "truth": trace.truth,
    }


def _range(name: str, values: Any) -> tuple[str, float | None, float | None, int]:
    empty = int(np.isnan(values).sum())
    if empty == len(values):
        return name, None, None, empty
    return name, float(np.nanmin(values)), float(np.nanmax(values)), empty
