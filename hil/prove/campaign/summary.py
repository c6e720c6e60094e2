"""All results of a campaign in figures: detection and false alarms with their intervals, and what they depend on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from hil.intervals import poisson, wilson
from sapper_host.limits import limit
from sapper_host.recordings.score import score

Result = Mapping[str, Any]
_DISTANCES_CM = (0.0, 7.5, 12.5, 17.5, 100.0)
_SPEEDS_M_S = (0.0, 0.2, 0.3, 0.4, 0.5, 10.0)
# The curve's levels: so many spread over all contacts, and every 0.1 sigma where levels are in practice.
_CURVE_POINTS = 40
_CURVE_LEVELS = np.arange(25, 61) / 10
# At duty 0 the coil may be so far past its object; duty 0 follows an alert within so long.
_PAST_M = 0.10
_STOP_S = limit("ALERT_STOP_MS").us / 1e6


def summarise(
    results: Mapping[str, Result], skipped: Mapping[str, str], conditions: Mapping[str, Any]
) -> dict[str, Any]:
    """The campaign's summary.json."""
    rows = list(results.values())
    groups: dict[str, list[Result]] = {}
    for r in rows:
        groups.setdefault(str(r["truth"].get("difficulty", "all")), []).append(r)
    return {
        "conditions": dict(conditions),
        "traces": len(rows),
        "skipped": dict(sorted(skipped.items())),
        "operating_level": operating_level(conditions["settings"]),
        "groups": {group: _figures(groups[group]) for group in sorted(groups, reverse=True)},
        "all": _figures(rows),
        "by_target": _shares(rows, lambda target, _: str(target["name"])),
        "by_distance_cm": _shares(rows, lambda target, _: _bin(target["distance_cm"], _DISTANCES_CM)),
        "by_speed_m_s": _shares(rows, lambda _, truth: _bin(truth.get("speed_m_s"), _SPEEDS_M_S)),
        "faults": _faults(results),
        "missed": _missed(results),
        "false_alarms": {name: r["score"]["false_alarms"] for name, r in results.items() if r["score"]["false_alarms"]},
    }


def operating_level(settings: Mapping[str, int]) -> float:
    """The contact level (in sigma) that these settings of the board lead to."""
    from sapper.detector.false_alarms import CONTACT_LEVELS, level_of
    from sapper.shared.settings import row_of

    values = {name: row_of(name)[1] for name in ("det_level_x100", "det_far_per_100m2")} | dict(settings)
    level = values["det_level_x100"] or level_of(values["det_far_per_100m2"], CONTACT_LEVELS)
    return float(level / 100)


def _figures(rows: Sequence[Result]) -> dict[str, Any]:
    scores = [r["score"] for r in rows]
    targets = [target for s in scores for target in s["targets"]]
    found = sum(target["found"] for target in targets)
    area = sum(s["area_m2"] for s in scores)
    alarms = sum(len(s["false_alarms"]) for s in scores)
    on_rocks = sum(len(s["on_rocks"]) for s in scores)
    rocks = sum(s["hot_rocks"] for s in scores)
    called = sum(s["hot_rocks_called"] for s in scores)
    lone = sum(len(s["lone_alerts"]) for s in scores)
    errors = np.array([abs(target["error_m"]) for target in targets if target["found"]])
    in_time = sum(alert_in_time(target, r["truth"]) for r in rows for target in r["score"]["targets"])
    loads = [r["cpu_load"] for r in rows if r["cpu_load"] is not None]
    return {
        "traces": len(rows),
        "targets": len(targets),
        "detection": _share(found, len(targets)),
        "area_m2": round(area, 2),
        "searched_m": round(sum(s["searched_m"] for s in scores), 1),
        "lane_m": round(sum(float(r["truth"]["lane_length_m"]) for r in rows), 1),
        "false_alarms_per_m2": _rate(alarms, area) | {"on_rocks": on_rocks},
        "lone_alerts_per_m2": _rate(lone, area),
        "hot_rocks_called": _share(called, rocks),
        "location_error_m": _spread(errors),
        "alert_in_time": _share(in_time, found),
        "cpu_load": round(float(np.mean(loads)), 4) if loads else None,
        "duration_s": round(sum(r["duration_s"] for r in rows), 1),
        "curve": curve(rows),
    }


def alert_in_time(target: Mapping[str, Any], truth: Mapping[str, Any]) -> bool:
    """Whether a target (of lane.told) was found and its alert came early enough for the rover to stop over it."""
    if not target["found"] or target["alert_m"] is None:
        return False
    return bool(target["alert_m"] + _STOP_S * truth.get("speed_m_s", 0.0) <= _PAST_M)


def curve(rows: Sequence[Result]) -> list[dict[str, float]]:
    """Detection and false alarms a square metre against the threshold on a contact's signal-to-noise."""
    strengths = sorted({snr for r in rows for _, snr in r["low_contacts"]})
    if not strengths:
        return []
    chosen = np.unique(np.linspace(0, len(strengths) - 1, _CURVE_POINTS).round().astype(int))
    here = _CURVE_LEVELS[(strengths[0] < _CURVE_LEVELS) & (strengths[-1] > _CURVE_LEVELS)]
    levels = np.union1d(np.array(strengths)[chosen], here)
    points = []
    for level in levels:
        found = targets = alarms = 0
        area = 0.0
        for r in rows:
            scored = score([s_m for s_m, snr in r["low_contacts"] if snr >= level], r["truth"])
            found += len(scored.found)
            targets += scored.targets
            alarms += len(scored.false_alarms)
            area += scored.area_m2
        points.append(
            {
                "level": round(float(level), 2),
                "detection": round(found / targets, 4) if targets else 0.0,
                "found": found,
                "false_alarms": alarms,
                "false_alarms_per_m2": round(alarms / area, 5),
            }
        )
    return points


def _share(hits: int, trials: int) -> dict[str, Any]:
    low, high = wilson(hits, trials)
    share = round(hits / trials, 4) if trials else None
    return {"hits": hits, "of": trials, "share": share, "low": round(low, 4), "high": round(high, 4)}


def _rate(count: int, area_m2: float) -> dict[str, Any]:
    if not area_m2:
        return {"count": count, "rate": None, "low": None, "high": None}
    low, high = poisson(count, area_m2)
    return {"count": count, "rate": round(count / area_m2, 5), "low": round(low, 5), "high": round(high, 5)}


def _spread(errors: np.ndarray) -> dict[str, Any]:
    if not len(errors):
        return {"mean": None, "median": None, "p95": None, "largest": None}
    return {
        "mean": round(float(errors.mean()), 4),
        "median": round(float(np.median(errors)), 4),
        "p95": round(float(np.quantile(errors, 0.95)), 4),
        "largest": round(float(errors.max()), 4),
    }


def _bin(value: float | None, edges: Sequence[float]) -> str:
    if value is None:
        return "unknown"
    for low, high in zip(edges, edges[1:], strict=False):
        if low <= value < high:
            return f"{low:g} to {high:g}" if high < edges[-1] else f"{low:g} and more"
    return "beyond"


def _shares(rows: Iterable[Result], key: Callable[[Mapping[str, Any], Mapping[str, Any]], str]) -> dict[str, Any]:
    counts: dict[str, list[int]] = {}
    for r in rows:
        for target in r["score"]["targets"]:
            entry = counts.setdefault(key(target, r["truth"]), [0, 0])
            entry[0] += target["found"]
            entry[1] += 1
    return {name: _share(*counts[name]) for name in sorted(counts, key=_natural)}


def _natural(name: str) -> tuple[float, str]:
    try:
        return float(name.split()[0]), name
    except ValueError:
        return float("inf"), name


def _faults(results: Mapping[str, Result]) -> dict[str, Any]:
    stuck = [(name, s) for name, r in results.items() for s in r["score"]["faults"]["stuck"]]
    delays = [s["raised_after_s"] for _, s in stuck if s["raised_after_s"] is not None]
    return {
        "stuck_gates": len(stuck),
        "raised": len(delays),
        "latest_s": max(delays, default=None),
        "not_raised": [f"{name}: gate {s['gate']} at {s['t0']} s" for name, s in stuck if s["raised_after_s"] is None],
        "false": [
            f"{name}: {f['fault']} at {f['t_s']} s"
            for name, r in results.items()
            for f in r["score"]["faults"]["false"]
        ],
    }


def _missed(results: Mapping[str, Result]) -> list[dict[str, Any]]:
    return [
        {"trace": name, "s_m": t["s_m"], "name": t["name"], "distance_cm": t["distance_cm"]}
        for name, r in results.items()
        for t in r["score"]["targets"]
        if not t["found"]
    ]
