"""The farm as people use it: labgrid's coordinator and exporter, and two who want the same bench."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hil.rigs.registry import RIGS, open_rig
from tests.hil.farm.farm import Farm, Program, farm, until
from tests.hil.farm.images import CONTENT, another_uf2
from tests.hil.farm.job import SEED, stopped

pytestmark = [
    pytest.mark.virtual,
    pytest.mark.slow,
    pytest.mark.xdist_group("farm"),
    pytest.mark.timeout(400),
    pytest.mark.usefixtures("labgrid"),
]
BENCH = "bench-1"
EMULATED = pytest.param(
    "bench", marks=pytest.mark.skipif("bench" not in RIGS, reason="no rig `bench` in this checkout")
)
AT_ONCE_S = 3.0  # of a busy machine; the exporter and its people look at nothing in turns

SILENT_S = 35.0


@pytest.fixture
def rig() -> str:
    """What stands behind the exporter."""
    return "virtual"


@pytest.fixture
def shed(tmp_path: Path, rig: str) -> Iterator[Farm]:
    """A farm with one bench, which nobody has."""
    with farm(tmp_path) as one:
        one.coordinator()
        one.place(BENCH)
        one.exporter({BENCH: {"rig": rig}})
        yield one


def runs(job: Program) -> bool:
    assert job.process.poll() is None, job.said
    return '"version"' in job.said


@pytest.mark.parametrize("rig", ["virtual", EMULATED])
def test_another_process_acquires_flashes_runs_and_releases(rig: str, shed: Farm, tmp_path: Path) -> None:
    uf2 = another_uf2(tmp_path)
    job = shed.job(BENCH, "--uf2", uf2)
    assert job.status(200) == 0, job.said
    result = json.loads(job.said.splitlines()[-1])
    assert f"content={CONTENT}" in result["version"]
    assert [level for _, level in result["edges"]] == [0]
    here = open_rig(rig, uf2, seed=SEED)
    try:
        assert result == stopped(here), "the same board does the same here and behind the farm"
    finally:
        here.close()
    assert shed.holder(BENCH) == ""
    assert not shed.running("hil.farm.server")


def test_the_second_is_told_who_has_it_and_waiting_gets_it(shed: Farm) -> None:
    first = shed.job(BENCH, "--stay", person="anna")
    until(lambda: runs(first), "anna's job runs")
    refused = shed.job(BENCH, person="ben")
    assert refused.status() == 1
    assert f"{BENCH} is held by desk/anna since " in refused.said and "--place-wait" in refused.said
    waiting = shed.job(BENCH, "--wait", 60, person="ben")
    until(lambda: f"waiting for {BENCH}, held by desk/anna" in waiting.said, "ben is told for whom he waits")
    assert shed.holder(BENCH) == "desk/anna"
    first.end()
    assert waiting.status() == 0, waiting.said
    assert json.loads(waiting.said.splitlines()[-1])["state"] == "SWEEP"
    assert shed.holder(BENCH) == ""


def test_when_the_exporter_dies_its_holder_is_told_at_once_and_it_comes_back(shed: Farm) -> None:
    job = shed.job(BENCH, "--stay")
    until(lambda: runs(job), "the job runs")
    exporter = shed.programs[1]
    exporter.process.kill()
    died_s = time.monotonic()
    assert job.status(20.0) == 1
    assert time.monotonic() - died_s < AT_ONCE_S
    assert "the bench is lost: its exporter 'shed' is gone" in job.said and "nothing of this run counts" in job.said
    exporter.kill()
    nobody = shed.job(BENCH)
    assert nobody.status() == 1
    assert f"no bench stands behind {BENCH}" in nobody.said
    shed.exporter({BENCH: {"rig": "virtual"}})
    again = shed.job(BENCH, "--wait", 40)
    assert again.status() == 0, again.said


@pytest.mark.whole
def test_a_bench_whose_server_dies_is_back_after_a_rest(shed: Farm) -> None:
    job = shed.job(BENCH, "--stay")
    until(lambda: runs(job), "the job runs")
    (server,) = shed.running("hil.farm.server")
    os.kill(server, signal.SIGKILL)
    died_s = time.monotonic()
    assert job.status(20.0) == 1
    assert time.monotonic() - died_s < AT_ONCE_S
    assert "the bench is lost" in job.said
    again = shed.job(BENCH, "--wait", 60)
    assert again.status() == 0, again.said


@pytest.mark.whole
def test_whoever_has_it_taken_away_is_told_and_does_not_give_it_back(shed: Farm) -> None:
    job = shed.job(BENCH, "--stay", person="anna")
    until(lambda: runs(job), "the job runs")
    assert shed.client("release", "--kick", place=BENCH, person="ben").returncode == 0
    taken_s = time.monotonic()
    assert shed.client("acquire", place=BENCH, person="ben").returncode == 0
    assert job.status(20.0) == 1
    assert time.monotonic() - taken_s < AT_ONCE_S
    assert "the place was released by somebody" in job.said
    assert shed.holder(BENCH) == "desk/ben"


@pytest.mark.whole
def test_when_the_coordinator_dies_its_people_are_told_and_it_comes_back(shed: Farm) -> None:
    job = shed.job(BENCH, "--stay")
    until(lambda: runs(job), "the job runs")
    coordinator, exporter = shed.programs[:2]
    # What it knows is written each 15 s, and is what it starts again with.
    until((shed.folder / "coordinator" / "places.yaml").exists, "the places are written")
    coordinator.kill()
    died_s = time.monotonic()
    assert job.status(20.0) == 1
    assert time.monotonic() - died_s < AT_ONCE_S
    assert "the farm's coordinator is gone" in job.said
    assert exporter.status() == 100, "so that whoever runs it starts it again"
    nobody = shed.job(BENCH)
    assert nobody.status() == 1
    assert f"no coordinator of a farm answers at {shed.address}" in nobody.said
    shed.coordinator(int(shed.address.rpartition(":")[2]))
    shed.exporter({BENCH: {"rig": "virtual"}})
    again = shed.job(BENCH)
    assert again.status() == 0, again.said


@pytest.mark.parametrize("number", [signal.SIGKILL, pytest.param(signal.SIGTERM, marks=pytest.mark.whole)])
def test_a_job_that_is_ended_gives_its_bench_back(number: signal.Signals, shed: Farm) -> None:
    job = shed.job(BENCH, "--stay")
    until(lambda: runs(job), "the job runs")
    job.process.send_signal(number)
    job.status()
    until(lambda: shed.holder(BENCH) == "", "nobody has the bench", 10.0)
    until(
        lambda: not (shed.running("hil.farm.server") or shed.running("farm.grid.hold")), "all that was its is gone", 4.0
    )


@pytest.mark.whole
def test_a_place_that_there_is_not_is_named_with_those_that_there_are(shed: Farm) -> None:
    job = shed.job("bench-9")
    assert job.status() == 1
    assert "the farm has no place 'bench-9'" in job.said and f"there are: {BENCH}" in job.said


@pytest.mark.whole
def test_who_waits_is_served_in_the_order_of_coming_or_told_that_it_took_too_long(shed: Farm) -> None:
    first = shed.job(BENCH, "--stay", person="anna")
    until(lambda: runs(first), "anna's job runs")
    queue = []
    for person in ("ben", "carl"):
        queue.append(shed.job(BENCH, "--wait", 120, "--stay", person=person))
        until(lambda: "waiting for" in queue[-1].said, "it is in the queue")
    late = shed.job(BENCH, "--wait", 1, person="dora")
    assert late.status() == 1 and f"{BENCH} is still held by desk/anna" in late.said
    assert shed.client("acquire", place=BENCH, person="eve").returncode != 0
    for ends, follows, name in ((first, queue[0], "desk/ben"), (queue[0], queue[1], "desk/carl")):
        ends.end()
        until(lambda: runs(follows), "the next in the queue runs")  # noqa: B023
        assert shed.holder(BENCH) == name


@pytest.mark.whole
def test_a_place_is_of_one_bench_alone(shed: Farm) -> None:
    shed.exporter({"bench-2": {"rig": "virtual"}}, name="barn")
    assert shed.client("add-match", "*/bench-2/SapperBench", place=BENCH).returncode == 0
    job = shed.job(BENCH)
    assert job.status() == 1 and f"2 benches stand behind {BENCH}" in job.said
    assert shed.holder(BENCH) == ""


@pytest.mark.whole
def test_an_exporter_that_is_silent_is_missed_in_time(shed: Farm) -> None:
    """As when its cable is pulled: nobody says that it is gone."""
    job = shed.job(BENCH, "--stay")
    until(lambda: runs(job), "the job runs")
    exporter = shed.programs[1].process
    (server,) = shed.running("hil.farm.server")
    for pid in (exporter.pid, server):
        os.kill(pid, signal.SIGSTOP)
    silent_s = time.monotonic()
    try:
        assert job.status(60.0) == 1
        assert time.monotonic() - silent_s < SILENT_S, job.said
        assert "the bench is lost" in job.said
        assert shed.holder(BENCH) == ""
    finally:
        for pid in (exporter.pid, server):
            os.kill(pid, signal.SIGCONT)
