"""Scenarios of the pytest plugin at a place of the farm: acquired with the first, released after the last."""

from __future__ import annotations

import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path

import pytest

from hil.rigs.registry import RIGS
from sapper_host.files.checkout import ROOT
from tests.hil.farm.farm import READY_S, Farm, Program, farm, until
from tests.hil.farm.images import another_uf2

pytestmark = [
    pytest.mark.virtual,
    pytest.mark.slow,
    pytest.mark.xdist_group("farm"),
    pytest.mark.timeout(600),
    pytest.mark.usefixtures("labgrid"),
]
BENCH = "bench-1"
EMULATED = pytest.param(
    "bench", marks=pytest.mark.skipif("bench" not in RIGS, reason="no rig `bench` in this checkout")
)
SCENARIO = "hil/scenarios/test_stops.py"


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Farm]:
    """A farm without a bench yet."""
    with farm(tmp_path) as one:
        one.coordinator()
        one.place(BENCH)
        yield one


def scenarios(one: Farm, rig: str, *options: object, person: str = "anna") -> Program:
    return one.start(
        f"scenarios-of-{person}",
        *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "hil.testing.plugin"),
        *("-p", "hil.farm.plugin", "--rig", rig, "--place", BENCH, "--rig-report", one.folder / person),
        *("--rig-book", one.folder / "book.sqlite", "--junitxml", one.folder / f"{person}.xml", *options),
        person=person,
    )


@pytest.mark.parametrize("rig", ["virtual", EMULATED])
def test_scenarios_run_at_a_place_and_release_it(rig: str, empty: Farm, tmp_path: Path) -> None:
    empty.exporter({BENCH: {"rig": rig}})
    uf2 = another_uf2(tmp_path)
    job = scenarios(empty, rig, ROOT / SCENARIO, "--rig-firmware", uf2, "-k", "operator or estop")
    assert job.status(400) == 0, job.said
    cases = ElementTree.parse(tmp_path / "anna.xml").findall(".//testcase")
    passed = [case for case in cases if not list(case.iter("skipped"))]
    assert passed, job.said
    facts = {each.get("name"): each.get("value") for each in passed[0].iter("property")}
    assert any("feedfacefeedface" in str(value) for value in facts.values()), facts
    assert empty.holder(BENCH) == ""
    until(lambda: not empty.running("hil.farm.server"), "the bench is left", 4.0)


@pytest.mark.whole
def test_a_place_that_is_taken_is_an_error_with_its_holder(empty: Farm) -> None:
    empty.exporter({BENCH: {"rig": "virtual"}})
    assert empty.client("acquire", place=BENCH, person="ben").returncode == 0
    job = scenarios(empty, "virtual", ROOT / SCENARIO)
    assert job.status(READY_S) == 1
    assert f"{BENCH} is held by desk/ben" in job.said
