"""The picture of a plan: what it is to show is on it, as vectors and as pixels."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from sapper_host.errors import SapperError
from sapper_host.field.check import walk
from sapper_host.field.frames import WGS84, Frame
from sapper_host.field.picture import plot_plan
from sapper_host.field.plan import plan_of
from tests.host.field.fields import USUAL, rectangle, round_obstacle

pytestmark = pytest.mark.unit
TREE = (round_obstacle(4, -3, 0.3),)


def drawn(path: Path, plain: bool = False, frame: Frame | None = None) -> str:
    plan = plan_of(rectangle(obstacles=TREE), USUAL, plain)
    plot_plan(plan, path, frame, walk(plan.area, USUAL, plan.start, plan.moves))
    return path.read_text(encoding="utf-8") if path.suffix == ".svg" else ""


@pytest.fixture(autouse=True)
def text_as_text(monkeypatch: pytest.MonkeyPatch) -> None:
    import matplotlib

    monkeypatch.setitem(matplotlib.rcParams, "svg.fonttype", "none")


def test_it_shows_the_plan_with_its_gaps_and_their_causes(tmp_path: Path) -> None:
    svg = drawn(tmp_path / "plan.svg")
    for words in ("base line with its posts", "safe ground, as presumed", "obstacle, hole", "tracks on searched ground",
                  "lanes end square before what they meet", "into the area (m)", "% of what a coil"):  # fmt: skip
        assert words in svg, words
    assert ">N<" not in svg


def test_north_is_drawn_where_it_is_known(tmp_path: Path) -> None:
    assert ">N<" in drawn(tmp_path / "plan.svg", frame=Frame(WGS84, 20.1, 44.1, math.radians(40)))


def test_a_plain_plan_is_called_what_it_is(tmp_path: Path) -> None:
    svg = drawn(tmp_path / "plan.svg", plain=True)
    assert "PLAIN BACK AND FORTH, NOT TO BE DRIVEN" in svg and "TRACKS ON UNSEARCHED GROUND" in svg


def test_a_picture_of_pixels_has_some(tmp_path: Path) -> None:
    from matplotlib.image import imread

    drawn(tmp_path / "plan.png")
    pixels = imread(tmp_path / "plan.png")
    assert pixels.shape[0] > 500 and pixels.shape[1] > 500 and pixels.std() > 0.05


def test_names_of_others_are_drawn_letter_by_letter(tmp_path: Path) -> None:
    from dataclasses import replace

    plan = plan_of(replace(rectangle(), name="a $\\frac{x$ \x1b[31m"), USUAL)
    plot_plan(plan, tmp_path / "plan.svg")
    assert "\x1b" not in (tmp_path / "plan.svg").read_text(encoding="utf-8")


def test_what_is_no_picture_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SapperError, match="no format of a picture"):
        plot_plan(plan_of(rectangle(), USUAL), tmp_path / "plan.doc")
