"""The bench's figures as people read them: a table of what boards did, a column a condition; and one of the rest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from rich.table import Table

from hil.prove.benchmarks.column import Column
from hil.prove.benchmarks.row import Row
from hil.prove.measured_on import NO_SILICON, NOT_ON_SILICON, SILICON, Kept, Silicon


class Board:
    """Rows by their name, each with a figure for some of the columns."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self.columns = columns
        self.rows: dict[str, dict[Column, Row]] = {}

    def add(self, column: Column, rows: Sequence[Row]) -> None:
        """What came of one measurement."""
        for row in rows:
            self.rows.setdefault(row.name, {})[column] = row

    def __iter__(self) -> Iterator[tuple[Column, Row]]:
        return ((column, row) for figures in self.rows.values() for column, row in figures.items())


@dataclass(frozen=True)
class Told:
    """A figure that a real board told. same: of the firmware that is measured here; else it is held to no limit."""

    row: Row
    kept: Kept
    same: bool

    def as_dict(self) -> dict[str, Any]:
        """As it stands in build/bench.json."""
        return self.row.as_dict() | {"measured_on": SILICON, "same_firmware": self.same} | self.kept.about()


def told_by_silicon(board: Board, silicon: Silicon) -> list[Told]:
    """What of the board's rows was measured on silicon, with the application where each column has it."""
    out = []
    for figures in board.rows.values():
        for column, row in figures.items():
            if column != Column(slot=column.slot) or not (kept := silicon.of(row.silicon, column.slot)):
                continue
            same = silicon.same(kept)
            value = kept.value(row.silicon, row.unit)
            out.append(Told(replace(row, value=value, limit=row.limit if same else "", note=""), kept, same))
    return out


def board_table(board: Board, silicon: Silicon = NO_SILICON) -> Table:
    """A column for each condition, with its limit beside the figure; and what silicon told."""
    told = told_by_silicon(board, silicon)
    out = Table(title=f"Boards, in their own time ({silicon.words()})")
    out.add_column("what")
    out.add_column("unit")
    for column in board.columns:
        out.add_column(column.name, justify="right")
    slots = sorted({each.kept.slot for each in told})
    for slot in slots:
        out.add_column("ON SILICON" + ", slot" * slot, justify="right")
    out.add_column("note")
    for name, figures in board.rows.items():
        first = next(iter(figures.values()))
        cells = [_figure(figures.get(column)) for column in board.columns]
        for slot in slots:
            cells.append(next((_told(each) for each in told if (each.row.name, each.kept.slot) == (name, slot)), "-"))
        out.add_row(name, first.unit, *cells, first.note)
    return out


def _told(told: Told) -> str:
    return _figure(told.row) + ("" if told.same else " [yellow](another build)[/]")


def _figure(row: Row | None) -> str:
    if row is None:
        return "-"
    if not row.limit:
        return value(row)
    return f"{value(row)} {row.limit} " + ("[green]ok[/]" if row.ok else "[bold red]missed[/]")


def other_table(rows: Sequence[Row]) -> Table:
    """The rows of no condition."""
    out = Table(title=f"The rest: boards in their own time ({NOT_ON_SILICON}), unless it says wall or CPU")
    for name in ("what", "value", "unit", "limit", "", "95 %", "note"):
        out.add_column(name, justify="right" if name == "value" else "left")
    for row in rows:
        verdict = "" if not row.limit else "[green]ok[/]" if row.ok else "[bold red]missed[/]"
        interval = "" if row.interval is None else "{:.3f}..{:.3f}".format(*row.interval)
        out.add_row(row.name, value(row), row.unit, row.limit, verdict, interval, row.note)
    return out


def value(row: Row) -> str:
    """Its figure."""
    return f"{row.value:.3f}".rstrip("0").rstrip(".")
