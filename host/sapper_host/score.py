"""Finds against truth, as the field counts them: a find belongs to the nearest target within half a metre of track."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

# The contest rule of robot demining: a declared position counts within half a metre.
FOUND_WITHIN_M = 0.5


@dataclass(frozen=True)
class Match:
    """A target, by its number in the truth, found at `s_m` with the given error (find - target, m)."""

    target: int
    s_m: float
    error_m: float


@dataclass(frozen=True)
class Score:
    """What a run found. Places are metres along the track.

    found: one match a target, its nearest find; again: further finds of a found target; missed: numbers of targets;
    rocks_called: finds that lie on a hot rock; false_alarms: finds on nothing. `area_m2` is the lane's.
    """

    found: tuple[Match, ...]
    again: tuple[float, ...]
    missed: tuple[int, ...]
    rocks_called: tuple[float, ...]
    false_alarms: tuple[float, ...]
    area_m2: float

    @property
    def targets(self) -> int:
        """Targets in the ground."""
        return len(self.found) + len(self.missed)

    @property
    def detection(self) -> float | None:
        """Share of the targets found; None when there was none."""
        return len(self.found) / self.targets if self.targets else None

    @property
    def false_alarms_per_m2(self) -> float:
        """False alarms a square metre, finds on hot rocks among them."""
        return (len(self.false_alarms) + len(self.rocks_called)) / self.area_m2

    @property
    def error_m(self) -> float | None:
        """Mean distance between finds and targets along the track; None when nothing was found."""
        return sum(abs(match.error_m) for match in self.found) / len(self.found) if self.found else None

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            "targets": self.targets,
            "found": len(self.found),
            "missed": list(self.missed),
            "again": list(self.again),
            "rocks_called": list(self.rocks_called),
            "false_alarms": list(self.false_alarms),
            "false_alarms_per_m2": round(self.false_alarms_per_m2, 4),
            "error_m": None if self.error_m is None else round(self.error_m, 4),
        }


def finds_of(events: Iterable[Mapping[str, Any]]) -> list[float]:
    """The places (m) that a run declared, from its events ({t_s, s_m, kind, ...}).

    A `contact` declares its peak's place (`peak_m` of a replay, `peak_mm` of the board). A `detect`
    without a contact within half a metre of it declares its own: a rover that stops over a find may never pass it.
    """
    contacts, alerts = [], []
    for event in events:
        if event["kind"] == "contact":
            contacts.append(float(event["peak_m"]) if "peak_m" in event else float(event["peak_mm"]) / 1000)
        elif event["kind"] == "detect":
            alerts.append(float(event["s_m"]))
    alone = [s_m for s_m in alerts if not any(abs(s_m - contact) <= FOUND_WITHIN_M for contact in contacts)]
    return sorted(contacts + alone)


def score(finds_m: Iterable[float], truth: Mapping[str, Any], searched_m: float | None = None) -> Score:
    """Match finds (m along the track) with a truth.

    searched_m: how far the run came, when not to the lane's end: targets beyond do not count as missed.
    """
    length_m = float(truth["lane_length_m"])
    reach_m = length_m if searched_m is None else min(searched_m, length_m)
    targets = [(i, float(target["s_m"])) for i, target in enumerate(truth["targets"])]
    rocks = [float(rock["s_m"]) for rock in truth.get("hot_rocks", ())]
    hits: dict[int, list[float]] = {}
    rocks_called, false_alarms = [], []
    for s_m in finds_m:
        near = min(((abs(s_m - target), i) for i, target in targets), default=(float("inf"), -1))
        if near[0] <= FOUND_WITHIN_M:
            hits.setdefault(near[1], []).append(s_m)
        elif any(abs(s_m - rock) <= FOUND_WITHIN_M for rock in rocks):
            rocks_called.append(s_m)
        else:
            false_alarms.append(s_m)
    found, again, missed = [], [], []
    for i, target in targets:
        if i in hits:
            best, *others = sorted(hits[i], key=lambda s_m: abs(s_m - target))
            found.append(Match(i, best, best - target))
            again += others
        elif target <= reach_m:
            missed.append(i)
    return Score(
        tuple(found),
        tuple(again),
        tuple(missed),
        tuple(rocks_called),
        tuple(false_alarms),
        max(reach_m, 0.001) * float(truth["swath_m"]),
    )
