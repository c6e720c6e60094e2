"""MicroPython's own tests, run on the virtual Pico with our image: proof that emulator, interpreter and image agree.

Every test runs in a fresh interpreter. What it must print is in a .exp file beside it, or is what CPython prints. The
tests are those of the sources the image was built from. Which fail or do not apply, and why, is in expected.toml;
a test that ends otherwise is named, and the status is 3. So it is when a benchmark's time moved (kept.toml).
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import replace

from hil.errors import HilError
from hil.prove.micropython_tests.expected import Exemption, exemptions, surprises
from hil.prove.micropython_tests.judge import Outcome
from hil.prove.micropython_tests.kept import KEPT, Kept
from hil.prove.micropython_tests.report import Report
from hil.prove.micropython_tests.rooms import ROOMS, Case, select, tests_folder
from hil.prove.micropython_tests.run import run_all
from hil.rigs.firmware import default_uf2, with_hot_set
from hil.rigs.virtual.xip import XIP_MISS_CLK
from sapper_host import processes
from sapper_host.errors import Status
from sapper_host.files.checkout import BUILD
from sapper_host.files.whole_file import write
from sapper_host.screen.progress import bar

REPORT = BUILD / "micropython-tests.json"


def parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m hil.prove.micropython_tests", description=__doc__)
    parser.add_argument(
        "--only", action="append", default=[], metavar="ROOM|TEST", help="these, as shell patterns (repeatable)"
    )
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="virtual Picos side by side")
    parser.add_argument("--json", action="store_true", help="print the report instead of what it says")
    parser.add_argument(
        "--xip-miss-clk",
        type=int,
        default=XIP_MISS_CLK,
        metavar="CLK",
        help=f"clocks that a miss of the flash cache costs (default: {XIP_MISS_CLK}; with another nothing is compared)",
    )
    parser.add_argument("--keep", action="store_true", help=f"write counts and benchmarks to {KEPT.name}")
    options = parser.parse_args(arguments)
    if options.keep and (options.only or options.xip_miss_clk != XIP_MISS_CLK):
        parser.error("--keep is about all tests on the board as it is: leave --only and --xip-miss-clk out")
    return options


def told(cases: Sequence[Case], rows: Sequence[Exemption], options: argparse.Namespace) -> list[Outcome]:
    """Run the tests; shows how far it is, and prints at once what did not end as it should."""
    done = 0
    with bar("MicroPython's tests", len(cases), "tests") as advance:

        def tell(outcomes: list[Outcome]) -> None:
            nonlocal done
            done += len(outcomes)
            advance(done)
            for line in [] if options.json else surprises(outcomes, rows):
                print(line, flush=True)

        return run_all(cases, tests_folder(), default_uf2(), options.xip_miss_clk, max(1, options.jobs), tell)


def cold(jobs: int) -> dict[str, int]:
    """Benchmark -> microseconds it takes on an image with nothing in RAM. HilError."""
    print("benchmarks once more, with nothing of the firmware in RAM", file=sys.stderr)
    tests = tests_folder()
    timed = [case for case in select(tests, []) if ROOMS[case.room].timed]
    uf2 = with_hot_set("none", BUILD / "hot_set_none")
    return Kept.of(run_all(timed, tests, uf2, XIP_MISS_CLK, jobs, lambda outcomes: None)).took_us


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its exit status."""
    options = parsed(arguments)
    began_s = time.monotonic()
    try:
        cases, rows = select(tests_folder(), options.only), exemptions()
        outcomes = told(cases, rows, options)
        if options.keep and not surprises(outcomes, rows):
            kept_now = replace(Kept.of(outcomes), cold_us=cold(max(1, options.jobs)))
            write(KEPT, kept_now.as_toml())
    except HilError as error:
        print(f"error: {error}", file=sys.stderr)
        return Status.ERROR
    kept = Kept.read() if options.xip_miss_clk == XIP_MISS_CLK else None
    report = Report.of(outcomes, rows, kept, of_all=not options.only, wall_s=time.monotonic() - began_s)
    write(REPORT, report.as_json())
    print(report.as_json() if options.json else report.as_text(), end="")
    return Status.SHORTFALL if report.wrong else Status.OK


if __name__ == "__main__":
    sys.exit(processes.command(main))
