"""`make powercut`: power cut at every flash operation of every work, before it and half-way through it.

Prints a table, writes build/powercut.json ({work, operations, cuts, survived, found, failures}). Status 3 when a board
did not survive one.
"""

from __future__ import annotations

import argparse
import atexit
import json
import os
import sys
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict
from pathlib import Path

from hil.errors import HilError
from hil.rig import default_uf2
from hil.updates.power_cut import Recorder, Tally, Work, sample, survive
from hil.updates.works import all_works
from hil.virtual import VirtualPico
from sapper_host.errors import SapperError, Status

_BUILD = Path(__file__).resolve().parents[2] / "build"
_CHUNK = 16
_boards: dict[str, VirtualPico] = {}  # of this process
_recorders: dict[str, Recorder] = {}
_works: dict[str, Work] = {}


def _board() -> VirtualPico:
    if "cut" not in _boards:
        _boards["cut"] = VirtualPico(None, power=False, seed=2)
        atexit.register(_boards["cut"].close)
    return _boards["cut"]


def _recorder(firmware: Path, folder: Path, name: str) -> Recorder:
    """The same work gives the same recording in every process: a virtual board does the same with the same seed."""
    if name not in _recorders:
        if not _works:
            _works.update({work.name: work for work in all_works(folder / str(os.getpid()))})
        pico = VirtualPico(firmware, seed=1)
        atexit.register(pico.close)
        _recorders[name] = Recorder(pico, _works[name])
    return _recorders[name]


def run_chunk(firmware: Path, folder: Path, name: str, cuts: list[tuple[int, str]]) -> list[tuple[int, str, str, str]]:
    """Some cuts of one work: [(operation, phase, state found, what is wrong)]."""
    recorder = _recorder(firmware, folder, name)
    return [
        (operation, phase, *survive(_board(), recorder.work, image))
        for operation, phase, image in recorder.images(cuts)
    ]


def tally_all(firmware: Path, folder: Path, count: int, jobs: int, only: list[str] | None = None) -> list[Tally]:
    """All works, all cuts (or `count` of each)."""
    from rich.console import Console
    from rich.progress import Progress, TextColumn, TimeRemainingColumn

    tallies: list[Tally] = []
    names = [work.name for work in all_works(folder / str(os.getpid()))]
    columns = (*Progress.get_default_columns()[:3], TextColumn("{task.completed}/{task.total} cuts"))
    with (
        ProcessPoolExecutor(jobs) as pool,
        Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True)) as progress,
    ):
        for name in only or names:
            recording = _recorder(firmware, folder, name).recording
            cuts = sample(recording.cuts(), count) if count else recording.cuts()
            tally = Tally(name, recording.names)
            tallies.append(tally)
            task = progress.add_task(name, total=len(cuts))
            chunks = [cuts[at : at + _CHUNK] for at in range(0, len(cuts), _CHUNK)]
            for done in as_completed([pool.submit(run_chunk, firmware, folder, name, chunk) for chunk in chunks]):
                for operation, phase, state, wrong in done.result():
                    tally.cuts += 1
                    tally.found[state] = tally.found.get(state, 0) + 1
                    if wrong:
                        tally.failures.append((operation, phase, wrong))
                    progress.advance(task)
            print(_line(tally), flush=True)
    return tallies


def _line(tally: Tally) -> str:
    operations = ", ".join(f"{count} {name}" for name, count in sorted(tally.operations.items()))
    found = ", ".join(f"{count} {state}" for state, count in sorted(tally.found.items()))
    return f"{tally.work}: {tally.survived} of {tally.cuts} cuts survived ({operations}; found {found})"


def main(arguments: list[str] | None = None) -> int:
    """Returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m hil.updates", description=__doc__)
    parser.add_argument("--count", type=int, default=0, help="so many cuts of each work instead of all")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--only", action="append", help="only this work (repeatable)")
    parser.add_argument("--out", type=Path, default=_BUILD / "powercut.json")
    options = parser.parse_args(arguments)
    try:
        tallies = tally_all(default_uf2(), _BUILD / "powercut", options.count, options.jobs, options.only)
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
