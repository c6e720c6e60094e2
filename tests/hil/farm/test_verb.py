"""`sapper replay --place`: the same command, on the bench behind a place."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hil.play.replay import replay
from hil.traces.synthetic import synthetic_trace
from sapper_host.recordings.trace import read_trace, write_trace
from tests.hil.farm.farm import Farm, Program, farm

pytestmark = [
    pytest.mark.virtual,
    pytest.mark.slow,
    pytest.mark.xdist_group("farm"),
    pytest.mark.timeout(240),
    pytest.mark.usefixtures("labgrid"),
]
BENCH = "bench-1"


@pytest.fixture
def shed(tmp_path: Path) -> Iterator[Farm]:
    with farm(tmp_path) as one:
        one.coordinator()
        one.place(BENCH)
        one.exporter({BENCH: {"rig": "virtual"}})
        yield one


def sapper(one: Farm, *words: object, person: str = "anna") -> Program:
    return one.start(f"sapper-of-{person}", sys.executable, "-m", "sapper_host", *words, person=person)


def test_a_replay_at_a_place_finds_what_it_finds_here(shed: Farm, tmp_path: Path) -> None:
    trace = synthetic_trace("one", 3.0, 0.4, (1.6,))
    write_trace(trace, tmp_path / "one.csv")
    there = sapper(shed, "replay", tmp_path / "one.csv", "--place", BENCH, "--json")
    assert there.status(180) == 0, there.said
    result = json.loads(there.said[there.said.index("{") :])
    here = json.loads(json.dumps(replay(read_trace(tmp_path / "one.csv"), "virtual")))
    assert result["events"] == here["events"] and result["outputs"] == here["outputs"]
    assert shed.holder(BENCH) == ""


def test_a_place_that_is_taken_is_an_error_that_names_its_holder(shed: Farm, tmp_path: Path) -> None:
    write_trace(synthetic_trace("one", 3.0, 0.4, (1.6,)), tmp_path / "one.csv")
    assert shed.client("acquire", place=BENCH, person="ben").returncode == 0
    refused = sapper(shed, "replay", tmp_path / "one.csv", "--place", BENCH)
    assert refused.status() == 1
    assert f"{BENCH} is held by desk/ben since " in refused.said and "do: wait for it (--place-wait" in refused.said
    alone = sapper(shed, "replay", tmp_path / "one.csv", "--place-wait", 5)
    assert alone.status() == 2 and "--place-wait without --place" in alone.said
