"""`python -m hil.prove.safety`: every scenario at seeded moments, the table, build/safety.json and build/safety.html.

A row that the rig lacks the means for is told as not run. A moment for which something had to be tried again (a new
board, a reboot that is no part of the fault) is told, and fails its row. Exit status 0 when every row was run and keeps
its limit, 3 when one does not, 1 when it could not be measured.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from concurrent.futures import as_completed
from dataclasses import replace
from pathlib import Path

from hil.errors import HilError
from hil.prove.measured_on import NOT_ON_SILICON, SILICON, Silicon, firmware_of
from hil.prove.safety import against, canary_run, report
from hil.prove.safety.against import text
from hil.prove.safety.boards import Where, stage_at
from hil.prove.safety.scenarios import SCENARIOS, SHORT, Scenario, needs
from hil.prove.safety.trial import Trial, run_trial
from hil.rigs.capabilities import Time
from hil.rigs.registry import FOR_TIME, RIGS, entry, why_not
from hil.workers import workers
from sapper_host import processes
from sapper_host.errors import Status
from sapper_host.files.checkout import BUILD
from sapper_host.files.place import check_folder

_BENCH = "bench"


def measure(where: Where, scenario: Scenario, moments: int, seed: int) -> tuple[str, list[Trial]]:
    """All moments of one scenario: (the firmware's version, trials).

    A moment that could not be measured is measured on a new board, so that the others can go on; its trial tells so.
    """
    trials: list[Trial] = []
    stage = stage_at(where, seed)
    for moment in range(moments):
        try:
            trials.append(run_trial(stage, scenario, seed * 1000 + moment))
        except HilError as error:
            stage = stage_at(where, seed, fresh=True)
            again = run_trial(stage, scenario, seed * 1000 + moment)
            trials.append(replace(again, repeats=(f"on a new board: {error}", *again.repeats)))
        if trials[-1].cannot:
            break
    return stage.version, trials


def measure_all(
    where: Where, scenarios: list[Scenario], moments: int, seed: int, jobs: int
) -> Iterator[tuple[str, list[Trial]]]:
    """`measure` of each, in so many processes, as they finish. A HilError names the scenario it came from."""
    with workers(jobs) as pool:
        waiting = {pool.submit(measure, where, one, moments, seed): one for one in scenarios}
        for done in as_completed(waiting):
            try:
                yield done.result()
            except HilError as error:
                raise HilError(f"{waiting[done].name}: {error}") from error


def main(arguments: list[str] | None = None) -> int:
    """Run it; returns the exit status."""
    parser = argparse.ArgumentParser(prog="hil.prove.safety", description=__doc__)
    parser.add_argument(
        "--rig", choices=list(RIGS), default=FOR_TIME, help=f"where the firmware runs (default: {FOR_TIME})"
    )
    parser.add_argument(
        "--bench", type=Path, metavar="F.toml", help="the file of a bench of hardware (default: emulated)"
    )
    parser.add_argument("--firmware", type=Path, help="what to test instead of the firmware that was built")
    parser.add_argument(
        "--xip-miss-clk", type=int, help="clocks of a flash cache miss, on a rig that has one (default: the rig's own)"
    )
    parser.add_argument("--moments", type=int, default=20, help="seeded moments of each scenario")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2, help="boards at a time; with --bench one")
    parser.add_argument("--only", default="", help="scenarios whose name or requirement holds this text")
    parser.add_argument("--short", action="store_true", help="the set that the tests run")
    parser.add_argument(
        "--canaries", action="store_true", help="instead: show that every row fails on a firmware known to be bad"
    )
    parser.add_argument(
        "--against",
        type=Path,
        metavar="JSON",
        help="a report of another rig: tell row by row how much later it is here",
    )
    parser.add_argument("--list", action="store_true", help="print the scenarios' names")
    parser.add_argument("--output", type=Path, default=BUILD)
    options = parser.parse_args(arguments)
    check_folder(options.output)
    chosen = [s for s in SCENARIOS if options.only in s.name or options.only in s.requirement]
    if options.short:
        chosen = [s for s in chosen if s.name in SHORT]
    if not chosen:
        parser.error(f"no scenario of these has '{options.only}' in its name or requirement")
    if options.xip_miss_clk is not None and (lacks := why_not(options.rig, (Time,))):
        parser.error(f"--xip-miss-clk: {lacks}")
    if options.bench and options.rig != _BENCH:
        parser.error(f"--bench: it tells of the rig '{_BENCH}'; say --rig {_BENCH}, too")
    where = Where(options.rig, options.firmware, options.xip_miss_clk, options.bench)
    jobs = 1 if options.bench else options.jobs
    if options.list:
        print("\n".join(s.name for s in chosen))
        return 0
    if options.canaries:
        try:
            return canary_run.run(where, chosen, options.seed, jobs, options.output)
        except HilError as error:
            print(f"error: {error}", file=sys.stderr)
            return Status.ERROR
    try:
        there = against.read(options.against) if options.against else {}
    except HilError as error:
        print(f"error: {error}", file=sys.stderr)
        return Status.ERROR
    silicon = list(Silicon.kept(firmware_of(options.firmware)).lines())
    start = time.monotonic()
    offers = entry(options.rig).offers
    reasons = {s: why_not(options.rig, needs(s, offers)) for s in chosen}
    not_run = [report.NotRun(s, why) for s, why in reasons.items() if why]
    runnable = [s for s in chosen if not reasons[s]]
    trials: list[Trial] = []
    version = ""
    try:
        print(
            f"{len(runnable)} of {len(chosen)} scenarios on {options.rig}, {options.moments} moments each; "
            f"{SILICON if options.bench else NOT_ON_SILICON}",
            flush=True,
        )
        # What such a record has is not at the pins: no row is measured by it, but what the rows rest on is.
        for line in silicon:
            print(line, flush=True)
        for firmware_version, more in measure_all(where, runnable, options.moments, options.seed, jobs):
            version = firmware_version
            if more[-1].cannot:
                not_run.append(report.NotRun(more[-1].scenario, more[-1].cannot))
                continue
            trials += more
            _print(report.rows(more)[0])
    except HilError as error:
        print(f"error: {error}", file=sys.stderr)
        return Status.ERROR
    for one in not_run:
        print(f"---- {one.scenario.name:<58} not run: {one.why}")
    order = {scenario: i for i, scenario in enumerate(SCENARIOS)}
    rows = report.rows(sorted(trials, key=lambda trial: order[trial.scenario]))
    compared = against.beside(there, [(row.scenario, row.worst_us) for row in rows])
    page = report.write(rows, options.output, version, options.rig, not_run, silicon, compared, bool(options.bench))
    for each in compared:
        print("  ".join((f"     {each.name:<58}", *(f"{word:>9}" for word in each.words))) + f"  (after {each.rig})")
    missed = [row for row in rows if not row.ok]
    print(
        f"{len(rows)} rows, {len(trials)} moments in {time.monotonic() - start:.0f} s; {len(missed)} missed;", end=" "
    )
    if not_run:
        print(f"{len(not_run)} NOT RUN;", end=" ")
    repeats = [what for row in rows for what in row.repeats]
    print(f"{len(repeats)} {'TIMES TRIED AGAIN' if repeats else 'tried again'}; {page}")
    return Status.SHORTFALL if missed or not_run else Status.OK


def _print(row: report.Row) -> None:
    s = row.scenario
    print(
        f"{'ok  ' if row.ok else 'MISS'} {s.name:<58} limit {s.limit.text:>10}  worst "
        f"{text(row.worst_us, s):>9}  median {text(row.median_us, s):>9}  {row.runs} runs  " + "; ".join(row.remarks),
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(processes.command(main))
