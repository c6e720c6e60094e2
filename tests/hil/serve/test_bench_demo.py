"""`make bench-demo`: what it says can be typed, what is not as it should be fails it, and all of it passes."""

from __future__ import annotations

import io
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from hil.bench.check.diagnose import Finding
from hil.bench.check.run import Checked
from hil.errors import HilError
from hil.rigs.firmware import default_uf2, instrument_uf2
from hil.serve import bench_demo
from sapper_host.cli import main
from sapper_host.errors import Status
from sapper_host.files.checkout import ROOT


@pytest.fixture
def telling() -> bench_demo.Telling:
    return bench_demo.Telling(Console(file=io.StringIO(), width=200))


def said(telling: bench_demo.Telling) -> str:
    assert isinstance(telling.console.file, io.StringIO)
    return telling.console.file.getvalue()


class Wires:
    """What the demo does to them."""

    def __init__(self) -> None:
        self.done: list[Any] = []

    def swap(self, *names: str) -> None:
        self.done.append(names)

    def mend(self) -> None:
        self.done.append("mend")


class Outside:
    def __init__(self) -> None:
        self.pair: Any = self
        self.wires = Wires()


NAMED = Checked([Finding(bench_demo.CROSSED, "they are swapped", "change the two over at one end")])
OTHERS = Checked([Finding(("MARKER",), "it is open", "solder it")])


@pytest.mark.unit
def test_the_wiring_that_it_writes_is_a_picture_and_its_commands_are_verbs(
    telling: bench_demo.Telling, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bench_demo.wiring(telling, tmp_path)
    assert ElementTree.parse(tmp_path / "wiring.svg").getroot().tag.endswith("svg")
    text = Path(bench_demo.__file__).read_text(encoding="utf-8") + said(telling)
    verbs = set(re.findall(r"sapper bench (\w+)", text))
    assert verbs == {"wiring", "check", "flash"}
    for verb in verbs:
        assert main(["bench", verb, "--help"]) == Status.OK


@pytest.mark.unit
def test_its_scenarios_are_there() -> None:
    for _, name in bench_demo.SCENARIOS:
        file, _, function = name.partition("::")
        assert f"def {function}(" in (ROOT / "hil" / "scenarios" / file).read_text(encoding="utf-8")


@pytest.mark.unit
@pytest.mark.parametrize(
    ("found", "what"),
    [([OTHERS], "did not name ENC_LEFT_A and ENC_LEFT_B"), ([NAMED, OTHERS], "with a bench that is right")],
)
def test_a_check_that_misses_the_mistake_or_finds_one_that_is_none_fails_it(
    telling: bench_demo.Telling, monkeypatch: pytest.MonkeyPatch, found: list[Checked], what: str
) -> None:
    told = iter(found)
    monkeypatch.setattr(bench_demo, "check", lambda *_: next(told))
    outside: Any = Outside()
    with pytest.raises(bench_demo.ShortfallError, match=what):
        bench_demo.checks(telling, outside, outside, outside)
    assert outside.wires.done == [bench_demo.CROSSED, "mend"][: len(found)]


@pytest.mark.unit
def test_a_scenario_that_fails_fails_it_and_names_the_report(
    telling: bench_demo.Telling, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(bench_demo, "_run", lambda command: 1)
    with pytest.raises(bench_demo.ShortfallError, match=r"status 1; .*report\.html"):
        bench_demo.scenarios(telling, tmp_path)


@pytest.mark.virtual
@pytest.mark.slow
@pytest.mark.whole
@pytest.mark.xdist_group("virtual")
@pytest.mark.timeout(900)
def test_all_of_it_on_two_emulated_picos(tmp_path: Path) -> None:
    try:
        default_uf2(), instrument_uf2()
    except HilError as error:
        pytest.skip(str(error))
    command = [sys.executable, "-m", "hil.serve.bench_demo", "--out", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=880)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "ENC_LEFT_A and ENC_LEFT_B are swapped" in done.stdout and "all wires are as they should be" in done.stdout
    assert "3 passed" in done.stdout
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "through BOOTSEL" in page and "test_a_find_stops_the_rover_over_it" in page
