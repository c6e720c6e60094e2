"""Scenes: every one can be made, has in it what its name says, and its control is the same lane without that."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from hil.traces.motion import ACCELERATION_M_S2, STEP_S, Leg, places_m
from hil.traces.scenes import SCENES
from hil.traces.synth import SynthError, SynthTrace, Wish, lane_names, synthesise, write_lanes
from sapper_host.cli import main
from sapper_host.recordings.trace import read_trace
from sapper_host.recordings.truth import check_fits, check_truth
from sapper_host.verbs.trace import synth as trace_synth

pytestmark = pytest.mark.unit


@cache
def lane(scene: str, control: bool = False) -> SynthTrace:
    return synthesise(3, 0, Wish(scene=scene, control=control))


def columns(trace: SynthTrace) -> np.ndarray:
    return np.array(trace.rows, dtype=float)


def places(trace: SynthTrace) -> np.ndarray:
    return columns(trace)[:, 6] / 1000


def late_mv(trace: SynthTrace) -> np.ndarray:
    return columns(trace)[:, 3]


@pytest.mark.parametrize("scene", list(SCENES))
def test_every_scene_is_a_trace_with_a_truth_that_fits(scene: str, tmp_path: Path) -> None:
    (path,) = write_lanes(tmp_path, 1, 3, Wish(scene=scene))
    trace = read_trace(path)
    assert path.name == f"synth_{scene}_3_000.csv" and trace.truth is not None
    check_fits(check_truth(trace.truth, path), path, float(trace.t_s[-1]), SCENES[scene].length_m)
    assert trace.truth["scene"] == scene and trace.truth["control"] is False
    assert places(lane(scene))[-1] == pytest.approx(SCENES[scene].length_m, abs=0.15)


@pytest.mark.parametrize("scene", [name for name, scene in SCENES.items() if scene.stress])
def test_a_control_has_the_same_objects_and_another_course_of_the_gates(scene: str) -> None:
    stressed, control = lane(scene), lane(scene, True)
    assert [target["s_m"] for target in stressed.truth["targets"]] == [t["s_m"] for t in control.truth["targets"]]
    assert [t["peak_mv"] for t in stressed.truth["targets"]] == [t["peak_mv"] for t in control.truth["targets"]]
    assert control.name == f"synth_{scene}-control_3_000" and control.rows != stressed.rows
    assert np.all(np.diff(places(control)) >= 0)


@pytest.mark.parametrize("scene", ["pair", "swing", "empty"])
def test_a_scene_without_a_stress_has_no_control(scene: str) -> None:
    if SCENES[scene].stress is None:
        with pytest.raises(SynthError, match="a control is made for"):
            lane_names(1, 1, Wish(scene=scene, control=True))
    else:
        assert lane_names(1, 1, Wish(scene=scene, control=True)) == [f"synth_{scene}-control_1_000"]


def test_the_rover_stands_goes_back_and_creeps_where_the_scene_says() -> None:
    speed = {name: np.diff(places(lane(name))) / STEP_S for name in ("stand", "stop_and_go", "reverse", "creep")}
    assert np.mean(speed["stand"] == 0) > 0.05 and np.mean(speed["stop_and_go"] == 0) > 0.2
    assert speed["reverse"].min() < -0.15 and places(lane("reverse")).max() > 19
    smooth = np.convolve(speed["creep"], np.ones(100) / 100, "valid")
    assert np.mean(np.abs(smooth - 0.02) < 0.005) > 0.5


def test_noise_drift_and_tones_are_as_strong_as_said() -> None:
    def steps_mv(trace: SynthTrace) -> np.ndarray:
        return np.abs(np.diff(late_mv(trace)))

    burst = lane("burst")
    noisy = np.zeros(len(burst.rows) - 1, bool)
    place = places(burst)[1:]
    speed = burst.truth["speed_m_s"]
    for mark in burst.truth["marks"]:
        noisy |= (place > mark + 0.1 * speed) & (place < mark + 0.9 * speed)
    ratio = np.median(steps_mv(burst)[noisy]) / np.median(steps_mv(burst)[~noisy])
    assert ratio == pytest.approx(6, rel=0.3)
    drifting, still = late_mv(lane("drift")), late_mv(lane("drift", True))
    seconds = len(drifting) * STEP_S
    assert abs((drifting - still)[-100:].mean()) == pytest.approx(20 * seconds, rel=0.1)
    for scene, hz in (("tone_2", 2.0), ("tone_49", 49.0)):
        difference = late_mv(lane(scene)) - late_mv(lane(scene, True))
        spectrum = np.abs(np.fft.rfft(difference - difference.mean()))
        assert np.fft.rfftfreq(len(difference), STEP_S)[spectrum.argmax()] == pytest.approx(hz, abs=0.1)


def test_a_swinging_and_a_lifted_coil_see_the_soil_change() -> None:
    swing = late_mv(lane("swing")) - late_mv(lane("swing", True))
    spectrum = np.abs(np.fft.rfft(swing - swing.mean()))
    assert 0.95 < np.fft.rfftfreq(len(swing), STEP_S)[spectrum.argmax()] < 2.05 and swing.std() > 2
    lifted = late_mv(lane("lift")) - late_mv(lane("lift", True))
    place = places(lane("lift"))
    first, last = lane("lift").truth["marks"][:2]
    up, before = (place > first + 0.2) & (place < last - 0.2), place < first - 0.2
    assert lifted[up].mean() > 10 and abs(lifted[before].mean()) < 0.5  # soil pulls down, and is further off


def test_the_soil_is_another_behind_its_change() -> None:
    step = late_mv(lane("soil_step")) - late_mv(lane("soil_step", True))
    place = places(lane("soil_step"))
    assert step[place > 11].mean() - step[place < 9].mean() > 10


def test_objects_are_what_the_scene_says() -> None:
    assert sorted({t["group"] for t in lane("pair").truth["targets"]})[0] == "0.08 m apart"
    big = next(t for t in lane("rail").truth["targets"] if "rail" in t["group"])
    near = np.abs(places(lane("rail")) - big["s_m"]) < 0.05
    assert np.any(columns(lane("rail"))[near, 1:4] <= 0.0) or np.any(columns(lane("rail"))[near, 1:4] >= 3299)
    long = [t for t in lane("sheet").truth["targets"] if "extent_m" in t]
    assert sorted(t["extent_m"] for t in long) == [0.5, 1.0, 1.5]
    assert all(t["snr"] < 4 for t in lane("minimum").truth["targets"])
    assert lane("empty").truth["targets"] == [] and lane("start").truth["targets"][0]["s_m"] <= 0.5


def test_a_way_of_legs_keeps_the_acceleration_of_a_rover() -> None:
    way = places_m([Leg(0.3, until_m=1.0), Leg(0.0, seconds=1.0), Leg(-0.2, until_m=0.8), Leg(0.3, until_m=2.0)])
    speed = np.diff(way) / STEP_S
    assert np.abs(np.diff(speed)).max() <= ACCELERATION_M_S2 * STEP_S * 1.001
    assert way[-1] == pytest.approx(2.0, abs=0.01) and speed.min() == pytest.approx(-0.2, abs=0.01)


def test_legs_that_never_end_are_refused() -> None:
    with pytest.raises(ValueError, match="does not end"):
        places_m([Leg(0.0, seconds=10.0), Leg(1e-9, until_m=1.0)])


def test_the_verb_offers_the_scenes_there_are_and_tells_what_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert tuple(SCENES) == trace_synth.SCENES
    assert main(["trace", "synth", "--out", ".", "--scene", "list"]) == 0
    told = capsys.readouterr()
    assert all(name in told.out + told.err for name in SCENES)
    assert main(["trace", "synth", "--out", ".", "--scene", "mars"]) == 2
    assert "swing" in capsys.readouterr().err
