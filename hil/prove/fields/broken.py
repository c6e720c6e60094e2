"""Missions broken off at random moments, on the firmware: what was in the file is there afterwards, and each mission
comes to its end."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from random import Random
from typing import Any

from hil.play.field_broken import BrokenRun
from hil.prove.benchmarks.row import Row
from hil.prove.fields.job import RIG, row_of
from hil.rigs.registry import open_rig
from hil.world.field.field_file import parse_field
from hil.world.field.made_up import MadeUp, made_of
from sapper_host.files.temporary import temporary_folder

MOMENTS = 10  # a mission
_APART_MM = 300
_START = (-1100, -400, 0)
_PLATE = {"material": "steel", "shape": "plate", "radius_m": 0.065, "depth_m": 0.05}


def field(seed: int) -> MadeUp:
    """4 x 2.4 m with two objects somewhere in it: small, for a mission to be broken off in each of its parts."""
    chance = Random(f"broken {seed}")
    targets = [
        _PLATE | {"x_m": round(chance.uniform(0.4, 3.6), 2), "y_m": round(y + chance.uniform(-0.4, 0.4), 2)}
        for y in (-0.7, -1.7)
    ]
    data = {
        "field": {"corners_m": [[0, 0], [4, 0], [4, -2.4], [0, -2.4]], "base_length_m": 2.4, "seed": seed},
        "start": {"x_m": _START[0] / 1000, "y_m": _START[1] / 1000},
        "front_end": {"coils": 10},
        "soil": {"strength_mv": 15.0},
        "target": targets,
    }
    return made_of(parse_field(data), _START)


def run(seed: int) -> dict[str, Any]:
    """A mission there, broken off MOMENTS times: as row_of, what `Broken` has, and twice: finds told again of
    a place that was judged already."""
    with temporary_folder("field") as folder, closing(open_rig(RIG, seed=seed)) as rig:
        mission = BrokenRun(rig, field(seed), Path(folder) / "mission.sapper-field", Random(seed), MOMENTS)
        mission.prepare()
        result = mission.drive()
        judged = [(kept.x_mm, kept.y_mm) for kept in mission.mission.contacts() if kept.verdict != "none"]
    twice = sum(
        abs(x - a) < _APART_MM and abs(y - b) < _APART_MM
        for at, (x, y) in enumerate(judged)
        for a, b in judged[at + 1 :]
    )
    return row_of(seed, result) | asdict(mission.broken) | {"twice": twice}


def line(row: dict[str, Any]) -> str:
    """A row for people."""
    return (
        f"field {row['seed']}: {row['phase']} {row['held_for']}, broken off {len(row['kinds'])} times, "
        f"{100 * row['coverage']:.1f} %, {row['lost_cells']} cells lost, fetched {row['carried']} times"
    )


def rows(results: Sequence[dict[str, Any]]) -> list[Row]:
    """What they came to."""
    kinds = [kind for one in results for kind in one["kinds"]]
    counted = ", ".join(f"{kind} {kinds.count(kind)}" for kind in sorted(set(kinds)))
    undone = [one for one in results if one["phase"] != "done"]
    return [
        Row("missions broken off, at so many moments", len(kinds), "", "", note=f"{len(results)} missions: {counted}"),
        Row(
            "missions that did not come to their end",
            len(undone),
            "",
            "<= 0",
            note="; ".join(f"{one['seed']}: {one['phase']} {one['held_for']}".strip() for one in undone),
        ),
        Row("cells of the file that were lost", sum(one["lost_cells"] for one in results), "", "<= 0"),
        Row("finds counted twice", sum(one["twice"] for one in results), "", "<= 0"),
        Row("a track on ground not searched clear", sum(one["trespasses"] for one in results), "", "<= 0"),
        Row("claimed as searched and not so", sum(one["wrongly_claimed_m2"] for one in results), "m2", "<= 0"),
        Row("least coverage of what can be reached", 100 * min(one["coverage"] for one in results), "%", ">= 97"),
        Row("objects found", sum(one["targets_found"] for one in results), "", f">= {2 * len(results)}"),
        Row("times that people had to fetch the rover", sum(one["carried"] for one in results), "", ""),
    ]
