"""The book of a bench: what its runs say of each scenario, rig and firmware. Nothing is ever run again in silence.

A scenario is flaky where it passes and fails on the same firmware and rig. `python -m hil.testing.book [FILE]` prints
the table, `--json` for scripts; exit status 3 when something is flaky.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from hil.errors import HilError
from hil.intervals import wilson
from hil.testing.book_file import PASSED, Book, Run
from sapper_host.files import folders

# With so many runs that all pass, at most one in ten fails (95 %).
RUNS_TO_TELL = 35
STEADY, FLAKY, BROKEN, NOT_YET = "steady", "FLAKY", "broken", "too few runs"
FLAKY_FOUND = 3  # exit status


@dataclass(frozen=True)
class Verdict:
    """Of one scenario on one rig and firmware. share: of the runs that fail, and its interval of 95 %."""

    scenario: str
    rig: str
    firmware: str
    boards: tuple[str, ...]
    runs: int
    failed: int
    share: float
    low: float
    high: float
    median_s: float
    verdict: str
    why: tuple[str, ...]

    @property
    def flaky(self) -> bool:
        """Whether it both passed and failed."""
        return self.verdict == FLAKY

    def as_dict(self) -> dict[str, object]:
        """For scripts."""
        return vars(self) | {"boards": list(self.boards), "why": list(self.why)}

    @property
    def line(self) -> str:
        """For people."""
        head = f"{self.verdict:<12} {self.failed:>4} of {self.runs:<5} fail  {100 * self.share:5.1f} %"
        span = f"({100 * self.low:.1f} to {100 * self.high:.1f})"
        return f"{head} {span:<15} {self.median_s:7.1f} s  {self.rig:<8} {self.firmware:<16}  {self.scenario}"


def verdicts(runs: Iterable[Run], least: int = RUNS_TO_TELL) -> list[Verdict]:
    """One for each scenario, rig and firmware; flaky ones first, then broken ones.

    least: with fewer runs than this that all pass, or all fail, nothing is said. That both happened is certain at once.
    """
    groups: dict[tuple[str, str, str], list[Run]] = defaultdict(list)
    for run in runs:
        groups[run.scenario, run.rig, run.firmware].append(run)
    found = [_verdict(*key, group, least) for key, group in groups.items()]
    order = (FLAKY, BROKEN, NOT_YET, STEADY)
    return sorted(found, key=lambda v: (order.index(v.verdict), -v.share, v.scenario, v.rig, v.firmware))


def _verdict(scenario: str, rig: str, firmware: str, group: list[Run], least: int) -> Verdict:
    failed = [run for run in group if run.outcome != PASSED]
    count = len(group)
    low, high = wilson(len(failed), count)
    if failed and len(failed) < count:
        verdict = FLAKY
    elif count < least:
        verdict = NOT_YET
    else:
        verdict = BROKEN if failed else STEADY
    durations = sorted(run.duration_s for run in group)
    return Verdict(
        scenario,
        rig,
        firmware,
        tuple(sorted({run.board for run in group if run.board})),
        count,
        len(failed),
        len(failed) / count,
        low,
        high,
        durations[count // 2],
        verdict,
        tuple(dict.fromkeys(run.why for run in reversed(failed) if run.why))[:3],
    )


def default_book() -> Path:
    """This user's on this host: a bench is what hangs on it."""
    return folders.state() / "bench" / "book.sqlite"


def main(arguments: list[str] | None = None) -> int:
    """Print it."""
    parser = argparse.ArgumentParser(prog="python -m hil.testing.book", description="What is flaky, by a bench's book.")
    parser.add_argument("book", nargs="?", type=Path, help="default: this user's own")
    parser.add_argument("--json", action="store_true", help="for scripts")
    parser.add_argument("--least", type=int, default=RUNS_TO_TELL, metavar="N", help="runs to tell by (%(default)s)")
    parser.add_argument("--firmware", default="", help="of firmware whose hash begins so only")
    parser.add_argument("--rig", default="", help="of this rig only")
    chosen = parser.parse_args(arguments)
    path = chosen.book or default_book()
    try:
        if not path.exists():
            raise HilError(f"there is no book at {path}; a run of scenarios on a rig begins it")
        book = Book(path)
        runs = [r for r in book.runs() if r.firmware.startswith(chosen.firmware) and chosen.rig in ("", r.rig)]
    except HilError as error:
        print(error, file=sys.stderr)
        return 2
    if book.told:
        print(book.told, file=sys.stderr)
    found = verdicts(runs, chosen.least)
    if chosen.json:
        print(json.dumps([each.as_dict() for each in found], indent=1))
    else:
        for each in found:
            print(each.line)
            for why in each.why:
                print(f"{'':14}{why}")
        print(f"{len(runs)} runs of {len(found)}; {sum(each.flaky for each in found)} flaky")
    return FLAKY_FOUND if any(each.flaky for each in found) else 0


if __name__ == "__main__":
    sys.exit(main())
