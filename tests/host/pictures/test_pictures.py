"""Maps and plots put things where they were, say what was found, and are pictures that can be looked at."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import matplotlib.image
import numpy as np
import pytest

from sapper_host.board.decoder import Event, Frame
from sapper_host.cli import main
from sapper_host.errors import SapperError, Status
from sapper_host.pictures import map_plot
from sapper_host.pictures.map_plot import coil_path, plot_map
from sapper_host.pictures.trace_plot import plot_trace
from sapper_host.recordings.recorder import Recorder
from sapper_host.recordings.session import read_session
from sapper_host.recordings.trace import Trace
from sapper_host.recordings.truth import check_truth

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
            recorder.take(Frame("STATUS", i, {**common, **pose, "heading_mrad": int(turn_rad * 1000), **rest}))
            detect = {"strength": i % 50 * 20, "class": 1, "statistic": 1, "level": 10}
            recorder.take(Frame("DETECT", i, {**common, **detect}))
        for number, s_m in enumerate(finds):
            args = {"peak_mm": int(s_m * 1000), "extent_mm": 200, "strength": 800, "snr_x10": 90, "class": "ferrous"}
            recorder.take(Event(number, 9000 + number, "contact", int(s_m * 1000) + 300, args))
    return path


def pixels(path: Path) -> Any:
    return matplotlib.image.imread(path)[..., :3]


def test_the_map_says_that_stops_were_weakened_and_only_then(tmp_path: Path) -> None:
    read = read_session(session(tmp_path / "s.mcap"))
    path = coil_path(read)
    assert "WEAKENED" not in map_plot._title(read, path, None)
    read.events.append({"t_s": 1.0, "s_m": 0.0, "kind": "weakened", "number": 1, "stops": "sweep_marks+coast_ms"})
    assert map_plot._title(read, path, None).endswith("STOPS WEAKENED: sweep_marks, coast_ms")


def test_the_map_scores_the_session_and_is_drawn(tmp_path: Path) -> None:
    result = plot_map(read_session(session(tmp_path / "s.mcap")), tmp_path / "map.png")
    assert result is not None
    assert [match.target for match in result.found] == [0] and result.missed == (1,)
    assert result.false_alarms == (2.2,)
    image = pixels(tmp_path / "map.png")
    assert image.shape[1] == 1650 and 0.02 < float((image < 0.9).any(axis=2).mean()) < 0.6
    for colour in ("#c1121f", "#00735c", "#d97706"):  # missed, found, false alarm
        wanted = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
        assert int((np.abs(image - wanted).max(axis=2) < 0.02).sum()) > 30, colour


def test_ground_that_was_not_searched_is_hatched(tmp_path: Path) -> None:
    path = tmp_path / "s.mcap"
    session(path)
    recorded = read_session(path)
    plot_map(recorded, tmp_path / "without.svg")
    for from_mm, searched in ((1000, 0), (1020, 1), (2000, 0), (3000, 1)):
        recorded.events.append({"kind": "covered", "from_mm": from_mm, "searched": searched, "s_m": 0, "t_s": 0})
    plot_map(recorded, tmp_path / "with.svg")
    texts = [(tmp_path / name).read_text() for name in ("without.svg", "with.svg")]
    assert [text.count("<pattern") > 0 for text in texts] == [False, True]


def test_a_map_without_truth_shows_the_finds(tmp_path: Path) -> None:
    assert plot_map(read_session(session(tmp_path / "s.mcap", truth=False)), tmp_path / "map.svg") is None
    text = (tmp_path / "map.svg").read_text()
    assert text.count("<svg") == 1


def test_places_along_a_turned_track_turn_with_it(tmp_path: Path) -> None:
    turn = math.radians(30)
    path = coil_path(read_session(session(tmp_path / "s.mcap", turn_rad=turn)))
    x, y = path.at(np.array([0.0, 2.0, 7.0]))
    assert x == pytest.approx(np.array([0, 2, 7]) * math.cos(turn), abs=0.02)
    assert y == pytest.approx(np.array([0, 2, 7]) * math.sin(turn), abs=0.02)
    left_x, left_y = path.at(2.0, 1.0)
    assert float(left_x) == pytest.approx(2 * math.cos(turn) - math.sin(turn), abs=0.02)
    assert float(left_y) == pytest.approx(2 * math.sin(turn) + math.cos(turn), abs=0.02)


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
    recorded = read_session(session(tmp_path / "s.mcap"))
    with pytest.raises(SapperError, match="cannot be written"):
        plot_map(recorded, tmp_path / "map.xyz")
    with pytest.raises(SapperError, match="cannot be written"):
        plot_map(recorded, tmp_path / "no" / "map.png")


@pytest.mark.parametrize("empty", [False, True])
@pytest.mark.parametrize("against_time", [False, True])
def test_a_trace_is_drawn_with_and_without_gaps_and_truth(tmp_path: Path, empty: bool, against_time: bool) -> None:
    n = 400
    t = np.arange(n) / 100
    gates = 1650 + np.random.default_rng(1).normal(0, 1, (n, 3))
    ticks = np.full(n, np.nan) if empty else np.arange(n) * 15.0
    if empty:
        gates[100:150, 1] = np.nan
    truth = None if empty else check_truth({**TRUTH, "stuck": [{"gate": 2, "t0": 1.0, "t1": 2.0}]}, "truth")
    trace = Trace("lane", t, gates, np.full(n, 5000.0), np.full(n, 25.0), ticks, ticks, truth=truth)
    plot_trace(trace, tmp_path / "t.png", against_time)
    image = pixels(tmp_path / "t.png")
    assert image.shape[1] == 1650 and float((image < 0.9).any(axis=2).mean()) > 0.01
