"""What the last run that was kept gave: how many tests of each room passed, and how long the benchmarks took.

kept.toml holds it. The board's time is the measure, so a figure does not depend on the machine, but on the image: its
layout in flash moves some of them by a few per cent.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hil.prove.micropython_tests.judge import RESULTS, Outcome
from hil.prove.micropython_tests.rooms import ROOMS

KEPT = Path(__file__).parent / "kept.toml"
# A benchmark may take so many times its kept figure, or the kept figure so many times it.
RATIO_MAX = 1.25
_HEAD = f"# Written by `python -m hil.prove.micropython_tests --keep`: {', '.join(RESULTS)} of each room; benchmarks.\n"


@dataclass(frozen=True)
class Kept:
    """counts: room -> passed, failed, skipped. took_us: benchmark -> microseconds of the board's time."""

    counts: dict[str, tuple[int, ...]]
    took_us: dict[str, int]

    @classmethod
    def of(cls, outcomes: Sequence[Outcome]) -> Kept:
        """What a run gave."""
        counts = {
            room: tuple(sum(each.room == room and each.result == result for each in outcomes) for result in RESULTS)
            for room in ROOMS
        }
        took_us = {outcome.name: outcome.measured_us for outcome in outcomes if outcome.measured_us}
        return cls({room: each for room, each in counts.items() if any(each)}, took_us)

    @classmethod
    def read(cls, path: Path = KEPT) -> Kept:
        """What the file says."""
        told = tomllib.loads(path.read_text(encoding="utf-8"))
        return cls({room: tuple(each) for room, each in told["counts"].items()}, told["took_us"])

    def as_toml(self) -> str:
        """The file's text."""
        counts = "".join(f'"{room}" = {list(each)}\n' for room, each in self.counts.items())
        took = "".join(f'"{name}" = {took_us}\n' for name, took_us in sorted(self.took_us.items()))
        return f"{_HEAD}\n[counts]\n{counts}\n[took_us]\n{took}"

    def ratios(self, now: Kept) -> dict[str, float]:
        """Benchmark -> how many times its kept figure it took."""
        return {name: took_us / self.took_us[name] for name, took_us in now.took_us.items() if name in self.took_us}

    def differences(self, now: Kept, *, of_all: bool) -> list[str]:
        """What a run gave otherwise. of_all: all tests ran, so that there is nothing that may be missing."""
        keep = "if that is meant, run with --keep"
        lines = [
            f"{name} took {ratio:.2f} of what is kept ({self.took_us[name]} us); {keep}"
            for name, ratio in self.ratios(now).items()
            if not 1 / RATIO_MAX <= ratio <= RATIO_MAX
        ]
        lines += [f"{name} has no kept figure; {keep}" for name in now.took_us if name not in self.took_us]
        if of_all:
            lines += [
                f"{name} has a kept figure, and was not measured; {keep}"
                for name in self.took_us
                if name not in now.took_us
            ]
            lines += [
                f"{room}: {now.counts.get(room)} {', '.join(RESULTS)}, kept is {self.counts.get(room)}; {keep}"
                for room in ROOMS
                if now.counts.get(room) != self.counts.get(room)
            ]
        return lines
