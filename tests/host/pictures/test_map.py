"""Maps put things where they were, say what was searched and found, and join no places that are of two frames."""

from __future__ import annotations

import csv
import io
import json
import math
from pathlib import Path
from typing import Any

import matplotlib.image
import numpy as np
import pytest

from sapper_host.board.decoder import Event, Frame
from sapper_host.cli import main
from sapper_host.errors import SapperError, Status
from sapper_host.pictures import style
from sapper_host.pictures.map_list import list_lines
from sapper_host.pictures.map_plot import plot_map, title
from sapper_host.recordings.contacts import Contact
from sapper_host.recordings.recorder import Recorder
from sapper_host.recordings.session import read_session
from sapper_host.recordings.starts import ARMED_ANEW
from sapper_host.recordings.survey import Survey, survey_of
from sapper_host.recordings.truth import check_truth
from tests.host.recorded_rover import DETECT, STATUS, RecordedRover

pytestmark = pytest.mark.unit

TRUTH: dict[str, Any] = {
    "lane_length_m": 6.0,
    "swath_m": 0.5,
    "speed_m_s": 0.3,
    "targets": [
        {"s_m": 1.0, "lateral_m": 0.1, "name": "steel", "distance_cm": 5},
        {"s_m": 3.0, "lateral_m": -0.1, "name": "copper", "distance_cm": 5},
    ],
    "hot_rocks": [{"s_m": 4.5}],
    "stuck": [],
}


def session(path: Path, turn_rad: float = 0.0, truth: bool = True, finds: tuple[float, ...] = (1.02, 2.2)) -> Path:
    """A drive of 5 m straight on, after turning by so much at the start; finds at these places."""
    with Recorder(path) as recorder:
        if truth:
            recorder.truth(check_truth(TRUTH, "truth"))
        for i in range(101):
            s_mm = i * 50
            common = {"t_ms": i * 100, "s_mm": s_mm}
            pose = {"x_mm": int(s_mm * math.cos(turn_rad)), "y_mm": int(s_mm * math.sin(turn_rad))}
            rest = {"state": 3, "reason": 0, "fault": 0, "flags": 15, "speed_mm_s": 500}
            pose["heading_mrad"] = int(turn_rad * 1000)
            recorder.take(Frame("STATUS", i, {**STATUS, **common, **pose, **rest}))
            detect = {"strength": i % 50 * 20, "class": 1, "statistic": 1, "level": 10}
            recorder.take(Frame("DETECT", i, {**DETECT, **common, **detect}))
        for number, s_m in enumerate(finds):
            args = {"peak_mm": int(s_m * 1000), "extent_mm": 200, "strength": 800, "snr_x10": 90, "class": "ferrous"}
            recorder.take(Event(number, 9000 + number, "contact", int(s_m * 1000) + 300, args))
    return path


def two_sweeps(path: Path, boot: int | None) -> Path:
    """Armed twice: a mine at 2.4 m of the first sweep, marked, clutter at 2.4 m of the second."""
    with RecordedRover(path, boot=boot) as rover:
        for verdict, class_name in (("mine", "ferrous"), ("clutter", "non_ferrous")):
            rover.to("ARMED")
            rover.sweep(2000)
            rover.to("SWEEP")
            rover.drive(400)
            rover.alert(class_name)
            if verdict == "mine":
                rover.mark()
            rover.verdict(verdict)
            rover.to("SWEEP")
            rover.drive(600)
            rover.contact(behind_mm=600, class_name=class_name)
            rover.to("ARMED")
            rover.to("SAFE")
    return path


def surveyed(path: Path) -> Survey:
    return survey_of(read_session(path))


def pixels(path: Path) -> Any:
    return matplotlib.image.imread(path)[..., :3]


def count(image: Any, colour: str) -> int:
    wanted = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return int((np.abs(image - wanted).max(axis=2) < 0.02).sum())


def test_the_map_says_that_stops_were_weakened_and_only_then(tmp_path: Path) -> None:
    read = read_session(session(tmp_path / "s.mcap"))
    assert "WEAKENED" not in title(survey_of(read), 1)
    read.events.append({"t_s": 1.0, "s_m": 0.0, "kind": "weakened", "number": 1, "stops": "sweep_marks+coast_ms"})
    assert title(survey_of(read), 1).endswith("STOPS WEAKENED: sweep_marks, coast_ms")


def test_the_map_scores_the_session_and_is_drawn(tmp_path: Path) -> None:
    survey = surveyed(session(tmp_path / "s.mcap"))
    plot_map(survey, tmp_path / "map.png")
    result = survey.score
    assert result is not None
    assert [match.target for match in result.found] == [0] and result.missed == (1,)
    assert result.false_alarms == (2.2,)
    image = pixels(tmp_path / "map.png")
    assert image.shape[1] == 1650 and 0.02 < float((image < 0.9).any(axis=2).mean()) < 0.6
    for colour in (style.MISSED, style.FOUND, style.FALSE_ALARM):
        assert count(image, colour) > 30, colour


def test_searched_ground_is_coloured_and_ground_that_was_not_is_hatched_on_the_map(tmp_path: Path) -> None:
    images = {}
    for name, blind_mm in (("whole", 0), ("half", 1500), ("none", 3000)):
        with RecordedRover(tmp_path / f"{name}.mcap") as rover:
            rover.to("ARMED")
            rover.sweep(3000, blind_mm=blind_mm)
        plot_map(surveyed(rover.recorder.path), tmp_path / f"{name}.png")
        images[name] = pixels(tmp_path / f"{name}.png")
    searched = {name: count(image, style.SEARCHED) for name, image in images.items()}
    hatched = {name: count(image, style.NOT_SEARCHED) for name, image in images.items()}
    assert searched["half"] == pytest.approx(searched["whole"] / 2, rel=0.1) and searched["whole"] > 50_000
    assert searched["none"] < searched["whole"] / 20
    assert hatched["whole"] < hatched["half"] / 5 < hatched["none"] / 5


def test_a_map_without_truth_shows_the_finds(tmp_path: Path) -> None:
    survey = surveyed(session(tmp_path / "s.mcap", truth=False))
    plot_map(survey, tmp_path / "map.svg")
    assert survey.score is None and (tmp_path / "map.svg").read_text().count("<svg") == 1


def test_places_along_a_turned_track_turn_with_it(tmp_path: Path) -> None:
    turn = math.radians(30)
    track = surveyed(session(tmp_path / "s.mcap", turn_rad=turn)).tracks[1]
    ahead = math.hypot(track.x_m[0], track.y_m[0])
    x, y = track.along(np.array([0.0, 2.0, 7.0]))
    places = np.array([0, 2, 7]) + ahead
    assert x == pytest.approx(places * math.cos(turn), abs=0.02)
    assert y == pytest.approx(places * math.sin(turn), abs=0.02)
    left_x, left_y = track.along(2.0, 1.0)
    assert float(left_x) == pytest.approx((2 + ahead) * math.cos(turn) - math.sin(turn), abs=0.02)
    assert float(left_y) == pytest.approx((2 + ahead) * math.sin(turn) + math.cos(turn), abs=0.02)


class TestTwoArmings:
    def test_of_one_boot_they_are_one_map_with_the_second_sweep_behind_the_first(self, tmp_path: Path) -> None:
        survey = surveyed(two_sweeps(tmp_path / "s.mcap", boot=4711))
        assert len(survey.parts) == 1
        first, second = survey.joined.contacts
        assert (first.s_mm, second.s_mm) == (2400, 5400)
        assert second.x_mm is not None and first.x_mm is not None and second.x_mm - first.x_mm == 3000
        assert "PARTS" not in title(survey, 1)

    def test_of_an_older_firmware_they_are_drawn_apart_and_the_map_says_so(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        one, two = (two_sweeps(tmp_path / f"{boot}.mcap", boot) for boot in (4711, None))
        survey = surveyed(two)
        assert "2 PARTS WHOSE PLACES CANNOT BE JOINED" in title(survey, 2)
        assert main(["map", str(one)]) == main(["map", str(two)]) == Status.OK
        _, err = capsys.readouterr()
        assert err.count("cannot be joined") == 1 and ARMED_ANEW in err
        heights = [pixels(path.with_suffix(".png")).shape[0] for path in (one, two)]
        assert heights[1] > 1.5 * heights[0]

    def test_scripts_get_contacts_marks_and_ground_by_part(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        path = two_sweeps(tmp_path / "s.mcap", boot=None)
        assert main(["map", str(path), "--json"]) == Status.OK
        told = json.loads(capsys.readouterr().out)
        assert [(part["number"], part["boot"], part["apart"]) for part in told["parts"]] == [
            (1, None, ""),
            (2, None, ARMED_ANEW),
        ]
        rows = [(c["number"], c["part"], c["s_mm"], c["class"], c["verdict"], c["marked"]) for c in told["contacts"]]
        assert rows == [(1, 1, 2400, "ferrous", "mine", True), (2, 2, 2400, "non_ferrous", "clutter", False)]
        assert [(mark["part"], mark["contact"]) for mark in told["marks"]] == [(1, 1)]
        assert {run["part"] for run in told["ground"] if run["searched"]} == {1, 2}
        assert told["score"] is None and told["map"] == str(path.with_suffix(".png"))


class TestListOfFinds:
    def test_it_goes_to_a_new_file_and_never_over_an_old_one(self, tmp_path: Path) -> None:
        path, out = two_sweeps(tmp_path / "s.mcap", boot=4711), tmp_path / "finds.csv"
        assert main(["map", str(path), "--csv", str(out)]) == Status.OK
        rows = list(csv.DictReader(out.open()))
        assert [(row["number"], row["verdict"], row["s_mm"]) for row in rows] == [
            ("1", "mine", "2400"),
            ("2", "clutter", "5400"),
        ]
        before = out.read_text()
        assert main(["map", str(path), "--csv", str(out)]) == Status.ERROR and out.read_text() == before

    def test_to_standard_output_it_goes_alone(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        path = two_sweeps(tmp_path / "s.mcap", boot=None)
        assert main(["map", str(path), "--csv", "-"]) == Status.OK
        out, err = capsys.readouterr()
        assert len(list(csv.DictReader(io.StringIO(out)))) == 2 and "cannot be joined" in err
        assert main(["map", str(path), "--csv", "-", "--json"]) == Status.USAGE

    def test_on_the_picture_it_is_bounded_and_says_what_it_leaves_out(self) -> None:
        contacts = [Contact(i, 1, None, "alert", 1, i, None, None, "mixed", 1, 1, None) for i in range(1, 101)]
        lines = list_lines(contacts)
        assert len(lines) == 62 and "40 more" in lines[-1]
        assert lines[1].split() == ["1", "1", "0.00", "?", "?", "mixed", "1", "-", "no"]


def test_map_command_on_an_unfinished_recording(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = session(tmp_path / "s.mcap")
    # A recorder that was killed left no summary: everything after the data is missing.
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * 0.97)] if b"/status" in data[: len(data) // 2] else data[:-200])
    status = main(["map", str(path), "-o", str(tmp_path / "map.png")])
    out, err = capsys.readouterr()
    assert status == Status.OK and "1 of 2 targets found" in out and "ended early" in err
    assert (tmp_path / "map.png").stat().st_size > 10_000


def test_a_picture_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    survey = surveyed(session(tmp_path / "s.mcap"))
    with pytest.raises(SapperError, match="no format of a picture"):
        plot_map(survey, tmp_path / "map.xyz")
    with pytest.raises(SapperError, match="cannot be written"):
        plot_map(survey, tmp_path / "s.mcap" / "map.png")
    plot_map(survey, tmp_path / "new" / "map.png")
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["map.png"]
