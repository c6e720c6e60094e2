"""Whatever ends a command, nothing that it started goes on."""

from __future__ import annotations

import os
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from hil.traces.synthetic import synthetic_trace
from sapper_host.recordings.trace import write_trace
from tests.family import Family

LIMIT_S = 2.0
_START_S = 280.0
PICO, BOARD, WORKER = "bridge.mjs", "/boot.py", "multiprocessing.spawn"
PYTHON = sys.executable


@dataclass(frozen=True)
class Command:
    """words: what a user types; {out} is a folder for results, {traces} one of traces. It is under way when so many
    (`count`) of its processes have `part` in their command line. always: its exit status, where signals are how to end
    it."""

    words: str
    part: str
    count: int
    always: int | None = None

    @property
    def through_make(self) -> bool:
        return self.words.startswith("make ")


COMMANDS = {
    "make powercut": Command("make powercut", PICO, 3),
    "make safety": Command("make safety", PICO, 2),
    "make micropython-tests": Command("make micropython-tests", PICO, 2),
    "make bench": Command("make bench", PICO, 1),
    "powercut": Command("{python} -m hil.prove.updates --jobs 2", PICO, 3),
    "safety": Command("{python} -m hil.prove.safety --output {out}", PICO, 2),
    "micropython-tests": Command("{python} -m hil.prove.micropython_tests --jobs 2", PICO, 2),
    "second opinion": Command("{python} -m hil.prove.second_opinion --only boot --json {out}/s.json", WORKER, 1),
    "bench on a rig": Command("{python} -m hil.prove.benchmarks --only sweep --out {out}/b.json", PICO, 1),
    "bench in workers": Command("{python} -m hil.prove.benchmarks --only detection --out {out}/b.json", WORKER, 1),
    "bench of several rigs": Command("{python} -m hil.prove.benchmarks --only updates --out {out}/b.json", PICO, 1),
    "fuzz": Command("{python} -m hil.prove.fuzz --only settings", "hil.prove.fuzz", 1),
    "soak": Command("{python} -m hil.prove.soak --out {out}/soak.json", BOARD, 1),
    "demo": Command("{python} -m hil.serve.demo --out {out}", PICO, 1),
    "compare rigs": Command("{python} -m hil.prove.compare_rigs {traces} --out {out}/c.json", PICO, 1),
    "detector lab, levels": Command("{python} -m hil.prove.detector_lab.levels", WORKER, 1),
    "detector lab, compare": Command("{python} -m hil.prove.detector_lab.compare", WORKER, 1),
    "campaign": Command("{python} -m sapper_host campaign {traces} --out {out} --jobs 2", BOARD, 2),
    "replay": Command("{python} -m sapper_host replay {traces}/lane_0.csv --on-detect mark", PICO, 1),
    "bench silicon": Command("{python} -m sapper_host bench silicon --rig virtual --out {out}/s.json", PICO, 1),
    "rig": Command("{python} -m sapper_host rig virtual --world clean", PICO, 1, always=0),
    "tests": Command("{python} -m pytest -n 2 -q -p no:cacheprovider tests/hil/serve/test_rig_server.py", PICO, 1),
}
ENDINGS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGKILL)
# One of each way to start others, and each ending, for every run of the tests.
SAMPLE = (
    ("make safety", signal.SIGTERM),
    ("micropython-tests", signal.SIGHUP),
    ("soak", signal.SIGINT),
    ("campaign", signal.SIGKILL),
)

# What answers one signal answers all of them (processes.command), but for those with a way of their own; no signal is
# answered at a kill. So each command is ended by one of the signals, in turn, and killed; these by every one.
ITS_OWN_WAY = ("make safety", "safety", "rig", "tests")
PAIRS = [
    (name, number)
    for place, name in enumerate(COMMANDS)
    for number in (ENDINGS if name in ITS_OWN_WAY else (ENDINGS[place % 3], signal.SIGKILL))
    if (name, number) not in SAMPLE
]

pytestmark = pytest.mark.virtual


@pytest.fixture(scope="session")
def traces(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Long lanes, so that nothing is over before it is ended."""
    folder = tmp_path_factory.mktemp("traces")
    for seed in range(4):
        write_trace(synthetic_trace(f"lane_{seed}", 60.0, 0.3, (3.0, 30.0), seed=seed), folder / f"lane_{seed}.csv")
    return folder


def ended(name: str, number: signal.Signals, traces: Path, out: Path) -> tuple[int, str]:
    """Start a command, end it when it is under way, see that nobody is left: (status, what it said)."""
    command = COMMANDS[name]
    words = [word.format(python=PYTHON, out=out, traces=traces) for word in command.words.split()]
    with Family(words, out, {"TMPDIR": str(out)}) as family:
        family.wait_until(command.part, command.count, _START_S)
        if name == "fuzz":  # it starts nobody: it is under way when its folder is there
            family.wait_for_file(out, "sapper-fuzz-*", _START_S)
        if command.through_make and number in (signal.SIGINT, signal.SIGHUP):
            os.killpg(family.process.pid, number)  # as a terminal does; `make` by itself would wait for its children
        else:
            family.process.send_signal(number)
        left = family.left_after(LIMIT_S)
        assert not left, f"{LIMIT_S:g} s after {number.name}: {left}"
        return family.process.wait(), family.said


def check(name: str, number: signal.Signals, traces: Path, out: Path) -> None:
    status, said = ended(name, number, traces, out)
    if number == signal.SIGKILL:
        return
    assert "Traceback" not in said, said
    if COMMANDS[name].through_make:
        return
    if name == "tests" and number == signal.SIGINT:
        assert status == pytest.ExitCode.INTERRUPTED
    elif COMMANDS[name].always is not None:
        assert status == COMMANDS[name].always
    else:
        assert status == 128 + number, said
        assert "stopped" in said
    if "without putting everything away" not in said:  # a machine with much else to do
        left = [path for path in out.iterdir() if path.name.startswith(("sapper-", "tmp"))]
        assert not left, "temporary folders go, too"


@pytest.mark.parametrize(("name", "number"), SAMPLE)
def test_of_a_command_that_is_ended_nothing_is_left(
    name: str, number: signal.Signals, traces: Path, tmp_path: Path
) -> None:
    check(name, number, traces, tmp_path)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize(("name", "number"), PAIRS, ids=lambda value: getattr(value, "name", value))
def test_of_no_command_anything_is_left(name: str, number: signal.Signals, traces: Path, tmp_path: Path) -> None:
    check(name, number, traces, tmp_path)


def test_every_command_is_killed_and_ended_by_a_signal() -> None:
    tried = {*SAMPLE, *PAIRS}
    for name in COMMANDS:
        assert (name, signal.SIGKILL) in tried
        assert any((name, number) in tried for number in ENDINGS if number != signal.SIGKILL)
    for number in ENDINGS:
        assert sum(tried_number == number for _, tried_number in tried) >= len(COMMANDS) // 3
