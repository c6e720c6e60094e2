"""Contacts as a table of comma-separated values, units in the names of its columns, for spreadsheets and GIS."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from typing import Any

from sapper_host.recordings.contacts import Contact

# Places are of the coil, in the frame of their part: see docs/recordings.md.
_COLUMNS: tuple[tuple[str, Callable[[Contact], Any]], ...] = (
    ("number", lambda c: c.number),
    ("part", lambda c: c.part),
    ("boot", lambda c: c.boot),
    ("source", lambda c: c.source),
    ("t_ms", lambda c: c.t_ms),
    ("s_mm", lambda c: c.s_mm),
    ("x_mm", lambda c: c.x_mm),
    ("y_mm", lambda c: c.y_mm),
    ("class", lambda c: c.class_name),
    ("strength_of_1000", lambda c: c.strength),
    ("statistic_sigma", lambda c: c.statistic / 100),
    ("extent_mm", lambda c: c.extent_mm),
    ("verdict", lambda c: c.verdict),
    ("verdict_t_ms", lambda c: c.verdict_t_ms),
    ("marked", lambda c: "yes" if c.marked else "no"),
)
# A spreadsheet takes a cell that begins with one of these for a formula, and runs it.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def contacts_csv(contacts: Sequence[Contact]) -> str:
    """The table's text, a head line first. Unknown values are empty cells."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(name for name, _ in _COLUMNS)
    writer.writerows([_cell(value(contact)) for _, value in _COLUMNS] for contact in contacts)
    return out.getvalue()


def _cell(value: Any) -> Any:
    """Numbers as they are; an apostrophe before text that a spreadsheet would take for a formula: then it is text."""
    if isinstance(value, str) and value.startswith(_FORMULA):
        return "'" + value
    return value
