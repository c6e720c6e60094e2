"""Synthetic traces: the same bytes from the same seed, truths that hold, and statistics like those of recorded
lanes.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hil.traces.lane import footprint_m, frame_snr
from hil.traces.recipe import DIFFICULTIES, KINDS
from hil.traces.synth import SynthError, SynthTrace, Wish, lane_names, synthesise, write_lanes
from hil.world.detector_model import bury
from hil.world.world_spec import FrontEnd, Target
from sapper_host.cli import main
from sapper_host.files.checkout import RECORDED
from sapper_host.recordings.trace import read_trace
from sapper_host.recordings.truth import check_fits, check_truth
from sapper_host.verbs.trace import synth as trace_synth

pytestmark = pytest.mark.unit
LANES = RECORDED / "lanes"


@cache
def lane(index: int, difficulty: str = "nominal") -> SynthTrace:
    return synthesise(5, index, Wish(difficulty))


def columns(trace: SynthTrace) -> np.ndarray:
    return np.array(trace.rows, dtype=float)


def test_a_lane_depends_on_its_seed_and_index_only(tmp_path: Path) -> None:
    few = [p.read_bytes() for p in write_lanes(tmp_path / "few", 2, 5, Wish())]
    assert few[1] == next(p for i, p in enumerate(write_lanes(tmp_path / "again", 2, 5, Wish())) if i == 1).read_bytes()
    assert synthesise(5, 1, Wish()).rows == lane(1).rows
    assert synthesise(6, 1, Wish()).rows != lane(1).rows
    assert lane(0).rows != lane(1).rows


def test_what_is_written_is_a_trace_with_a_truth_that_fits(tmp_path: Path) -> None:
    for path in write_lanes(tmp_path, 2, 3, Wish("hard")):
        trace = read_trace(path)
        assert trace.truth is not None
        check_fits(check_truth(trace.truth, path), path, float(trace.t_s[-1]), 20.0)
        assert np.all(np.diff(trace.t_s) > 0)
    assert not list(tmp_path.glob("*.part"))


@pytest.mark.parametrize("difficulty", list(DIFFICULTIES))
def test_lanes_are_driven_from_end_to_end_at_their_speed(difficulty: str) -> None:
    trace = lane(0, difficulty)
    data = columns(trace)
    assert data[-1, 6] == pytest.approx(20000, abs=150)
    assert data[-1, 6] / 1000 / data[-1, 0] == pytest.approx(trace.truth["speed_m_s"], rel=0.02)
    assert 0.15 <= trace.truth["speed_m_s"] <= 0.6
    assert np.all(np.diff(data[:, 6]) >= 0)


def test_objects_lie_apart_and_inside_the_lane() -> None:
    for index in range(4):
        truth = lane(index).truth
        places = sorted(o["s_m"] for o in truth["targets"] + truth["hot_rocks"])
        assert all(1.0 <= s <= 19.0 for s in places)
        assert all(b - a > 1.19 for a, b in zip(places, places[1:], strict=False))


def test_targets_show_in_the_trace_where_and_as_strongly_as_the_truth_says() -> None:
    shown = 0
    for index in range(6):
        trace = lane(index)
        data = columns(trace)
        place = data[:, 6] / 1000
        for target in trace.truth["targets"]:
            gate = int(np.abs(target["peak_mv"][1:]).argmax()) + 1
            size = target["peak_mv"][gate]
            if abs(size) < 60 or trace.truth["stuck"]:
                continue
            near = np.abs(place - target["s_m"]) < 0.02
            aside = (np.abs(place - target["s_m"]) > 0.45) & (np.abs(place - target["s_m"]) < 0.6)
            seen = data[near, 1 + gate].mean() - data[aside, 1 + gate].mean()
            # rods may show two lobes and the lane's height changes; sign and rough size must hold
            assert 0.4 < seen / size < 1.4, (trace.name, target)
            shown += 1
    assert shown >= 5


def test_stuck_gates_are_frozen_as_the_truth_says() -> None:
    found = 0
    for index in range(60):
        trace = synthesise_truth_only(index)
        for stuck in trace["stuck"]:
            data = columns(synthesise(9, index, Wish("hard")))
            inside = (data[:, 0] > stuck["t0"] + 0.02) & (data[:, 0] < stuck["t1"] - 0.02)
            assert np.ptp(data[inside, 1 + stuck["gate"]]) == 0
            others = [g for g in range(3) if g != stuck["gate"]]
            assert all(np.ptp(data[inside, 1 + g]) > 0 for g in others)
            found += 1
        if found:
            return
    raise AssertionError("no lane of sixty has a stuck gate; its chance is one in ten")


def synthesise_truth_only(index: int) -> dict[str, Any]:
    return synthesise(9, index, Wish("hard")).truth


def test_every_kind_of_object_comes_up() -> None:
    assert {kind.material for kind in KINDS} >= {"aluminium", "copper", "brass", "steel", "cast_iron"}
    assert all(kind.weight > 0 and kind.radius_m[0] < kind.radius_m[1] for kind in KINDS)


def test_snr_does_not_count_what_soil_could_do() -> None:
    end = FrontEnd()
    soil = np.array([100.0, 88.2, 91.7])
    assert frame_snr(end, soil) < 0.05
    assert frame_snr(end, soil + [0, 20.0, 0]) == pytest.approx(frame_snr(end, np.array([0, 20.0, 0])), rel=0.02)


@pytest.mark.parametrize("wish", [(0, 1, "nominal"), (20_000, 1, "nominal"), (1, -1, "nominal"), (1, 1, "easy")])
def test_impossible_wishes_are_refused(wish: tuple[int, int, str]) -> None:
    with pytest.raises(SynthError):
        lane_names(wish[0], wish[1], Wish(wish[2]))


def test_the_verb_makes_lanes_and_refuses_what_it_cannot(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["trace", "synth", "--out", str(tmp_path / "lanes"), "--count", "1", "--seed", "5"]) == 0
    assert [p.name for p in sorted((tmp_path / "lanes").iterdir())] == [
        "synth_nominal_5_000.csv",
        "synth_nominal_5_000.truth.json",
    ]
    capsys.readouterr()
    assert main(["trace", "synth", "--out", str(tmp_path), "--difficulty", "easy"]) == 2
    assert "nominal, hard" in capsys.readouterr().err
    (tmp_path / "file").write_text("")
    assert main(["trace", "synth", "--out", str(tmp_path / "file"), "--count", "1"]) == 1
    assert "name another place" in capsys.readouterr().err


def test_the_verb_offers_the_difficulties_there_are() -> None:
    assert tuple(DIFFICULTIES) == trace_synth.DIFFICULTIES


def statistics(lanes: list[tuple[np.ndarray, dict[str, Any]]]) -> dict[str, np.ndarray]:
    """Medians over lanes, away from objects and faults: rms of differences at several lags, ground-balanced too."""
    rows = []
    for data, truth in lanes:
        place = (data[:, 6] + data[:, 7]) / 2000
        clear = np.ones(len(data), bool)
        for thing in truth["targets"] + truth["hot_rocks"]:
            clear &= np.abs(place - thing["s_m"]) > 0.6
        for stuck in truth["stuck"]:
            clear &= (data[:, 0] < stuck["t0"]) | (data[:, 0] > stuck["t1"])
        gates = data[:, 1:4]
        balanced = gates[:, 1] - 0.882 / 0.917 * gates[:, 2]
        signals = np.column_stack([gates, balanced])
        row = []
        for lag in (1, 10, 100, 300):
            both = clear[lag:] & clear[:-lag]
            difference = (signals[lag:] - signals[:-lag])[both]
            row.append(difference.std(axis=0) / np.sqrt(2))
        rows.append(row)
    return {"lags": np.median(np.array(rows), axis=0)}


@pytest.mark.slow
@pytest.mark.skipif(not LANES.is_dir(), reason="the recorded lanes (../shared/data/lanes) are not on this machine")
@pytest.mark.parametrize("difficulty", ["nominal", "hard"])
def test_noise_drift_and_soil_resemble_recorded_lanes(difficulty: str) -> None:
    recorded = []
    for path in sorted(LANES.glob(f"*{difficulty}*.truth.json"))[:12]:
        truth = json.loads(path.read_text())
        lines = path.with_name(path.name.replace(".truth.json", ".csv")).read_text().splitlines()
        data = np.array([[float(v) for v in line.split(",")] for line in lines if line[:1].isdigit()])
        recorded.append((data, truth))
    made = [(columns(lane(i, difficulty)), lane(i, difficulty).truth) for i in range(12)]
    ratio = statistics(made)["lags"] / statistics(recorded)["lags"]
    # noise from frame to frame within a fifth; what wanders over seconds, of which a lane has little, within a factor
    assert np.all(np.abs(ratio[:2] - 1) < 0.3), ratio
    assert np.all((ratio > 0.5) & (ratio < 2.0)), ratio


@pytest.mark.slow
@pytest.mark.skipif(not LANES.is_dir(), reason="the recorded lanes (../shared/data/lanes) are not on this machine")
@pytest.mark.parametrize("difficulty", ["nominal", "hard"])
def test_objects_are_as_strong_against_the_noise_as_in_recorded_lanes(difficulty: str) -> None:
    end = FrontEnd()

    def spread(truths: list[dict[str, Any]]) -> np.ndarray:
        snr = [frame_snr(end, np.array(t["peak_mv"])) for truth in truths for t in truth["targets"]]
        return np.percentile(snr, [25, 50, 75])

    recorded = spread([json.loads(p.read_text()) for p in sorted(LANES.glob(f"*{difficulty}*.truth.json"))])
    made = spread([lane(i, difficulty).truth for i in range(12)])
    assert np.all((made / recorded > 0.4) & (made / recorded < 2.5)), (made, recorded)


def test_a_truth_tells_how_wide_each_bump_is_and_the_noise_of_each_gate() -> None:
    end = FrontEnd()
    for index in range(4):
        truth = lane(index).truth
        assert truth["noise_mv"] == list(end.noise_mv) and truth["wander_mv"] == list(end.wander_mv)
        assert all(0.05 < target["width_a_m"] < 0.3 for target in truth["targets"])


def test_a_bump_is_half_as_high_where_its_width_says() -> None:
    end = FrontEnd()
    for radius_m, depth_m in ((0.01, 0.02), (0.04, 0.1)):
        target = Target(material="steel", shape="sphere", radius_m=radius_m, depth_m=depth_m, x_m=2.0)
        buried = bury(end, target, 0.05)
        half_m = footprint_m(buried) * np.sqrt(2 ** (1 / 3) - 1)
        x = np.array([2.0, 2.0 + half_m])
        middle, edge = np.abs(buried.gates_mv(x, 0 * x, 0 * x)).sum(axis=1)
        assert edge / middle == pytest.approx(0.5, abs=0.03)
