"""Was the detector tuned to the objects that it was tried on? Each object is left out of the tuning in turn.

    python -m hil.prove.detector_lab.left_out FOLDER [FOLDER ...] [--jobs N]

For every object: of all settings on a grid (det_bend_percent, det_rock_pm), the one is taken that finds most of the
*other* objects at the level that keeps the rate of false alarms; the object itself is then scored at that setting and
level. Where several settings do as well for the others, the one counts that is worst for the object left out. The sum
over all objects is compared with the settings as delivered, at the level for the same rate.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from hil.intervals import wilson
from hil.prove.detector_lab.compare import LOWEST_X100, POINTS, level_for
from hil.prove.detector_lab.lanes import Lane, read_folder
from hil.prove.detector_lab.run import run
from hil.prove.detector_lab.score import Find, Pair
from hil.workers import workers
from sapper.shared.detector_settings import TUNING
from sapper_host import processes
from sapper_host.recordings.score import score

Setting = tuple[int, int]  # det_bend_percent, det_rock_pm
BEND_PERCENT = (120, 150, 180, 220, 270)
ROCK_PM = (30, 50, 80)
_DEFAULTS = {row[0]: row[1] for row in TUNING}
DELIVERED: Setting = (_DEFAULTS["det_bend_percent"], _DEFAULTS["det_rock_pm"])
GRID: tuple[Setting, ...] = tuple((bend, rock) for bend in BEND_PERCENT for rock in ROCK_PM)


def _run(job: tuple[Setting, Lane]) -> list[Find]:
    (bend, rock), lane = job
    return run(lane, {"det_level_x100": LOWEST_X100, "det_bend_percent": bend, "det_rock_pm": rock}).contacts


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


def report(lanes: Sequence[Lane], difficulty: str, rate: float, pairs: dict[Setting, list[Pair]]) -> str:
    """The table for one difficulty and rate."""
    chosen = {s: [pair for pair in rows if pair[0].truth["difficulty"] == difficulty] for s, rows in pairs.items()}
    there = Counter(
        str(target["name"])
        for lane in lanes
        if lane.truth["difficulty"] == difficulty
        for target in lane.truth["targets"]
    )
    found = {setting: found_by_object(rows, level_for(rows, rate)) for setting, rows in chosen.items()}
    settings = left_out(found, sorted(there))
    out = [
        f"\n{difficulty}, level for {rate} a square metre\n",
        "| object | found, left out of the tuning | as delivered | bend percent, rock pm |\n|---|---|---|---|",
    ]
    for name, setting in settings.items():
        out.append(
            f"| {name} | {found[setting][name]}/{there[name]} | {found[DELIVERED][name]}/{there[name]} "
            f"| {setting[0]}, {setting[1]} |"
        )
    for title, hits in (
        ("left out", sum(found[setting][name] for name, setting in settings.items())),
        ("as delivered", sum(found[DELIVERED].values())),
    ):
        low, high = wilson(hits, there.total())
        out.append(f"all, {title}: {hits}/{there.total()} = {hits / there.total():.3f} ({low:.3f}..{high:.3f})")
    return "\n".join(out)


def main() -> None:
    """Read the folders, print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="+", type=Path, help="folders of NAME.csv with NAME.truth.json")
    parser.add_argument("--jobs", type=int, default=2, help="processes (2)")
    arguments = parser.parse_args()
    lanes = [lane for folder in arguments.folders for lane in read_folder(folder)]
    pairs: dict[Setting, list[Pair]] = {}
    with workers(arguments.jobs) as pool:
        for setting in dict.fromkeys((*GRID, DELIVERED)):
            finds = pool.map(_run, [(setting, lane) for lane in lanes], chunksize=4)
            pairs[setting] = list(zip(lanes, finds, strict=True))
    for difficulty, rates in POINTS.items():
        if any(lane.truth["difficulty"] == difficulty for lane in lanes):
            for rate in rates:
                print(report(lanes, difficulty, rate, pairs))


if __name__ == "__main__":
    sys.exit(processes.command(main))
