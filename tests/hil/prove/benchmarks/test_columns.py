"""The bench's columns: each is held to its own limits, and every figure says what it was measured on."""

import json
from io import StringIO

import pytest
from rich.console import Console

from hil.prove.benchmarks import __main__ as bench
from hil.prove.benchmarks.column import COLUMNS, SLOT, Column
from hil.prove.benchmarks.report import Board, board_table
from hil.prove.benchmarks.row import Row
from sapper.shared import limits

pytestmark = pytest.mark.unit


def test_a_column_at_more_clocks_has_the_limits_that_are_written_for_it() -> None:
    assert Column(48).at_most("BOOT_MS") == f"<= {limits.BOOT_MS}"
    assert Column(30).at_most("BOOT_MS") == f"<= {limits.BOOT_MS}"
    assert Column(70).at_most("BOOT_MS") == f"<= {limits.BOOT_70CLK_MS}"
    assert Column(50).at_most("BOOT_MS") == f"<= {limits.BOOT_70CLK_MS}"
    assert Column(70).at_most("FRAMES_MISSED") == f"<= {limits.FRAMES_MISSED}"
    assert Column(70).at_least("HEAP_FREE_B") == f">= {limits.HEAP_FREE_B}"
    assert Column(90).at_most("BOOT_MS") == ""


def test_a_slot_has_a_limit_of_its_own_where_there_is_one() -> None:
    assert SLOT.at_least("HEAP_FREE_B") == f">= {limits.HEAP_FREE_SLOT_B}"
    assert SLOT.at_most("LOAD_PERCENT") == f"<= {limits.LOAD_PERCENT}"


def test_no_limit_at_70_clocks_is_stricter_than_at_48() -> None:
    for name in ("BOOT_MS", "JITTER_US", "LOAD_PERCENT", "LANE_TICK_MS", "FLOOD_TICK_MS", "DETECTOR_FRAME_US"):
        what, _, unit = name.rpartition("_")
        assert getattr(limits, f"{what}_70CLK_{unit}") > getattr(limits, name)


def test_a_figure_over_its_columns_limit_is_shown_as_missed_there_and_there_alone() -> None:
    board = Board(COLUMNS)
    for column in COLUMNS:
        board.add(column, [Row("boot", 470.0, "ms", column.at_most("BOOT_MS"))])
    console = Console(width=200, file=StringIO())
    console.print(board_table(board))
    said = console.file.getvalue()
    assert "470 <= 450 missed" in said and "470 <= 500 ok" in said
    assert "not yet measured on silicon" in " ".join(said.split())


@pytest.fixture
def measured(monkeypatch, tmp_path):
    """What the bench writes when each measurement tells the clocks of its board; its status."""

    class Rig:
        def close(self) -> None: ...

    monkeypatch.setattr(Column, "open", lambda self, *_: Rig())
    for name in bench.ON_A_RIG:
        monkeypatch.setitem(
            bench.ON_A_RIG, name, lambda _, column, name=name: [Row(name, column.clk, "", column.at_most("BOOT_MS", 9))]
        )
    for name in bench.OTHERS:
        monkeypatch.setitem(bench.OTHERS, name, lambda name=name: [Row(name, 1.0, "", "")])

    def run(*arguments: str) -> tuple[int, list[dict]]:
        status = bench.main([*arguments, "--out", str(tmp_path / "bench.json")])
        return status, json.loads((tmp_path / "bench.json").read_text())

    return run


def test_every_board_row_is_measured_in_all_three_columns_and_says_it_was_emulated(measured) -> None:
    status, rows = measured()
    boards = [row for row in rows if "xip_miss_clk" in row]
    assert {(row["xip_miss_clk"], row["slot"]) for row in boards if row["name"] in bench.IN_A_SLOT} == {
        (48, False),
        (70, False),
        (48, True),
    }
    assert {row["name"] for row in boards if row["xip_miss_clk"] == 70} == set(bench.ON_A_RIG)
    assert all(row["measured_on"] == "emulated" for row in boards)
    assert {row["name"] for row in rows if row["measured_on"] == "this machine"} == set(bench.OF_THIS_MACHINE)
    assert status == 3  # 70 > 500 / 9


def test_the_columns_can_be_chosen(measured) -> None:
    status, rows = measured("--clk", "30", "--clk", "48", "--only", "boot")
    assert [(row["xip_miss_clk"], row["slot"]) for row in rows] == [(30, False), (48, False), (48, True)]
    assert status == 0
    assert [row["xip_miss_clk"] for row in measured("--clk", "70", "--only", "boot")[1]] == [70]
