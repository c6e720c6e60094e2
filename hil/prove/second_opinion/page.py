"""The tables of docs/rigs.md about the second opinion, made from the record. `make docs` writes them."""

from __future__ import annotations

import sys

from hil.prove.second_opinion import compare, record
from hil.prove.second_opinion.canaries import CANARIES
from hil.prove.second_opinion.compare import Row
from sapper_host.files.checkout import DOCS
from sapper_host.files.page import refill, table

_SHOWN = 40  # characters of a text


def _rows() -> list[Row]:
    return [row for unit in record.load().units for row in compare.rows(unit.ours, unit.theirs)]


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."


def figures() -> str:
    """Every figure that is compared, as it was last recorded."""
    head = ("figure", "virtual", "rp2040py", "difference", "verdict")
    verdict = {True: "within", False: "explained"}
    rows = [(row.name, _short(row.ours), _short(row.theirs), row.difference(), verdict[row.within]) for row in _rows()]
    return f"Recorded with rp2040py {record.load().emulator}.\n\n" + table(head, rows)


def reasons() -> str:
    """Every difference that is beyond the tolerance, and why."""
    return table(
        ("figure", "difference", "why"), [(r.name, r.difference(), r.explained) for r in _rows() if r.explained]
    )


def canaries() -> str:
    """What the comparison has to notice."""
    return table(
        ("`--canary`", "what is done to rp2040py's board", "noticed in"),
        [(f"`{name}`", each.what, f"`{each.noticed_in}`") for name, each in CANARIES.items()],
    )


PARTS = {
    "second opinion, figures": figures,
    "second opinion, reasons": reasons,
    "second opinion, canaries": canaries,
}


def main() -> int:
    """Write them."""
    refill(DOCS / "rigs.md", PARTS)
    return 0


if __name__ == "__main__":
    sys.exit(main())
