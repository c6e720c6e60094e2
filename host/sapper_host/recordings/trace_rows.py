"""One row of a trace: its columns, what each may hold, and the check that every source of rows goes through.

A row travels as text cells, so a number keeps its decimals from CSV to MCAP and back; an empty cell is 'no sample'. So
a number is written in the one way that both formats have: JSON's.
"""

from __future__ import annotations

import math
import re
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from sapper.shared.pins import ADC_FULL_SCALE_MV, VSYS_DIVIDER
from sapper_host.errors import TraceError
from sapper_host.outside.text import shown

Cells = tuple[str, ...]
Values = tuple[float, ...]


class Column(NamedTuple):
    """A column: name, unit, lowest and highest value, whether its numbers are whole, whether a cell may be empty."""

    name: str
    unit: str
    lowest: float
    highest: float
    whole: bool
    may_be_empty: bool
    meaning: str


_TICKS = 2**31 - 1
COLUMNS = (
    # A log time in MCAP is unsigned nanoseconds: times start at 0 or later; 10^9 s is more than anybody records.
    Column("t_s", "s", 0, 1e9, False, False, "time; each row later than the one before"),
    Column("gate0_mv", "mV", 0, ADC_FULL_SCALE_MV, False, True, "gate 0 at the ADC"),
    Column("gate1_mv", "mV", 0, ADC_FULL_SCALE_MV, False, True, "gate 1"),
    Column("gate2_mv", "mV", 0, ADC_FULL_SCALE_MV, False, True, "gate 2"),
    Column("vsys_mv", "mV", 0, ADC_FULL_SCALE_MV * VSYS_DIVIDER, False, True, "supply"),
    Column("temp_c", "C", -60, 150, False, True, "temperature of the chip"),
    Column("left_ticks", "ticks", -_TICKS, _TICKS, True, True, "left encoder's count"),
    Column("right_ticks", "ticks", -_TICKS, _TICKS, True, True, "right encoder's count"),
)
NAMES = tuple(column.name for column in COLUMNS)

_NUMBER = r"-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,30})?(?:[eE][+-]?[0-9]{1,2})?"
_CELL = re.compile(_NUMBER)
_ROW = re.compile(",".join([f"(?:{_NUMBER})?"] * len(COLUMNS)))
_NOT_FINITE = re.compile("[+-]?(?:s?nan|inf|infinity)", re.IGNORECASE)
_NAN = float("nan")
_NS_PER_S = 1_000_000_000


class RowChecker:
    """Checks rows in order; holds the time of the last one. `decimals` is the most decimals seen in each column."""

    def __init__(self, path: Path | str) -> None:
        self.path = path
        self.decimals = [0] * len(COLUMNS)
        self._last_s = -math.inf
        self._last_cell = ""

    def line(self, line: int, text: str) -> Values:
        """A CSV line (without its end) -> numbers, NaN for an empty cell; TraceError names line, column and reason."""
        cells = tuple(text.split(","))
        return self.cells(line, cells, plain=_ROW.fullmatch(text) is not None)

    def cells(self, line: int, cells: Cells, plain: bool = False) -> Values:
        """Cells in the order of COLUMNS -> numbers. `plain`: they are known to be written as numbers have to be."""
        if len(cells) != len(COLUMNS):
            what = "is cut short" if len(cells) < len(COLUMNS) else "is too long"
            raise TraceError(self.path, line, "", f"the row {what}: {len(cells)} cells, expected {len(COLUMNS)}")
        values: list[float] = []
        for i, (column, cell) in enumerate(zip(COLUMNS, cells, strict=True)):
            value = self._number(line, column, cell, plain)
            if not column.lowest <= value <= column.highest:
                self._refuse_value(line, column, cell, value)
            elif column.whole and not value.is_integer():
                raise TraceError(self.path, line, column.name, f"'{cell}' is not a whole number")
            values.append(value)
            decimals = len(cell) - cell.rfind(".") - 1 if "." in cell else 0
            if decimals > self.decimals[i]:
                self.decimals[i] = decimals
        self._follow_time(line, values[0], cells[0])
        return tuple(values)

    def _number(self, line: int, column: Column, cell: str, plain: bool) -> float:
        if not cell:
            return _NAN
        if plain or _CELL.fullmatch(cell):
            return float(cell)
        if _NOT_FINITE.fullmatch(cell):
            raise TraceError(self.path, line, column.name, f"'{shown(cell, 40)}' is not finite; leave the cell empty")
        how = "is not a number as JSON has it: no '+', no leading zeros, digits before and behind a point"
        raise TraceError(self.path, line, column.name, f"'{shown(cell, 40)}' {how}")

    def _refuse_value(self, line: int, column: Column, cell: str, value: float) -> None:
        if math.isnan(value):
            if column.may_be_empty:
                return
            raise TraceError(self.path, line, column.name, "the cell is empty")
        limits = f"{column.lowest:g}..{column.highest:g} {column.unit}"
        raise TraceError(self.path, line, column.name, f"{shown(cell, 40)} is outside {limits}")

    def _follow_time(self, line: int, t_s: float, cell: str) -> None:
        if t_s <= self._last_s:
            what = "is repeated" if t_s == self._last_s else f"falls behind {self._last_s:g} s of the row before"
            raise TraceError(self.path, line, "t_s", f"{shown(cell, 40)} s {what}; times must rise")
        if t_s - self._last_s < 2 / _NS_PER_S and _ns(cell) == _ns(self._last_cell):
            what = f"{shown(cell, 40)} s is in the same nanosecond as the row before; an MCAP file holds no less"
            raise TraceError(self.path, line, "t_s", what)
        self._last_s = t_s
        self._last_cell = cell


def _ns(cell: str) -> int:
    """A time as MCAP has it."""
    return int(Decimal(cell) * _NS_PER_S)


def check_header(path: Path | str, line: int, cells: Cells) -> None:
    """The header must name exactly the columns of a trace, in order; TraceError names the first that does not fit."""
    for name in NAMES:
        if name not in cells:
            raise TraceError(path, line, name, "the column is missing", f"the header must be {','.join(NAMES)}")
    for name in cells:
        if name not in NAMES:
            raise TraceError(path, line, shown(name, 40), "unknown column", f"the header must be {','.join(NAMES)}")
    if cells != NAMES:
        raise TraceError(path, line, "", "columns are repeated or out of order", f"write {','.join(NAMES)}")
