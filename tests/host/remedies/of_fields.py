"""Situations of areas that are planned."""

from __future__ import annotations

from pathlib import Path

from tests.host.remedies.stage import Stage
from tests.host.remedies.table import situation

CORNERS = "[[0, 0], [3, 0], [3, -2], [0, -2]]"


def _area(at: Stage, corners: str = CORNERS, line: str = "base_line_m = [[0, 0], [0, -2]]\n") -> Path:
    return at.file("meadow.toml", f"[area]\ncorners_m = {corners}\n{line}")


@situation("field/area.py: it crosses or touches itself{}")
def an_area_whose_corners_are_out_of_order(at: Stage) -> None:
    area = _area(at, "[[0, 0], [3, -2], [3, 0], [0, -2]]")
    remedy = at.fails("field/area.py: it crosses or touches itself{}", "field", "plan", area)
    assert remedy == "put its vertices in order round the area"
    at.works("field", "plan", _area(at))


@situation("verbs/field/plan.py: --plain is not to be driven")
def a_mission_of_a_plain_plan(at: Stage) -> None:
    area, mission = _area(at), at.folder / "m"
    name = "verbs/field/plan.py: --plain is not to be driven"
    assert at.fails(name, "field", "plan", area, "--plain", "--mission", mission) == "leave --mission or --plain out"
    at.works("field", "plan", area, "--mission", mission)


@situation("verbs/field/plan.py: {} exists already")
def a_mission_over_another(at: Stage) -> None:
    area, there = _area(at), at.file("m", "mine")
    remedy = at.fails("verbs/field/plan.py: {} exists already", "field", "plan", area, "--mission", there)
    assert remedy == "give another name: a mission is never written over" and there.read_text() == "mine"
    at.works("field", "plan", area, "--mission", at.folder / "other")


@situation("verbs/field/plan.py: --set '{}'")
def a_measure_without_its_value(at: Stage) -> None:
    area = _area(at)
    remedy = at.fails("verbs/field/plan.py: --set '{}'", "field", "plan", area, "--set", "swath_mm")
    assert remedy == "say NAME=VALUE, a whole number"
    at.works("field", "plan", area, "--set", "swath_mm=850")


@situation("verbs/field/plan.py: --base-line '{}'", "verbs/field/plan.py: {} '{}' is no place")
def a_base_line_mistyped(at: Stage) -> None:
    area = _area(at, line="")
    one, word = "verbs/field/plan.py: --base-line '{}'", "verbs/field/plan.py: {} '{}' is no place"
    assert at.fails(one, "field", "plan", area, "--base-line", "0,0").startswith("give two posts: ")
    assert at.fails(word, "field", "plan", area, "--base-line", "0,0 0;-2").startswith("two numbers and a comma: ")
    at.works("field", "plan", area, "--base-line", "0,0 0,-2")


def _mission(at: Stage) -> Path:
    mission = at.folder / "m"
    at.works("field", "plan", _area(at), "--mission", mission)
    return mission


@situation("verbs/field/run.py: --finds '{}'")
def finds_mistyped(at: Stage) -> None:
    mission = _mission(at)
    name = "verbs/field/run.py: --finds '{}'"
    assert at.fails(name, "field", "run", mission, "--yes", "--finds", "asks") == "say ask or skirt"


@situation("field/rtcm_source.py: --rtcm '{}' is no source of corrections", "verbs/field/run.py: --rtcm-rate {}")
def corrections_mistyped(at: Stage) -> None:
    mission = _mission(at)
    run = ("field", "run", mission, "--yes", "--rtcm")
    one, rate = "field/rtcm_source.py: --rtcm '{}' is no source of corrections", "verbs/field/run.py: --rtcm-rate {}"
    remedy = at.fails(one, *run, "/dev/ttyUSB1")
    assert remedy == "say serial:/dev/ttyX[@BAUD], tcp:HOST:PORT or file:PATH"
    assert at.fails(rate, *run, "serial:/dev/ttyUSB1", "--rtcm-rate", "9") == "give 100 to 1000 B/s"


@situation("field/rtcm_source.py: {} cannot be read ({})", "field/rtcm_source.py: {} holds no MSM4 or MSM7 of RTCM 3")
def corrections_from_a_file_that_has_none(at: Stage) -> None:
    mission, other = _mission(at), at.file("walk.nmea", "$GNGGA,,*00\r\n")
    gone, none = ("field/rtcm_source.py: {} cannot be read ({})",
                  "field/rtcm_source.py: {} holds no MSM4 or MSM7 of RTCM 3")  # fmt: skip
    remedy = at.fails(gone, "field", "run", mission, "--yes", "--rtcm", f"file:{at.folder / 'no'}")
    assert remedy == "give a recording of raw RTCM 3"
    remedy = at.fails(none, "field", "run", mission, "--yes", "--rtcm", f"file:{other}")
    assert remedy == "give a recording of raw RTCM 3, as a base station writes it"


@situation("verbs/field/run.py: nobody is there to be asked")
def a_mission_run_from_a_pipe(at: Stage) -> None:
    mission = _mission(at)
    remedy = at.fails("verbs/field/run.py: nobody is there to be asked", "field", "run", mission)
    assert remedy == "run it on a terminal; on a rig, with --yes"


@situation("verbs/field/teach.py: {} exists already")
def an_area_taught_over_another(at: Stage) -> None:
    there = _area(at)
    remedy = at.fails("verbs/field/teach.py: {} exists already", "field", "teach", there, "--base-line-m", "3")
    assert remedy == "give another name, or remove it first"
