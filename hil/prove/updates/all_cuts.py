"""Every power cut of every work, or a sample of each, over so many processes."""

from __future__ import annotations

import sys
from concurrent.futures import as_completed
from pathlib import Path

from hil.prove.updates.chunks import recorder_of, run_chunk, works
from hil.prove.updates.power_cut import Tally, sample
from hil.workers import workers

_CHUNK = 16
_TOLD_EVERY = 10 * _CHUNK


def tally_all(
    firmware: Path, folder: Path, count: int, jobs: int, only: list[str] | None = None, again_every: int = 1
) -> list[Tally]:
    """All works, all cuts (or `count` of each). again_every: see `run_chunk`."""
    from rich.console import Console
    from rich.progress import Progress, TextColumn, TimeRemainingColumn

    tallies: list[Tally] = []
    columns = (*Progress.get_default_columns()[:3], TextColumn("{task.completed}/{task.total} cuts"))
    with (
        workers(jobs) as pool,
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
                [pool.submit(run_chunk, firmware, folder, name, recording, chunk, again_every) for chunk in chunks]
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
