"""labgrid's drivers, by its own tool and its own Python: what is done by hand at a bench."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from hil.farm.place import FARM_PYTHON
from sapper_host.files.checkout import ROOT
from tests.hil.farm.farm import READY_S, Farm, farm, until
from tests.hil.farm.images import CONTENT, another_uf2

pytestmark = [
    pytest.mark.virtual,
    pytest.mark.slow,
    pytest.mark.xdist_group("farm"),
    pytest.mark.timeout(240),
    pytest.mark.usefixtures("labgrid"),
]
BENCH = "bench-1"
ENVIRONMENT = ROOT / "hil" / "farm" / "environment.yaml"

# What a person writes in labgrid's way: flash, see that it runs, ask it something, reset it, ask again.
BY_HAND = """
import sys
from labgrid import Environment
target = Environment(sys.argv[1]).get_target("main")
target.get_driver("BootstrapProtocol").load(sys.argv[2])
console = target.get_driver("ConsoleProtocol")
def version():
    for _ in range(20):
        console.sendline("version")
        try:
            return console.expect("content=([0-9a-f]{16})", timeout=2)[2].group(1).decode()
        except Exception as error:
            if type(error).__name__ != "TIMEOUT":
                raise
print("content", version())
target.get_driver("ResetProtocol").reset()
print("content", version())
bench = target.get_driver("SapperBenchDriver")
print("starts", [cause for _, cause in bench.ask("reset_causes")])
target.get_driver("PowerProtocol").off()
print("powered", target.get_driver("PowerProtocol").get())
"""


@pytest.fixture
def shed(tmp_path: Path) -> Iterator[Farm]:
    """A farm whose bench Anna has, by labgrid's own tool."""
    with farm(tmp_path) as one:
        one.coordinator()
        one.place(BENCH)
        one.exporter({BENCH: {"rig": "virtual"}})
        assert one.client("acquire", place=BENCH).returncode == 0
        yield one


def power(one: Farm, action: str, person: str = "anna") -> subprocess.CompletedProcess[str]:
    return one.client("--config", ENVIRONMENT, "power", action, place=BENCH, person=person)


@pytest.mark.whole
def test_power_by_labgrids_own_tool_stays_as_it_was_put(shed: Farm) -> None:
    assert "is on" in power(shed, "get").stdout
    assert power(shed, "off").returncode == 0
    assert "is off" in power(shed, "get").stdout
    assert power(shed, "cycle").returncode == 0
    assert "is on" in power(shed, "get").stdout
    other = power(shed, "off", person="ben")
    assert other.returncode == 1 and "anna" in other.stderr
    assert shed.client("release", place=BENCH).returncode == 0
    until(lambda: not shed.running("hil.farm.server"), "the bench is left", 4.0)


def test_flash_console_and_reset_by_labgrids_drivers(shed: Farm, tmp_path: Path) -> None:
    script = tmp_path / "by_hand.py"
    script.write_text(BY_HAND)
    job = shed.start("by-hand", FARM_PYTHON, script, ENVIRONMENT, another_uf2(tmp_path), person="anna")
    assert job.status(READY_S) == 0, job.said
    lines = [line for line in job.said.splitlines() if line.startswith(("content", "starts", "powered"))]
    assert lines == [f"content {CONTENT}", f"content {CONTENT}", "starts ['power', 'run']", "powered False"]


@pytest.mark.whole
def test_nobody_by_hand_disturbs_a_run(shed: Farm) -> None:
    assert shed.client("release", place=BENCH).returncode == 0
    run = shed.job(BENCH, "--stay")
    until(lambda: '"version"' in run.said, "the run is under way")
    refused = power(shed, "off")
    assert refused.returncode != 0 and "in use by desk/anna" in refused.stderr
    assert run.process.poll() is None
