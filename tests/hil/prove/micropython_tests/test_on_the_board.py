"""A sample of each room of MicroPython's own tests on the virtual Pico (all of them: `make micropython-tests`), and
that a run fails when something is broken."""

from __future__ import annotations

import json
import shutil
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hil.prove.micropython_tests import __main__ as command
from hil.prove.micropython_tests import rooms, run
from hil.prove.micropython_tests.board import open_board
from hil.prove.micropython_tests.expected import exemptions, surprises
from hil.prove.micropython_tests.judge import Outcome
from hil.prove.micropython_tests.kept import Kept
from hil.prove.micropython_tests.rooms import ROOMS, Case, Room
from hil.rigs.firmware import default_uf2, with_hot_set
from hil.rigs.virtual import VirtualPico, link
from hil.rigs.virtual.xip import XIP_MISS_CLK
from toolchain import sources

pytestmark = [
    pytest.mark.virtual,
    pytest.mark.slow,
    pytest.mark.skipif(sources.present() is None, reason="no sources in the cache: run 'make firmware'"),
]

XIP_START = 0x10000000
RETURN = b"\x70\x47"  # bx lr


# Rooms that the same board will do for: a board takes longer to start than its tests do.
BOARDS = [
    [room for room in ROOMS.values() if (room.wires, room.data) == kind]
    for kind in dict.fromkeys((room.wires, room.data) for room in ROOMS.values())
]


@pytest.mark.parametrize("of_board", BOARDS, ids=lambda each: each[0].name)
def test_a_sample_of_each_room_ends_as_it_should(of_board: list[Room]) -> None:
    tests = rooms.tests_folder()
    cases = [case for room in of_board for case in rooms.sample(tests, room)]
    outcomes = run.run_part(cases, tests, default_uf2())
    assert [outcome.name for outcome in outcomes] == [case.name for case in cases]
    assert surprises(outcomes, exemptions()) == []
    passed = {outcome.room for outcome in outcomes if outcome.result == "passed"}
    assert passed == {room.name for room in of_board}
    kept, now = Kept.read(), Kept.of(outcomes)
    assert kept.slow(now) == []
    # What moved with the choice of what is in RAM is told, and kept anew by `make micropython-tests`' --keep.
    for moved in kept.differences(now, of_all=False):
        warnings.warn(moved, stacklevel=1)


def test_benchmarks_with_nothing_in_ram_whose_flash_is_three_times_as_slow_are_slow(tmp_path: Path) -> None:
    tests = rooms.tests_folder()
    cases = rooms.sample(tests, ROOMS["perf_bench"])
    now = Kept.of(run.run_part(cases, tests, with_hot_set("none", tmp_path), 3 * XIP_MISS_CLK))
    assert [line.split()[0] for line in Kept.read().slow(now)] == [case.name for case in cases]


def here(
    cases: list[Case], tests: Path, uf2: Path, _clk: int, _jobs: int, tell: Callable[[list[Outcome]], None]
) -> list[Outcome]:
    """As run_all, in this process: what is broken here is broken there."""
    outcomes = [outcome for part in run.parts(cases) for outcome in run.run_part(part, tests, uf2)]
    tell(outcomes)
    return outcomes


@pytest.fixture
def run_here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., int]:
    """The command, in this process, with a report of its own."""
    monkeypatch.setattr(command, "run_all", here)
    monkeypatch.setattr(command, "REPORT", tmp_path / "report.json")
    return lambda *only: command.main([word for name in only for word in ("--only", name)] + ["--json"])


def test_an_interpreter_that_does_not_sort_is_found_out_and_the_tests_that_met_it_are_named(
    run_here: Callable[..., int], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*of: Any) -> VirtualPico:
        pico = open_board(*of)
        at = pico.symbol_address("mp_obj_list_sort")
        assert at is not None, "no ELF beside the UF2"
        pico.flash.write((at & ~1) - XIP_START, RETURN)
        return pico

    monkeypatch.setattr(run, "open_board", broken)
    assert run_here("basics/list_sort", "basics/list_sum", "basics/list_pop") == 3
    report = json.loads(capsys.readouterr().out)
    assert [line.split()[0] for line in report["wrong"]] == ["basics/list_sort"]
    assert report["counts"]["basics"] == {"passed": 2, "failed": 1, "skipped": 0}


def test_an_emulator_whose_uart_never_times_out_is_found_out(
    run_here: Callable[..., int],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    emulator = Path(link.__file__).parent
    shutil.copytree(emulator / "node", tmp_path / "node")
    (tmp_path / "node_modules").symlink_to(emulator / "node_modules")
    uart = tmp_path / "node" / "serial" / "uart.mjs"
    whole = uart.read_text()
    assert "RECEIVE_TIMEOUT_BITS = 32;" in whole
    uart.write_text(whole.replace("RECEIVE_TIMEOUT_BITS = 32;", "RECEIVE_TIMEOUT_BITS = Infinity;"))
    monkeypatch.setattr(link, "_BRIDGE", tmp_path / "node" / "bridge.mjs")
    assert run_here("machine_uart_irq_rxidle", "basics/list_pop") == 3
    report = json.loads(capsys.readouterr().out)
    assert [line.split()[0] for line in report["wrong"]] == ["extmod_hardware/machine_uart_irq_rxidle"]


def test_a_test_that_hangs_the_board_fails_and_the_next_has_a_new_board(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    hangs, fine = tmp_path / "hangs.py", tmp_path / "fine.py"
    hangs.write_text("import machine\nmachine.disable_irq()\nwhile True:\n    pass\n")
    fine.write_text("print(1)\n")
    monkeypatch.setattr("hil.prove.micropython_tests.prompt.SCRIPT_LIMIT_NS", 500_000_000)
    outcomes = run.run_part([Case("basics", hangs), Case("basics", fine)], rooms.tests_folder(), default_uf2())
    assert [outcome.result for outcome in outcomes] == ["failed", "passed"]
    assert "did not come within" in outcomes[0].printed
