"""Finds against truth, as the field counts them. This is the only counting there is: replay, campaign, bench, map and
the detector's lab all use it.

- A find belongs to the nearest target within half a metre along the track; of a long body (`extent_m`) that is from
  where it begins or ends. Of several the nearest is the target's find; the others are neither finds nor false alarms,
  and are told as `again`.
- A find that belongs to no target is a false alarm, on a hot rock as well as on nothing: a person has to dig either up.
- A hot rock is called when such a find lies within half a metre of it; each rock counts once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
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

    found: one match a target, its nearest find; again: further finds of a found target; missed: numbers of targets.
    on_rocks, on_nothing: the false alarms, by what is there. rocks_called: numbers of the hot rocks called; `rocks` lie
    in the ground. `area_m2` is the searched ground's.
    """

    found: tuple[Match, ...]
    again: tuple[float, ...]
    missed: tuple[int, ...]
    on_rocks: tuple[float, ...]
    on_nothing: tuple[float, ...]
    rocks_called: tuple[int, ...]
    rocks: int
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
    def false_alarms(self) -> tuple[float, ...]:
        """Places (m) of all finds that belong to no target."""
        return tuple(sorted(self.on_nothing + self.on_rocks))

    @property
    def false_alarms_per_m2(self) -> float:
        """All false alarms a square metre of searched ground."""
        return len(self.false_alarms) / self.area_m2

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
            "false_alarms": list(self.false_alarms),
            "on_rocks": list(self.on_rocks),
            "rocks": self.rocks,
            "rocks_called": list(self.rocks_called),
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
    targets = [float(target["s_m"]) for target in truth["targets"]]
    halves = [float(target.get("extent_m", 0.0)) / 2 for target in truth["targets"]]
    rocks = [float(rock["s_m"]) for rock in truth.get("hot_rocks", ())]
    hits: dict[int, list[float]] = {}
    on_rocks, on_nothing = [], []
    called: set[int] = set()
    for s_m in finds_m:
        target, rock = _nearest(s_m, targets, halves), _nearest(s_m, rocks)
        if target is not None:
            hits.setdefault(target, []).append(s_m)
        elif rock is not None:
            on_rocks.append(s_m)
            called.add(rock)
        else:
            on_nothing.append(s_m)
    found, again, missed = [], [], []
    for i, target_m in enumerate(targets):
        if i in hits:
            best, *others = sorted(hits[i], key=lambda s_m: abs(s_m - target_m))
            found.append(Match(i, best, best - target_m))
            again += others
        elif target_m <= reach_m:
            missed.append(i)
    return Score(
        tuple(found),
        tuple(again),
        tuple(missed),
        tuple(on_rocks),
        tuple(on_nothing),
        tuple(sorted(called)),
        len(rocks),
        max(reach_m, 0.001) * float(truth["swath_m"]),
    )


def _nearest(s_m: float, places_m: Sequence[float], halves_m: Sequence[float] = ()) -> int | None:
    """The number of the nearest place, or None when none is within half a metre. halves_m: so far does each reach."""
    reach_m = halves_m or [0.0] * len(places_m)
    away_m = (max(abs(s_m - place) - half, 0.0) for place, half in zip(places_m, reach_m, strict=True))
    distance_m, number = min(((away, i) for i, away in enumerate(away_m)), default=(float("inf"), -1))
    return number if distance_m <= FOUND_WITHIN_M else None
