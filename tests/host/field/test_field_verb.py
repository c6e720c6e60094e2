"""`sapper field plan` as people type it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sapper_host.cli import main
from sapper_host.errors import Status
from sapper_host.field.mission import Mission

pytestmark = [pytest.mark.unit, pytest.mark.usefixtures("own_cache")]
AREA = """[area]
corners_m = [[0, 0], [5, 0], [5, -3], [0, -3]]
base_line_m = [[0, 0], [0, -3]]
[[obstacle]]
centre_m = [2.5, -1.5]
radius_m = 0.2
"""


@pytest.fixture
def area(tmp_path: Path) -> Path:
    path = tmp_path / "meadow.toml"
    path.write_text(AREA)
    return path


def typed(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    status = main(["field", "plan", *map(str, words)])
    return status, *capsys.readouterr()


def test_a_plan_is_told_for_people(area: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = typed(capsys, area, "--dry-run")
    assert status == Status.OK and not err
    for words in (
        "15.00 m2, 1 obstacles",
        "no track on ground not searched",
        "gap ",
        "batteries: 1",
        "presumed 1.60 m",
    ):
        assert words in out, words


def test_a_plan_is_told_for_scripts(area: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = typed(capsys, area, "--json", "--dry-run", "--swath-mm", 820, "--overlap-mm", 120)
    told = json.loads(out)
    assert status == Status.OK and told["check"]["clear"] and told["geometry"]["swath_mm"] == 820
    assert told["geometry"]["overlap_mm"] == 120 and told["dry_run"]["batteries"] == 1
    assert {kind for kind, *_ in told["moves"]} <= {"shift", "lane", "ahead", "back", "turn"}
    assert all(gap["cause"] for gap in told["gaps"])


def test_plain_back_and_forth_fails_the_check_and_says_so(area: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = typed(capsys, area, "--plain")
    assert status == Status.SHORTFALL and "A TRACK ON GROUND NOT SEARCHED in" in out


def test_picture_and_mission_are_written(area: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture, mission = tmp_path / "p.png", tmp_path / "m.mission"
    status, out, _ = typed(capsys, area, "--picture", picture, "--mission", mission)
    assert status == Status.OK and out.splitlines()[-2:] == [str(picture), str(mission)]
    assert picture.stat().st_size > 10_000 and Mission(mission).progress().move == 0


def test_figures_of_rover_and_machine_are_set_by_name(area: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = typed(capsys, area, "--json", "--dry-run", "--set", "sweep_mm_s=600", "--set", "sigma_mm=5")
    _, slow, _ = typed(capsys, area, "--json", "--dry-run", "--set", "sweep_mm_s=60")
    assert json.loads(out)["geometry"]["sigma_mm"] == 5
    assert json.loads(out)["dry_run"]["time_s"] < json.loads(slow)["dry_run"]["time_s"] / 2


def test_a_base_line_may_be_typed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ring = [[20.1, 44.1], [20.1001, 44.1], [20.1001, 44.10005], [20.1, 44.10005], [20.1, 44.1]]
    path = tmp_path / "a.geojson"
    path.write_text(json.dumps({"type": "Polygon", "coordinates": [ring]}))
    status, out, _ = typed(capsys, path, "--base-line", "44.1,20.1 44.1,20.1001", "--near", "44.1,20.1")
    assert status == Status.OK and "lanes at 0.0 degrees from north, EPSG:4326" in out
    status, _, err = typed(capsys, path, "--base-line", "20.1,44.1 20.1001,44.1")
    assert status == Status.BAD_INPUT and "seem to be swapped" in err


@pytest.mark.parametrize(
    ("words", "status", "told"),
    [
        (["--swath-mm", 500], Status.BAD_INPUT, "outer width 500, 2 x margin 30"),
        (["--overlap-mm", 10], Status.BAD_INPUT, "plan with --overlap-mm 100"),
        (["--set", "swath"], Status.USAGE, "say NAME=VALUE"),
        (["--set", "nothing=3"], Status.BAD_INPUT, "there is no measure 'nothing'"),
        (["--base-line", "1,2"], Status.USAGE, "give two posts"),
        (["--base-line", "1,2 here"], Status.USAGE, "two numbers and a comma"),
        (["--base-line", "0,0 0,-3"], Status.BAD_INPUT, "the file has a base line, and another was given"),
        (["--picture", "x.doc"], Status.USAGE, "no format of a picture"),
        (["--plain", "--mission", "x"], Status.USAGE, "--plain is not to be driven"),
    ],
)
def test_what_is_typed_wrong_is_told_with_what_to_do(
    words: list[object], status: Status, told: str, area: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found, _, err = typed(capsys, area, *words)
    assert found == status and told in err and "do: " in err


def test_a_mission_is_not_written_over(area: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mission = tmp_path / "m.mission"
    mission.write_text("mine")
    status, _, err = typed(capsys, area, "--mission", mission)
    assert status == Status.ERROR and "exists already" in err and mission.read_text() == "mine"
