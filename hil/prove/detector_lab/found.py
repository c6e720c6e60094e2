"""What everyone finds on a lane: the firmware's contacts and alerts, three baselines, and what the bound would."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hil.prove.detector_lab import baselines
from hil.prove.detector_lab.bound import Known, known
from hil.prove.detector_lab.compare import level_for
from hil.prove.detector_lab.lanes import Lane
from hil.prove.detector_lab.run import RATE_SET, Result, run
from hil.prove.detector_lab.score import Find, Pair, Totals, total
from sapper_host.recordings.score import score

CONTACTS, ALERTS, BOUND = "contacts", "alerts", "bound"
BASELINES = {
    "one gate": baselines.one_gate,
    "two gates": baselines.two_gates,
    "matched filter": baselines.matched_filter,
}


@dataclass(frozen=True)
class Found:
    """One lane, with what was found by whom, what else the firmware said, and the bound for each target."""

    lane: Lane
    finds: Mapping[str, list[Find]]
    said: Result
    known: Sequence[Known]


def find(lane: Lane, said: Result | None = None) -> Found:
    """Firmware (as delivered, unless `said` is what it said), baselines and bound on one lane."""
    said = said or run(lane)
    finds = {CONTACTS: said.contacts, ALERTS: said.alerts}
    return Found(lane, finds | {name: method(lane) for name, method in BASELINES.items()}, said, known(lane))


def totals(found: Sequence[Found], who: str, level: float = 0.0) -> Totals:
    """Counts of one of them over some lanes."""
    return total(((each.lane, each.finds[who]) for each in found), level)


@dataclass(frozen=True)
class Level:
    """Of each baseline, and the rate of false alarms a square metre that it keeps."""

    rate: float
    of: Mapping[str, float]


def levels(found: Sequence[Found]) -> Level:
    """What gives each baseline no more false alarms than the firmware's contacts have over these lanes; where those
    have none, no more than the settings ask for."""
    rate = totals(found, CONTACTS).false_per_m2 or RATE_SET
    of = {}
    for name in BASELINES:
        pairs: list[Pair] = [(each.lane, each.finds[name]) for each in found]
        of[name] = level_for(pairs, rate)
    return Level(rate, of)


@dataclass(frozen=True)
class Tally:
    """Counts over a group of lanes. found: how many targets by whom (the bound's is an expectation). false_alarms: how
    many of whom. rate: what baselines and bound were held to."""

    name: str
    lanes: int
    targets: int
    area_m2: float
    found: Mapping[str, float]
    false_alarms: Mapping[str, int]
    rate: float

    def share(self, who: str) -> float:
        """Of the targets found."""
        return self.found[who] / self.targets if self.targets else float("nan")

    def false_per_m2(self, who: str) -> float:
        """False alarms a square metre."""
        return self.false_alarms[who] / self.area_m2


def tally(name: str, found: Sequence[Found], level: Level) -> Tally:
    """Everyone's counts over the lanes, the baselines at their level, the bound at its rate."""
    at = {CONTACTS: 0.0, ALERTS: 0.0} | dict(level.of)
    counts = {who: totals(found, who, at[who]) for who in at}
    chances = [one.chance(level.rate) for each in found for one in each.known]
    return Tally(
        name,
        len(found),
        counts[CONTACTS].targets,
        round(counts[CONTACTS].area_m2, 3),
        {who: each.found for who, each in counts.items()} | {BOUND: round(sum(chances), 2)},
        {who: each.false_alarms for who, each in counts.items()},
        level.rate,
    )


@dataclass(frozen=True)
class Group:
    """Targets of a scene that a truth names alike, and how many of them became a contact and an alert."""

    scene: str
    name: str
    targets: int
    contacts: int
    alerts: int


def targets_hit(found: Found, who: str) -> set[int]:
    """The numbers of the lane's targets that somebody found."""
    return {match.target for match in score([f.s_m for f in found.finds[who]], found.lane.truth).found}


def groups(found: Mapping[str, Sequence[Found]]) -> list[Group]:
    """Of all scenes."""
    counts: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    for scene, lanes in found.items():
        for each in lanes:
            hits = (targets_hit(each, CONTACTS), targets_hit(each, ALERTS))
            for number, target in enumerate(each.lane.truth["targets"]):
                if target.get("group"):
                    row = counts[scene, target["group"]]
                    for i, more in enumerate((True, number in hits[0], number in hits[1])):
                        row[i] += more
    return [Group(scene, name, *row) for (scene, name), row in sorted(counts.items())]
