"""Fields that are made up from a seed: as teams have them, half of them with GNSS faults and slip at the model's worst.

Each comes with the area's file as a planner takes it, and with what whoever set the machine down says of its place.
"""

import math
import random
from dataclasses import dataclass, replace
from typing import Any

import shapely
from shapely.geometry import Polygon

from hil.world.field.field_file import field_text, parse_field
from hil.world.field.field_spec import FieldFile
from hil.world.field.obstacles import shape_of
from sapper_host.field.area import Area, Obstacle, check_area

Table = dict[str, Any]

# Of a start told against the posts, one sigma: mm, mrad.
TOLD_SIGMA_MM, TOLD_SIGMA_MRAD = 10, 8
_START_X_M = -0.6
# What is searched has to be in reach: a head cannot lie nearer to an obstacle than this.
_OFF_OBSTACLE_M = 0.75
_OFF_EDGE_M = 0.1
_APART_M = 1.0
_FIRST_OBSTACLE_M = 1.6
_OBSTACLES_APART_M = 2.0
_STAND_OFF_M = 0.15
# A job of this size; faults of the receiver lie in its first half.
_JOB_S = 1200.0

# Faults of a receiver: how long (s), and what else, drawn evenly between.
_FAULTS: dict[str, dict[str, tuple[float, float]]] = {
    "outage": {"s": (20, 120)},
    "single": {"s": (30, 120)},
    "float": {"s": (30, 180)},
    "multipath": {"s": (15, 30), "size_m": (0.2, 0.4)},
    "wrong_fix": {"s": (30, 120), "size_m": (0.45, 0.6)},
    "ramp": {"s": (20, 60), "rate_m_s": (0.04, 0.06)},
    "frozen": {"s": (10, 40)},
    "repeated": {"s": (10, 40)},
    "garbage": {"s": (5, 30)},
    "stopped": {"s": (10, 90)},
    "lying": {"s": (30, 120)},
}


@dataclass(frozen=True)
class MadeUp:
    """A field. toml: its world's file; area_toml: the area's, for a planner. told: x mm, y mm, heading mrad as said of
    the start, which is off by TOLD_SIGMA_* or so; harsh: with faults and the worst slip."""

    file: FieldFile
    area: Area
    toml: str
    area_toml: str
    told: tuple[int, int, int]
    harsh: bool


def made_up_field(seed: int, harsh: bool | None = None) -> MadeUp:
    """The field of that seed. harsh: as said, else every second one is."""
    chance = random.Random(f"field {seed}")
    harsh = seed % 2 == 1 if harsh is None else harsh
    corners, wide = _corners(chance)
    obstacles = _obstacles(chance, Polygon(corners))
    told = (round(_START_X_M * 1000), -400, 0)
    data: Table = {
        "field": {"name": f"field {seed}", "corners_m": corners, "base_length_m": wide, "seed": seed},
        "start": {
            "x_m": round(told[0] / 1000 + chance.gauss(0, TOLD_SIGMA_MM / 1000), 4),
            "y_m": round(told[1] / 1000 + chance.gauss(0, TOLD_SIGMA_MM / 1000), 4),
            "heading_deg": round(math.degrees(chance.gauss(0, TOLD_SIGMA_MRAD / 1000)), 3),
        },
        "obstacle": obstacles,
        "front_end": {"coils": 10, "coil_pitch_m": 0.1},
        "relief": {
            "slope_deg": _within(chance, 0, 2),
            "uphill_deg": _within(chance, -180, 180, 0),
            "swell_mm": _within(chance, 5, 12, 0),
            "swell_m": _within(chance, 4, 8),
            "bump_mm": _within(chance, 0.5, 2),
            "bump_m": _within(chance, 0.4, 1),
        },
        "soil": {
            "strength_mv": _within(chance, 10, 80, 0),
            "ratio_error": _within(chance, 0.003, 0.01, 4),
            "variation": _within(chance, 0.05, 0.15),
            "variation_m": _within(chance, 0.8, 2.5),
        },
        "loose": {"share": _within(chance, 0.1, 0.4), "patch_m": _within(chance, 0.8, 3)},
        "supply": {"temp_c": _within(chance, 8, 32, 1), "warming_c": _within(chance, 3, 8, 1)},
        "gnss": {
            "protocol": chance.choice(["nmea", "nmea", "ubx", "ubx_hp"]),
            "lat_deg": _within(chance, -60, 68, 6),
            "lon_deg": _within(chance, -180, 179.9, 6),
            "height_m": _within(chance, 0, 1500, 1),
            "geoid_m": _within(chance, -40, 60, 1),
            "bearing_deg": _within(chance, 0, 360, 2),
            "ahead_m": _within(chance, -0.2, 0.1),
            "left_m": _within(chance, -0.1, 0.1),
            "up_m": _within(chance, 0.35, 0.6),
        },
    }
    data["target"] = _targets(chance, Polygon(corners), obstacles)
    data["hot_rock"] = [
        {"x_m": x, "y_m": y, "strength_mv": _within(chance, 10, 30, 0)}
        for x, y in _places(
            chance, Polygon(corners), [shape_of_table(each) for each in obstacles], chance.randint(0, 2), 0.3
        )
    ]
    if harsh:
        data["skid"] = {"preset": "worst"}
        data["gnss_fault"] = _faults(chance)
    return made_of(parse_field(data, f"(made up field {seed})"), told, harsh)


def made_of(file: FieldFile, told: tuple[int, int, int], harsh: bool = False) -> MadeUp:
    """A field of a file, its start as told."""
    return MadeUp(file, _area(file), field_text(file), _area_text(file), told, harsh)


def _within(chance: random.Random, low: float, high: float, digits: int = 2) -> float:
    return round(chance.uniform(low, high), digits)


def _corners(chance: random.Random) -> tuple[list[list[float]], float]:
    """Four to eight, the near edge on the base line; 6 to 14 m deep, 4 to 10 m wide."""
    wide, deep = _within(chance, 4, 10, 1), _within(chance, 6, 14, 1)
    far = sorted((_within(chance, -wide + 0.5, -0.5) for _ in range(chance.randint(0, 3))), reverse=True)
    # Wider or narrower towards the back, on either side.
    left, right = _within(chance, -0.8, 0.5), _within(chance, -0.5, 0.8)
    corners: list[list[float]] = [[0.0, 0.0]]
    if chance.random() < 0.3:
        corners.append([round(deep / 2, 2), _within(chance, -0.4, 0.2)])
    corners.append([_within(chance, 0.8 * deep, deep), left])
    corners += [[_within(chance, 0.8 * deep, deep), y] for y in far]
    corners.append([_within(chance, 0.8 * deep, deep), round(-wide + right, 2)])
    corners.append([0.0, -wide])
    if not Polygon(corners).is_valid:
        return _corners(chance)
    return corners, wide


def _obstacles(chance: random.Random, area: Polygon) -> list[Table]:
    """Up to four trees, stones and walls of 0.3 to 1 m, with a way for the machine between any two."""
    out: list[Table] = []
    shapes: list[shapely.Geometry] = []
    for number in range(1, chance.randint(0, 4) + 1):
        for _ in range(40):
            low_x, low_y, high_x, high_y = area.bounds
            x, y = _within(chance, max(low_x, _FIRST_OBSTACLE_M), high_x), _within(chance, low_y, high_y)
            radius = _within(chance, 0.15, 0.5)
            disc = shapely.Point(x, y).buffer(radius)
            if not area.contains(shapely.Point(x, y)) or x - radius < _FIRST_OBSTACLE_M - 0.5:
                continue
            if any(disc.distance(shape) < _OBSTACLES_APART_M for shape in shapes):
                continue
            shapes.append(disc)
            if chance.random() < 0.5:
                out.append({"name": f"tree {number}", "x_m": x, "y_m": y, "radius_m": radius})
            else:
                angles = sorted(chance.uniform(0, 2 * math.pi) for _ in range(3))
                angles = [each + math.pi * k for k in (0, 1) for each in (angles[0], angles[0] + 1.2)]
                points = [[round(x + radius * math.cos(a), 3), round(y + radius * math.sin(a), 3)] for a in angles]
                out.append({"name": f"stone {number}", "corners_m": points})
            break
    return out


def _targets(chance: random.Random, area: Polygon, obstacles: list[Table]) -> list[Table]:
    """6 to 14 cased objects that a row of ten coils feels well: flat ones, and rods as of mortar bombs."""
    taken = [shape_of_table(each) for each in obstacles]
    out = []
    for number, (x, y) in enumerate(_places(chance, area, taken, chance.randint(6, 14), _APART_M), 1):
        depth = _within(chance, 0.03, 0.10)
        table: Table = {"name": f"target {number}", "x_m": x, "y_m": y, "depth_m": depth}
        if chance.random() < 0.6:
            # The deeper the larger: none is fainter than a good frame's noise ten times over.
            table |= {"material": "steel", "shape": "plate", "radius_m": _within(chance, 0.045 + 0.25 * depth, 0.08, 3)}
        else:
            radius = _within(chance, 0.03, 0.041, 3)
            table |= {
                "material": "rusty_iron", "shape": "rod", "radius_m": radius, "length_m": _within(chance, 0.2, 0.35),
                "heading_deg": _within(chance, -180, 180, 0), "tilt_deg": _within(chance, -20, 20, 0),
            }  # fmt: skip
        out.append(table)
    return out


def _places(
    chance: random.Random, area: Polygon, taken: list[shapely.Geometry], count: int, apart_m: float
) -> list[tuple[float, float]]:
    """Up to so many places in the area, apart from one another and from what is taken."""
    inner = area.buffer(-_OFF_EDGE_M)
    low_x, low_y, high_x, high_y = inner.bounds
    out: list[tuple[float, float]] = []
    for _ in range(60 * count):
        if len(out) == count:
            break
        x, y = _within(chance, low_x, high_x), _within(chance, low_y, high_y)
        point = shapely.Point(x, y)
        if not inner.contains(point) or any(point.distance(shape) < _OFF_OBSTACLE_M for shape in taken):
            continue
        if all(math.hypot(x - a, y - b) >= apart_m for a, b in out):
            out.append((x, y))
    return out


def shape_of_table(table: Table) -> shapely.Geometry:
    """An obstacle's ground, of its table."""
    if "corners_m" in table:
        return Polygon(table["corners_m"])
    return shapely.Point(table["x_m"], table["y_m"]).buffer(table["radius_m"])


def _faults(chance: random.Random) -> list[Table]:
    """Three to six of the receiver's, one after another."""
    out: list[Table] = []
    t_s = chance.uniform(10, 60)
    for kind in chance.sample(sorted(_FAULTS), chance.randint(3, 6)):
        what = dict(_FAULTS[kind])
        until_s = t_s + chance.uniform(*what.pop("s"))
        row: Table = {"kind": kind, "t0_s": round(t_s, 1), "t1_s": round(until_s, 1)}
        row |= {name: _within(chance, *span, 3) for name, span in what.items()}
        if kind in ("multipath", "wrong_fix", "ramp"):
            row["toward_deg"] = _within(chance, -180, 180, 0)
        out.append(row)
        t_s = until_s + chance.uniform(15, _JOB_S / 12)
    return out


def _area(file: FieldFile) -> Area:
    spec = file.field
    obstacles = tuple(
        Obstacle(each.name or f"obstacle {i}", shape_of(each), _STAND_OFF_M) for i, each in enumerate(file.obstacles, 1)
    )
    return check_area(
        Area(
            spec.name,
            Polygon(spec.corners_m),
            spec.base_length_m,
            obstacles,
            safe_depth_m=spec.safe_depth_m,
            safe_side_m=spec.safe_side_m,
        )
    )


def _area_text(file: FieldFile) -> str:
    """The area as docs/field.md has it."""
    spec = file.field
    corners = ", ".join(f"[{x!r}, {y!r}]" for x, y in spec.corners_m)
    rows = [
        "[area]",
        f'name = "{spec.name}"',
        f"corners_m = [{corners}]",
        f"base_line_m = [[0, 0], [0, {-spec.base_length_m!r}]]",
        f"safe_depth_m = {spec.safe_depth_m!r}",
        f"safe_side_m = {spec.safe_side_m!r}",
    ]
    for each in file.obstacles:
        rows += ["", "[[obstacle]]", f'name = "{each.name}"', f"stand_off_m = {_STAND_OFF_M}"]
        if each.corners_m:
            rows.append("corners_m = [" + ", ".join(f"[{x!r}, {y!r}]" for x, y in each.corners_m) + "]")
        else:
            rows += [f"centre_m = [{each.x_m!r}, {each.y_m!r}]", f"radius_m = {each.radius_m!r}"]
    return "\n".join([*rows, ""])


def placed_at(made: MadeUp, x_mm: int, y_mm: int) -> MadeUp:
    """The same field with its rover told to stand there, and standing as far off that as it did."""
    start = made.file.start
    start = replace(
        start,
        x_m=round(start.x_m + (x_mm - made.told[0]) / 1000, 4),
        y_m=round(start.y_m + (y_mm - made.told[1]) / 1000, 4),
    )
    file = replace(made.file, start=start)
    return replace(made, file=file, toml=field_text(file), told=(x_mm, y_mm, made.told[2]))
