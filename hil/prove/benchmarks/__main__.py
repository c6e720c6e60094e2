"""`make bench`: measure everything, print the table, write build/bench.json.

Everything but what is of two emulated Picos, which takes its time and says so: `--only hil` (the bench against the
emulator's truth and against `virtual`), `--only hil-encoders`, `--only hil-wiring`, `--only hil-lanes`.

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

from hil.errors import HilError
from hil.prove.benchmarks import (
    boot,
    detection,
    detector_on_board,
    field_lane,
    flood,
    heap,
    hil_edges,
    hil_encoders,
    hil_lanes,
    hil_safety,
    hil_speed,
    hil_voltages,
    hil_wiring,
    page,
    power_cuts,
    sil_speed,
    stack,
    step,
    sweep,
    updates,
    virtual_speed,
)
from hil.prove.benchmarks.column import COLUMNS, NEEDS, SLOT, Column
from hil.prove.benchmarks.report import Board, board_table, other_table, told_by_silicon
from hil.prove.benchmarks.row import Row
from hil.prove.measured_on import EMULATED, THIS_MACHINE, Silicon, firmware_of
from hil.rigs.registry import FOR_TIME, RIGS, why_not
from hil.rigs.rig import Rig
from sapper_host import processes
from sapper_host.errors import SapperError, Status
from sapper_host.files.checkout import BUILD
from sapper_host.files.place import check_file
from sapper_host.files.whole_file import write

# Each on a board of its own, freshly powered. They count the board's time.
ON_A_RIG: dict[str, Callable[[Rig, Column], list[Row]]] = {
    "boot": boot.measure,
    "sweep": sweep.measure,
    "finds": sweep.measure_finds,
    "raw": sweep.measure_raw,
    "field": field_lane.measure,
    "heap": heap.measure,
    "flood": flood.measure,
    "step": step.measure,
    "detector": detector_on_board.measure,
}
# What is measured with the application in a slot, too: that is where it comes from in the field.
IN_A_SLOT = ("boot", "sweep")
# On rigs of their own choice, or on none; those that no board is in measure this machine.
OTHERS: dict[str, Callable[[], list[Row]]] = {
    "virtual": virtual_speed.rows,
    "sil": sil_speed.rows,
    "detection": detection.rows,
    "stack": stack.rows,
    "updates": updates.rows,
    "power_cuts": power_cuts.rows,
}
OF_THIS_MACHINE = ("virtual", "sil", "detection")
# Of the bench on two emulated Picos, which go at about the world's pace: minutes each, the lanes half an hour. So they
# are asked for by name.
OF_THE_BENCH: dict[str, Callable[[], list[Row]]] = {
    "hil": lambda: [*hil_edges.rows(), *hil_voltages.rows(), *hil_safety.rows(), *hil_speed.rows()],
    "hil-encoders": hil_encoders.rows,
    "hil-wiring": hil_wiring.rows,
    "hil-lanes": hil_lanes.rows,
}


def main(arguments: list[str] | None = None) -> int:
    """Returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m hil.prove.benchmarks", description=__doc__)
    parser.add_argument(
        "--only",
        choices=sorted([*ON_A_RIG, *OTHERS, *OF_THE_BENCH]),
        action="append",
        help=f"measure only this (repeatable); {', '.join(OF_THE_BENCH)} take minutes each and are left out without it",
    )
    parser.add_argument("--rig", choices=list(RIGS), default=FOR_TIME, help=f"for {', '.join(ON_A_RIG)} ({FOR_TIME})")
    parser.add_argument("--firmware", type=Path, help="what to put on it instead of the firmware that was built")
    parser.add_argument(
        "--clk",
        type=int,
        action="append",
        help="clocks of a cache miss, a column (repeatable; "
        + " and ".join(str(column.clk) for column in COLUMNS)
        + f"; a slot's beside {SLOT.clk})",
    )
    parser.add_argument("--out", type=Path, default=BUILD / "bench.json", help="where the JSON goes")
    parser.add_argument("--record", action="store_true", help="keep the figures for docs/figures.md: `make docs`")
    options = parser.parse_args(arguments)
    if options.record and (options.only or options.firmware):
        parser.error("--record is of everything, and of the firmware that was built")
    check_file(options.out)
    silicon = Silicon.kept(firmware_of(options.firmware))
    console = Console(width=180 if not sys.stdout.isatty() else None)
    columns = [Column(clk) for clk in dict.fromkeys(options.clk)] if options.clk else list(COLUMNS)
    if any(column.clk == SLOT.clk for column in columns):
        columns.append(SLOT)
    names = options.only or [*ON_A_RIG, *OTHERS]
    why = why_not(options.rig, NEEDS)
    not_run = [{"name": name, "ok": False, "not_run": why} for name in names if why and name in ON_A_RIG]
    board = Board(columns)
    others: dict[str, list[Row]] = {}
    elsewhere = OTHERS | OF_THE_BENCH
    try:
        for name in names:
            if name in elsewhere:
                others[name] = elsewhere[name]()
            elif not why:
                for column in columns:
                    if not column.slot or name in IN_A_SLOT:
                        with console.status(f"measuring {name} at {column.name} ..."):
                            board.add(column, _on_a_rig(name, column, options))
    except (HilError, SapperError) as error:
        console.print(f"[bold red]error:[/] {error}", highlight=False)
        return int(Status.ERROR)
    if board.rows:
        console.print(board_table(board, silicon))
        for line in silicon.lines():
            console.print(line, highlight=False, markup=False)
    if others:
        console.print(other_table([row for rows in others.values() for row in rows]))
    for one in not_run:
        console.print(f"[bold red]not run:[/] {one['name']} {one['not_run']}", highlight=False)
    told = [column.about() | row.as_dict() | {"measured_on": EMULATED} for column, row in board]
    told += [each.as_dict() for each in told_by_silicon(board, silicon)]
    for name, rows in others.items():
        where = THIS_MACHINE if name in OF_THIS_MACHINE else EMULATED
        told += [row.as_dict() | {"measured_on": where} for row in rows]
    write(options.out, json.dumps([*told, *not_run], indent=1) + "\n")
    console.print(f"written: {options.out}", highlight=False)
    if options.record:
        page.keep(told, silicon.firmware)
    return int(Status.OK) if all(row["ok"] for row in told) and not not_run else int(Status.SHORTFALL)


def _on_a_rig(name: str, column: Column, options: argparse.Namespace) -> list[Row]:
    with closing(column.open(options.rig, options.firmware)) as rig:
        return ON_A_RIG[name](rig, column)


if __name__ == "__main__":
    sys.exit(processes.command(main))
