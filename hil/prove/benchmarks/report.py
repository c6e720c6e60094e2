"""The bench's figures as people read them: a table of what boards did, a column a condition; and one of the rest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.table import Table

from hil.prove.benchmarks.column import Column
from hil.prove.benchmarks.row import Row
from hil.prove.measured_on import NOT_ON_SILICON


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


def board_table(board: Board) -> Table:
    """A column for each condition, with its limit beside the figure."""
    out = Table(title=f"Boards, in their own time ({NOT_ON_SILICON})")
    out.add_column("what")
    out.add_column("unit")
    for column in board.columns:
        out.add_column(column.name, justify="right")
    out.add_column("note")
    for name, figures in board.rows.items():
        first = next(iter(figures.values()))
        cells = [_figure(figures.get(column)) for column in board.columns]
        out.add_row(name, first.unit, *cells, first.note)
    return out


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
