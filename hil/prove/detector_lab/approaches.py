"""Does the rover stop over what it finds? Open loop, on the detector alone: each target is approached with the detector
armed anew, and only an alert over it counts.

`hil.prove.detector_lab.stops` does the same with the whole firmware on the sil rig; this is for many lanes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hil.prove.detector_lab.lanes import Lane
from hil.prove.detector_lab.run import Result, run
from sapper_host.recordings.score import FOUND_WITHIN_M

RUN_UP_M = 1.5
# Behind an object a sweep cannot begin at once: it needs so much ground of its own.
BEHIND_M = 0.7


@dataclass(frozen=True)
class Stops:
    """Of some lanes: targets, those that the rover stops over, and stops over nothing (told, not held to a limit: who
    stops there arms again)."""

    targets: int = 0
    stopped: int = 0
    elsewhere: int = 0

    def __add__(self, other: Stops) -> Stops:
        return Stops(self.targets + other.targets, self.stopped + other.stopped, self.elsewhere + other.elsewhere)


def armed_for_m(target_m: float, places_m: Sequence[float]) -> float:
    """Where the approach to a target begins: at most RUN_UP_M before it, and BEHIND_M behind the one of all before."""
    before_m = max((place for place in places_m if place < target_m), default=-BEHIND_M)
    return max(target_m - RUN_UP_M, before_m + BEHIND_M)


def armed_at_m(truth: dict[str, Any]) -> list[float]:
    """Where the detector is armed for each target, in the order in which the coil comes to them."""
    places = sorted(float(target["s_m"]) for target in truth["targets"])
    return [armed_for_m(place, places) for place in places]


def stops_of(truth: dict[str, Any], said: Result) -> Stops:
    """Alerts of an approach to each target, counted."""
    places = [float(target["s_m"]) for target in truth["targets"]]
    over = {i for i, place in enumerate(places) for a in said.alerts if abs(a.s_m - place) <= FOUND_WITHIN_M}
    nowhere = sum(all(abs(a.s_m - place) > FOUND_WITHIN_M for place in places) for a in said.alerts)
    return Stops(len(places), len(over), nowhere)


def approach_all(lane: Lane) -> Stops:
    """Every target of one lane, one after the other."""
    return stops_of(lane.truth, run(lane, armed_at_m=armed_at_m(lane.truth)))
