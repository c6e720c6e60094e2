"""What missions in many fields came to is added up as it is, and no row that is there is driven again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hil.prove.fields import __main__ as command
from hil.prove.fields import broken, job
from hil.prove.fields.table import rows
from hil.world.field.made_up import made_up_field

pytestmark = pytest.mark.unit


def result(seed: int, **changes: Any) -> dict[str, Any]:
    """As job.run gives it, of a mission without fault."""
    made = {
        "seed": seed, "harsh": seed % 2 == 1, "phase": "done", "held_for": "", "area_m2": 50.0, "reachable_m2": 40.0,
        "claimed_m2": 40.0, "claimed_reachable_m2": 40.0, "wrongly_claimed_m2": 0.0, "targets_wrongly_claimed": 0,
        "trespasses": 0, "near_unfound": 0, "targets": 8, "targets_reached": 8, "targets_found": 8, "false_alarms": 1,
        "driven_m": 140.0, "swath_m": 0.9, "places": [[0.02, 0.03], [-0.05, 0.03]], "coverage": 1.0, "ratio": 2.52,
        "plain": {"coverage": 0.95, "ratio": 1.6, "off_share": 0.2},
    }  # fmt: skip
    return {**made, **changes}


def by_name(results: list[dict[str, Any]]) -> dict[str, Any]:
    return {row.name: row for row in rows(results)}


def test_a_hundred_good_missions_keep_every_limit() -> None:
    assert all(row.ok for row in rows([result(seed) for seed in range(100)]))


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"trespasses": 1}, "a track on ground not searched clear"),
        ({"near_unfound": 1}, "a track near a target not found"),
        ({"targets_wrongly_claimed": 1}, "targets in such ground"),
        ({"wrongly_claimed_m2": 6.0}, "claimed as searched and not so"),
        ({"claimed_reachable_m2": 0.0, "coverage": 0.0}, "coverage of what can be reached, by area"),
        ({"driven_m": 1500.0}, "driven, as times area / swath"),
        ({"places": [[0.3, 0.03]] * 40}, "place of finds along the way, 95 %"),
    ],
)
def test_one_bad_mission_of_a_hundred_is_seen_in_its_row_alone_and_among_its_like(
    changes: dict[str, Any], name: str
) -> None:
    table = by_name([result(seed, **(changes if seed == 7 else {})) for seed in range(100)])
    assert not table[f"all: {name}"].ok and not table[f"harsh: {name}"].ok and table[f"usual: {name}"].ok
    assert sum(not row.ok for key, row in table.items() if key.startswith("all: ")) == 1 + ("places" in changes)


def test_a_trespass_is_told_with_its_field() -> None:
    table = by_name([result(seed, trespasses=2 if seed == 5 else 0) for seed in range(8)])
    assert table["all: a track on ground not searched clear"].note == "field 5: 2"


def test_plain_back_and_forth_drives_on_ground_that_nobody_searched() -> None:
    figures = job.plain(made_up_field(4))
    assert 0.02 < figures["off_share"] < 0.6 and 0.8 < figures["coverage"] <= 1 and figures["ratio"] < 2.6


def test_what_is_there_is_not_driven_again_and_a_line_that_was_cut_short_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[int] = []

    def driven(run: Any, seeds: list[int], jobs: int) -> Iterator[dict[str, Any]]:
        asked.extend(seeds)
        yield from (result(seed) for seed in seeds)

    monkeypatch.setattr(command, "_driven", driven)
    out = tmp_path / "fields.jsonl"
    assert command.main(["--seeds", "4", "--out", str(out), "--json"]) == 0
    lines = out.read_text().splitlines()
    old = json.dumps(json.loads(lines[0]) | {"seed": 9, "made_of": "of another firmware"})
    out.write_text("\n".join([*lines[:3], old, lines[3][: len(lines[3]) // 2]]))
    assert command.main(["--seeds", "9", "--out", str(out), "--json"]) == 0
    assert command.main(["--seeds", "9", "--out", str(out), "--json"]) == 0
    assert asked == [1, 2, 3, 4, 4, 5, 6, 7, 8, 9]
    told = json.loads(capsys.readouterr().out.split("]\n[")[-1].join(["[", ""]))
    assert told[0] == {"name": "fields", "value": 9, "unit": "", "limit": "", "ok": True, "note": "5 of them harsh"}


def broken_off(seed: int, **changes: Any) -> dict[str, Any]:
    """As broken.run gives it, of a mission that nothing could harm."""
    made = {
        "seed": seed, "phase": "done", "held_for": "", "coverage": 1.0, "trespasses": 0, "wrongly_claimed_m2": 0.0,
        "targets": 2, "targets_found": 2, "twice": 0, "kinds": ["link", "board"], "lost_cells": 0, "carried": 0,
    }  # fmt: skip
    return {**made, **changes}


@pytest.mark.parametrize(
    "changes",
    [
        {"phase": "held", "held_for": "why"},
        {"lost_cells": 3},
        {"twice": 1},
        {"trespasses": 1},
        {"wrongly_claimed_m2": 0.1},
        {"coverage": 0.9},
        {"targets_found": 1},
    ],
)
def test_one_mission_that_did_not_come_through_is_seen(changes: dict[str, Any]) -> None:
    assert all(row.ok for row in broken.rows([broken_off(seed) for seed in range(20)]))
    table = broken.rows([broken_off(seed, **(changes if seed == 7 else {})) for seed in range(20)])
    assert sum(not row.ok for row in table) == 1
    assert table[0].value == 40 and "board 20, link 20" in table[0].note
