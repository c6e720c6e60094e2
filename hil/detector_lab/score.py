"""Scores of contacts against truth, as the field counts them, with their intervals."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from scipy import stats

from hil.detector_lab.lanes import Lane

FOUND_WITHIN_M = 0.5


@dataclass
class Find:
    """One contact: place (m), its statistic, and class hint."""

    s_m: float
    statistic: float
    class_hint: int = 0


@dataclass
class Score:
    """Counts over some lanes."""

    targets: int = 0
    found: int = 0
    false_alarms: int = 0
    rocks: int = 0
    rocks_called: int = 0
    again: int = 0
    area_m2: float = 0.0
    errors_m: list[float] = field(default_factory=list)
    missed: list[dict[str, object]] = field(default_factory=list)
    alarms: list[tuple[str, float, float]] = field(default_factory=list)

    @property
    def detection(self) -> float:
        """Share of targets found."""
        return self.found / self.targets if self.targets else float("nan")

    @property
    def false_per_m2(self) -> float:
        """False alarms a square metre, hot rocks apart."""
        return self.false_alarms / self.area_m2 if self.area_m2 else float("nan")

    @property
    def false_with_rocks_per_m2(self) -> float:
        """The same, every contact on a hot rock counted as false too."""
        return (self.false_alarms + self.rocks_called) / self.area_m2 if self.area_m2 else float("nan")

    @property
    def error_m(self) -> float:
        """Mean distance between a find and its target along the track."""
        return float(np.mean(self.errors_m)) if self.errors_m else float("nan")


def score(pairs: Iterable[tuple[Lane, list[Find]]]) -> Score:
    """Match contacts with truth. A contact belongs to the nearest target within 0.5 m, else to a hot rock so near,
    else it is false.
    The strongest contact of a target is its find; further ones are counted as `again`."""
    out = Score()
    for lane, finds in pairs:
        truth = lane.truth
        out.area_m2 += lane.area_m2
        hits: dict[int, list[Find]] = {}
        rocks: set[int] = set()
        for find in finds:
            near = sorted((abs(find.s_m - t["s_m"]), i) for i, t in enumerate(truth["targets"]))
            if near and near[0][0] <= FOUND_WITHIN_M:
                hits.setdefault(near[0][1], []).append(find)
                continue
            near = sorted((abs(find.s_m - r["s_m"]), i) for i, r in enumerate(truth["hot_rocks"]))
            if near and near[0][0] <= FOUND_WITHIN_M:
                rocks.add(near[0][1])
                continue
            out.false_alarms += 1
            out.alarms.append((lane.name, find.s_m, find.statistic))
        out.targets += len(truth["targets"])
        out.rocks += len(truth["hot_rocks"])
        out.found += len(hits)
        out.rocks_called += len(rocks)
        for i, target in enumerate(truth["targets"]):
            if i in hits:
                best = max(hits[i], key=lambda f: f.statistic)
                out.errors_m.append(abs(best.s_m - target["s_m"]))
                out.again += len(hits[i]) - 1
            else:
                out.missed.append({"lane": lane.name, "speed_m_s": truth.get("speed_m_s"), **target})
    return out


def wilson(hits: int, trials: int, confidence: float = 0.95) -> tuple[float, float]:
    """Interval of a share (Wilson 1927)."""
    if trials == 0:
        return 0.0, 1.0
    z = float(stats.norm.ppf(0.5 + confidence / 2))
    p = hits / trials
    middle = (p + z * z / (2 * trials)) / (1 + z * z / trials)
    half = z * np.sqrt(p * (1 - p) / trials + z * z / (4 * trials * trials)) / (1 + z * z / trials)
    return max(0.0, float(middle - half)), min(1.0, float(middle + half))


def poisson(count: int, exposure: float, confidence: float = 0.95) -> tuple[float, float]:
    """Exact interval of a rate (Garwood 1936)."""
    tail = (1 - confidence) / 2
    low = float(stats.chi2.ppf(tail, 2 * count)) / 2 if count else 0.0
    high = float(stats.chi2.ppf(1 - tail, 2 * count + 2)) / 2
    return low / exposure, high / exposure


def roc(pairs: list[tuple[Lane, list[Find]]], levels: Iterable[float]) -> list[tuple[float, Score]]:
    """Scores at each level, from contacts taken at a low one."""
    return [
        (level, score((lane, [f for f in finds if f.statistic >= level]) for lane, finds in pairs)) for level in levels
    ]
