"""Rows in columns that are as wide as they need to be."""

from __future__ import annotations

from collections.abc import Sequence


def padded(rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> list[list[str]]:
    """The cells of rows of equal length, filled up with blanks; columns in `right` (counted from 0) on their left."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        [
            cell.rjust(width) if i in right else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        for row in rows
    ]


def line(cells: Sequence[str]) -> str:
    """A row of padded cells as it is printed: the last one is cut by nobody, so that a pipe gets all of it."""
    return "  ".join(cells).rstrip()
