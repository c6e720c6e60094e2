"""What the detector is held to beyond its promises: in scenes, on other days, as it stops, right after arming.

Each row says what it counts; limits are here and nowhere else. The lanes are the project's own, and the figures are not
those of other objects. Stop mode is told of the recorded lanes too, where they are, and held to nothing there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from hil.intervals import poisson, wilson
from hil.prove.benchmarks.row import Row
from hil.prove.detector_lab.approaches import RUN_UP_M, Stops
from hil.prove.detector_lab.curves import Object, chosen, curve_of, half_interval
from hil.prove.detector_lab.found import (
    ALERTS,
    BASELINES,
    CONTACTS,
    Found,
    Tally,
    levels,
    tally,
    targets_hit,
    totals,
)
from hil.prove.detector_lab.run import RATE_SET
from hil.prove.detector_lab.scenes import CONTROL

Lanes = Sequence[Found]
_C = list(BASELINES)[-1]
# Contacts, false contacts a square metre, and by how much alerts may fall short of contacts.
PLAIN = {"nominal": (">= 0.985", "<= 0.02", "<= 0.02"), "hard": (">= 0.8", "<= 0.03", "<= 0.06")}
STOPS = {"nominal": ">= 0.96", "hard": ">= 0.72"}
# Shares of a scene's targets that become contacts.
CONTACTS_IN = {"swing": ">= 0.75", "creep": ">= 0.98", "minimum": ">= 0.4", "like_soil": ">= 0.778"}
# False contacts a square metre.
FALSE_IN = {
    "swing": "<= 0.03",
    "minimum": "<= 0.03",
    "stop_and_go": "<= 0.0133",
    "reverse": "<= 0.0133",
    "other_day_empty": "<= 0.06",
}
# By how much a scene's share may fall short of its control's: (scene, who).
SHORT_OF_CONTROL = {("tone_2", ALERTS): "<= 0.03", ("burst", CONTACTS): "<= 0.03"}
BURST_FALSE = "<= 0.02"
OTHER_DAY = "other_day"
OTHER_DAY_TIMES = "<= 2"
# Found, or told as not searched: (from, to, limit) in m of the start.
AT_START = ((0.0, 0.2, ">= 0.8"), (0.3, 0.4, ">= 0.95"))
# Once the noise is known, by how far after arming.
SOON = {"after 1.2 m": ">= 0.775", "after 4 m": "", "after 10 m": ""}
# The size (sigma) of which half is found, at a speed (m/s) over nominal soil.
HALF = {0.2: "<= 3.5", 0.4: "<= 4.3"}
BEHIND_RAIL, BEHIND_RAIL_ALERTS = "0.50 m behind", ">= 0.833"
LARGE = "drives a gate to its rail"
FRONT_END = ("saturated", "no_pulse")
EXTENT_WITHIN_M = 0.3


@dataclass
class Measured:
    """All that was run. first: own lanes of the first day. scenes: by name, controls apart. learned: the scene `soon`
    with the noise known. stops: by difficulty, of recorded lanes under other names."""

    first: Lanes = ()
    scenes: Mapping[str, Lanes] = field(default_factory=dict)
    learned: Lanes = ()
    stops: Mapping[str, Stops] = field(default_factory=dict)
    objects: Sequence[Object] = ()


def rows(measured: Measured) -> list[Row]:
    """All rows that there is something measured for."""
    scenes = measured.scenes
    out = [row for difficulty in PLAIN for row in _plain(measured, difficulty)]
    out += [_stops(name, stops) for name, stops in measured.stops.items()]
    there = {name: lanes for name, lanes in scenes.items() if lanes}
    for name in [name for name in CONTACTS_IN if name in there]:
        out.append(share_row(f"{name}: contacts", there[name], CONTACTS, CONTACTS_IN[name]))
    for name in [name for name in FALSE_IN if name in there]:
        out.append(false_row(f"{name}: false contacts", there[name], FALSE_IN[name]))
    for (name, who), held in SHORT_OF_CONTROL.items():
        if name in there:
            out.append(short_row(name, there[name], there[name + CONTROL], who, held))
    for name, rows_of in _OF_ONE_SCENE.items():
        out += rows_of(there[name]) if name in there else ()
    if measured.learned:
        out += soon_rows("soon, noise learned before", measured.learned, SOON)
    return [*out, *half_rows(measured.objects)]


def _ratio(name: str, hits: int, trials: int, held: str) -> Row:
    return Row(name, hits / trials if trials else 0.0, "", held, wilson(hits, trials), f"{hits}/{trials}")


def share_row(name: str, lanes: Lanes, who: str, held: str) -> Row:
    """Share of the targets that `who` found."""
    t = totals(lanes, who)
    return _ratio(name, t.found, t.targets, held)


def false_row(name: str, lanes: Lanes, held: str) -> Row:
    """False contacts a square metre."""
    t = totals(lanes, CONTACTS)
    interval = poisson(t.false_alarms, t.area_m2)
    return Row(name, t.false_per_m2, "/m2", held, interval, f"{t.false_alarms} in {t.area_m2:g} m2")


def short_row(name: str, lanes: Lanes, control: Lanes, who: str, held: str) -> Row:
    """By how much the share found falls short of the control's."""
    with_it, without = totals(lanes, who), totals(control, who)
    note = f"{with_it.found}/{with_it.targets}, control {without.found}/{without.targets}"
    return Row(f"{name}: {who} short of the control", without.detection - with_it.detection, "", held, None, note)


def _plain(measured: Measured, difficulty: str) -> Iterator[Row]:
    contacts_held, false_held, alerts_held = PLAIN[difficulty]
    lanes = [each for each in measured.first if each.lane.truth["difficulty"] == difficulty]
    if lanes:
        yield share_row(f"{difficulty}, as delivered: contacts", lanes, CONTACTS, contacts_held)
        yield false_row(f"{difficulty}, as delivered: false contacts", lanes, false_held)
        contacts, alerts = totals(lanes, CONTACTS), totals(lanes, ALERTS)
        short = contacts.detection - alerts.detection
        note = f"{alerts.found}/{alerts.targets}"
        yield Row(f"{difficulty}, as delivered: alerts short of contacts", short, "", alerts_held, None, note)


def _stops(name: str, stops: Stops) -> Row:
    share = stops.stopped / stops.targets if stops.targets else 0.0
    note = f"{stops.stopped}/{stops.targets}, {stops.elsewhere} elsewhere"
    what = f"{name}, stop mode, armed at most {RUN_UP_M:g} m before: stops over the target"
    return Row(what, share, "", STOPS.get(name, ""), wilson(stops.stopped, stops.targets), note)


def _other_day(lanes: Lanes) -> Iterator[Row]:
    counts: Tally = tally(OTHER_DAY, lanes, levels(lanes))
    better = counts.share(CONTACTS) - counts.share(_C)
    note = f"{counts.found[CONTACTS]:g} and {counts.found[_C]:g} of {counts.targets}"
    yield Row(f"other day: contacts better than the {_C}, at the same rate", better, "", ">= 0", None, note)
    times = counts.false_per_m2(CONTACTS) / RATE_SET
    yield Row("other day: false contacts, times the rate set", times, "", OTHER_DAY_TIMES, None, f"{RATE_SET:g} set")


def _bursts(lanes: Lanes) -> Iterator[Row]:
    unnamed = [each for each in lanes if "noise" not in each.said.fault_names]
    false = sum(totals([each], CONTACTS).false_alarms for each in unnamed)
    area_m2 = totals(lanes, CONTACTS).area_m2
    note = f"{false} in {area_m2:g} m2; {len(lanes) - len(unnamed)} of {len(lanes)} lanes told as noisy"
    name = "burst: false contacts that no fault explains"
    yield Row(name, false / area_m2, "/m2", BURST_FALSE, poisson(false, area_m2), note)


def _start(lanes: Lanes) -> Iterator[Row]:
    for low, high, held in AT_START:
        found = told = there = 0
        for each in lanes:
            hits = targets_hit(each, CONTACTS) | targets_hit(each, ALERTS)
            searched_m = each.said.searched_from_m
            for number, target in enumerate(each.lane.truth["targets"]):
                if low <= target["s_m"] <= high:
                    there += 1
                    found += number in hits
                    told += number not in hits and (searched_m is None or target["s_m"] < searched_m)
        row = _ratio(f"start: {low:g} to {high:g} m, found or told as not searched", found + told, there, held)
        yield Row(row.name, row.value, "", held, row.interval, f"{found} found, {told} told, of {there}")


def soon_rows(name: str, lanes: Lanes, held: Mapping[str, str]) -> list[Row]:
    """Contacts by how far after arming the object lies."""
    out = []
    for group, limit in held.items():
        hits, there = _of_group(lanes, group, CONTACTS)
        out.append(_ratio(f"{name}: {group}", hits, there, limit))
    return out


def _of_group(lanes: Lanes, group: str, *who: str) -> tuple[int, int]:
    """How many of a group's targets anyone of `who` found, and how many there are."""
    hits = there = 0
    for each in lanes:
        hit = set().union(*(targets_hit(each, one) for one in who))
        for number, target in enumerate(each.lane.truth["targets"]):
            if target.get("group") == group:
                there += 1
                hits += number in hit
    return hits, there


def _fresh(lanes: Lanes) -> list[Row]:
    return soon_rows("soon, a first start", lanes, dict.fromkeys(SOON, ""))


def _rail(lanes: Lanes) -> Iterator[Row]:
    yield _ratio(f"rail: alerts {BEHIND_RAIL}", *_of_group(lanes, BEHIND_RAIL, ALERTS), BEHIND_RAIL_ALERTS)
    hits, there = _of_group(lanes, LARGE, CONTACTS, ALERTS)
    yield Row("rail: large metal that nothing tells of", float(there - hits), "", "<= 0", None, f"of {there}")
    yield _front_end("rail", lanes)


def _front_end(name: str, lanes: Lanes) -> Row:
    """Lanes with any, as one body can raise many."""
    told = {fault: sum(fault in each.said.fault_names for each in lanes) for fault in FRONT_END}
    any_of = sum(any(fault in each.said.fault_names for fault in FRONT_END) for each in lanes)
    note = ", ".join(f"{fault} on {count}" for fault, count in told.items())
    name = f"{name}: lanes of metal told as a fault of the front end"
    return Row(name, float(any_of), "", "<= 0", None, f"of {len(lanes)}; {note}")


def _sheets(lanes: Lanes) -> Iterator[Row]:
    whole = there = 0
    for each in lanes:
        for target in each.lane.truth["targets"]:
            if "extent_m" in target:
                there += 1
                long_m = float(target["extent_m"])
                whole += any(
                    abs(contact.s_m - target["s_m"]) <= long_m / 2 + EXTENT_WITHIN_M
                    and abs(contact.extent_m - long_m) <= EXTENT_WITHIN_M
                    for contact in each.finds[CONTACTS]
                )
    yield _ratio(f"sheet: contacts with its extent within {EXTENT_WITHIN_M:g} m", whole, there, ">= 0.9")
    yield _front_end("sheet", lanes)


def half_rows(objects: Sequence[Object]) -> Iterator[Row]:
    """The size of which half is found, the bound's beside it."""
    for speed, held in HALF.items():
        some = chosen(objects, "nominal soil", speed)
        if some:
            curve, bound = curve_of(some, "contact"), curve_of(some, "chance")
            interval = half_interval([one.size for one in some], [one.contact for one in some])
            note = f"the bound's {bound.half:.1f}; {len(some)} objects"
            yield Row(f"size found half the time at {speed:g} m/s", curve.half, "sigma", held, interval, note)


_OF_ONE_SCENE: dict[str, Callable[[Lanes], Iterable[Row]]] = {
    OTHER_DAY: _other_day,
    "burst": _bursts,
    "start": _start,
    "soon": _fresh,
    "rail": _rail,
    "sheet": _sheets,
}
