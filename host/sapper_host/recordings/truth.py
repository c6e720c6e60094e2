"""The truth beside a trace: what was really in the ground. `NAME.truth.json` beside `NAME.csv`, checked before use.

A truth is a plain dict of the form of the trace format; fields not named here are kept as they are.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from sapper_host.errors import CHECK_NAME, TraceError
from sapper_host.outside import json_text
from sapper_host.outside.text import shown

Truth = dict[str, Any]

# Field, lowest, highest, unit. A lane longer, wider or faster than this is a slip of units.
_LANE = (
    ("lane_length_m", 0.1, 10_000.0, "m"),
    ("swath_m", 0.01, 10.0, "m"),
    ("speed_m_s", 0.0, 5.0, "m/s"),
)
_LATERAL_MAX_M = 10.0
_DISTANCE_MAX_CM = 300.0


def truth_path(trace_path: Path) -> Path:
    """Where the truth of a CSV trace is looked for: `NAME.csv` -> `NAME.truth.json`."""
    return trace_path.with_name(trace_path.stem + ".truth.json")


def read_truth(path: Path) -> Truth:
    """Read and check a truth file; TraceError names the field and the reason."""
    try:
        with path.open("rb") as file:
            return parse_truth(file.read(json_text.MOST_BYTES + 1), path)
    except OSError as error:
        raise TraceError(path, 0, "", f"cannot be read: {error.strerror}", CHECK_NAME) from None


def parse_truth(text: bytes, path: Path | str) -> Truth:
    """Truth from its JSON text; `path` names it in errors. Missing `hot_rocks` and `stuck` become empty lists."""
    try:
        raw = json_text.parse(text)
    except json_text.JsonError as error:
        raise TraceError(path, error.line, "", error.reason) from None
    if not isinstance(raw, dict):
        raise TraceError(path, 0, "", f"expected a JSON object, got {type(raw).__name__}")
    return check_truth(raw, path)


def check_truth(raw: Truth, path: Path | str) -> Truth:
    """Check a truth against itself: every object inside the lane, every number in its range. Returns it completed."""
    truth: Truth = dict(raw)
    for name, lowest, highest, unit in _LANE:
        _number(path, truth, name, name, lowest, highest, unit)
    lane_m = float(truth["lane_length_m"])
    for i, target in enumerate(_list(path, truth, "targets", required=True)):
        place = f"targets[{i}]"
        _number(path, target, "s_m", f"{place}.s_m", 0.0, lane_m, "m (the lane)")
        _number(path, target, "lateral_m", f"{place}.lateral_m", -_LATERAL_MAX_M, _LATERAL_MAX_M, "m", 0.0)
        _number(path, target, "distance_cm", f"{place}.distance_cm", 0.0, _DISTANCE_MAX_CM, "cm", 0.0)
        if "extent_m" in target:
            _number(path, target, "extent_m", f"{place}.extent_m", 0.0, lane_m, "m (the lane)")
        if not isinstance(target.setdefault("name", ""), str):
            raise TraceError(path, 0, f"{place}.name", "is not text")
    for i, rock in enumerate(_list(path, truth, "hot_rocks")):
        _number(path, rock, "s_m", f"hot_rocks[{i}].s_m", 0.0, lane_m, "m (the lane)")
    for i, stuck in enumerate(_list(path, truth, "stuck")):
        place = f"stuck[{i}]"
        if stuck.get("gate") not in (0, 1, 2) or isinstance(stuck.get("gate"), bool):
            raise TraceError(path, 0, f"{place}.gate", f"{shown(str(stuck.get('gate')), 40)!r} is not gate 0, 1 or 2")
        start_s = _number(path, stuck, "t0", f"{place}.t0", 0.0, 1e9, "s")
        _number(path, stuck, "t1", f"{place}.t1", start_s, 1e9, "s")
    return truth


def check_fits(truth: Truth, path: Path | str, duration_s: float, travelled_m: float | None) -> None:
    """Check a truth against its trace: nothing lies beyond what was driven or recorded (half a metre, a second spared).

    `travelled_m`: furthest the encoders went, None when the trace has no encoder counts.
    """
    if travelled_m is not None:
        for i, target in enumerate(truth["targets"]):
            if target["s_m"] > travelled_m + 0.5:
                reason = f"{target['s_m']:g} m is beyond the {travelled_m:.2f} m that the encoders of the trace went"
                raise TraceError(path, 0, f"targets[{i}].s_m", reason, "is this the truth of another trace?")
    for i, stuck in enumerate(truth["stuck"]):
        if stuck["t0"] > duration_s + 1:
            reason = f"{stuck['t0']:g} s is after the trace's end at {duration_s:g} s"
            raise TraceError(path, 0, f"stuck[{i}].t0", reason, "is this the truth of another trace?")


def _list(path: Path | str, truth: Truth, name: str, required: bool = False) -> list[Truth]:
    if name not in truth and required:
        raise TraceError(path, 0, name, "is missing")
    items = truth.setdefault(name, [])
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise TraceError(path, 0, name, "is not a list of objects")
    truth[name] = [dict(item) for item in items]
    return list(truth[name])


def _number(
    path: Path | str,
    holder: Truth,
    name: str,
    place: str,
    lowest: float,
    highest: float,
    unit: str,
    default: float | None = None,
) -> float:
    value = holder.get(name, default)
    if value is None:
        raise TraceError(path, 0, place, "is missing")
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise TraceError(path, 0, place, f"{shown(str(value), 40)!r} is not a number")
    if not lowest <= value <= highest:
        raise TraceError(path, 0, place, f"{value:g} is outside {lowest:g}..{highest:g} {unit}")
    holder[name] = value
    return float(value)
