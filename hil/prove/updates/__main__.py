"""`make powercut`: power cut at every flash operation of every work, before it and half-way through it.

Prints a table, writes build/powercut.json ({work, operations, cuts, survived, found, failures}). Status 3 when a board
did not survive one.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

from hil.errors import HilError
from hil.prove.updates.all_cuts import tally_all
from hil.rigs.firmware import default_uf2
from sapper_host import processes
from sapper_host.errors import SapperError, Status
from sapper_host.files.checkout import BUILD
from sapper_host.files.place import check_file
from sapper_host.files.temporary import temporary_folder
from sapper_host.files.whole_file import write


def main(arguments: list[str] | None = None) -> int:
    """Returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m hil.prove.updates", description=__doc__)
    parser.add_argument("--count", type=int, default=0, help="so many cuts of each work instead of all")
    parser.add_argument(
        "--again-every",
        type=int,
        default=1,
        metavar="N",
        help="let the work then come to its end after the cuts of every Nth operation only; what the board is after a "
        "cut is looked at after each",
    )
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--only", action="append", help="only this work (repeatable)")
    parser.add_argument("--out", type=Path, default=BUILD / "powercut.json")
    options = parser.parse_args(arguments)
    if options.again_every < 1:
        parser.error(f"--again-every {options.again_every}: it is 1 (after each) or more")
    check_file(options.out)
    try:
        with temporary_folder("powercut") as folder:
            tallies = tally_all(
                default_uf2(), Path(folder), options.count, options.jobs, options.only, options.again_every
            )
    except (HilError, SapperError) as error:
        print(f"error: {error}", file=sys.stderr)
        return Status.ERROR
    write(options.out, json.dumps([asdict(tally) | {"survived": tally.survived} for tally in tallies], indent=1) + "\n")
    for tally in tallies:
        for operation, phase, wrong in tally.failures:
            print(f"FAILED {tally.work}: cut {phase} operation {operation}: {wrong}")
    cuts, survived = sum(tally.cuts for tally in tallies), sum(tally.survived for tally in tallies)
    print(f"{survived} of {cuts} power cuts survived")
    return Status.OK if survived == cuts else Status.SHORTFALL


if __name__ == "__main__":
    sys.exit(processes.command(main))
