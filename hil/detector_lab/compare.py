"""The detector issue's table, ours against three baselines, cross-validated.

    python -m hil.detector_lab.compare FOLDER [FOLDER ...] [--jobs N]

The lanes of each difficulty are split in two halves; the level that keeps a rate of false alarms on one half is scored
on the other, and the two scores are added. The firmware's fixed levels (det_far_per_100m2) are scored on all lanes.
"""

import argparse
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np

from hil.detector_lab import baselines
from hil.detector_lab.lanes import Lane, read_folder
from hil.detector_lab.run import CONTACT_LEVELS, level_of, run
from hil.detector_lab.score import Find, Score, poisson, score, wilson

Pair = tuple[Lane, list[Find]]
LOWEST_X100 = 200
STEPS = 400
POINTS = {"nominal": (0.05, 0.1), "hard": (0.1, 0.3)}


def ours(lane: Lane) -> list[Find]:
    """The firmware's contacts, at a low level."""
    return run(lane, {"det_level_x100": LOWEST_X100}).contacts


METHODS = {
    "one gate, high-pass": baselines.one_gate,
    "two gates, balanced": baselines.two_gates,
    "matched filter, float, not causal": baselines.matched_filter,
    "firmware": ours,
}


def at_level(pairs: Sequence[Pair], level: float) -> Score:
    """Score of the finds from `level` on."""
    return score((lane, [f for f in finds if f.statistic >= level]) for lane, finds in pairs)


def level_for(pairs: Sequence[Pair], rate: float) -> float:
    """The lowest level that keeps false alarms (a square metre) within `rate`."""
    all_levels = np.unique([f.statistic for _, finds in pairs for f in finds] + [1e9])
    picked = all_levels[np.unique(np.linspace(0, len(all_levels) - 1, STEPS).astype(int))]
    low, high = 0, len(picked) - 1
    while low < high:
        middle = (low + high) // 2
        if at_level(pairs, picked[middle]).false_per_m2 <= rate:
            high = middle
        else:
            low = middle + 1
    return float(picked[low])


def add(a: Score, b: Score) -> Score:
    """Two scores of different lanes as one."""
    return Score(
        a.targets + b.targets,
        a.found + b.found,
        a.false_alarms + b.false_alarms,
        a.rocks + b.rocks,
        a.rocks_called + b.rocks_called,
        a.again + b.again,
        a.area_m2 + b.area_m2,
        a.errors_m + b.errors_m,
        a.missed + b.missed,
        a.alarms + b.alarms,
    )


def crossed(pairs: Sequence[Pair], rate: float) -> Score:
    """Each half scored at the level of the other."""
    halves = (pairs[::2], pairs[1::2])
    return add(
        at_level(halves[1], level_for(halves[0], rate)),
        at_level(halves[0], level_for(halves[1], rate)),
    )


def row(name: str, s: Score) -> str:
    """One line of the table."""
    found = wilson(s.found, s.targets)
    false = poisson(s.false_alarms, s.area_m2)
    return (
        f"| {name} | {s.detection:.3f} ({found[0]:.3f}..{found[1]:.3f}) | "
        f"{s.false_per_m2:.3f} ({false[0]:.3f}..{false[1]:.3f}) | {s.false_with_rocks_per_m2:.3f} | "
        f"{s.rocks_called}/{s.rocks} | {s.error_m:.3f} | {s.again} |"
    )


HEAD = (
    "| detector | detection (95 %) | false alarms / m2 (95 %) | with rocks | rocks called | error m | again |\n"
    "|---|---|---|---|---|---|---|"
)


def finds_of(job: tuple[str, Lane]) -> list[Find]:
    """One method on one lane (for a process pool)."""
    return METHODS[job[0]](job[1])


def tables(lanes: Sequence[Lane], jobs: int) -> str:
    """All tables as text."""
    out = []
    with ProcessPoolExecutor(jobs) as pool:
        found = {name: list(pool.map(finds_of, [(name, lane) for lane in lanes], chunksize=4)) for name in METHODS}
    for difficulty, rates in POINTS.items():
        chosen = [i for i, lane in enumerate(lanes) if lane.truth["difficulty"] == difficulty]
        if not chosen:
            continue
        for rate in rates:
            out += [f"\n{difficulty}, {len(chosen)} lanes, level for <= {rate} a square metre, cross-validated\n", HEAD]
            out += [row(name, crossed([(lanes[i], finds[i]) for i in chosen], rate)) for name, finds in found.items()]
        out += [f"\n{difficulty}, the firmware's fixed levels\n", HEAD]
        pairs = [(lanes[i], found["firmware"][i]) for i in chosen]
        for far in (1, 3, 5, 10, 30):
            level = level_of(far, CONTACT_LEVELS) / 100
            out.append(row(f"det_far_per_100m2 = {far} (level {level:.2f})", at_level(pairs, level)))
        for missed in at_level(pairs, level_of(3, CONTACT_LEVELS) / 100).missed:
            out.append(
                f"missed at 3: {missed['lane']} {missed['s_m']} m, {missed['name']} at {missed['distance_cm']} cm,"
                f" size {missed.get('scale', '')}, {missed['speed_m_s']} m/s"
            )
    return "\n".join(out)


def main() -> None:
    """Read the folders, print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="+", type=Path, help="folders of NAME.csv with NAME.truth.json")
    parser.add_argument("--jobs", type=int, default=2, help="processes (2)")
    arguments = parser.parse_args()
    lanes = [lane for folder in arguments.folders for lane in read_folder(folder)]
    print(tables(lanes, arguments.jobs))


if __name__ == "__main__":
    main()
