"""What a file of an area has in it, as it stands there: shapes, what each is, and in which coordinates."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sapper_host.field.errors import FieldError

AREA, OBSTACLE, BASE_LINE = "area", "obstacle", "base line"
# Geometry, and what a shape of it is when nothing tells.
POLYGON, LINE, POINT = "polygon", "line", "point"
_USUAL = {POLYGON: AREA, LINE: BASE_LINE, POINT: OBSTACLE}
SHAPES_MOST = 2000

Points = list[tuple[float, float]]


@dataclass(frozen=True)
class Shape:
    """where: its place in the file, for people. rings: of a polygon the edge, then holes; else the one line or point.
    kind: one of AREA, OBSTACLE, BASE_LINE."""

    where: str
    name: str
    kind: str
    geometry: str
    rings: tuple[Points, ...]
    radius_m: float | None = None
    stand_off_m: float | None = None


@dataclass(frozen=True)
class Drawn:
    """crs: of the numbers, '' when they are metres on the ground. closed: whether its rings end where they began.
    options: what the file says of the safe ground, by the names of `Area`."""

    path: Path
    crs: str
    shapes: tuple[Shape, ...]
    closed: bool = True
    name: str = ""
    options: dict[str, float] = field(default_factory=dict)


def shape_of(
    where: str,
    name: str,
    told: str,
    geometry: str,
    rings: Sequence[Points],
    *,
    radius_m: float | None = None,
    stand_off_m: float | None = None,
) -> Shape:
    """A shape. told: what the file calls it (a property, a table, the first words of its name); what says nothing is
    known by its geometry."""
    words = told.lower().replace("_", " ").replace("-", " ").strip()
    kind = next((kind for kind in (OBSTACLE, BASE_LINE, AREA) if words.startswith((kind, f"{kind}s"))), "")
    if words.startswith(("keep out", "no go")):
        kind = OBSTACLE
    return Shape(where, name or told or where, kind or _USUAL[geometry], geometry, tuple(rings), radius_m, stand_off_m)


def number(where: str, value: Any) -> float:
    """A number out of a file. FieldError when it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise FieldError(where, f"{str(value)[:40]!r} is no number", "give one")
    try:
        found = float(value)
    except OverflowError:
        found = math.inf
    if not math.isfinite(found):
        raise FieldError(where, f"{str(value)[:40]} is no number that can be used", "correct it")
    return found


def points_of(where: str, value: Any) -> Points:
    """Points out of lists of two numbers or more (what comes third is height, and left out). FieldError otherwise."""
    if not isinstance(value, list):
        raise FieldError(where, "it is no list of places", "give [[x, y], ...]")
    out = []
    for i, each in enumerate(value):
        if not isinstance(each, list) or len(each) < 2:
            raise FieldError(f"{where}, vertex {i + 1}", "it is no place", "give two numbers")
        out.append((number(f"{where}, vertex {i + 1}", each[0]), number(f"{where}, vertex {i + 1}", each[1])))
    return out
