"""A field's file: what is impossible is refused as in a lane's, by file, section, key, value, bounds and remedy."""

import re
from dataclasses import MISSING, fields
from pathlib import Path

import pytest

from hil.world.field.field_file import FIELD_SECTIONS, SECTIONS, field_text, load_field_file, parse_field
from hil.world.field.field_spec import WORST, Skid
from hil.world.toml_tables import WorldError
from hil.world.world_spec import Quantity

pytestmark = pytest.mark.unit

AREA = "[field]\ncorners_m = [[0, 0], [6, 0], [6, -4], [0, -4]]\nbase_length_m = 4.0\n"
TARGET = '[[target]]\nmaterial = "steel"\nx_m = 2.0\ny_m = -1.0\ndepth_m = 0.05\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", r"\[field\] is missing"),
        ("[field]\nbase_length_m = 4.0\n", r"'corners_m' is missing.*3 to 100 places"),
        (AREA.replace("[0, -4]]", "[0]]"), r"corners_m = .* is not understood; it takes 3 to 100 places"),
        (AREA.replace("[6, -4]", "[6, nan]"), r"corners_m = nan is outside -500\.\.500 m"),
        (AREA.replace("[[0, 0], [6, 0]", "[[6, 0], [0, 0]"), r"corners_m: Self-intersection.*in order"),
        (AREA + "swath_m = 9.0\n", r"swath_m = 9\.0 is outside 0\.05\.\.4 m"),
        (AREA + TARGET.replace("2.0", "20.0"), r"\[\[target\]\] 1: \(20, -1\) is more than 2 m outside"),
        (AREA + TARGET.replace("0.05", "0.0") + "radius_m = 0.2\n", r"through the coil"),
        (AREA + "[[obstacle]]\nx_m = 1.0\ny_m = -1.0\n", r"give x_m, y_m and radius_m, or corners_m"),
        (AREA + "[[obstacle]]\nx_m = -0.6\ny_m = -0.4\nradius_m = 0.3\n", r"would stand in \[\[obstacle\]\] 1"),
        (AREA + '[skid]\npreset = "awful"\n', r"preset = 'awful'.*usual, worst"),
        (AREA + "[skid]\nwidth_low = 1.8\nwidth_high = 1.4\n", r"width_low is over width_high"),
        (AREA + '[[gnss_fault]]\nkind = "ramp"\nt0_s = 5.0\nt1_s = 4.0\n', r"t1_s = 4 is not after t0_s = 5"),
        (AREA + '[[gnss_fault]]\nkind = "bad"\nt0_s = 5.0\nt1_s = 6.0\n', r"kind = 'bad'.*outage"),
        (AREA + "[gnss]\nlatency_low_ms = 200.0\n", r"latency_low_ms is over"),
        (AREA + "[world]\nseed = 1\n", r"unknown section \[world\]; there are: field"),
        (AREA.replace("6", "300"), r"over 10000 m2"),
    ],
)  # fmt: skip
def test_impossible_fields_are_refused_by_name(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "field.toml"
    path.write_text(text.replace("-4], [0", "-200], [0") if "300" in text else text)
    with pytest.raises(WorldError) as caught:
        load_field_file(path)
    assert "field.toml" in str(caught.value)
    assert re.search(said, str(caught.value)), str(caught.value)


def test_every_default_and_every_worst_value_is_within_its_own_bounds() -> None:
    for _, kind, _ in FIELD_SECTIONS.values():
        for f in fields(kind):
            rule = f.metadata["rule"]
            if isinstance(rule, Quantity) and f.default is not MISSING:
                assert rule.low <= f.default <= rule.high, f"{kind.__name__}.{f.name}"
    for f in fields(Skid):
        if f.name in WORST:
            assert f.metadata["rule"].low <= WORST[f.name] <= f.metadata["rule"].high


def test_a_fields_text_reads_as_the_same_field() -> None:
    data = {
        "field": {"name": 'a "meadow"', "corners_m": [[0, 0], [6, 0], [0, -4.5]], "base_length_m": 4.5, "seed": 7},
        "target": [{"material": "steel", "x_m": 2.0, "y_m": -1.0, "depth_m": 0.05}],
        "front_end": {"coils": 9},
        "obstacle": [{"corners_m": [[2, -2], [3, -2], [3, -2.5]]}],
    }
    import tomllib

    file = parse_field(data)
    assert parse_field(tomllib.loads(field_text(file)), file.path) == file
    assert set(SECTIONS) > {"rover", "front_end", "burst"}
