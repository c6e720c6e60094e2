"""`make bench`: measure everything, print the table, write build/bench.json.

Status 3 when a limit is missed, or something was not run for want of what the rig does not offer.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from rich.console import Console
from rich.table import Table

from hil.errors import HilError
from hil.prove.benchmarks import boot, detection, detector_on_board, heap, power_cuts, stack, step, sweep, updates
from hil.prove.benchmarks import sil_speed as speed
from hil.prove.benchmarks.row import Row
from hil.rigs.capabilities import Capability, Time
from hil.rigs.registry import FOR_TIME, RIGS, open_rig, why_not
from hil.rigs.rig import PLAYABLE, Rig
from sapper_host import processes
from sapper_host.errors import SapperError, Status
from sapper_host.files.checkout import BUILD
from sapper_host.files.place import check_file
from sapper_host.files.whole_file import write

# Each on a board of its own, freshly powered. They count the board's time.
ON_A_RIG: dict[str, Callable[[Rig], list[Row]]] = {
    "boot": boot.measure,
    "sweep": sweep.measure,
    "raw": sweep.measure_raw,
    "heap": heap.measure,
    "step": step.measure,
    "detector": detector_on_board.measure,
}
NEEDS: tuple[Capability, ...] = (*PLAYABLE, Time)
# On rigs of their own choice, or on none.
OTHERS: dict[str, Callable[[], list[Row]]] = {
    "sil": speed.rows,
    "detection": detection.rows,
    "stack": stack.rows,
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
        "--only", choices=sorted([*ON_A_RIG, *OTHERS]), action="append", help="measure only this (repeatable)"
    )
    parser.add_argument("--rig", choices=list(RIGS), default=FOR_TIME, help=f"for {', '.join(ON_A_RIG)} ({FOR_TIME})")
    parser.add_argument("--out", type=Path, default=BUILD / "bench.json", help="where the JSON goes")
    options = parser.parse_args(arguments)
    check_file(options.out)
    console = Console(width=180 if not sys.stdout.isatty() else None)
    rows: list[Row] = []
    not_run: list[dict[str, object]] = []
    try:
        for name in options.only or [*ON_A_RIG, *OTHERS]:
            if name in OTHERS:
                rows += OTHERS[name]()
                continue
            if why := why_not(options.rig, NEEDS):
                not_run.append({"name": name, "ok": False, "not_run": why})
                continue
            with console.status(f"measuring {name} ..."), closing(open_rig(options.rig, needs=NEEDS)) as rig:
                rows += ON_A_RIG[name](rig)
    except (HilError, SapperError) as error:
        console.print(f"[bold red]error:[/] {error}", highlight=False)
        return int(Status.ERROR)
    console.print(table(rows))
    for row in not_run:
        console.print(f"[bold red]not run:[/] {row['name']} {row['not_run']}", highlight=False)
    write(options.out, json.dumps([*(row.as_dict() for row in rows), *not_run], indent=1) + "\n")
    console.print(f"written: {options.out}", highlight=False)
    return int(Status.OK) if all(row.ok for row in rows) and not not_run else int(Status.SHORTFALL)


if __name__ == "__main__":
    sys.exit(processes.command(main))
