"""Areas as GeoPackage (OGC 12-128r19): tables of features whose coordinate system the file itself names."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import shapely

from sapper_host.field import drawn
from sapper_host.field.drawn import Drawn, Shape, shape_of
from sapper_host.field.errors import FieldError

_MOST_BYTES = 256 * 1024 * 1024
_BLOB_MOST = 4 * 1024 * 1024
# Bytes of the header's envelope by its kind (clause 2.1.3).
_ENVELOPES = {0: 0, 1: 32, 2: 48, 3: 48, 4: 64}
# Steps of SQLite's machine that reading may take: a file can hold views that never end.
_STEPS_MOST = 50_000_000
_STEPS = 100_000
_COLUMNS = ("kind", "name", "radius_m", "stand_off_m")


def read_gpkg(path: Path) -> Drawn:
    """What is drawn in it, of all its tables of features. FieldError when it is none, or uses several systems."""
    if path.stat().st_size > _MOST_BYTES:
        raise FieldError(str(path), f"more than {_MOST_BYTES} bytes", "take the area alone into a file")
    log = path.with_name(path.name + "-wal")
    if log.exists() and log.stat().st_size:
        raise FieldError(str(path), "another program has it open, and changes that are not in it yet", "close it there")
    left = _STEPS_MOST // _STEPS

    def tired() -> int:
        nonlocal left
        left -= 1
        return left < 0

    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as file:
            file.execute("PRAGMA trusted_schema = OFF")
            file.set_progress_handler(tired, _STEPS)
            return _read(path, file)
    except (sqlite3.Error, OverflowError, UnicodeDecodeError) as error:
        raise FieldError(str(path), f"not a GeoPackage: {error}", "export the area again") from None


def _read(path: Path, file: sqlite3.Connection) -> Drawn:
    tables = file.execute(
        "SELECT g.table_name, g.column_name, s.organization, s.organization_coordsys_id, s.srs_id "
        "FROM gpkg_geometry_columns g JOIN gpkg_spatial_ref_sys s ON s.srs_id = g.srs_id "
        "JOIN sqlite_master m ON m.name = g.table_name AND m.type = 'table'"
    ).fetchmany(100)
    if not tables:
        raise FieldError(str(path), "there is no table of features in it", "export the area as features")
    shapes: list[Shape] = []
    systems: dict[str, str] = {}
    for table, column, organization, code, srs in tables:
        new = list(_shapes(path, file, str(table), str(column)))
        if new:
            if int(srs) <= 0:
                raise FieldError(
                    f"{path}, table {table}", "its coordinate system is not named", "name it, by EPSG code"
                )
            systems[f"{str(organization).upper()}:{code}"] = str(table)
        shapes += new
        if len(shapes) > drawn.SHAPES_MOST:
            raise FieldError(str(path), f"more than {drawn.SHAPES_MOST} shapes", "take it in parts")
    if len(systems) > 1:
        raise FieldError(str(path), f"its tables are of several systems: {', '.join(systems)}", "export all in one")
    if not systems:
        raise FieldError(str(path), "nothing is drawn in it", "draw the area")
    return Drawn(path, next(iter(systems)), tuple(shapes))


def _shapes(path: Path, file: sqlite3.Connection, table: str, column: str) -> Iterator[Shape]:
    known = [str(row[1]) for row in file.execute(f"PRAGMA table_info({_quoted(table)})")]
    extra = [name for name in _COLUMNS if name in known]
    chosen = ", ".join(map(_quoted, (column, *extra)))
    rows = file.execute(f"SELECT {chosen} FROM {_quoted(table)} LIMIT {drawn.SHAPES_MOST + 1}")
    for at, (blob, *values) in enumerate(rows, 1):
        where = f"{path}, table {table}, row {at}"
        row = dict(zip(extra, values, strict=True))
        name = str(row.get("name") or "")
        told = str(row.get("kind") or "") or (table if _tells(table) else name)
        more = {
            key: drawn.number(f"{where}, {key}", row[key])
            for key in ("radius_m", "stand_off_m")
            if row.get(key) is not None
        }
        for part in _parts(where, blob):
            geometry, rings = part
            yield shape_of(where, name, told, geometry, rings, **more)


def _tells(table: str) -> bool:
    return table.lower().startswith(("area", "obstacle", "base", "keep", "no_go"))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _parts(where: str, blob: Any) -> Iterator[tuple[str, list[drawn.Points]]]:
    if blob is None:
        return
    shape = _geometry(where, blob)
    for part in shapely.get_parts(shape):
        if part.is_empty:
            continue
        match part.geom_type:
            case "Polygon":
                yield drawn.POLYGON, [_points(ring) for ring in (part.exterior, *part.interiors)]
            case "LineString":
                yield drawn.LINE, [_points(part)]
            case "Point":
                yield drawn.POINT, [_points(part)]
            case other:
                raise FieldError(where, f"a {other} is no area, line or point", "leave it out")


def _points(shape: Any) -> drawn.Points:
    return [(float(x), float(y)) for x, y in shapely.get_coordinates(shape)]


def _geometry(where: str, blob: Any) -> Any:
    """The standard's blob: 'GP', version, flags, system, envelope, then well-known binary."""
    if not isinstance(blob, bytes) or len(blob) < 8 or blob[:2] != b"GP":
        raise FieldError(where, "its geometry is none of a GeoPackage", "export the area again")
    if len(blob) > _BLOB_MOST:
        raise FieldError(where, f"its geometry takes more than {_BLOB_MOST} bytes", "simplify it")
    envelope = _ENVELOPES.get(blob[3] >> 1 & 7)
    if envelope is None or blob[3] & 0x20:
        raise FieldError(where, "its geometry is of a kind that is not known", "export the area again")
    try:
        return shapely.from_wkb(blob[8 + envelope :])
    except shapely.errors.ShapelyError as error:
        raise FieldError(where, f"its geometry is spoilt ({error})", "export the area again") from None
