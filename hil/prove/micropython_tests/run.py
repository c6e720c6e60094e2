"""Tests run: one after the other on a board that is booted once, and boards side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import as_completed
from itertools import groupby
from pathlib import Path

from hil.errors import HilError
from hil.prove.micropython_tests import benchmarks, judge
from hil.prove.micropython_tests.board import open_board
from hil.prove.micropython_tests.judge import FAILED, Outcome
from hil.prove.micropython_tests.prompt import RawPrompt
from hil.prove.micropython_tests.rooms import ROOMS, Case
from hil.rigs.virtual.errors import VirtualPicoError
from hil.rigs.virtual.xip import XIP_MISS_CLK
from hil.workers import workers

# Tests of a board's life: a new board costs a second, and parts differ much in what they take.
_PART = 40


def run_part(part: Sequence[Case], tests: Path, uf2: Path, xip_miss_clk: int = XIP_MISS_CLK) -> list[Outcome]:
    """Run tests one after the other on one board, as their first one's room wants it; after one that hangs or breaks
    it, on a new one."""
    outcomes = []
    prompt: RawPrompt | None = None
    room = ROOMS[part[0].room]
    try:
        for case in part:
            how = benchmarks if ROOMS[case.room].timed else judge
            try:
                prompt = prompt or RawPrompt(open_board(room, tests, uf2, xip_miss_clk))
                printed, took_s = prompt.run(how.script(case))
            except (HilError, VirtualPicoError) as error:
                outcomes.append(Outcome(case.name, FAILED, 0.0, f"{type(error).__name__}: {error}"))
                if prompt is not None:
                    prompt.close()
                    prompt = None
                continue
            outcomes.append(how.judged(case, printed.replace(b"\r\n", b"\n"), took_s))
    finally:
        if prompt is not None:
            prompt.close()
    return outcomes


def parts(cases: Sequence[Case]) -> list[list[Case]]:
    """What boards get: tests of one room, so many at most. Benchmarks come first, as they take longest."""
    made = []
    for room, of_room in groupby(sorted(cases, key=lambda case: list(ROOMS).index(case.room)), lambda case: case.room):
        each = list(of_room)
        size = 4 if ROOMS[room].timed else _PART
        made += [each[start : start + size] for start in range(0, len(each), size)]
    return sorted(made, key=lambda part: not ROOMS[part[0].room].timed)


def run_all(
    cases: Sequence[Case], tests: Path, uf2: Path, xip_miss_clk: int, jobs: int, tell: Callable[[list[Outcome]], None]
) -> list[Outcome]:
    """Run the tests on so many boards side by side; `tell` hears of each board's outcomes. Sorted by name."""
    outcomes: list[Outcome] = []
    with workers(jobs) as pool:
        for done in as_completed([pool.submit(run_part, part, tests, uf2, xip_miss_clk) for part in parts(cases)]):
            outcomes += done.result()
            tell(done.result())
    return sorted(outcomes, key=lambda outcome: outcome.name)
