"""`sapper field run`, `status`, `map` and `teach` as people type them, and what they say when it cannot be."""

from __future__ import annotations

import json
import shutil
import threading
from pathlib import Path

import pytest

from sapper_host.cli import main
from sapper_host.errors import Status
from sapper_host.field.area_files import read_area
from sapper_host.field.errors import FieldError
from sapper_host.field.mission import Mission, create_mission
from sapper_host.field.plan import plan_of
from sapper_host.field.runner import Runner
from sapper_host.field.running import Phase
from sapper_host.field.teach import Corner, corner_of, taught_toml
from sapper_host.field.terminal_people import TerminalPeople
from tests.host.fake_board import FakeBoard
from tests.host.field.fake_rover import FakeRover
from tests.host.field.fields import USUAL, rectangle
from tests.host.field.rtcm_made import epoch
from tests.host.field.test_interrupted import Crew

pytestmark = [pytest.mark.unit, pytest.mark.usefixtures("own_cache")]


@pytest.fixture(scope="module")
def driven(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("driven") / "meadow.mission"
    create_mission(path, plan_of(rectangle(3.0, 1.4), USUAL))
    rover = FakeRover(USUAL, targets=[(1500, -350, True)])
    runner = Runner(Mission(path), Crew(rover))
    while rover.now_s < 1500 and runner.step(rover) is not Phase.DONE:
        rover.advance()
    runner.close()
    return path


def test_status_tells_figures_gaps_and_spots(driven: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["field", "status", str(driven)]) == Status.OK
    out = capsys.readouterr().out
    for words in ("mission done", "claimed", "doubtful", "not searched", "stand-off of a spot", "spot 1: x 1.5"):
        assert words in out, words
    assert main(["field", "status", str(driven), "--json"]) == Status.OK
    told = json.loads(capsys.readouterr().out)
    assert told["claimed"]["m2"] + told["not_searched"]["m2"] == pytest.approx(told["area_m2"], abs=0.01)
    assert told["spots"][0]["verdict"] == "suspect"


def test_looking_at_a_mission_changes_no_byte_of_it(driven: Path, tmp_path: Path) -> None:
    before = driven.read_bytes()
    for words in (["status", str(driven)], ["map", str(driven), "--picture", str(tmp_path / "m.svg")]):
        assert main(["field", *words]) == Status.OK
    assert driven.read_bytes() == before


def test_the_map_has_what_it_needs_in_print(driven: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import matplotlib

    monkeypatch.setitem(matplotlib.rcParams, "svg.fonttype", "none")
    assert main(["field", "map", str(driven), "--picture", str(tmp_path / "m.svg")]) == Status.OK
    svg = (tmp_path / "m.svg").read_text(encoding="utf-8")
    for words in ("claimed: searched", "not searched", "left out: stand-offs, no room", "S1", "3 sigma", "base line",
                  "stand-off of a spot", "the rover", "into the area (m)", "pattern"):  # fmt: skip
        assert words in svg, words
    assert main(["field", "map", str(driven)]) == Status.OK
    assert driven.with_suffix(".png").stat().st_size > 20_000


@pytest.mark.parametrize("verb", ["status", "map", "run"])
def test_what_is_no_mission_is_named(
    verb: str, tmp_path: Path, driven: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    more = ["--yes"] if verb == "run" else []
    assert main(["field", verb, str(tmp_path / "no"), *more]) == Status.BAD_INPUT
    assert "cannot be opened" in capsys.readouterr().err
    cut = tmp_path / "cut"
    cut.write_bytes(driven.read_bytes()[:5000])
    assert main(["field", verb, str(cut), *more]) == Status.BAD_INPUT
    assert "cut off" in capsys.readouterr().err


def test_ground_that_is_spoilt_in_the_file_is_named(
    driven: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import sqlite3

    spoilt = tmp_path / "spoilt"
    shutil.copyfile(driven, spoilt)
    with sqlite3.connect(spoilt) as file:
        file.execute("UPDATE ground SET cells = x'00'")
    assert main(["field", "status", str(spoilt)]) == Status.BAD_INPUT
    assert "its ground is spoilt" in capsys.readouterr().err


def test_nobody_to_ask_is_told(driven: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["field", "run", str(driven)]) == Status.USAGE
    assert "nobody is there to be asked" in capsys.readouterr().err
    assert main(["field", "run", str(driven), "--yes", "--finds", "never"]) == Status.USAGE


STATUS = {"aid": 1, "field_x_mm": 1000, "field_y_mm": -2000, "field_heading_mrad": 0, "sigma_mm": 20}


def test_a_corner_is_taken_where_the_place_is_known_well_enough() -> None:
    assert corner_of(STATUS) == Corner(1.0, -2.0, 0.02)
    with pytest.raises(FieldError, match="does not know where it is"):
        corner_of(STATUS | {"aid": 0})
    with pytest.raises(FieldError, match="does not know where it is"):
        corner_of(STATUS | {"sigma_mm": 65535})
    with pytest.raises(FieldError, match="known to 0.10 m, one sigma; 0.10 m is the most.*"):
        corner_of(STATUS | {"sigma_mm": 101})


def test_what_was_taught_is_an_area_that_can_be_planned(tmp_path: Path) -> None:
    corners = [Corner(0, 0, 0.02), Corner(5, 0, 0.02), Corner(5, -3, 0.03), Corner(0, -3, 0.02)]
    path = tmp_path / "taught.toml"
    path.write_text(taught_toml("taught", 3.0, corners))
    area = read_area(path).area
    assert area.polygon.area == pytest.approx(15) and area.base_length_m == 3
    assert plan_of(area, USUAL).moves
    with pytest.raises(FieldError, match="2 vertices make no area"):
        taught_toml("taught", 3.0, corners[:2])


def test_the_operator_is_asked_once_and_what_was_typed_before_does_not_count() -> None:
    said: list[str] = []
    people = TerminalPeople(USUAL, -350, said.append, typed=["yes\n"])
    while people._typed.empty():
        pass
    assert not people.consent("arm", "the rover is going to move") and len(said) == 1
    assert not people.consent("arm", "the rover is going to move") and len(said) == 1
    people._typed.put("yes")
    assert people.consent("arm", "the rover is going to move")
    people._typed.put("nonsense")
    assert people.place("it does not know") is None
    people._typed.put("-1,2 -0.4 3")
    placed = people.place("it does not know")
    assert placed is not None and (placed.x_mm, placed.y_mm, placed.heading_mrad) == (-1200, -400, 52)


def test_corrections_go_up_beside_a_mission_and_their_age_stands_in_its_lines(
    driven: Path, tmp_path: Path, board: FakeBoard, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording = tmp_path / "base.rtcm3"
    recording.write_bytes(b"".join(epoch(1000)))

    def step(runner: Runner, _: object) -> Phase:
        """Until the recording has gone up and its end is told."""
        sent = [line for line in board.heard if line.startswith("rtcm ")]
        return Phase.HELD if len(sent) >= 4 and "at its end" in "".join(lines) else Phase.CONNECT

    lines: list[str] = []
    monkeypatch.setattr(Runner, "step", step)
    monkeypatch.setattr("sapper_host.verbs.field.run.say", lines.append)
    words = ["--port", board.port, "--rtcm", f"file:{recording}", "--rtcm-rate", "1000"]
    assert main(["field", "run", str(driven), "--yes", *words]) == Status.OK  # it is done
    assert lines[0].endswith("done; no corrections yet")
    assert any("at its end; run the mission again" in line for line in lines)
    assert not [thread for thread in threading.enumerate() if thread.name == "corrections"]
