"""Reading and writing a field's file (TOML): the area, what lies in it, the machine and its sensors."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from shapely.geometry import Polygon
from shapely.validation import explain_validity

from hil.world.field.field_spec import (
    FieldFile,
    FieldRock,
    FieldSpec,
    FieldTarget,
    GnssFault,
    GnssSpec,
    ImuSpec,
    Loose,
    Mound,
    ObstacleSpec,
    PlaneSoil,
    Relief,
    Skid,
    SoilPatch,
    StartSpec,
    with_preset,
)
from hil.world.field.obstacles import Obstacles, outline
from hil.world.toml_tables import Sections, WorldError, parse_tables, read_tables, tables_text
from hil.world.world_file import SECTIONS as LANE_SECTIONS
from hil.world.world_file import check_buried, check_machine, check_spans

# What a lane's file says of machine and disturbances, a field's says likewise.
_ALIKE = ("rover", "supply", "front_end", "swing", "interference", "drift", "burst", "fault")
FIELD_SECTIONS: Sections = {
    "field": ("field", FieldSpec, False),
    "start": ("start", StartSpec, False),
    "obstacle": ("obstacles", ObstacleSpec, True),
    "relief": ("relief", Relief, False),
    "mound": ("mounds", Mound, True),
    "soil": ("soil", PlaneSoil, False),
    "soil_patch": ("soil_patches", SoilPatch, True),
    "loose": ("loose", Loose, False),
    "skid": ("skid", Skid, False),
    "target": ("targets", FieldTarget, True),
    "hot_rock": ("hot_rocks", FieldRock, True),
    "imu": ("imu", ImuSpec, False),
    "gnss": ("gnss", GnssSpec, False),
    "gnss_fault": ("gnss_faults", GnssFault, True),
}
SECTIONS: Sections = {**FIELD_SECTIONS, **{name: LANE_SECTIONS[name] for name in _ALIKE}}

# The box round a field: its maps are kept whole.
BOX_MOST_M2 = 10_000.0
# How far from the area's box something may lie.
BESIDE_M = 2.0
OBJECTS_MOST = 2000


def load_field_file(path: str | Path) -> FieldFile:
    """Read and check a field's file. WorldError when it cannot be read, is no TOML, or says something impossible."""
    return parse_field(read_tables(Path(path), "field's file"), str(path))


def parse_field(data: Mapping[str, Any], path: str = "(field)") -> FieldFile:
    """The field that a TOML document's tables describe; WorldError names the key that is wrong."""
    skid = data.get("skid")
    if isinstance(skid, dict):
        data = {**data, "skid": with_preset(skid)}
    values = parse_tables(data, SECTIONS, path)
    if "field" not in values:
        raise WorldError(f"{path}: [field] is missing; add it, with corners_m and base_length_m")
    file = FieldFile(**values)
    _check_together(file)
    return file


def field_text(file: FieldFile) -> str:
    """The TOML that reads as this field."""
    return tables_text(file, SECTIONS)


def _check_together(file: FieldFile) -> None:
    """What the bounds of single keys cannot tell."""
    path = file.path
    area = Polygon(file.field.corners_m)
    if not area.is_valid or area.area < 0.01:
        why = explain_validity(area) if not area.is_valid else "its corners lie on one line"
        raise WorldError(f"{path}: [field]: corners_m: {why}; put the corners in order round the area")
    low_x, low_y, high_x, high_y = area.bounds
    if (high_x - low_x) * (high_y - low_y) > BOX_MOST_M2:
        raise WorldError(f"{path}: [field]: the box round it is over {BOX_MOST_M2:g} m2; take it in parts")
    if file.skid.width_low > file.skid.width_high:
        raise WorldError(f"{path}: [skid]: width_low is over width_high; put it below")
    if file.gnss.latency_low_ms > file.gnss.latency_high_ms:
        raise WorldError(f"{path}: [gnss]: latency_low_ms is over latency_high_ms; put it below")
    if len(file.targets) + len(file.hot_rocks) > OBJECTS_MOST:
        raise WorldError(f"{path}: more than {OBJECTS_MOST} targets and hot rocks; take some out")
    objects: tuple[tuple[str, tuple[FieldTarget | FieldRock, ...]], ...] = (
        ("target", file.targets),
        ("hot_rock", file.hot_rocks),
    )
    for name, items in objects:
        for i, item in enumerate(items, 1):
            if not (
                low_x - BESIDE_M <= item.x_m <= high_x + BESIDE_M and low_y - BESIDE_M <= item.y_m <= high_y + BESIDE_M
            ):
                raise WorldError(
                    f"{path}: [[{name}]] {i}: ({item.x_m:g}, {item.y_m:g}) is more than {BESIDE_M:g} m outside the"
                    " area's box; move it"
                )
    check_buried(path, file.targets, file.front_end)
    check_machine(file)
    check_spans(path, "gnss_fault", "t", "s", [(each.t0_s, each.t1_s) for each in file.gnss_faults])
    for i, each in enumerate(file.obstacles, 1):
        if (each.radius_m > 0) == bool(each.corners_m):
            raise WorldError(f"{path}: [[obstacle]] {i}: give x_m, y_m and radius_m, or corners_m")
        if each.corners_m and not Polygon(each.corners_m).is_valid:
            raise WorldError(f"{path}: [[obstacle]] {i}: corners_m: {explain_validity(Polygon(each.corners_m))}")
    start = file.start
    hit = Obstacles(file).touched(outline(file), start.x_m, start.y_m, float(np.radians(start.heading_deg)))
    if hit >= 0:
        raise WorldError(f"{path}: [start]: the machine would stand in [[obstacle]] {hit + 1}; move one of them")
