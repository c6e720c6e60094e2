"""What a real board told is said to be measured, by name and date; what was rehearsed or emulated never is."""

from __future__ import annotations

import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from hil.prove import measured_on
from hil.prove.benchmarks import __main__ as bench
from hil.prove.benchmarks.column import COLUMNS, SLOT, Column
from hil.prove.benchmarks.report import Board, board_table, told_by_silicon
from hil.prove.benchmarks.row import Row
from hil.prove.measured_on import HELD, NOT_ON_SILICON, Silicon, told_in_docs
from hil.prove.safety import report
from hil.prove.safety.coverage import filled
from sapper_host.errors import SapperError
from sapper_host.files.checkout import DOCS
from sapper_host.limits import LIMITS
from sapper_host.silicon.model import MODEL

pytestmark = pytest.mark.unit

FIRMWARE = "0.1.0+554bc5c7cb"
BOARD = "e6614c775b000001"
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Puts a record into docs/silicon/: a real board's, but for what is said."""
    folder = tmp_path / "silicon"
    folder.mkdir()
    monkeypatch.setattr(measured_on, "KEPT", folder)
    monkeypatch.setattr(bench, "firmware_of", lambda uf2: FIRMWARE)

    def put(name: str = "rover-7", *, git: str = "554bc5c7cb", source: str = "factory", **changed: Any) -> Path:
        record = {
            "format": 1,
            "board": BOARD,
            "firmware": {"sapper": "0.1.0", "git": git, "source": source},
            "made": "2026-12-01T10:00:00+00:00",
            "steps": [{"name": "sweep", "skipped": "", "figures": MODEL | changed.pop("figures", {})}],
            "rig": "",
            "usb": "2e8a:0005",
        } | changed
        path = folder / f"{name}.json"
        path.write_text(json.dumps({key: value for key, value in record.items() if value is not None}))
        return path

    return put


def the_table(board: Board, silicon: Silicon) -> str:
    console = Console(width=240, file=StringIO())
    console.print(board_table(board, silicon))
    return console.file.getvalue()  # type: ignore[attr-defined,no-any-return]


def a_board() -> Board:
    board = Board((*COLUMNS, SLOT))
    for column in board.columns:
        limit = column.at_most("LOAD_PERCENT")
        late = column.at_most("JITTER_US", 1000)
        board.add(
            column,
            [
                Row("load", 20.3, "%", limit, silicon="load_percent"),
                Row("late", 0.07, "ms", late, silicon="late_max_us"),
                Row("arithmetic", 0.9, "ms", column.at_most("DETECTOR_FRAME_US", 1000)),
            ],
        )
    return board


def test_without_a_record_everything_is_emulated(write: Write) -> None:
    silicon = Silicon.kept(FIRMWARE)
    assert silicon.words() == NOT_ON_SILICON and list(silicon.lines()) == []
    assert told_by_silicon(a_board(), silicon) == []
    assert "ON SILICON" not in the_table(a_board(), silicon)
    page = told_in_docs(silicon)
    assert page.count(NOT_ON_SILICON) == len(HELD) and "No record is kept" in page and "measured:" not in page


def test_a_real_board_s_figures_stand_beside_the_emulated_ones_and_keep_their_limits(write: Write) -> None:
    write(figures={"load_percent": 21.5, "late_max_us": 1200})
    silicon = Silicon.kept(FIRMWARE)
    table = the_table(a_board(), silicon)
    [load] = [line for line in table.splitlines() if "load" in line and "20.3" in line]
    [late] = [line for line in table.splitlines() if " late " in line]
    [other] = [line for line in table.splitlines() if "arithmetic" in line]
    assert "ON SILICON" in table and "21.5 <= 30 ok" in load and "1.2 <= 1 missed" in late
    assert " - " in other and "measured on silicon" in " ".join(table.split())
    load_told, late_told = (each.as_dict() for each in told_by_silicon(a_board(), silicon))
    assert load_told | {"note": ""} == {
        "name": "load",
        "value": 21.5,
        "unit": "%",
        "limit": "<= 30",
        "ok": True,
        "measured_on": "silicon",
        "same_firmware": True,
        "board": BOARD,
        "firmware": FIRMWARE,
        "slot": False,
        "made": "2026-12-01",
        "note": "",
    }
    assert late_told["value"] == 1.2 and late_told["ok"] is False
    [line] = silicon.lines()
    assert BOARD in line and FIRMWARE in line and "2026-12-01" in line and "as the model has them" in line


@pytest.mark.parametrize(
    "how",
    [{"rig": "virtual"}, {"usb": ""}, {"usb": None}, {"rig": None}],
    ids=["on a rig", "over a rig's line", "of no known line", "that says nothing of its rig"],
)
def test_a_rehearsal_never_counts(write: Write, how: dict[str, Any]) -> None:
    write(figures={"load_percent": 12.3}, **how)
    silicon = Silicon.kept(FIRMWARE)
    assert silicon.words() == NOT_ON_SILICON and told_by_silicon(a_board(), silicon) == []
    assert "12.3" not in the_table(a_board(), silicon)
    assert "is a rehearsal, not silicon" in "\n".join(silicon.lines())
    page = told_in_docs(silicon)
    assert "measured:" not in page and "a rehearsal on an emulated board" in page


@pytest.mark.parametrize("git", ["0000000000", "554bc5c7cb.dirty", "unknown"])
def test_a_record_of_another_build_is_called_that_and_held_to_no_limit(write: Write, git: str) -> None:
    write(git=git, figures={"load_percent": 99.0})
    for firmware in (FIRMWARE, f"0.1.0+{git}" if git != "0000000000" else FIRMWARE):
        silicon = Silicon.kept(firmware)
        assert "99 (another build)" in the_table(a_board(), silicon)
        told = told_by_silicon(a_board(), silicon)[0].as_dict()
        assert told["same_firmware"] is False and told["ok"] is True and told["limit"] == ""
        assert "ANOTHER BUILD" in "\n".join(silicon.lines())


def test_of_two_records_that_of_this_build_is_taken_even_if_it_is_older(write: Write) -> None:
    write("old", figures={"load_percent": 21.0}, made="2026-11-01T00:00:00+00:00")
    write("new", git="0000000000", figures={"load_percent": 22.0})
    assert [each.row.value for each in told_by_silicon(a_board(), Silicon.kept(FIRMWARE))][:1] == [21.0]
    assert [each.row.value for each in told_by_silicon(a_board(), Silicon.kept("0.2.0+1"))][:1] == [22.0]


def test_an_application_from_a_slot_is_told_apart(write: Write) -> None:
    write(source="slot_a", figures={"load_percent": 23.0})
    told = told_by_silicon(a_board(), Silicon.kept(FIRMWARE))
    assert {each.kept.slot for each in told} == {True}
    assert "ON SILICON, slot" in the_table(a_board(), Silicon.kept(FIRMWARE))


def test_what_was_left_out_of_a_record_stays_emulated(write: Write) -> None:
    write(figures={"load_percent": None})
    assert [each.row.name for each in told_by_silicon(a_board(), Silicon.kept(FIRMWARE))] == ["late"]
    assert f"| `LOAD_PERCENT` | 30 % | {NOT_ON_SILICON}" in told_in_docs(Silicon.kept())


def test_a_file_that_is_no_record_is_an_error(write: Write) -> None:
    write().write_text("{}")
    with pytest.raises(SapperError, match="is no record"):
        Silicon.kept()


def test_the_bench_misses_its_limits_by_what_silicon_told_and_writes_it(
    write: Write, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    class Rig:
        def close(self) -> None: ...

    monkeypatch.setattr(Column, "open", lambda self, *_: Rig())
    row = Row("boot", 300.0, "ms", "<= 450", silicon="start_ms")
    monkeypatch.setitem(bench.ON_A_RIG, "boot", lambda rig, column: [row])
    out = tmp_path / "bench.json"
    arguments = ["--only", "boot", "--out", str(out)]
    write(figures={"start_ms": 440.0})
    assert bench.main(arguments) == 0
    assert f"silicon: board {BOARD}" in capsys.readouterr().out
    rows = json.loads(out.read_text())
    assert [row["measured_on"] for row in rows] == ["emulated"] * 3 + ["silicon"]
    write(figures={"start_ms": 460.0})
    assert bench.main(arguments) == 3
    write(figures={"start_ms": 460.0}, rig="virtual")
    assert bench.main(arguments) == 0


def test_the_rows_of_safety_are_emulated_with_a_record_too_and_the_page_says_which_there_is(
    write: Write, tmp_path: Path
) -> None:
    write()
    report.write([], tmp_path, "sapper=0.1.0", silicon=list(Silicon.kept(FIRMWARE).lines()))
    page = (tmp_path / "safety.html").read_text()
    assert NOT_ON_SILICON in page and f"silicon: board {BOARD}" in page


def test_every_figure_has_a_limit_and_a_row_of_the_bench(write: Write) -> None:
    assert set(HELD) <= set(MODEL) and set(HELD.values()) <= set(LIMITS)
    sources = "".join(path.read_text(encoding="utf-8") for path in Path(bench.__file__).parent.glob("*.py"))
    assert [name for name in HELD if f'silicon="{name}"' not in sources] == []


def test_the_page_on_safety_tells_of_the_records_that_are_kept() -> None:
    page = (DOCS / "safety.md").read_text(encoding="utf-8")
    assert filled(page) == page
