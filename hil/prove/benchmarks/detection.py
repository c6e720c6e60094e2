"""What the detector finds, against three baselines and the bound: the detector's promises, with their 95 % intervals,
and a table by scene and one by day. What it is held to there: detection_limits.py.

On this project's own development set (hil.prove.detector_lab.lanes.own; nothing was tuned on it), and on the recorded
development lanes where they are. Thresholds are fixed beforehand in both of two ways:
- the promises are held by the firmware at a setting (det_far_per_100m2), whatever the lanes;
- methods are compared at a rate of false alarms, each half of the lanes at the level that keeps the rate on the other.
The firmware's detector runs in CPython on the traces' own values; `sapper campaign` plays them to the whole firmware,
whose converter rounds: a faint object more or less (docs/detector.md has both).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

from rich.console import Console

from hil.intervals import poisson, wilson
from hil.prove.benchmarks.detection_limits import Measured
from hil.prove.benchmarks.detection_limits import rows as limit_rows
from hil.prove.benchmarks.row import Row
from hil.prove.campaign.lane import faults_of, told
from hil.prove.campaign.summary import alert_in_time
from hil.prove.detector_lab.approaches import Stops, approach_all
from hil.prove.detector_lab.compare import POINTS, crossed, find_all, of_difficulty
from hil.prove.detector_lab.curves import GROUNDS, Object
from hil.prove.detector_lab.curves import objects as objects_of
from hil.prove.detector_lab.days import OTHER_DAY_LANES, own_days, recorded_days
from hil.prove.detector_lab.days import tallies as day_tallies
from hil.prove.detector_lab.found import Found, Group, Tally, find, groups
from hil.prove.detector_lab.lanes import OWN_LANES, Lane, own_set, read_folder
from hil.prove.detector_lab.run import CONTACT_LEVELS, Result, level_of, run
from hil.prove.detector_lab.scenes import by_scene, level_of_calm, made_scenes, tallies
from hil.prove.detector_lab.score import Pair, Totals, total
from hil.prove.detector_lab.soon import find_learned
from hil.prove.detector_lab.tables import Cells, as_screen, day_table, scene_table
from hil.workers import workers
from sapper.shared.events import FAULTS
from sapper_host.files.checkout import RECORDED
from sapper_host.limits import limit
from sapper_host.recordings.score import score
from sapper_host.screen.progress import waiting

PROCESSES = 2
LANES = RECORDED / "lanes"
FROZEN = limit("FROZEN_FAULT_MS")
# The promise at each rate of false alarms, and the setting that keeps it: (difficulty, rate) -> (setting, detection).
PROMISES = {
    ("nominal", 0.05): (3, 0.96),
    ("nominal", 0.1): (5, 0.97),
    ("hard", 0.1): (3, 0.70),
    ("hard", 0.3): (10, 0.80),
}


@dataclass
class Detection:
    """rows: the promises, and detectors at the same rates. beyond: what else it is held to. And the counts behind the
    tables: by scene and by day, of the project's own lanes and of the recorded ones; by group of targets; each object
    of the ladders."""

    rows: list[Row]
    beyond: list[Row]
    scenes: list[Tally]
    recorded_scenes: list[Tally]
    days: list[Tally]
    groups: list[Group]
    objects: list[Object]

    def tables(self) -> list[tuple[str, Cells]]:
        """With their titles."""
        own = (f"Own scenes, each beside its control; {_held_to(self.scenes)}", scene_table(self.scenes))
        recorded = (f"Recorded scenes; {_held_to(self.recorded_scenes)}", scene_table(self.recorded_scenes))
        days = ("Days, the rate set beside the one that came; the others at the latter", day_table(self.days))
        return [own, *([recorded] if self.recorded_scenes else []), days]


def _held_to(tallies: Sequence[Tally]) -> str:
    return "".join(f"baselines and bound at {one.rate:.3f} false alarms / m2" for one in tallies[:1])


def rows() -> list[Row]:
    """All rows; prints the tables by scene and by day before them."""
    measured = measure()
    console = Console(width=None if sys.stdout.isatty() else 250)
    for title, cells in measured.tables():
        console.print(as_screen(title, *cells))
    return [*measured.rows, *measured.beyond]


def measure() -> Detection:
    """Everything; three to four minutes of two cores."""
    with workers(PROCESSES) as pool:
        with waiting(f"making {OWN_LANES} lanes of each difficulty ..."):
            lanes = own_set(pool)
        out, first = _set_rows("own", lanes, pool)
        with waiting("making the scenes, and finding ..."):
            scenes = made_scenes(pool)
        with waiting("arming in mid-lane, and soon after the start ..."):
            approached = list(pool.map(approach_all, lanes, chunksize=4))
            stops = {d: sum(_of(d, lanes, approached), Stops()) for d in POINTS}
            learned = list(pool.map(find_learned, [each.lane for each in scenes["soon"]], chunksize=4))
        recorded_scenes: list[Tally] = []
        days = own_days(first, scenes)
        if LANES.is_dir():
            recorded = read_folder(LANES)
            out += _set_rows("recorded", recorded, pool)[0]
            with waiting("recorded scenes and days ..."):
                approached = list(pool.map(approach_all, recorded, chunksize=4))
                stops |= {f"recorded {d}": sum(_of(d, recorded, approached), Stops()) for d in POINTS}
                days |= recorded_days(RECORDED, pool)
                recorded_scenes = _recorded_scenes(pool)
        else:
            print(f"detection: no recorded lanes in {LANES}; the project's own alone", file=sys.stderr)
    level = level_of_calm(scenes)
    objects = [one for ladder in GROUNDS for one in objects_of(ladder, scenes[ladder], level.rate)]
    beyond = limit_rows(Measured(first, scenes, learned, stops, objects))
    return Detection(out, beyond, tallies(scenes, level), recorded_scenes, day_tallies(days), groups(scenes), objects)


def _of(difficulty: str, lanes: Sequence[Lane], stops: Sequence[Stops]) -> list[Stops]:
    return [each for lane, each in zip(lanes, stops, strict=True) if lane.truth["difficulty"] == difficulty]


def _recorded_scenes(pool: Executor) -> list[Tally]:
    """Days apart, which have their own table."""
    folder = RECORDED / "scenes"
    lanes = [lane for lane in read_folder(folder) if not lane.name.startswith(OTHER_DAY_LANES)]
    found = by_scene(list(pool.map(find, lanes, chunksize=2)))
    return tallies(found, level_of_calm(found)) if found else []


def _set_rows(name: str, lanes: Sequence[Lane], pool: Executor) -> tuple[list[Row], list[Found]]:
    """The promises' rows, and what was found as delivered."""
    with waiting(f"{name}: four detectors on {len(lanes)} lanes ..."):
        found = find_all(lanes, pool)
    with waiting(f"{name}: the firmware as delivered ..."):
        said = list(zip(lanes, pool.map(run, lanes, chunksize=4), strict=True))
    out: list[Row] = []
    for difficulty, rates in POINTS.items():
        for rate in rates:
            out += _promise(name, difficulty, rate, of_difficulty(found["firmware"], difficulty))
            out += _compared(name, difficulty, rate, {m: of_difficulty(p, difficulty) for m, p in found.items()})
    nominal = [(lane, result) for lane, result in said if lane.truth["difficulty"] == "nominal"]
    out += _delivered(f"{name} nominal, as delivered", nominal)
    out += _faults(f"{name}, all lanes", said)
    return out, [find(lane, result) for lane, result in said]


def _promise(name: str, difficulty: str, rate: float, pairs: Sequence[Pair]) -> Iterator[Row]:
    """The firmware at its setting: detection and false alarms, both held to their limits."""
    setting, detection = PROMISES[difficulty, rate]
    t = total(pairs, level_of(setting, CONTACT_LEVELS) / 100)
    title = f"{name} {difficulty}, det_far_per_100m2 = {setting}"
    yield Row(f"{title}: detection", t.detection, "", f">= {detection}", wilson(t.found, t.targets), _targets(t))
    yield Row(
        f"{title}: false alarms",
        t.false_per_m2,
        "/m2",
        f"<= {rate}",
        poisson(t.false_alarms, t.area_m2),
        f"{t.false_alarms} in {t.area_m2:g} m2, {t.on_rocks} on hot rocks",
    )


def _compared(name: str, difficulty: str, rate: float, found: dict[str, list[Pair]]) -> Iterator[Row]:
    """Every method at the level for the rate, cross-validated; nothing is promised for them."""
    for method, pairs in found.items():
        t = crossed(pairs, rate)
        low, high = poisson(t.false_alarms, t.area_m2)
        yield Row(
            f"  {name} {difficulty}, level for {rate}: {method}",
            t.detection,
            "",
            "",
            wilson(t.found, t.targets),
            f"{_targets(t)}; {t.false_per_m2:.3f} ({low:.3f}..{high:.3f}) false/m2, {t.rocks_called}/{t.rocks} rocks",
        )


def _targets(t: Totals) -> str:
    return f"{t.found}/{t.targets}"


def _delivered(title: str, said: Sequence[tuple[Lane, Result]]) -> Iterator[Row]:
    """Hot rocks, places, and whether the alert comes in time, as the firmware comes."""
    t = total((lane, result.contacts) for lane, result in said)
    rocks = f"{t.rocks_called}/{t.rocks}"
    yield Row(f"{title}: hot rocks called", t.rock_share, "", "<= 0.08", wilson(t.rocks_called, t.rocks), rocks)
    yield Row(f"{title}: mean location error", t.error_m, "m", "<= 0.04", None, f"largest {max(t.errors_m):.3f}")
    in_time = sum(alert_in_time(target, lane.truth) for lane, result in said for target in _fates(lane, result))
    yield Row(
        f"{title}: alerts that stop the coil within 0.10 m",
        in_time / t.found,
        "",
        ">= 0.95",
        wilson(in_time, t.found),
        f"{in_time}/{t.found}",
    )


def _fates(lane: Lane, result: Result) -> list[dict[str, Any]]:
    scored = score([contact.s_m for contact in result.contacts], lane.truth)
    fates: list[dict[str, Any]] = told(scored, lane.truth, [alert.s_m for alert in result.alerts])["targets"]
    return fates


def _faults(title: str, said: Sequence[tuple[Lane, Result]]) -> Iterator[Row]:
    """Stuck gates that were not raised within a second, and faults without a cause."""
    stuck, false = [], 0
    for lane, result in said:
        events = [{"kind": "fault", "t_s": t_s, "fault": FAULTS[code]} for t_s, code in result.faults]
        faults = faults_of(events, lane.truth)
        stuck += [freeze["raised_after_s"] for freeze in faults["stuck"]]
        false += len(faults["false"])
    late = sum(after_s is None or after_s > FROZEN.us / 1e6 for after_s in stuck)
    latest = max((after_s for after_s in stuck if after_s is not None), default=0.0)
    yield Row(
        f"{title}: stuck gates not raised within {FROZEN.text}",
        float(late),
        "",
        "<= 0",
        None,
        f"of {len(stuck)}; {latest:.2f} s",
    )
    yield Row(f"{title}: false faults", float(false), "", "<= 0")
