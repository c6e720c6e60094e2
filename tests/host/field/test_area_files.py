"""Areas from files of every kind come to the same field metres; what is wrong with one is named, with its place and
what to do, and the file is left as it was."""

from __future__ import annotations

import json
import math
import sqlite3
import struct
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import shapely

from sapper_host.field.area import area_from
from sapper_host.field.area_files import Field, read_area
from sapper_host.field.errors import FieldError
from sapper_host.field.frames import WGS84, Frame, degrees

pytestmark = pytest.mark.unit

# A meadow of 12 x 8 m, its base line along its southern edge, turned by 30 degrees; and a tree in it.
FRAME = Frame(WGS84, 20.1, 44.1, math.radians(30))
CORNERS = [(0.0, 0.0), (12.0, 0.0), (12.0, -8.0), (0.0, -8.0)]
RING = FRAME.to_geo([*CORNERS, CORNERS[0]])
POSTS = FRAME.to_geo([(0.0, 0.0), (0.0, -8.0)])
TREE = FRAME.to_geo([(6.0, -3.0)])[0]
WALL = FRAME.to_geo([(8.0, -6.0), (9.0, -7.0)])


def feature(geometry: str, coordinates: Any, **properties: Any) -> dict[str, Any]:
    shape = {"type": geometry, "coordinates": coordinates}
    return {"type": "Feature", "properties": properties, "geometry": shape}


def collection(*features: dict[str, Any], **more: Any) -> str:
    return json.dumps({"type": "FeatureCollection", "features": features, **more})


AREA = feature("Polygon", [RING], name="meadow")
LINE = feature("LineString", POSTS, kind="base line")
TREE_POINT = feature("Point", TREE, kind="obstacle", name="tree", radius_m=0.3, stand_off_m=0.2)
WALL_LINE = feature("LineString", WALL, kind="obstacle", name="wall", radius_m=0.1)


def kml(points: list[tuple[float, float]]) -> str:
    return " ".join(f"{x!r},{y!r},110" for x, y in points)


KML = f"""<?xml version="1.0" encoding="UTF-8"?>
<kml xmlns="http://www.opengis.net/kml/2.2"><Document><Folder>
<Placemark><name>meadow</name><Polygon><outerBoundaryIs><LinearRing>
<coordinates>{kml(RING)}</coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark>
<Placemark><name>Base line</name><LineString><coordinates>{kml(POSTS)}</coordinates></LineString></Placemark>
<Placemark><name>tree</name><ExtendedData><Data name="kind"><value>obstacle</value></Data>
<Data name="radius_m"><value>0.3</value></Data><Data name="stand_off_m"><value>0.2</value></Data></ExtendedData>
<Point><coordinates>{kml([TREE])}</coordinates></Point></Placemark>
<Placemark><name>obstacle: wall</name><ExtendedData><Data name="radius_m"><value>0.1</value></Data></ExtendedData>
<LineString><coordinates>{kml(WALL)}</coordinates></LineString></Placemark>
</Folder></Document></kml>"""

TOML = """[area]
name = "meadow"
corners_m = [[0, 0], [12, 0], [12, -8], [0, -8]]
base_line_m = [[0, 0], [0, -8]]
[[obstacle]]
name = "tree"
centre_m = [6, -3]
radius_m = 0.3
stand_off_m = 0.2
[[obstacle]]
name = "wall"
corners_m = [[8, -6], [9, -7], [9.1, -6.9], [8.1, -5.9]]
"""


def blob(shape: shapely.Geometry, srs: int) -> bytes:
    return b"GP" + struct.pack("<BBi", 0, 1, srs) + bytes(shapely.to_wkb(shape, byte_order=1))


def geopackage(path: Path, code: int, change: Callable[[list[Any]], list[Any]] = list, srs: int | None = None) -> Path:
    srs = code if srs is None else srs
    with closing(sqlite3.connect(path)) as file:
        file.executescript(f"""
            CREATE TABLE gpkg_spatial_ref_sys (srs_id INTEGER, organization TEXT, organization_coordsys_id INTEGER);
            CREATE TABLE gpkg_geometry_columns (table_name TEXT, column_name TEXT, srs_id INTEGER);
            CREATE TABLE "my area" (fid INTEGER PRIMARY KEY, geom BLOB, name TEXT);
            CREATE TABLE obstacles (fid INTEGER PRIMARY KEY, geom BLOB, name TEXT, radius_m REAL, stand_off_m REAL);
            CREATE TABLE base_line (fid INTEGER PRIMARY KEY, geom BLOB);
            INSERT INTO gpkg_spatial_ref_sys VALUES ({srs}, 'EPSG', {code});
            INSERT INTO gpkg_geometry_columns VALUES ('my area', 'geom', {srs}), ('obstacles', 'geom', {srs}),
                ('base_line', 'geom', {srs});""")
        polygon = shapely.MultiPolygon([shapely.Polygon(change(RING))])
        file.execute('INSERT INTO "my area" VALUES (1, ?, ?)', (blob(polygon, srs), "meadow"))
        tree = blob(shapely.Point(change([TREE])[0]), srs)
        file.execute("INSERT INTO obstacles VALUES (1, ?, 'tree', 0.3, 0.2)", (tree,))
        wall = blob(shapely.LineString(change(WALL)), srs)
        file.execute("INSERT INTO obstacles VALUES (2, ?, 'wall', 0.1, NULL)", (wall,))
        file.execute("INSERT INTO base_line VALUES (1, ?)", (blob(shapely.LineString(change(POSTS)), srs),))
        file.commit()
    return path


def write(tmp_path: Path, name: str, text: str | bytes) -> Path:
    path = tmp_path / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def is_the_meadow(field: Field) -> None:
    area = field.area
    assert area.name == "meadow" and area.base_length_m == pytest.approx(8, abs=1e-3)
    assert area.polygon.symmetric_difference(shapely.Polygon(CORNERS)).area < 0.02
    tree, wall = area.obstacles
    assert tree.name == "tree" and tree.stand_off_m == 0.2 and wall.name.endswith("wall")
    assert (tree.shape.centroid.x, tree.shape.centroid.y) == pytest.approx((6, -3), abs=1e-3)
    assert wall.shape.distance(shapely.Point(8.5, -6.5)) < 0.01


def utm(points: list[Any]) -> list[Any]:
    import pyproj

    return [pyproj.Proj("EPSG:32634")(*point) for point in points]


def test_every_kind_of_file_comes_to_the_same_field(tmp_path: Path) -> None:
    is_the_meadow(read_area(write(tmp_path, "a.geojson", collection(AREA, LINE, TREE_POINT, WALL_LINE))))
    is_the_meadow(read_area(write(tmp_path, "a.kml", KML)))
    is_the_meadow(read_area(geopackage(tmp_path / "a.gpkg", 4326)))
    is_the_meadow(read_area(write(tmp_path, "a.toml", TOML)))
    projected = read_area(geopackage(tmp_path / "b.gpkg", 32634, utm))
    is_the_meadow(projected)
    assert projected.frame is not None and projected.frame.crs == "EPSG:32634"
    assert math.degrees(projected.frame.bearing_rad) == pytest.approx(30, abs=0.01)


def test_the_base_line_may_be_given_beside_the_file_in_either_order(tmp_path: Path) -> None:
    path = write(tmp_path, "a.geojson", collection(AREA, TREE_POINT, WALL_LINE))
    for posts in (POSTS, POSTS[::-1]):
        is_the_meadow(read_area(path, posts, near=(20.11, 44.11)))


def test_metres_measured_in_any_frame_are_turned_to_the_base_line(tmp_path: Path) -> None:
    turned = [(100 - y, 50 + x) for x, y in CORNERS]
    text = f"[area]\ncorners_m = {[list(c) for c in turned]}\nbase_line_m = [[108, 50], [100, 50]]\n"
    area = read_area(write(tmp_path, "a.toml", text)).area
    assert area.polygon.symmetric_difference(shapely.Polygon(CORNERS)).area < 1e-9


def test_what_the_toml_says_of_the_safe_ground_is_taken(tmp_path: Path) -> None:
    text = TOML.replace("[[obstacle]]", "safe_depth_m = 3\nsafe_side_m = 1\napproach_m = 0.5\n[[obstacle]]", 1)
    area = read_area(write(tmp_path, "a.toml", text)).area
    assert (area.safe_depth_m, area.safe_side_m, area.approach_m) == (3, 1, 0.5)


def test_an_area_survives_being_kept(tmp_path: Path) -> None:
    area = read_area(write(tmp_path, "a.kml", KML)).area
    kept = area_from(json.loads(json.dumps(area.as_dict())))
    assert kept.polygon.equals(area.polygon) and json.dumps(kept.as_dict()) == json.dumps(area.as_dict())


def swapped(points: list[Any]) -> list[Any]:
    return [[y, x] for x, y in points]


def ring(*field: tuple[float, float]) -> dict[str, Any]:
    return feature("Polygon", [FRAME.to_geo([*field, field[0]])], name="meadow")


FAR = [[x + 1, y] for x, y in RING]
DEEP = "[" * 5000 + "]" * 5000
BOMB = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]><kml>&b;</kml>'
OUTSIDE = '<?xml version="1.0"?><!DOCTYPE kml SYSTEM "file:///etc/passwd"><kml/>'
BAD = {
    "crosses.geojson": (
        collection(ring((0, 0), (12, -8), (12, 0), (0, -8)), LINE),
        r"crosses or touches itself at \(6.00, -4.00\); put its vertices in order",
    ),
    "twice.geojson": (
        collection(ring((0, 0), (12, 0), (12, -8), (6, -8), (12, 0), (0, -8)), LINE),
        "vertex 5: .* is vertex 2 again; remove one",
    ),
    "two.geojson": (collection(ring((0, 0), (12, 0)), LINE), "2 vertices make no area; give three"),
    "line.geojson": (collection(ring((0, 0), (12, 0), (6, 0)), LINE), "crosses or touches itself|on one line"),
    "open.geojson": (
        collection(feature("Polygon", [RING[:-1]]), LINE),
        "does not end where it began; repeat its first",
    ),
    "hole.geojson": (
        collection(feature("Polygon", [RING, FRAME.to_geo([(5, -1), (20, -1), (5, -3), (5, -1)])]), LINE),
        r"hole 1: it is not inside: \(20.00, -1.00\)",
    ),
    "apart.geojson": (
        collection(AREA, feature("Polygon", [FAR], name="other"), LINE),
        "a second area, 111.0 km away; .*plan each area by itself",
    ),
    "far.geojson": (collection(feature("Polygon", [FAR]), LINE), "the area is 79.. km from the base line"),
    "away.geojson": (
        collection(AREA, LINE, feature("Point", [21.1, 44.1], kind="obstacle", name="tree", radius_m=1)),
        "tree: it is 80.. km from the area",
    ),
    "swapped.geojson": (
        collection(feature("Polygon", [swapped(RING)]), LINE),
        "km from the base line; latitude and longitude seem to be swapped",
    ),
    "poles.geojson": (
        collection(feature("Polygon", [[[10, 100], [10.001, 100], [10, 100.001], [10, 100]]]), LINE),
        "vertex 1: a latitude of 100; correct|swapped",
    ),
    "metres.geojson": (
        collection(feature("Polygon", [[list(p) for p in utm(list(RING))]]), LINE),
        "are no degrees: these are metres of some projected system.*export it in WGS84",
    ),
    "crs.geojson": (
        collection(AREA, LINE, crs={"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::31276"}}),
        "of another system: .*31276.*export it in WGS84",
    ),
    "no.geojson": (collection(LINE), "no area is drawn"),
    "baseless.geojson": (collection(AREA), "it has no base line; give its two posts: --base-line"),
    "bent.geojson": (
        collection(AREA, feature("LineString", [*POSTS, TREE], kind="base line")),
        "a base line has two posts, not 3",
    ),
    "lines.geojson": (collection(AREA, LINE, LINE), "a second base line"),
    "inside.geojson": (
        collection(AREA, feature("LineString", FRAME.to_geo([(6, 0), (6, -8)]))),
        "the area reaches 6.00 m behind it",
    ),
    "before.geojson": (
        collection(AREA, feature("LineString", FRAME.to_geo([(-9, 0), (-9, -8)]))),
        "not at the area's edge: the area begins 9.00 m from it",
    ),
    "short.geojson": (
        collection(AREA, feature("LineString", FRAME.to_geo([(0, -4), (0, -4.5)]))),
        "its posts are 0.50 m apart; 1.0 m is the least",
    ),
    "huge.geojson": (collection(ring((0, 0), (4000, 0), (4000, -8), (0, -8)), LINE), "it is 4000 m across; 2000 m"),
    "large_box.geojson": (
        collection(ring((0, 0), (400, 0), (400, -100), (0, -8)), LINE),
        "the box around it, square to the base line, has 40000 m2; 25000 are taken",
    ),
    "nan.geojson": (collection(AREA, LINE).replace("44.1", "NaN", 1), "NaN is no number in JSON"),
    "large.geojson": (collection(AREA, LINE).replace("44.1", "1e999", 1), "too large|inf"),
    "text.geojson": (collection(AREA, LINE).replace(str(RING[1][0]), '"20.1"', 1), "vertex 2: '20.1' is no number"),
    "pointless.geojson": (collection(AREA, LINE, feature("Point", TREE)), "a point has no size; give it radius_m"),
    "curve.geojson": (collection(feature("GeometryCollection", [])), "a GeometryCollection is no area"),
    "deep.geojson": (DEEP, "deeper than 64|nested"),
    "none.geojson": ("", "not JSON"),
    "list.geojson": ("[1]", "it is no GeoJSON"),
    "bomb.kml": (BOMB, "line 1: a document type is declared"),
    "outside.kml": (OUTSIDE, "a document type is declared"),
    "half.kml": (KML[:700], "not KML: "),
    "words.kml": (KML.replace(kml([TREE]), "here,there"), "'here' is no number"),
    "nan.kml": (KML.replace(kml([TREE]), "nan,44"), "nan is no number that can be used"),
    "packed.kml": (b"PK\x03\x04", r"packed \(KMZ\); unpack it"),
    "deep.kml": ("<a>" * 100, "deeper than 64"),
    "not.gpkg": (b"GP", "not a GeoPackage"),
    "twisted.toml": (TOML.replace("[12, -8], [0, -8]]", "[0, -8], [12, -8]]"), r"crosses or touches itself at \("),
    "word.toml": (TOML.replace("corners_m", "korners_m", 1), "'korners_m' is not known there; there are name"),
    "nan.toml": (TOML.replace("[12, 0]", "[nan, 0]"), "vertex 2: nan is no number that can be used"),
    "inf.toml": (TOML.replace("[12, 0]", "[1e300, 0]"), r"vertex 2: \(1e\+300, 0\) is no place"),
    "true.toml": (TOML.replace("[12, 0]", "[true, 0]"), "'True' is no number"),
    "half.toml": (TOML[:50], "not TOML: "),
    "both.toml": (TOML + "corners_m = [[1, 1]]\ncentre_m = [1, 1]\n", "give one of both|not TOML"),
    "radius.toml": (TOML.replace("radius_m = 0.3", "radius_m = -1"), "a radius of -1 m"),
    "off.toml": (TOML.replace("stand_off_m = 0.2", "stand_off_m = 1e9"), "a stand-off of 1e\\+09 m; give 0 to 100"),
    "safe.toml": (TOML.replace("[[obstacle]]", "safe_depth_m = -3\n[[obstacle]]", 1), "-3 m; give 0 to 100"),
    "shape.shp": ("", r"'.shp' is no format of an area; give one of .geojson"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_wrong_is_named_and_nothing_is_changed(name: str, tmp_path: Path) -> None:
    content, told = BAD[name]
    path = write(tmp_path, name, content)
    before = path.read_bytes()
    with pytest.raises(FieldError, match=told) as error:
        read_area(path)
    assert error.value.remedy and error.value.where
    assert path.read_bytes() == before and [each.name for each in tmp_path.iterdir()] == [name]


def test_the_file_that_these_were_made_from_is_taken(tmp_path: Path) -> None:
    assert read_area(write(tmp_path, "a.geojson", collection(AREA, LINE))).area.polygon.area == pytest.approx(
        96, rel=1e-4
    )


def test_a_place_that_is_close_finds_an_area_and_base_line_that_are_both_swapped(tmp_path: Path) -> None:
    line = feature("LineString", swapped(POSTS))
    path = write(tmp_path, "a.geojson", collection(feature("Polygon", [swapped(RING)]), line))
    with pytest.raises(FieldError, match="km from --near; latitude and longitude seem to be swapped"):
        read_area(path, near=(20.1, 44.1))


def test_a_base_line_given_with_longitude_first_is_found(tmp_path: Path) -> None:
    path = write(tmp_path, "a.geojson", collection(AREA))
    with pytest.raises(FieldError, match="seem to be swapped"):
        read_area(path, [post[::-1] for post in POSTS])


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    for name in ("no.geojson", "no.kml", "no.gpkg", "no.toml"):
        with pytest.raises(FieldError, match="cannot be opened"):
            read_area(tmp_path / name)


def test_two_base_lines_are_one_too_many(tmp_path: Path) -> None:
    with pytest.raises(FieldError, match="the file has a base line, and another was given"):
        read_area(write(tmp_path, "a.toml", TOML), [(0, 0), (0, -8)])


def test_a_file_in_metres_is_near_no_place(tmp_path: Path) -> None:
    with pytest.raises(FieldError, match="on no known place of the earth; leave --near out"):
        read_area(write(tmp_path, "a.toml", TOML), near=(20.0, 44.0))


def test_a_geopackage_of_an_unnamed_system_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FieldError, match="its coordinate system is not named"):
        read_area(geopackage(tmp_path / "a.gpkg", 0, srs=0))


def test_a_geopackage_that_another_program_still_writes_is_refused(tmp_path: Path) -> None:
    path = geopackage(tmp_path / "a.gpkg", 4326)
    (tmp_path / "a.gpkg-wal").write_bytes(b"x")
    with pytest.raises(FieldError, match="another program has it open, and changes that are not in it yet; close it"):
        read_area(path)


@pytest.mark.parametrize(
    ("spoilt", "told"),
    [
        (b"", "its geometry is none of a GeoPackage"),
        (b"GP\x00\x0f" + b"\x00" * 30, "its geometry is of a kind that is not known"),
        (b"GP\x00\x01\x00\x00\x00\x00\x01\x03\x00\x00\x00\xff\xff\xff\xff", "its geometry is spoilt"),
        ("text", "its geometry is none of a GeoPackage"),
    ],
)
def test_a_spoilt_geometry_is_named(spoilt: Any, told: str, tmp_path: Path) -> None:
    path = geopackage(tmp_path / "a.gpkg", 4326)
    with closing(sqlite3.connect(path)) as file:
        file.execute('UPDATE "my area" SET geom = ?', (spoilt,))
        file.commit()
    with pytest.raises(FieldError, match=f"table my area, row 1: {told}"):
        read_area(path)


def test_a_view_that_never_ends_is_not_read(tmp_path: Path) -> None:
    path = geopackage(tmp_path / "a.gpkg", 4326)
    with closing(sqlite3.connect(path)) as file:
        file.executescript(
            "DROP TABLE base_line; CREATE VIEW base_line AS WITH RECURSIVE n(geom) AS "
            "(SELECT 1 UNION ALL SELECT geom + 1 FROM n) SELECT geom FROM n WHERE geom < 0"
        )
    with pytest.raises(FieldError, match="it has no base line"):
        read_area(path)


def test_degrees_of_a_projected_file_are_its_own(tmp_path: Path) -> None:
    (place,) = degrees("EPSG:32634", utm([TREE]))
    assert place == pytest.approx(TREE, abs=1e-9)
