"""The tables of docs/rigs.md: rooms, how many tests passed, why the others did not, benchmarks.

`python -m hil.prove.micropython_tests.page` writes them; a test fails when they are stale.
"""

from __future__ import annotations

import sys

from hil.prove.micropython_tests.expected import exemptions
from hil.prove.micropython_tests.kept import Kept
from sapper_host.files.checkout import DOCS
from sapper_host.files.page import refill, table, with_parts


def results() -> str:
    """Rooms against what became of their tests, in the run that was kept."""
    counts = Kept.read().counts
    total = [sum(each) for each in zip(*counts.values(), strict=True)]
    rows = [(f"`{room}`", *each) for room, each in counts.items()]
    return table(("room", "passed", "failed, explained", "do not apply"), [*rows, ("all", *total)])


def explanations() -> str:
    """Every test that does not pass, and why."""
    rows = [(row.result, ", ".join(f"`{test}`" for test in row.tests), row.why) for row in exemptions()]
    return table(("", "tests", "why"), rows)


def against_pico() -> str:
    """Benchmarks here, with nothing in RAM, and on a real Pico."""
    kept = Kept.read()
    rows = [
        (f"`{name.rpartition('/')[2]}`", f"{kept.cold_us[name] / 1000:.1f}", f"{pico_us / 1000:.1f}", f"{ratio:.2f}")
        for name, (pico_us, ratio) in kept.against_pico().items()
    ]
    return table(("benchmark", "virtual, ms", "a Pico, ms", "virtual / Pico"), rows)


# The parts of docs/rigs.md, by their marks.
PARTS = {
    "MicroPython's tests": results,
    "MicroPython's tests that do not pass": explanations,
    "benchmarks": against_pico,
}


def filled(page: str) -> str:
    """docs/rigs.md with these tables made anew."""
    return with_parts(page, PARTS)


def main() -> int:
    """Write them."""
    refill(DOCS / "rigs.md", PARTS)
    return 0


if __name__ == "__main__":
    sys.exit(main())
