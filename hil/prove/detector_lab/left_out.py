"""Was the detector tuned to the objects, or to the day, that it was tried on? Each is left out of the tuning in turn.

    python -m hil.prove.detector_lab.left_out [FOLDER ...] [--jobs N]

Objects: for every object, of all settings on a grid (det_bend_percent, det_rock_pm) the one is taken that finds most of
the *others* at the level that keeps the rate of false alarms; the object itself is then scored at that setting and
level. Where several settings do as well for the others, the one counts that is worst for the object left out.

Days: the setting and the level are chosen on one day's lanes alike, and the other day's lanes are scored at both: what
is found, and how many false alarms come for the rate that was chosen. Equals count by what is worst for the day left
out. In a folder the other day's lanes are those named dev2_...; without a folder the lanes are the scene `other_day`
and its control.

Each is compared with the settings as delivered, at the level for the same rate.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path

from hil.intervals import poisson, wilson
from hil.prove.detector_lab.compare import LOWEST_X100, POINTS, level_for
from hil.prove.detector_lab.days import OTHER_DAY_LANES
from hil.prove.detector_lab.lanes import DIFFICULTIES, Lane, of_wish, read_folder
from hil.prove.detector_lab.run import run
from hil.prove.detector_lab.scenes import LANES, SEED
from hil.prove.detector_lab.score import Find, Pair, Totals, total
from hil.traces.synth import Wish
from hil.workers import workers
from sapper.shared.detector_settings import TUNING
from sapper_host import processes
from sapper_host.files.page import table
from sapper_host.recordings.score import score

Setting = tuple[int, int]  # det_bend_percent, det_rock_pm
BEND_PERCENT = (120, 150, 180, 220, 270)
ROCK_PM = (30, 50, 80)
_DEFAULTS = {row[0]: row[1] for row in TUNING}
DELIVERED: Setting = (_DEFAULTS["det_bend_percent"], _DEFAULTS["det_rock_pm"])
GRID: tuple[Setting, ...] = tuple((bend, rock) for bend in BEND_PERCENT for rock in ROCK_PM)
# False alarms a square metre that a day's level is chosen for.
DAY_RATE = 0.05


def _run(job: tuple[Setting, Lane]) -> list[Find]:
    (bend, rock), lane = job
    return run(lane, {"det_level_x100": LOWEST_X100, "det_bend_percent": bend, "det_rock_pm": rock}).contacts


def run_all(lanes: Sequence[Lane], pool: Executor) -> dict[Setting, list[Pair]]:
    """Every lane at every setting, at the lowest level."""
    return {
        setting: list(zip(lanes, pool.map(_run, [(setting, lane) for lane in lanes], chunksize=4), strict=True))
        for setting in dict.fromkeys((*GRID, DELIVERED))
    }


# ---- objects ---------------------------------------------------------------------------------------------------------


def found_by_object(pairs: Sequence[Pair], level: float) -> Counter[str]:
    """How many targets of each name are found at `level`."""
    out: Counter[str] = Counter()
    for lane, finds in pairs:
        scored = score([find.s_m for find in finds if find.statistic >= level], lane.truth)
        out.update(str(lane.truth["targets"][match.target]["name"]) for match in scored.found)
    return out


def left_out(found: dict[Setting, Counter[str]], names: Sequence[str]) -> dict[str, Setting]:
    """For each name the setting that finds most of the others; of equals the one that finds fewest of that name."""

    def worth(setting: Setting, name: str) -> tuple[int, int]:
        own = found[setting][name]
        return found[setting].total() - own, -own

    return {name: max(found, key=lambda setting: worth(setting, name)) for name in names}


def difficulty_of(lane: Lane) -> str:
    """From its truth, or from its name where that does not say."""
    named = next((word for word in DIFFICULTIES if f"_{word}_" in lane.name), "")
    return str(lane.truth.get("difficulty", named))


def _only(pairs: Mapping[Setting, Sequence[Pair]], which: Callable[[Lane], bool]) -> dict[Setting, list[Pair]]:
    return {setting: [pair for pair in rows if which(pair[0])] for setting, rows in pairs.items()}


def report(difficulty: str, rate: float, pairs: Mapping[Setting, Sequence[Pair]]) -> str:
    """The table of objects for one difficulty and rate."""
    chosen = _only(pairs, lambda lane: difficulty_of(lane) == difficulty)
    there = Counter(str(target["name"]) for lane, _ in chosen[DELIVERED] for target in lane.truth["targets"])
    found = {setting: found_by_object(rows, level_for(rows, rate)) for setting, rows in chosen.items()}
    settings = left_out(found, sorted(there))
    rows: list[tuple[str, ...]] = [
        (
            name,
            f"{found[setting][name]}/{there[name]}",
            f"{found[DELIVERED][name]}/{there[name]}",
            f"{setting[0]}, {setting[1]}",
        )
        for name, setting in settings.items()
    ]
    sums = (sum(found[setting][name] for name, setting in settings.items()), found[DELIVERED].total())
    rows.append(("**all**", *(f"**{_share(hits, there.total())}**" for hits in sums), ""))
    head = ("object", "found, left out of the tuning", "as delivered", "bend percent, rock pm")
    return f"{difficulty}, level for {rate} a square metre\n\n{table(head, rows)}"


def _share(hits: int, there: int) -> str:
    low, high = wilson(hits, there)
    return f"{hits}/{there} = {hits / there:.3f} ({low:.3f}..{high:.3f})"


# ---- days ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Crossed:
    """A day scored at another's setting and level, and as delivered at the level of its own for the same rate."""

    setting: Setting
    level: float
    scored: Totals
    delivered: Totals


def cross_days(pairs: Mapping[Setting, Sequence[Pair]], days: Mapping[str, Sequence[str]]) -> dict[str, Crossed]:
    """For each day, which has lanes of these names: all chosen on the other days' lanes."""
    return {
        day: _cross(_split(pairs, names, here=True), _split(pairs, names, here=False)) for day, names in days.items()
    }


def _split(pairs: Mapping[Setting, Sequence[Pair]], names: Sequence[str], here: bool) -> dict[Setting, list[Pair]]:
    return _only(pairs, lambda lane: (lane.name in names) == here)


def _cross(here: Mapping[Setting, Sequence[Pair]], there: Mapping[Setting, Sequence[Pair]]) -> Crossed:
    """Setting and level of `there`, scored `here`."""
    level = {setting: level_for(rows, DAY_RATE) for setting, rows in there.items()}
    scored = {setting: total(rows, level[setting]) for setting, rows in here.items()}

    def worth(setting: Setting) -> tuple[int, int, int]:
        left = scored[setting]
        return total(there[setting], level[setting]).found, -left.found, left.false_alarms

    best = max(there, key=worth)
    delivered = total(here[DELIVERED], level_for(here[DELIVERED], DAY_RATE))
    return Crossed(best, level[best], scored[best], delivered)


def day_report(pairs: Mapping[Setting, Sequence[Pair]], days: Mapping[str, Sequence[str]]) -> str:
    """The table of days."""
    rows = []
    for day, crossed in cross_days(pairs, days).items():
        cells = []
        for t in (crossed.scored, crossed.delivered):
            low, high = poisson(t.false_alarms, t.area_m2)
            cells += [_share(t.found, t.targets), f"{t.false_per_m2:.3f} ({low:.3f}..{high:.3f})"]
        rows.append((day, *cells, f"{crossed.setting[0]}, {crossed.setting[1]}; {crossed.level:.2f}"))
    head = (
        "day left out",
        "found",
        f"false / m2, for {DAY_RATE:g}",
        "as delivered, level of the same day: found",
        "false / m2",
        "bend percent, rock pm; level of the other day",
    )
    return table(head, rows)


def days_of(lanes: Sequence[Lane]) -> dict[str, list[str]]:
    """The names of the lanes of each day; one day where there is no other."""
    out: dict[str, list[str]] = {"first": [], "other": []}
    for lane in lanes:
        other = lane.name.startswith(OTHER_DAY_LANES) or "_other_day_" in lane.name
        out["other" if other else "first"].append(lane.name)
    return {day: names for day, names in out.items() if names}


def _own(index: int, control: bool) -> Lane:
    return of_wish(SEED, index, Wish(scene="other_day", control=control))


def own_lanes(pool: Executor) -> list[Lane]:
    """The project's own, of two days."""
    jobs = [(index, control) for control in (True, False) for index in range(LANES)]
    return list(pool.map(_own, *zip(*jobs, strict=True), chunksize=4))


def reports(lanes: Sequence[Lane], pool: Executor) -> tuple[list[str], str]:
    """The tables of objects, of the first day's lanes; and the table of days, '' where there is one day only."""
    pairs = run_all(lanes, pool)
    days = days_of(lanes)
    first = _only(pairs, lambda lane: lane.name in days.get("first", ()))
    objects = [
        report(difficulty, rate, first)
        for difficulty, rates in POINTS.items()
        if any(difficulty_of(lane) == difficulty for lane, _ in first[DELIVERED])
        for rate in rates
    ]
    return objects, day_report(pairs, days) if len(days) > 1 else ""


def main() -> None:
    """Read the folders, print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="*", type=Path, help="folders of NAME.csv with NAME.truth.json")
    parser.add_argument("--jobs", type=int, default=2, help="processes (2)")
    arguments = parser.parse_args()
    with workers(arguments.jobs) as pool:
        read = [lane for folder in arguments.folders for lane in read_folder(folder)]
        objects, days = reports([lane for lane in read if difficulty_of(lane)] or own_lanes(pool), pool)
    print(*objects, days, sep="\n")


if __name__ == "__main__":
    sys.exit(processes.command(main))
