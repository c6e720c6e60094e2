"""MicroPython's own tests, run on the virtual Pico with our image: proof that emulator, interpreter and image agree.

Every test runs in a fresh interpreter. What it must print is in a .exp file beside it, or is what CPython prints. The
tests are those of the sources the image was built from. Which fail or do not apply, and why, is in expected.toml;
a test that ends otherwise is named, and the status is 3. So it is when a benchmark's time moved (kept.toml).
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict

from hil.errors import HilError
from hil.prove.micropython_tests.expected import exemptions, stale, surprises
from hil.prove.micropython_tests.judge import RESULTS, Outcome
from hil.prove.micropython_tests.kept import KEPT, Kept
from hil.prove.micropython_tests.rooms import select, tests_folder
from hil.prove.micropython_tests.run import run_all
from hil.rigs.firmware import default_uf2
from sapper_host import processes
from sapper_host.errors import Status
from sapper_host.files.checkout import BUILD
from sapper_host.files.whole_file import write
from sapper_host.screen.progress import bar

REPORT = BUILD / "micropython-tests.json"


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(prog="python -m hil.prove.micropython_tests", description=__doc__)
    made.add_argument(
        "--only", action="append", default=[], metavar="ROOM|TEST", help="these, as shell patterns (repeatable)"
    )
    made.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="virtual Picos side by side")
    made.add_argument("--json", action="store_true", help="print the report instead of what it says")
    made.add_argument("--keep", action="store_true", help=f"write counts and benchmarks to {KEPT.name} (of all tests)")
    return made


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its exit status."""
    options = parser().parse_args(arguments)
    if options.keep and options.only:
        parser().error("--keep is about all tests: leave --only out")
    began_s = time.monotonic()
    try:
        uf2 = default_uf2()
        tests = tests_folder()
        cases = select(tests, options.only)
        rows = exemptions()
        done: list[Outcome] = []
        with bar("MicroPython's tests", len(cases), "tests") as advance:

            def tell(outcomes: list[Outcome]) -> None:
                done.extend(outcomes)
                advance(len(done))
                for line in [] if options.json else surprises(outcomes, rows):
                    print(line, flush=True)

            outcomes = run_all(cases, tests, uf2, max(1, options.jobs), tell)
    except HilError as error:
        print(f"error: {error}", file=sys.stderr)
        return Status.ERROR
    now, of_all = Kept.of(outcomes), not options.only
    wrong = surprises(outcomes, rows)
    if options.keep and not wrong:
        write(KEPT, now.as_toml())
    kept = Kept.read()
    differences = kept.differences(now, of_all=of_all)
    if of_all:
        differences += stale((case.name for case in cases), rows)
    wrong += differences
    report = {
        "ok": not wrong,
        "wrong": wrong,
        "counts": {room: dict(zip(RESULTS, counts, strict=True)) for room, counts in now.counts.items()},
        "of_kept": kept.ratios(now),
        "emulated_s": sum(outcome.emulated_s for outcome in outcomes),
        "wall_s": time.monotonic() - began_s,
        "outcomes": [asdict(outcome) for outcome in outcomes],
    }
    text = json.dumps(report, indent=1) + "\n"
    write(REPORT, text)
    if options.json:
        print(text, end="")
    else:
        _print(report, now, differences)
    return Status.SHORTFALL if wrong else Status.OK


def _print(report: dict, now: Kept, differences: Sequence[str]) -> None:
    for name, ratio in report["of_kept"].items():
        print(f"{name:40s} {now.took_us[name] / 1000:9.1f} ms, {ratio:.2f} of what is kept")
    for line in differences:
        print(line)
    for room, counts in report["counts"].items():
        print(f"{room:16s} " + ", ".join(f"{count:4d} {result}" for result, count in counts.items()))
    print(
        f"{'ok' if report['ok'] else 'FAIL'}: {len(report['wrong'])} not as expected; "
        f"{report['emulated_s']:.0f} s emulated in {report['wall_s']:.0f} s; {REPORT}"
    )


if __name__ == "__main__":
    sys.exit(processes.command(main))
