"""What the last run that was kept gave: how many tests of each room passed, and how long the benchmarks took.

kept.toml holds it. The board's time is the measure, so a figure does not depend on the machine, but on the image: what
of it is in RAM decides by up to a third, its layout in flash by some per cent. So a benchmark's time on an image with
nothing in RAM is kept, too: whatever the hot set, it is hardly slower. That image is also what compares with a Pico of
MicroPython's authors, which had no hot set (pico.toml: what it scored).
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hil.prove.micropython_tests.judge import RESULTS, Outcome
from hil.prove.micropython_tests.rooms import ROOMS

KEPT = Path(__file__).parent / "kept.toml"
PICO = Path(__file__).parent / "pico.toml"
# A benchmark may take so many times its kept figure, or the kept figure so many times it: layout and small changes.
RATIO_MAX = 1.25
_HEAD = (
    "# Written by `python -m hil.prove.micropython_tests --keep`.\n"
    f"# Of each room: {', '.join(RESULTS)}. Of each benchmark: microseconds, work,\n"
    "# and microseconds with nothing in RAM.\n"
)


@dataclass(frozen=True)
class Kept:
    """counts: room -> passed, failed, skipped. took_us: benchmark -> microseconds of the board's time; work: likewise,
    for how much; cold_us: likewise, microseconds with nothing in RAM (of what is kept only)."""

    counts: dict[str, tuple[int, ...]]
    took_us: dict[str, int]
    work: dict[str, int]
    cold_us: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, outcomes: Sequence[Outcome]) -> Kept:
        """What a run gave."""
        counts = {
            room: tuple(sum(each.room == room and each.result == result for each in outcomes) for result in RESULTS)
            for room in ROOMS
        }
        timed = [outcome for outcome in outcomes if outcome.measured_us]
        took_us = {outcome.name: outcome.measured_us for outcome in timed}
        work = {outcome.name: outcome.work for outcome in timed}
        return cls({room: each for room, each in counts.items() if any(each)}, took_us, work)

    @classmethod
    def read(cls, path: Path = KEPT) -> Kept:
        """What the file says."""
        told = tomllib.loads(path.read_text(encoding="utf-8"))
        counts = {room: tuple(each) for room, each in told["counts"].items()}
        return cls(counts, *({name: each[n] for name, each in told["benchmarks"].items()} for n in range(3)))

    def as_toml(self) -> str:
        """The file's text."""
        counts = "".join(f'"{room}" = {list(each)}\n' for room, each in self.counts.items())
        took = "".join(
            f'"{name}" = [{self.took_us[name]}, {self.work[name]}, {self.cold_us[name]}]\n'
            for name in sorted(self.took_us)
        )
        return f"{_HEAD}\n[counts]\n{counts}\n[benchmarks]\n{took}"

    def against_pico(self) -> dict[str, tuple[float, float]]:
        """Benchmark -> (microseconds that a real Pico took for the same work, how many times that it took here); both
        had nothing in RAM."""
        scores = tomllib.loads(PICO.read_text(encoding="utf-8"))["scores"]
        pico_us = {name: 1e6 * self.work[name] / score for name, score in scores.items()}
        return {name: (each_us, self.cold_us[name] / each_us) for name, each_us in pico_us.items()}

    def ratios(self, now: Kept) -> dict[str, float]:
        """Benchmark -> how many times its kept figure it took."""
        return {name: took_us / self.took_us[name] for name, took_us in now.took_us.items() if name in self.took_us}

    def slow(self, now: Kept) -> list[str]:
        """Benchmarks that no choice of what is in RAM makes so slow: something else has."""
        return [
            f"{name} took {took_us} us; with nothing in RAM it took {self.cold_us[name]} us"
            for name, took_us in now.took_us.items()
            if took_us > RATIO_MAX * self.cold_us.get(name, took_us)
        ]

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
