"""`make bench`: measure everything, print the table, write build/bench.json. Status 3 when a limit is missed."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.table import Table

from hil.errors import HilError
from hil.prove.benchmarks import boot, detection, detector_on_board, power_cuts, step, sweep, updates
from hil.prove.benchmarks import sil_speed as speed
from hil.prove.benchmarks.row import Row
from hil.rigs.firmware import default_uf2
from hil.rigs.virtual import VirtualPico
from sapper_host.errors import SapperError, Status
from sapper_host.files.checkout import BUILD

# Each on a board of its own, freshly powered.
ON_VIRTUAL: dict[str, Callable[[VirtualPico], list[Row]]] = {
    "boot": boot.measure,
    "sweep": sweep.measure,
    "step": step.measure,
    "detector": detector_on_board.measure,
}
# Without the virtual Pico.
OTHERS: dict[str, Callable[[], list[Row]]] = {
    "sil": speed.rows,
    "detection": detection.rows,
    "updates": updates.rows,
    "power_cuts": power_cuts.rows,
}


def table(rows: list[Row]) -> Table:
    """The figures as people read them."""
    out = Table(title="Bench (the board's own time unless it says wall)")
    for name in ("what", "value", "unit", "limit", "", "95 %", "note"):
        out.add_column(name, justify="right" if name == "value" else "left")
    for row in rows:
        verdict = "" if not row.limit else "[green]ok[/]" if row.ok else "[bold red]missed[/]"
        interval = "" if row.interval is None else "{:.3f}..{:.3f}".format(*row.interval)
        value = f"{row.value:.3f}".rstrip("0").rstrip(".")
        out.add_row(row.name, value, row.unit, row.limit, verdict, interval, row.note)
    return out


def main(arguments: list[str] | None = None) -> int:
    """Returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m hil.prove.benchmarks", description=__doc__)
    parser.add_argument(
        "--only", choices=sorted([*ON_VIRTUAL, *OTHERS]), action="append", help="measure only this (repeatable)"
    )
    parser.add_argument("--out", type=Path, default=BUILD / "bench.json", help="where the JSON goes")
    options = parser.parse_args(arguments)
    console = Console(width=180 if not sys.stdout.isatty() else None)
    rows: list[Row] = []
    try:
        for name in options.only or [*ON_VIRTUAL, *OTHERS]:
            if name in OTHERS:
                rows += OTHERS[name]()
                continue
            with console.status(f"measuring {name} ..."), VirtualPico(uf2=default_uf2()) as pico:
                rows += ON_VIRTUAL[name](pico)
    except (HilError, SapperError) as error:
        console.print(f"[bold red]error:[/] {error}", highlight=False)
        return int(Status.ERROR)
    console.print(table(rows))
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps([row.as_dict() for row in rows], indent=1) + "\n")
    console.print(f"written: {options.out}", highlight=False)
    return int(Status.OK) if all(row.ok for row in rows) else int(Status.SHORTFALL)


if __name__ == "__main__":
    sys.exit(main())
