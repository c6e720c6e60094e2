"""What missions came to, for people: each in a line, all as the rows of a table, with what they are to reach."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from hil.prove.benchmarks.row import Row

Results = Sequence[dict[str, Any]]


def line(row: dict[str, Any]) -> str:
    """A row for people."""
    return (
        f"field {row['seed']}{' (harsh)' if row['harsh'] else ''}: {row['phase']}, {100 * row['coverage']:.1f} % of "
        f"{row['reachable_m2']:.0f} m2, {row['targets_found']} of {row['targets_reached']} targets, "
        f"{row['trespasses']} off searched ground, {row['driven_m']:.0f} m"
        + (f"; {row['held_for']}" if row["held_for"] else "")
    )


def rows(results: Results) -> list[Row]:
    """Of all fields, and of those with receiver faults and the worst slip and those without each by itself."""
    out = [Row("fields", len(results), "", "", note=f"{sum(one['harsh'] for one in results)} of them harsh")]
    for name, chosen in (
        ("all", list(results)),
        ("usual", [one for one in results if not one["harsh"]]),
        ("harsh", [one for one in results if one["harsh"]]),
    ):
        if chosen:
            out += _of(name, chosen)
    return out


def _of(name: str, results: Results) -> list[Row]:
    def total(what: str) -> float:
        return float(sum(one[what] for one in results))

    area = total("area_m2")
    places = np.abs(np.array([place for one in results for place in one["places"]]).reshape(-1, 2))
    coverage = [one["coverage"] for one in results]
    low = min(results, key=lambda one: one["coverage"])
    rows = [
        Row(
            "a track on ground not searched clear", total("trespasses"), "", "<= 0", note=_where(results, "trespasses")
        ),
        Row("a track near a target not found", total("near_unfound"), "", "<= 0", note=_where(results, "near_unfound")),
        Row("claimed as searched and not so", 100 * total("wrongly_claimed_m2") / area, "%", "<= 0.1"),
        Row("targets in such ground", total("targets_wrongly_claimed"), "", "<= 0"),
        Row(
            "coverage of what can be reached, by area",
            100 * total("claimed_reachable_m2") / total("reachable_m2"),
            "%",
            ">= 99.5",
            note=f"median {100 * np.median(coverage):.1f}, least {100 * low['coverage']:.1f} (field {low['seed']})",
        ),
        Row(
            "targets found of those the coil came over",
            total("targets_found") / max(1, total("targets_reached")),
            "",
            "",
            note=f"{total('targets_found'):.0f} of {total('targets_reached'):.0f}; {total('targets'):.0f} lie in all",
        ),
        Row("false alarms a hundred square metres", 100 * total("false_alarms") / area, "", ""),
        Row(
            "driven, as times area / swath",
            total("driven_m") / (area / results[0]["swath_m"]),
            "",
            "<= 2.6",
            note=f"median {np.median([one['ratio'] for one in results]):.2f}",
        ),
        Row("missions held for people", sum(one["phase"] != "done" for one in results), "", ""),
    ]
    if len(places):
        rows += [
            Row("place of finds along the way, 95 %", 1000 * float(np.quantile(places[:, 0], 0.95)), "mm", "<= 100"),
            Row("within two sigma told", 100 * float((places[:, 0] <= 2 * places[:, 1]).mean()), "%", ">= 95"),
        ]
    plain = [one["plain"] for one in results]
    rows += [
        Row("plain back and forth: coverage of what can be reached", _mean(plain, "coverage") * 100, "%", ""),
        Row("plain: share of its way with a track on ground not searched", _mean(plain, "off_share") * 100, "%", ""),
        Row("plain: driven, as times the least", _mean(plain, "ratio"), "", ""),
    ]
    return [replace(row, name=f"{name}: {row.name}") for row in rows]


def _where(results: Results, what: str) -> str:
    return ", ".join(f"field {one['seed']}: {one[what]}" for one in results if one[what])


def _mean(rows: Sequence[dict[str, float]], what: str) -> float:
    return float(np.mean([row[what] for row in rows]))
