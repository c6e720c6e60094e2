"""`make second-opinion`: run all on both emulators, compare, print what differs, write build/second-opinion.json.

Status 3 when a difference has no reason, or a reason no difference; with --canary when it is *not* noticed.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from concurrent.futures import as_completed
from dataclasses import asdict
from pathlib import Path

from hil.errors import HilError
from hil.prove.second_opinion import page, record
from hil.prove.second_opinion.boards import prepared_flash
from hil.prove.second_opinion.canaries import CANARIES
from hil.prove.second_opinion.compare import Row, rows
from hil.prove.second_opinion.explained import EXPLAINED
from hil.prove.second_opinion.units import UNITS, Heard, run
from hil.rigs.firmware import default_uf2
from hil.workers import workers
from sapper_host import processes
from sapper_host.errors import SapperError, Status
from sapper_host.files.checkout import BUILD
from sapper_host.files.place import check_file
from sapper_host.files.whole_file import write


def run_all(units: Sequence[str], uf2: Path, jobs: int, canary: str = "") -> list[Heard]:
    """Run units side by side; what was heard, in the units' order. Says how far it is."""
    flash = prepared_flash(uf2)
    heard: dict[str, Heard] = {}
    began_s = time.monotonic()
    with workers(min(jobs, len(units))) as pool:
        for done in as_completed([pool.submit(run, unit, flash, canary) for unit in units]):
            each = done.result()
            heard[each.unit] = each
            print(f"  {len(heard)} of {len(units)}: {each.unit} ({time.monotonic() - began_s:.0f} s)", file=sys.stderr)
    return [heard[unit] for unit in units]


def unused_reasons(units: Sequence[str], judged: Sequence[Row]) -> list[str]:
    """Reasons for figures that there are not, a line each."""
    names = {row.name for row in judged}
    of_these = [name for name in EXPLAINED if name.partition(":")[0] in units]
    return [f"{name}: no such figure; take its reason out of explained.py" for name in of_these if name not in names]


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its exit status."""
    parser = argparse.ArgumentParser(prog="python -m hil.prove.second_opinion", description=__doc__)
    parser.add_argument("--only", choices=list(UNITS), action="append", help="run only this (repeatable)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="units at once")
    parser.add_argument("--json", type=Path, default=BUILD / "second-opinion.json", help="where the figures go")
    parser.add_argument("--canary", choices=list(CANARIES), help="spoil rp2040py's board; it has to be noticed")
    parser.add_argument("--record", action="store_true", help="keep the figures, and write docs/rigs.md's tables")
    options = parser.parse_args(arguments)
    if options.record and options.canary:
        parser.error("--record keeps nothing of a spoiled board")
    check_file(options.json)
    spoiled = [CANARIES[options.canary].noticed_in] if options.canary else None
    units = options.only or spoiled or list(UNITS)
    try:
        heard = run_all(units, default_uf2(), max(1, options.jobs), options.canary or "")
    except (HilError, SapperError) as error:
        print(f"error: {error}", file=sys.stderr)
        return int(Status.ERROR)
    judged = [row for each in heard for row in rows(each.ours, each.theirs)]
    wrong = [row.wrong for row in judged if row.wrong] + unused_reasons(units, judged)
    report = {"wrong": wrong, "rows": [asdict(row) for row in judged], "units": [each.as_json() for each in heard]}
    write(options.json, json.dumps(report, indent=1) + "\n")
    for row in judged:
        if row.explained:
            print(f"explained: {row.name}: {row.difference()}: {row.explained}")
    for line in wrong:
        print(f"wrong: {line}")
    within, explained = sum(row.within for row in judged), sum(bool(row.explained) for row in judged)
    print(
        f"{len(judged)} figures: {within} within tolerance, {explained} explained, {len(wrong)} wrong; {options.json}"
    )
    if options.canary:
        print("noticed" if wrong else "NOT NOTICED: the comparison is blind to it")
        return int(Status.OK) if wrong else int(Status.SHORTFALL)
    if options.record and not wrong:
        record.keep(heard)
        page.main()
    return int(Status.SHORTFALL) if wrong else int(Status.OK)


if __name__ == "__main__":
    sys.exit(processes.command(main))
