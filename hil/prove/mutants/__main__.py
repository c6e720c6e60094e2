"""`make mutants`: break the firmware line by line, in copies of the tree, and see whether the fast tests notice.

First the list that has to die (kept.toml), each against the tests that it names; then every simple change of the
rooms, each against the tests that run its line. Prints who survived and the score of each room; writes
build/mutants.json. Status 3 when one of the list survived, or a room's score is below its floor.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import time
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from hil.errors import HilError
from hil.prove.mutants.copies import copies
from hil.prove.mutants.mutant import Mutant, excuses, kept
from hil.prove.mutants.operators import mutants
from hil.prove.mutants.report import Report
from hil.prove.mutants.rooms import FLOORS, FOLDER, TESTS
from hil.prove.mutants.trial import Outcome, Trial, as_they_are, mapped
from sapper_host import processes
from sapper_host.errors import Status
from sapper_host.files.checkout import BUILD, ROOT
from sapper_host.files.place import check_file
from sapper_host.files.whole_file import write

_HERE = Path(__file__).parent
KEPT, EQUIVALENT = _HERE / "kept.toml", _HERE / "equivalent.toml"
_TOLD_EVERY = 25


def made(rooms: Iterable[str], sample: int, seed: int) -> list[Mutant]:
    """Every simple change of these rooms' files, or so many of them, drawn."""
    found = []
    for room in rooms:
        for path in sorted((ROOT / FOLDER / room).glob("*.py")):
            found += mutants(path.relative_to(ROOT).as_posix(), path.read_bytes())
    chance = random.Random(seed)
    if sample and sample < len(found):
        found = chance.sample(found, sample)
    chance.shuffle(found)  # so that what is told on the way is told of all
    return found


class _Progress:
    """A line on a terminal, now and then one elsewhere."""

    def __init__(self, total: int) -> None:
        self._total, self._done, self._survived, self._since = total, 0, 0, time.monotonic()

    def step(self, survived: bool) -> None:
        """One more."""
        self._done += 1
        self._survived += survived
        terminal = sys.stderr.isatty()
        if terminal or self._done % _TOLD_EVERY == 0 or self._done == self._total:
            wall_s = time.monotonic() - self._since
            left_s = wall_s / self._done * (self._total - self._done)
            text = f"{self._done}/{self._total} mutants, {self._survived} survived, {left_s:.0f} s left"
            print(f"\r{text:60s}" if terminal else text, end="" if terminal else "\n", file=sys.stderr, flush=True)
            if terminal and self._done == self._total:
                print(file=sys.stderr)


def run_list(trial: Trial, listed: list[Mutant]) -> list[Outcome]:
    """The list; prints a line each."""
    outcomes = []
    as_they_are(trial.copies[0], sorted({test for mutant in listed for test in mutant.tests}))
    for outcome in trial.by_name(listed):
        outcomes.append(outcome)
        by = outcome.by or {"import": "it does not import", "time": "time was up"}.get(outcome.how, "")
        print(f"{'SURVIVED' if outcome.survived else 'killed  '} {outcome.mutant.kind}  {by}", flush=True)
    return outcomes


def main(arguments: list[str] | None = None) -> int:
    """Returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m hil.prove.mutants", description=__doc__)
    parser.add_argument("--room", choices=list(FLOORS), action="append", help="only this (repeatable)")
    parser.add_argument("--list-only", action="store_true", help="only the list that has to die")
    parser.add_argument("--list", type=Path, default=KEPT, help="another list")
    parser.add_argument("--sample", type=int, default=0, help="so many of the rooms' mutants instead of all")
    parser.add_argument("--seed", type=int, default=1, help="of the sample")
    parser.add_argument("--budget", type=float, default=10.0, help="CPU seconds of tests for each mutant, at most")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--out", type=Path, default=BUILD / "mutants.json")
    options = parser.parse_args(arguments)
    check_file(options.out)
    floors = {room: floor for room, floor in FLOORS.items() if room in (options.room or FLOORS)}
    report = Report(floors, excuses(EQUIVALENT), cache(lambda file: (ROOT / file).read_bytes()))
    try:
        listed = kept(options.list, ROOT)
        generated = [] if options.list_only else made(floors, options.sample, options.seed)
        with copies(ROOT, options.jobs) as trees:
            trial = Trial(trees)
            outcomes = run_list(trial, listed)
            if generated:
                print("running the tests as they are ...", file=sys.stderr, flush=True)
                tests = mapped(trees[0], TESTS, [f"{FOLDER}/{room}" for room in floors])
                progress = _Progress(len(generated))
                for outcome in trial.by_map(generated, tests, options.budget):
                    if told := report.add(outcome):
                        print(told, flush=True)
                    progress.step(bool(told))
    except HilError as error:
        print(f"error: {error}", file=sys.stderr)
        return Status.ERROR
    except (KeyboardInterrupt, processes.Ended):
        print("\nmutants: nothing was written. So far:", file=sys.stderr)
        _tell_rooms(report)
        raise
    return _tell(report, outcomes, options)


def _tell(report: Report, outcomes: list[Outcome], options: argparse.Namespace) -> int:
    alive = [outcome.mutant.kind for outcome in outcomes if outcome.survived]
    rooms = [] if options.list_only else list(report.rooms.values())
    stale = [] if options.list_only or options.sample else report.stale()
    for excuse in stale:
        print(f"stale in {EQUIVALENT.name}: {excuse.file}: {excuse.was} -> {excuse.becomes}")
    if rooms:
        _tell_rooms(report)
    print(f"{'FAIL' if alive else 'ok  '} list     {len(outcomes) - len(alive)} of {len(outcomes)} killed")
    told = {
        "list": [
            {"name": outcome.mutant.kind, "ok": not outcome.survived, "how": outcome.how, "by": outcome.by}
            for outcome in outcomes
        ],
        "rooms": [room.as_dict() for room in rooms],
        "sample": options.sample,
        "stale": [f"{excuse.file}: {excuse.was}" for excuse in stale],
    }
    write(options.out, json.dumps(told, indent=1) + "\n")
    return Status.OK if not alive and not stale and all(room.ok for room in rooms) else Status.SHORTFALL


def _tell_rooms(report: Report) -> None:
    for room in report.rooms.values():
        verdict = "ok  " if room.ok else "FAIL"
        print(
            f"{verdict} {room.name:8s} {room.score:5.1f} % of {room.killed + len(room.survivors)} noticed "
            f"(floor {room.floor:g} %; {room.excused} that nothing could notice)"
        )


if __name__ == "__main__":
    sys.exit(processes.command(main))
