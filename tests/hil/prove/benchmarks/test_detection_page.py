"""The tables of docs/detector.md are those of the detector's record, and the record is of the scenes there are."""

from __future__ import annotations

import copy
import json
from dataclasses import asdict

import pytest

from hil.prove.benchmarks import detection_page
from hil.prove.benchmarks.detection import Detection
from hil.prove.benchmarks.detection_page import PAGE, PARTS, expected, keep, load, parts, promises
from hil.prove.benchmarks.row import Row
from hil.prove.detector_lab.curves import GROUNDS, SPEEDS_M_S, Object
from hil.prove.detector_lab.days import OWN_DAYS
from hil.prove.detector_lab.found import ALERTS, BASELINES, BOUND, CONTACTS, Group, Tally
from hil.traces.scenes import SCENES
from sapper_host.files.page import with_parts

pytestmark = pytest.mark.unit


def test_the_page_says_what_the_record_says() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert with_parts(text, parts(load())) == text


def test_the_record_is_of_every_scene_control_and_day_there_is() -> None:
    record = load()
    controls = {f"{name}-control" for name, scene in SCENES.items() if scene.stress}
    assert {each["name"] for each in record["scenes"]} == set(SCENES) | controls
    assert set(OWN_DAYS.values()) <= {each["name"] for each in record["days"]}
    assert {each["ground"] for each in record["objects"]} == set(GROUNDS.values())
    assert {each["speed_m_s"] for each in record["objects"]} == set(SPEEDS_M_S)


@pytest.mark.parametrize("name", list(PARTS))
def test_each_part_of_the_page_is_made_from_the_record(name: str) -> None:
    record = copy.deepcopy(load())
    for kind in ("rows", "beyond"):
        for row in record[kind]:
            row["value"] += 1
    for each in [*record["scenes"], *record["recorded_scenes"], *record["days"], *record["groups"]]:
        each["targets"] += 1
    for one in record["objects"]:
        one["size"] *= 2
    for kind in ("objects_left_out", "days_left_out"):
        record[kind] = [text + "more\n" for text in record[kind]]
    text = PAGE.read_text(encoding="utf-8")
    assert with_parts(text, {name: lambda: PARTS[name](record)}) != text


def measured(value: float) -> Detection:
    counts = {who: 3 for who in (CONTACTS, ALERTS, *BASELINES)}
    tally = Tally("swing", 1, 4, 10.0, counts | {BOUND: 3.5}, counts, 0.03)
    objects = [Object("nominal soil", 0.2, size, size / 2, size > 3, size > 4, 0.5) for size in (1.0, 2.0, 5.0, 8.0)]
    row = Row("own nominal: detection", value, "", ">= 0.96", (0.9, 0.99), "3/4")
    return Detection([row], [], [tally], [], [tally], [Group("swing", "near", 4, 3, 2)], objects)


def test_what_is_kept_is_read_again_and_a_missed_limit_stands_out(monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(detection_page, "RECORD", tmp_path / "detection.json")
    keep(measured(0.98), ["| can |"], [])
    record = load()
    assert json.loads((tmp_path / "detection.json").read_text()) == record
    assert record["objects"] == [asdict(each) for each in measured(0.98).objects]
    assert all(make() is not None for name, make in parts(record).items() if name != "detector, expected")
    assert "| own nominal: detection | 0.98 (0.900..0.990) | >= 0.96 | 3/4 |" in promises(record)
    keep(measured(0.5), [], [])
    assert "| **0.5 (0.900..0.990)** | >= 0.96: **missed** |" in promises(load())


def test_what_may_be_expected_is_told_for_each_ground_and_speed() -> None:
    rows = expected(load()).splitlines()
    assert len(rows) == 2 + len(GROUNDS) * len(SPEEDS_M_S)
    assert all(row.count("|") == rows[0].count("|") for row in rows)
