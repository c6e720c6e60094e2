"""Detection and false alarms of the firmware and of three baselines on the same lanes, each at the same rates.

    python -m hil.prove.detector_lab.compare [FOLDER ...] [--jobs N]

Without a folder: on the project's own development set.
The lanes of each difficulty are split in two halves. The level that keeps a rate of false alarms on one half is scored
on the other, and the two scores are added: so every level was fixed before the lanes that it is scored on were seen.
Last, the firmware as it is delivered (levels by det_far_per_100m2) on all lanes, contacts and alerts.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from pathlib import Path

import numpy as np

from hil.intervals import poisson, wilson
from hil.prove.detector_lab import baselines
from hil.prove.detector_lab.lanes import Lane, own_set, read_folder
from hil.prove.detector_lab.run import CONTACT_LEVELS, Result, level_of, run
from hil.prove.detector_lab.score import Find, Pair, Totals, total
from hil.workers import workers
from sapper.shared.events import CLASSES
from sapper_host import processes
from sapper_host.recordings.score import score

LOWEST_X100 = 200
STEPS = 400
# False alarms a square metre that each difficulty is compared at.
POINTS = {"nominal": (0.05, 0.1), "hard": (0.1, 0.3)}
FAR_SETTINGS = (1, 3, 5, 10, 30)


def firmware(lane: Lane) -> list[Find]:
    """The firmware's contacts, at a low level."""
    return run(lane, {"det_level_x100": LOWEST_X100}).contacts


METHODS: dict[str, Callable[[Lane], list[Find]]] = {
    "one gate, high-pass": baselines.one_gate,
    "two gates, balanced": baselines.two_gates,
    "matched filter, float, not causal": baselines.matched_filter,
    "firmware": firmware,
}


def level_for(pairs: Sequence[Pair], rate: float) -> float:
    """The lowest level that keeps false alarms (a square metre) within `rate`."""
    all_levels = np.unique([f.statistic for _, finds in pairs for f in finds] + [1e9])
    picked = all_levels[np.unique(np.linspace(0, len(all_levels) - 1, STEPS).astype(int))]
    low, high = 0, len(picked) - 1
    while low < high:
        middle = (low + high) // 2
        if total(pairs, picked[middle]).false_per_m2 <= rate:
            high = middle
        else:
            low = middle + 1
    return float(picked[low])


def crossed(pairs: Sequence[Pair], rate: float) -> Totals:
    """Each half scored at the level of the other."""
    halves = (pairs[::2], pairs[1::2])
    return total(halves[1], level_for(halves[0], rate)) + total(halves[0], level_for(halves[1], rate))


def _of_method(job: tuple[str, Lane]) -> list[Find]:
    return METHODS[job[0]](job[1])


def find_all(lanes: Sequence[Lane], pool: Executor) -> dict[str, list[Pair]]:
    """Every method on every lane: its name -> the lanes with its finds, at the lowest levels."""
    return {
        name: list(zip(lanes, pool.map(_of_method, [(name, lane) for lane in lanes], chunksize=4), strict=True))
        for name in METHODS
    }


def of_difficulty(pairs: Iterable[Pair], difficulty: str) -> list[Pair]:
    """The lanes of that difficulty."""
    return [pair for pair in pairs if pair[0].truth["difficulty"] == difficulty]


HEAD = (
    "| detector | detection (95 %) | false alarms / m2 (95 %) | rocks called | error m | again |\n"
    "|---|---|---|---|---|---|"
)


def row(name: str, t: Totals) -> str:
    """One line of the table."""
    found = wilson(t.found, t.targets)
    false = poisson(t.false_alarms, t.area_m2)
    return (
        f"| {name} | {t.detection:.3f} ({found[0]:.3f}..{found[1]:.3f}) | "
        f"{t.false_per_m2:.3f} ({false[0]:.3f}..{false[1]:.3f}) | "
        f"{t.rocks_called}/{t.rocks} | {t.error_m:.3f} | {t.again} |"
    )


def tables(found: Mapping[str, list[Pair]], difficulty: str) -> list[str]:
    """The lines for one difficulty."""
    lanes = len(of_difficulty(found["firmware"], difficulty))
    out: list[str] = []
    for rate in POINTS[difficulty]:
        out += [f"\n{difficulty}, {lanes} lanes, level for <= {rate} a square metre, cross-validated\n", HEAD]
        out += [row(name, crossed(of_difficulty(pairs, difficulty), rate)) for name, pairs in found.items()]
    out += [f"\n{difficulty}, contacts at the levels that det_far_per_100m2 gives\n", HEAD]
    ours = of_difficulty(found["firmware"], difficulty)
    for far in FAR_SETTINGS:
        level = level_of(far, CONTACT_LEVELS) / 100
        out.append(row(f"det_far_per_100m2 = {far} (level {level:.2f})", total(ours, level)))
    return out


def delivered(lanes: Sequence[Lane], pool: Executor, difficulty: str) -> list[str]:
    """The firmware as it comes: contacts, alerts, and what it missed."""
    chosen = [lane for lane in lanes if lane.truth["difficulty"] == difficulty]
    said = list(zip(chosen, pool.map(run, chosen, chunksize=4), strict=True))
    contacts = total((lane, result.contacts) for lane, result in said)
    alerts = total((lane, result.alerts) for lane, result in said)
    out = [f"\n{difficulty}, as delivered\n", HEAD, row("contacts", contacts), row("alerts", alerts)]
    out.append("class hints of finds: " + ", ".join(f"{who} {n}" for who, n in sorted(_hints(said).items())))
    for missed in contacts.missed:
        out.append(
            f"missed: {missed['lane']} {missed['s_m']} m, {missed['name']} at {missed['distance_cm']} cm,"
            f" size {missed.get('scale', '')}, {missed['speed_m_s']} m/s"
        )
    return out


def _hints(said: Iterable[tuple[Lane, Result]]) -> Counter[str]:
    """How often each object was called what."""
    out: Counter[str] = Counter()
    for lane, result in said:
        hints = {contact.s_m: CLASSES[contact.class_hint] for contact in result.contacts}
        for match in score(hints, lane.truth).found:
            out[f"{lane.truth['targets'][match.target]['name']} {hints[match.s_m]}"] += 1
    return out


def main() -> None:
    """Read the folders, print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="*", type=Path, help="folders of NAME.csv with NAME.truth.json")
    parser.add_argument("--jobs", type=int, default=2, help="processes (2)")
    arguments = parser.parse_args()
    with workers(arguments.jobs) as pool:
        lanes = [lane for folder in arguments.folders for lane in read_folder(folder)] or own_set(pool)
        found = find_all(lanes, pool)
        for difficulty in POINTS:
            if of_difficulty(found["firmware"], difficulty):
                print(*tables(found, difficulty), *delivered(lanes, pool, difficulty), sep="\n")


if __name__ == "__main__":
    sys.exit(processes.command(main))
