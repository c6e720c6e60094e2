"""`make powercut`: power cut at every flash operation of every work, before it and half-way through it.

Prints a table, writes build/powercut.json ({work, operations, cuts, survived, found, failures}). Status 3 when a board
did not survive one.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import sys
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict
from pathlib import Path

from hil.errors import HilError
from hil.prove.updates.chunks import recorder_of, run_chunk, works
from hil.prove.updates.power_cut import Tally, sample
from hil.rigs.firmware import default_uf2
from sapper_host.errors import SapperError, Status
from sapper_host.files.checkout import BUILD

_CHUNK = 16
_TOLD_EVERY = 10 * _CHUNK


def tally_all(firmware: Path, folder: Path, count: int, jobs: int, only: list[str] | None = None) -> list[Tally]:
    """All works, all cuts (or `count` of each)."""
    from rich.console import Console
    from rich.progress import Progress, TextColumn, TimeRemainingColumn

    tallies: list[Tally] = []
    columns = (*Progress.get_default_columns()[:3], TextColumn("{task.completed}/{task.total} cuts"))
    with (
        # Not forked: a child must not talk to its parent's emulator.
        ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn")) as pool,
        Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True)) as progress,
    ):
        for name in only or works(folder):
            recording = recorder_of(firmware, folder, name).recording
            cuts = sample(recording.cuts(), count) if count else recording.cuts()
            tally = Tally(name, recording.names)
            tallies.append(tally)
            task = progress.add_task(name, total=len(cuts))
            chunks = [cuts[at : at + _CHUNK] for at in range(0, len(cuts), _CHUNK)]
            for done in as_completed(
                [pool.submit(run_chunk, firmware, folder, name, recording, chunk) for chunk in chunks]
            ):
                for operation, phase, state, wrong in done.result():
                    tally.cuts += 1
                    tally.found[state] = tally.found.get(state, 0) + 1
                    if wrong:
                        tally.failures.append((operation, phase, wrong))
                    progress.advance(task)
                if not progress.console.is_terminal and tally.cuts % _TOLD_EVERY == 0:
                    print(f"{name}: {tally.cuts} of {len(cuts)} cuts", file=sys.stderr, flush=True)
            print(_line(tally), flush=True)
    return tallies


def _line(tally: Tally) -> str:
    operations = ", ".join(f"{count} {name}" for name, count in sorted(tally.operations.items()))
    found = ", ".join(f"{count} {state}" for state, count in sorted(tally.found.items()))
    return f"{tally.work}: {tally.survived} of {tally.cuts} cuts survived ({operations}; found {found})"


def main(arguments: list[str] | None = None) -> int:
    """Returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m hil.prove.updates", description=__doc__)
    parser.add_argument("--count", type=int, default=0, help="so many cuts of each work instead of all")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--only", action="append", help="only this work (repeatable)")
    parser.add_argument("--out", type=Path, default=BUILD / "powercut.json")
    options = parser.parse_args(arguments)
    try:
        tallies = tally_all(default_uf2(), BUILD / "powercut", options.count, options.jobs, options.only)
    except (HilError, SapperError) as error:
        print(f"error: {error}", file=sys.stderr)
        return Status.ERROR
    except KeyboardInterrupt:
        return Status.INTERRUPTED
    options.out.write_text(
        json.dumps([asdict(tally) | {"survived": tally.survived} for tally in tallies], indent=1) + "\n"
    )
    for tally in tallies:
        for operation, phase, wrong in tally.failures:
            print(f"FAILED {tally.work}: cut {phase} operation {operation}: {wrong}")
    cuts, survived = sum(tally.cuts for tally in tallies), sum(tally.survived for tally in tallies)
    print(f"{survived} of {cuts} power cuts survived")
    return Status.OK if survived == cuts else Status.SHORTFALL


if __name__ == "__main__":
    sys.exit(main())
