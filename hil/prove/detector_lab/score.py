"""What a detector's finds over many lanes amount to. Each lane is counted by recordings/score.py, as everywhere."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from hil.prove.detector_lab.lanes import Lane
from sapper_host.recordings.score import score


@dataclass(frozen=True)
class Find:
    """One contact or alert: place (m), its statistic, class hint, and how long the body is (m)."""

    s_m: float
    statistic: float
    class_hint: int = 0
    extent_m: float = 0.0


Pair = tuple[Lane, list[Find]]


@dataclass
class Totals:
    """Counts over some lanes; on_rocks: the false alarms that lie on a hot rock."""

    targets: int = 0
    found: int = 0
    false_alarms: int = 0
    on_rocks: int = 0
    rocks: int = 0
    rocks_called: int = 0
    again: int = 0
    area_m2: float = 0.0
    errors_m: list[float] = field(default_factory=list)
    missed: list[dict[str, object]] = field(default_factory=list)

    @property
    def detection(self) -> float:
        """Share of targets found."""
        return self.found / self.targets if self.targets else float("nan")

    @property
    def false_per_m2(self) -> float:
        """False alarms a square metre, those on hot rocks among them."""
        return self.false_alarms / self.area_m2 if self.area_m2 else float("nan")

    @property
    def rock_share(self) -> float:
        """Share of the hot rocks called."""
        return self.rocks_called / self.rocks if self.rocks else 0.0

    @property
    def error_m(self) -> float:
        """Mean distance between a find and its target along the track."""
        return float(np.mean(self.errors_m)) if self.errors_m else float("nan")

    def __add__(self, other: Totals) -> Totals:
        """Both together."""
        return Totals(**{name: value + getattr(other, name) for name, value in vars(self).items()})


def total(pairs: Iterable[Pair], level: float = 0.0) -> Totals:
    """All lanes with their finds from `level` on."""
    out = Totals()
    for lane, finds in pairs:
        scored = score([find.s_m for find in finds if find.statistic >= level], lane.truth)
        out.targets += scored.targets
        out.found += len(scored.found)
        out.false_alarms += len(scored.false_alarms)
        out.on_rocks += len(scored.on_rocks)
        out.rocks += scored.rocks
        out.rocks_called += len(scored.rocks_called)
        out.again += len(scored.again)
        out.area_m2 += scored.area_m2
        out.errors_m += [abs(match.error_m) for match in scored.found]
        for number in scored.missed:
            target = lane.truth["targets"][number]
            out.missed.append({"lane": lane.name, "speed_m_s": lane.truth.get("speed_m_s"), **target})
    return out
