"""Areas as our own TOML, in metres on the ground: what is measured by tape, or driven round."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from sapper_host.field import drawn
from sapper_host.field.drawn import Drawn, Shape, shape_of
from sapper_host.field.errors import FieldError
from sapper_host.outside import bounded

_MOST_BYTES = 1024 * 1024
_NUMBERS = ("safe_depth_m", "safe_side_m", "approach_m", "beyond_m")
_AREA = ("name", "corners_m", "holes_m", "base_line_m", *_NUMBERS)
_OBSTACLE = ("name", "corners_m", "centre_m", "radius_m", "stand_off_m")


def read_toml(path: Path) -> Drawn:
    """What is drawn in it. FieldError says where it is wrong."""
    try:
        data = tomllib.loads(bounded.read(path, _MOST_BYTES).decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, ValueError, RecursionError) as error:
        raise FieldError(str(path), f"not TOML: {error}", "docs/field.md has an example") from None
    _known(str(path), data, ("area", "obstacle"))
    area, rows = data.get("area"), data.get("obstacle", [])
    if not isinstance(area, dict) or not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise FieldError(str(path), "it has no [area], or an obstacle that is no [[obstacle]]", "see docs/field.md")
    where = f"{path}, [area]"
    _known(where, area, _AREA)
    holes = area.get("holes_m", [])
    if not isinstance(holes, list):
        raise FieldError(f"{where}, holes_m", "it is no list of rings", "give [[[x, y], ...], ...]")
    rings = [drawn.points_of(f"{where}, corners_m", area.get("corners_m"))]
    rings += [drawn.points_of(f"{where}, holes_m {i + 1}", hole) for i, hole in enumerate(holes)]
    shapes = [shape_of(where, str(area.get("name") or path.stem), drawn.AREA, drawn.POLYGON, rings)]
    if "base_line_m" in area:
        line = drawn.points_of(f"{where}, base_line_m", area["base_line_m"])
        shapes.append(shape_of(f"{where}, base_line_m", "", drawn.BASE_LINE, drawn.LINE, [line]))
    if len(rows) > drawn.SHAPES_MOST:
        raise FieldError(str(path), f"{len(rows)} obstacles; {drawn.SHAPES_MOST} are taken", "take it in parts")
    shapes += [_obstacle(f"{path}, [[obstacle]] {i + 1}", row) for i, row in enumerate(rows)]
    options = {name: drawn.number(f"{where}, {name}", area[name]) for name in _NUMBERS if name in area}
    return Drawn(path, "", tuple(shapes), closed=False, name=str(area.get("name") or ""), options=options)


def _obstacle(where: str, row: dict[str, Any]) -> Shape:
    _known(where, row, _OBSTACLE)
    if ("corners_m" in row) == ("centre_m" in row):
        raise FieldError(where, "it needs corners_m, or centre_m and radius_m", "give one of both")
    more = {key: drawn.number(f"{where}, {key}", row[key]) for key in ("radius_m", "stand_off_m") if key in row}
    name = str(row.get("name") or "")
    if "corners_m" in row:
        corners = drawn.points_of(f"{where}, corners_m", row["corners_m"])
        return shape_of(where, name, drawn.OBSTACLE, drawn.POLYGON, [corners], **more)
    return shape_of(
        where, name, drawn.OBSTACLE, drawn.POINT, [drawn.points_of(f"{where}, centre_m", [row["centre_m"]])], **more
    )


def _known(where: str, table: dict[str, Any], names: tuple[str, ...]) -> None:
    for name in table:
        if name not in names:
            raise FieldError(where, f"'{name[:40]}' is not known there", f"there are {', '.join(names)}")
