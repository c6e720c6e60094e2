"""`sapper selftest`: a row a check, and a status that scripts can trust."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest

from sapper_host.cli import main
from sapper_host.errors import Status
from tests.host.memory_board import CHECKS, MemoryBoard

pytestmark = pytest.mark.unit


@pytest.fixture
def board() -> Iterator[MemoryBoard]:
    with MemoryBoard() as made:
        yield made


def test_all_that_passes_is_told_and_ends_well(board: MemoryBoard, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["selftest", "--port", board.port]) == Status.OK
    lines = capsys.readouterr().out.splitlines()
    assert [line.strip().rsplit(maxsplit=1) for line in lines[:-1]] == [[name, "pass"] for name in CHECKS]
    assert lines[-1] == f"all {len(CHECKS)} checks passed"


def test_what_fails_is_told_whole_and_is_a_shortfall(board: MemoryBoard, capsys: pytest.CaptureFixture[str]) -> None:
    board.supply(4100)
    board.flash.full = ("/",)
    assert main(["selftest", "--port", board.port]) == Status.SHORTFALL
    out = capsys.readouterr().out
    assert re.search(r"^  supply +FAIL  4100 mV is below 4600 mV; charge or change the battery$", out, re.MULTILINE)
    assert "the file system cannot be used (28); see docs/technician.md\n" in out, "however long, to its end"
    assert f"2 of {len(CHECKS)} checks failed" in out
    assert main(["selftest", "--port", board.port, "--json"]) == Status.SHORTFALL
    result = json.loads(capsys.readouterr().out)
    assert result["passed"] is False
    assert {row["name"] for row in result["checks"] if not row["passed"]} == {"supply", "flash"}


def test_a_board_that_may_not_test_itself_says_why(board: MemoryBoard, capsys: pytest.CaptureFixture[str]) -> None:
    board.arm()
    assert main(["selftest", "--port", board.port]) == Status.REFUSED
    assert "not for ARMED" in capsys.readouterr().err


@pytest.mark.parametrize("answer", ["ok selftest passed", "err selftest: supply: too low"])
def test_lost_lines_are_never_a_pass(board: MemoryBoard, capsys: pytest.CaptureFixture[str], answer: str) -> None:
    """A radio may lose the rows: a board that told nothing has not passed, and a failure that came alone is one."""
    board.refuse["selftest"] = answer
    assert main(["selftest", "--port", board.port]) == Status.SHORTFALL
