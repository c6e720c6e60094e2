"""World files: what is impossible is refused, and the refusal names file, section, key, value, bounds and a remedy."""

import re
from dataclasses import MISSING, fields
from pathlib import Path

import pytest

from hil.world import figures
from hil.world.toml_tables import WorldError, reference_markdown
from hil.world.world import load_world
from hil.world.world_file import EXAMPLES, SECTIONS, load_world_file
from hil.world.world_spec import Quantity

pytestmark = pytest.mark.unit

TARGET = '[[target]]\nmaterial = "copper"\nx_m = 1.0\ndepth_m = 0.05\n'


def refused(tmp_path: Path, text: str) -> str:
    path = tmp_path / "lane.toml"
    path.write_text(text)
    with pytest.raises(WorldError) as caught:
        load_world_file(path)
    assert "lane.toml" in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[world]\nlane_length_m = -3.0\n", r"\[world\].*lane_length_m = -3.*0\.5\.\.500 m"),
        ("[world]\nlane_length_m = nan\n", r"lane_length_m = nan.*0\.5\.\.500"),
        ("[world]\nlane_length_m = inf\n", r"lane_length_m = inf"),
        ("[world]\nseed = 1.5\n", r"seed = 1\.5 is not a whole number"),
        ("[world]\nseed = true\n", r"seed = True is not a whole number"),
        ('[world]\nswath_m = "wide"\n', r"swath_m = 'wide' is not a number.*0\.05\.\.3 m"),
        ("[world]\nlength = 3.0\n", r"unknown key 'length'; there are: seed"),
        ("[wurld]\nseed = 1\n", r"unknown section \[wurld\]; there are: world"),
        ("world = 3\n", r"must be a table"),
        ("[target]\nx_m = 1.0\n", r"write \[\[target\]\]"),
        (TARGET + "radius_m = -0.01\n", r"\[\[target\]\] 1: radius_m = -0\.01 is outside 0\.001\.\.0\.3 m"),
        (TARGET + "radius_m = 0.2\n", r"through the coil.*raise depth_m"),
        (TARGET.replace("1.0", "40.0"), r"x_m = 40 is beyond the lane's end at 10 m"),
        (TARGET.replace("copper", "kryptonite"), r"material = 'kryptonite'.*one of copper"),
        (TARGET.replace("depth_m = 0.05\n", ""), r"'depth_m' is missing; add `depth_m = \.\.\.`"),
        (TARGET + 'shape = "rod"\nradius_m = 0.03\nlength_m = 0.02\n', r"length_m = 0\.02 is less than twice"),
        (TARGET + "y_m = 5.0\n", r"y_m = 5\.0 is outside -2\.\.2 m"),
        (TARGET * 200, r"200 targets .* more than 8 a metre"),
        ("[front_end]\ndelay_us = [6.8, 10.0]\n", r"delay_us = \[6\.8, 10\.0\].*3 numbers"),
        ("[front_end]\npulse_us = [9.0, 30.0, 495.0]\n", r"longer than the pulse period"),
        ('[[fault]]\nkind = "stuck"\nt0_s = 3.0\nt1_s = 2.0\n', r"t1_s = 2 is not after t0_s = 3"),
        ("[[hot_rock]]\nx_m = 1.0\nstrength_mv = 0.0\n", r"\[\[hot_rock\]\] 1: strength_mv = 0\.0 is outside"),
        ('[rover]\nat_zero_duty = "fly"\n', r"at_zero_duty = 'fly'.*brake, coast"),
        ("[world\n", r"not TOML"),
    ],
)
def test_impossible_worlds_are_refused_by_name(tmp_path: Path, text: str, said: str) -> None:
    assert re.search(said, refused(tmp_path, text)), refused(tmp_path, text)


def test_a_missing_file_names_the_examples() -> None:
    with pytest.raises(WorldError, match="clean, demo, hard"):
        load_world_file("nowhere")


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "lane.toml"
    path.write_bytes(bytes(range(128, 256)))
    with pytest.raises(WorldError, match="cannot be read as text"):
        load_world_file(path)


def test_an_empty_file_is_a_world_of_defaults(tmp_path: Path) -> None:
    path = tmp_path / "lane.toml"
    path.write_text("")
    assert load_world_file(path).world.lane_length_m == 10.0


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.toml")), ids=lambda p: p.stem)
def test_every_example_loads_by_its_name(path: Path) -> None:
    world = load_world(path.stem)
    assert 3 <= len(world.file.targets) <= 8
    assert len({t.material for t in world.file.targets}) >= 3


def test_every_default_is_within_its_own_bounds() -> None:
    looked_at = 0
    for _, kind, _ in SECTIONS.values():
        for f in fields(kind):
            rule = f.metadata["rule"]
            if isinstance(rule, Quantity) and f.default is not MISSING:
                for value in f.default if rule.count else (f.default,):
                    assert rule.low <= value <= rule.high, f"{kind.__name__}.{f.name}"
                    looked_at += 1
    assert looked_at > 20


def test_reference_names_every_key() -> None:
    text = reference_markdown(SECTIONS)
    for name, (_, kind, _) in SECTIONS.items():
        assert f"[{name}]" in text
        for f in fields(kind):
            assert f"| `{f.name}` |" in text


def test_the_page_about_the_world_has_todays_keys() -> None:
    assert figures.main(["--check"]) == 0
