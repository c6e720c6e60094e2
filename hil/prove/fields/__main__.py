"""`python -m hil.prove.fields`: missions in seeded made-up fields on `sil`, every second one with receiver faults and
slip at the model's worst; plain back and forth on the same polygons beside them. A few minutes each.

Each field's row is kept as it comes: run again, and what is there already is not driven again, unless what it is made
of has changed. Status 3 when a limit is missed.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import as_completed
from pathlib import Path
from typing import Any

from rich.console import Console

from hil.prove.benchmarks.report import other_table
from hil.prove.fields import broken, job, table
from hil.rigs.sources import digest, find_sources
from hil.workers import workers
from sapper_host import processes
from sapper_host.errors import Status
from sapper_host.files.checkout import BUILD, ROOT
from sapper_host.files.place import check_file

_MADE_OF = ("firmware/sapper", "firmware/cpython", "hil/play", "hil/rigs", "hil/world", "host/sapper_host/field")


def main(arguments: list[str] | None = None) -> int:
    """Returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m hil.prove.fields", description=__doc__)
    parser.add_argument("--seeds", type=int, default=200, help="how many fields (200)")
    parser.add_argument("--first", type=int, default=1, help="seed of the first (1)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="at once (as many as processors)")
    parser.add_argument("--out", type=Path, help="where the rows are kept (build/fields.jsonl, build/broken.jsonl)")
    parser.add_argument(
        "--broken",
        action="store_true",
        help=f"instead: missions in small fields, each broken off {broken.MOMENTS} times: program, laptop, board, link",
    )
    parser.add_argument("--json", action="store_true", help="the figures for a script")
    options = parser.parse_args(arguments)
    console = Console(stderr=options.json, width=140 if not sys.stdout.isatty() else None)
    made_of = digest(ROOT, sorted(path for way in _MADE_OF for path in find_sources(ROOT / way)))
    wanted = range(options.first, options.first + options.seeds)
    run, told = (broken.run, broken) if options.broken else (job.run, table)
    out = options.out or BUILD / ("broken.jsonl" if options.broken else "fields.jsonl")
    check_file(out)
    kept = {row["seed"]: row for row in _kept(out, made_of) if row["seed"] in wanted}
    out.parent.mkdir(parents=True, exist_ok=True)
    left = [seed for seed in wanted if seed not in kept]
    _end_line(out)
    with out.open("a") as file:
        for row in _driven(run, left, options.jobs):
            file.write(json.dumps(row | {"made_of": made_of}) + "\n")
            file.flush()
            kept[row["seed"]] = row
            console.print(f"{len(kept)} of {len(wanted)}  {told.line(row)}", highlight=False, markup=False)
    rows = told.rows([kept[seed] for seed in sorted(kept)])
    if options.json:
        print(json.dumps([row.as_dict() for row in rows], indent=1))
    else:
        console.print(other_table(rows))
    return int(Status.OK if all(row.ok for row in rows) else Status.SHORTFALL)


def _kept(path: Path, made_of: str) -> Iterator[dict[str, Any]]:
    """Rows of an earlier run; the last of them may have been cut short."""
    if not path.exists():
        return
    for line in path.read_text().splitlines():
        try:
            row = json.loads(line)
        except ValueError:
            continue
        if row.get("made_of") == made_of:
            yield row


def _end_line(path: Path) -> None:
    """A row that was cut short is not to spoil the next."""
    if path.exists() and (text := path.read_bytes()) and not text.endswith(b"\n"):
        path.write_bytes(text + b"\n")


def _driven(run: Callable[[int], dict[str, Any]], seeds: Iterable[int], jobs: int) -> Iterator[dict[str, Any]]:
    """As they come. A field whose run breaks off ends it all: it is a fault of the rig, not a figure."""
    with workers(jobs) as pool:
        for done in as_completed([pool.submit(run, seed) for seed in seeds]):
            yield done.result()


if __name__ == "__main__":
    sys.exit(processes.command(main))
