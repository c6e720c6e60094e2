"""What a run gave, and what of it is not as it should be."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from hil.prove.micropython_tests.expected import Exemption, stale, surprises
from hil.prove.micropython_tests.judge import RESULTS, Outcome
from hil.prove.micropython_tests.kept import Kept


@dataclass(frozen=True)
class Report:
    """ratios: benchmark -> how many times its kept figure it took. astray: tests that did not end as they should;
    otherwise: what else is not as it should be; a text each."""

    outcomes: Sequence[Outcome]
    now: Kept
    ratios: dict[str, float]
    astray: list[str]
    otherwise: list[str]
    wall_s: float

    @classmethod
    def of(
        cls, outcomes: Sequence[Outcome], rows: Sequence[Exemption], kept: Kept | None, *, of_all: bool, wall_s: float
    ) -> Report:
        """kept: None where its times are of other boards. of_all: all tests ran, so that nothing may be missing."""
        now = Kept.of(outcomes)
        otherwise = stale((outcome.name for outcome in outcomes), rows) if of_all else []
        otherwise += kept.differences(now, of_all=of_all) if kept else []
        return cls(outcomes, now, kept.ratios(now) if kept else {}, surprises(outcomes, rows), otherwise, wall_s)

    @property
    def wrong(self) -> list[str]:
        """All that is not as it should be."""
        return self.astray + self.otherwise

    @property
    def emulated_s(self) -> float:
        """The boards' time that all tests took."""
        return sum(outcome.emulated_s for outcome in self.outcomes)

    def as_json(self) -> str:
        """For other programs."""
        counts = {room: dict(zip(RESULTS, each, strict=True)) for room, each in self.now.counts.items()}
        report = {
            "ok": not self.wrong,
            "wrong": self.wrong,
            "counts": counts,
            "of_kept": self.ratios,
            "emulated_s": self.emulated_s,
            "wall_s": self.wall_s,
            "outcomes": [asdict(outcome) for outcome in self.outcomes],
        }
        return json.dumps(report, indent=1) + "\n"

    def as_text(self) -> str:
        """For people, who have been told of tests that went astray: benchmarks, rooms, what else is wrong, verdict."""
        lines = []
        for name, took_us in self.now.took_us.items():
            compared = f", {self.ratios[name]:.2f} of what is kept" if name in self.ratios else ""
            lines.append(f"{name:36s} {took_us / 1000:8.1f} ms{compared}")
        for room, counts in self.now.counts.items():
            lines.append(f"{room:16s} " + ", ".join(f"{n:4d} {what}" for n, what in zip(counts, RESULTS, strict=True)))
        verdict = f"FAIL: {len(self.wrong)} not as they should be" if self.wrong else "ok: all as they should be"
        lines += [*self.otherwise, f"{verdict}; {self.emulated_s:.0f} s of the boards' time in {self.wall_s:.0f} s"]
        return "\n".join(lines) + "\n"
