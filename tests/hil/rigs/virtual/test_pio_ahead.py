"""A PIO machine does instructions that nobody else can tell of before their time, and undoes them if something changes:
random programs run as if each were done at its time, and an emulator that is wrong in one line of it is told."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from hil.rigs.virtual.link import ready_node
from sapper_host.files.checkout import ROOT

pytestmark = pytest.mark.virtual
SOURCES = ROOT / "hil" / "rigs" / "virtual" / "node"
RUNNER, QUIET = "pio/runner.mjs", "pio/quiet.mjs"


def fuzzed(sources: Path, seed: int, *arguments: str) -> dict[str, Any]:
    """What random programs found: on one chip machines go ahead, on the other they take each turn at its time."""
    command = [
        ready_node(),
        str(sources / "proof" / "check.mjs"),
        "pio",
        "--seed",
        str(seed),
        "--count",
        "400",
        *arguments,
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode in (0, 1), done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    return result


@pytest.mark.parametrize("arguments", [(), ("--circles",)])
def test_random_programs_run_as_if_each_instruction_were_done_at_its_time(arguments: tuple[str, ...]) -> None:
    assert fuzzed(SOURCES, 11, *arguments)["difference"] is None


WRONG = {
    "undoes nothing": (RUNNER, "        this.goBack(now);\n      }\n      return;", "      }\n      return;"),
    "undoes all, to the beginning": (
        RUNNER,
        "while (this.next < nanos) {\n      this.quiet",
        "while (false) {\n      this.quiet",
    ),
    "does not undo the program counter": (RUNNER, "machine.pc = before.pc;", ""),
    "does not undo X": (RUNNER, "machine.x = before.x;", ""),
    "does not undo how full the ISR is": (RUNNER, "machine.isrCount = before.isrCount;", ""),
    "does not notice pins that it has looked at": (RUNNER, "((this.pinsRead | this.pinsAhead) & pins)", "(0 & pins)"),
    "starts anew from where it had gone": (RUNNER, "start() {\n    this.catchUp();", "start() {"),
    "takes a push for quiet": (QUIET, "if (machine.shiftCtrl & AUTOPUSH)", "if (machine.shiftCtrl & 0)"),
    "takes a pull for quiet": (QUIET, "(machine.shiftCtrl & AUTOPULL) === 0", "(machine.shiftCtrl & 0) === 0"),
    "takes side-set for quiet": (QUIET, " || machine.sideSetCount !== 0", ""),
    "takes a move to pins for quiet": (
        QUIET,
        "const SET_DESTINATIONS = bit(X, Y);",
        "const SET_DESTINATIONS = bit(0, X, Y);",
    ),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_wrong_in_one_line_of_it_is_told(wrong: str, tmp_path: Path) -> None:
    file, text, other = WRONG[wrong]
    sources = shutil.copytree(SOURCES, tmp_path / "node")
    for name in ("node_modules", "bootrom_b1.bin"):
        (tmp_path / name).symlink_to(SOURCES.parent / name)
    before = (sources / file).read_text()
    assert before.count(text) == 1
    (sources / file).write_text(before.replace(text, other))
    runs = (fuzzed(sources, seed, *circles) for seed in (1, 3) for circles in ((), ("--circles",)))
    assert any(run["difference"] is not None for run in runs)
