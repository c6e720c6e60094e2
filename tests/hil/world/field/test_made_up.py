"""Fields that are made up: as many and as large as is said, in reach, the same from the same seed, and planned for.

Known bad: a field whose start is in an obstacle, or whose targets lie under one, is refused or never made.
"""

import tomllib
from pathlib import Path

import pytest
import shapely

from hil.world.field.field_file import parse_field
from hil.world.field.made_up import MadeUp, made_up_field
from hil.world.field.obstacles import shape_of
from sapper_host.field.area_files import read_area
from sapper_host.field.geometry import geometry_of
from sapper_host.field.plan import plan_of

pytestmark = pytest.mark.unit

# The rover and head that these fields are for.
ROVER = geometry_of(
    {
        "track_length_mm": 300,
        "coil_ahead_mm": 500,
        "swath_mm": 800,
        "ground_margin_mm": 30,
        "overlap_mm": 100,
    }
)
FIELDS = [made_up_field(seed) for seed in range(60)]


def test_they_are_as_teams_have_them() -> None:
    corners = {len(each.file.field.corners_m) for each in FIELDS}
    assert min(corners) == 4 and max(corners) >= 7 and max(corners) <= 8
    sizes = [each.area.polygon.bounds for each in FIELDS]
    assert all(4.5 <= high_x - low_x <= 14.5 and 3 <= high_y - low_y <= 11.5 for low_x, low_y, high_x, high_y in sizes)
    assert {len(each.file.obstacles) for each in FIELDS} >= {0, 1, 2, 3}
    targets = [len(each.file.targets) for each in FIELDS]
    assert min(targets) >= 6 and max(targets) <= 14
    assert len({each.file.gnss.protocol for each in FIELDS}) == 3


def test_half_of_them_are_harsh_and_the_others_have_no_faults() -> None:
    assert [each.harsh for each in FIELDS] == [seed % 2 == 1 for seed in range(60)]
    for each in FIELDS:
        assert bool(each.file.gnss_faults) == each.harsh
        assert (each.file.skid.preset == "worst") == each.harsh
    kinds = {fault.kind for each in FIELDS for fault in each.file.gnss_faults}
    assert len(kinds) == 11


def test_every_target_lies_in_the_area_where_a_head_can_be() -> None:
    for each in FIELDS:
        obstacles = [shape_of(obstacle) for obstacle in each.file.obstacles]
        for target in each.file.targets:
            point = shapely.Point(target.x_m, target.y_m)
            assert each.area.polygon.contains(point)
            assert all(shape.distance(point) > 0.7 for shape in obstacles)


def test_the_same_seed_is_the_same_field_and_its_text_reads_as_it() -> None:
    for seed in (3, 4):
        again = made_up_field(seed)
        assert again.toml == FIELDS[seed].toml and again.area_toml == FIELDS[seed].area_toml
        read = parse_field(tomllib.loads(again.toml), again.file.path)
        assert read == again.file
    assert FIELDS[3].toml != FIELDS[4].toml


@pytest.mark.parametrize("made", FIELDS[:10], ids=lambda made: made.file.field.name)
def test_the_areas_file_is_read_as_the_same_area_and_can_be_planned(made: MadeUp, tmp_path: Path) -> None:
    path = tmp_path / "area.toml"
    path.write_text(made.area_toml)
    area = read_area(path).area
    assert area.polygon.equals(made.area.polygon) and area.base_length_m == made.area.base_length_m
    assert [each.name for each in area.obstacles] == [each.name for each in made.area.obstacles]
    plan = plan_of(area, ROVER)
    assert plan.coverage.share > 0.9
    reach = plan.coverage.searched
    within = [reach.contains(shapely.Point(target.x_m, target.y_m)) for target in made.file.targets]
    assert sum(within) >= 0.8 * len(within)
