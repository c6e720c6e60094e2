"""The generated parts of docs/bench.md: wiring, bill of materials, the file's keys.

`python -m hil.bench.wiring_page` writes them.
"""

from __future__ import annotations

import sys
from dataclasses import fields
from typing import Any

from hil.bench.bill import bill
from hil.bench.config import BenchPort, BusSpec, Config, GateFit, Quantity, SupplySpec
from hil.bench.wiring import INSTRUMENT, ROVER, Wire, neighbours, wires
from hil.bench.wiring_picture import svg
from sapper_host.files.checkout import DOCS
from sapper_host.files.page import refill, table, with_parts

HEAD = ("wire", "from", "to", "in it", "on it", "note")
PICTURE = "bench-wiring.svg"


def row(wire: Wire) -> tuple[str, ...]:
    """A wire as the table has it."""
    ends = (str(wire.source), str(wire.target))
    return (f"`{wire.name}`", *ends, wire.series or "-", wire.pull or "-", wire.note or "-")


def wiring() -> str:
    """The wiring table."""
    return table(HEAD, [row(each) for each in wires()])


def materials() -> str:
    """The bill."""
    return table(("count", "part", "for"), [(item.count, item.part, item.what) for item in bill()])


def slips() -> str:
    """What one bridge of solder at a header joins."""
    every = wires()
    rows = []
    for each in every:
        near = [", ".join(neighbours(every, each.name, board)) or "-" for board in (ROVER, INSTRUMENT)]
        if each.kind in ("line", "gate", "switch", "serial") and near != ["-", "-"]:
            rows.append((f"`{each.name}`", *near))
    return table(("wire", "its neighbours at the rover", "at the instrument"), rows)


def keys() -> str:
    """The keys of the bench's file."""
    tables: tuple[tuple[str, Any], ...] = (
        ("", Config), ("ports.NAME", BenchPort), ("bus", BusSpec), ("supply", SupplySpec), ("gates.NAME", GateFit),
    )  # fmt: skip
    rows = []
    for where, kind in tables:
        for f in fields(kind):
            rule = f.metadata.get("rule")
            if rule is None:
                continue
            number = isinstance(rule, Quantity)
            hexadecimal = "address" in rule.meaning
            form = "#04x" if hexadecimal else "g"
            bounds = f"{rule.low:{form}}..{rule.high:{form}} {rule.unit}".rstrip() if number else ""
            default = f"{f.default:#04x}" if hexadecimal else str(f.default).lower() if f.default != "" else "-"
            key = f"{where}.{f.name}" if where else f.name
            rows.append((f"`{key}`", default, bounds or ", ".join(rule.names) or "-", rule.meaning))
    return table(("key", "default", "bounds", "meaning"), rows)


PARTS = {"bill": materials, "wiring": wiring, "slips": slips, "keys": keys}


def filled(page: str) -> str:
    """docs/bench.md with its tables made anew."""
    return with_parts(page, PARTS)


def main() -> int:
    """Write them, and the picture."""
    refill(DOCS / "bench.md", PARTS)
    (DOCS / PICTURE).write_text(svg(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
