"""What the detector finds in each scene, beside three baselines, and in the scene's control.

    python -m hil.prove.detector_lab.scenes [FOLDER ...] [--lanes N] [--only NAME] [--jobs N]

Without a folder: N lanes of every scene of `sapper trace synth`, and of its control. With folders: their lanes, each
named SCENE_..._INDEX. The firmware is at its settings as delivered; each baseline at the level at which it gives no
more false alarms than the firmware does over the controls (in a folder: over all lanes).
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path

from hil.intervals import poisson, wilson
from hil.prove.detector_lab import baselines
from hil.prove.detector_lab.compare import level_for
from hil.prove.detector_lab.lanes import Lane, of_wish, read_folder
from hil.prove.detector_lab.run import run
from hil.prove.detector_lab.score import Find, Pair, Totals, total
from hil.traces.scenes import SCENES
from hil.traces.synth import Wish
from hil.workers import workers
from sapper_host import processes
from sapper_host.recordings.score import score
from sapper_host.screen.progress import waiting

SEED = 78
LANES = 10
BASELINES = {
    "one gate": baselines.one_gate,
    "two gates": baselines.two_gates,
    "matched filter": baselines.matched_filter,
}
CONTACTS, ALERTS = "contacts", "alerts"
_NAME = re.compile(r"(?:synth_)?(.+?)(?:_dev)?_\d+_\d+")


@dataclass(frozen=True)
class Found:
    """All that was found on one lane, by who found it."""

    lane: Lane
    finds: Mapping[str, list[Find]]


def scene_of(lane: Lane) -> str:
    """A lane's scene, with `-control` behind it where it is one, from its name."""
    match = _NAME.fullmatch(lane.name)
    return match[1] if match else lane.name


def find(lane: Lane) -> Found:
    """Firmware and baselines on one lane."""
    said = run(lane)
    finds = {CONTACTS: said.contacts, ALERTS: said.alerts}
    return Found(lane, finds | {name: method(lane) for name, method in BASELINES.items()})


def _made(job: tuple[str, bool, int]) -> Found:
    scene, control, index = job
    return find(of_wish(SEED, index, Wish(scene=scene, control=control)))


def made_scenes(pool: Executor, lanes: int, only: str = "") -> list[Found]:
    """Lanes of every scene and control, and what was found on them."""
    jobs = [
        (name, control, index)
        for name, scene in SCENES.items()
        if only in name
        for control in ((False, True) if scene.stress else (False,))
        for index in range(lanes)
    ]
    return list(pool.map(_made, jobs, chunksize=2))


def levels(found: Sequence[Found]) -> dict[str, float]:
    """The firmware's are in its finds already: 0. A baseline's keeps the firmware's rate of false alarms."""
    controls = [each for each in found if scene_of(each.lane).endswith("-control")] or list(found)
    rate = total((each.lane, each.finds[CONTACTS]) for each in controls).false_per_m2
    out = {CONTACTS: 0.0, ALERTS: 0.0}
    for name in BASELINES:
        pairs: list[Pair] = [(each.lane, each.finds[name]) for each in controls]
        out[name] = level_for(pairs, rate)
    return out


def totals(found: Sequence[Found], who: str, level: float) -> Totals:
    """Counts over some lanes."""
    return total(((each.lane, each.finds[who]) for each in found), level)


def _cell(t: Totals) -> str:
    if not t.targets:
        return "-"
    low, high = wilson(t.found, t.targets)
    return f"{t.found / t.targets:.2f} ({low:.2f}..{high:.2f})"


def _false(t: Totals) -> str:
    low, high = poisson(t.false_alarms, t.area_m2)
    return f"{t.false_per_m2:.3f} ({low:.3f}..{high:.3f})"


def table(found: Sequence[Found]) -> list[str]:
    """Markdown: a row a scene."""
    at = levels(found)
    by_scene: dict[str, list[Found]] = defaultdict(list)
    for each in found:
        by_scene[scene_of(each.lane)].append(each)
    lines = [
        "| scene | targets | contacts | alerts | control: contacts | alerts "
        "| false contacts / m2 | false alerts / m2 | " + " | ".join(f"{name}, false / m2" for name in BASELINES) + " |",
        "|" + "---|" * (8 + len(BASELINES)),
    ]
    for scene, lanes in by_scene.items():
        if scene.endswith("-control"):
            continue
        contacts, alerts = (totals(lanes, who, 0.0) for who in (CONTACTS, ALERTS))
        control = by_scene.get(f"{scene}-control", [])
        cells = [scene, str(contacts.targets), _cell(contacts), _cell(alerts)]
        cells += [_cell(totals(control, who, 0.0)) if control else "-" for who in (CONTACTS, ALERTS)]
        cells += [_false(contacts), _false(alerts)]
        for name in BASELINES:
            t = totals(lanes, name, at[name])
            cells.append(f"{_cell(t)}, {t.false_per_m2:.3f}")
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def groups(found: Sequence[Found]) -> list[str]:
    """Markdown: contacts and alerts by what a truth's targets are tabulated by."""
    counts: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    for each in found:
        hit = {
            who: {match.target for match in score([f.s_m for f in each.finds[who]], each.lane.truth).found}
            for who in (CONTACTS, ALERTS)
        }
        for number, target in enumerate(each.lane.truth["targets"]):
            if target.get("group"):
                row = counts[scene_of(each.lane), target["group"]]
                row[0] += 1
                row[1] += number in hit[CONTACTS]
                row[2] += number in hit[ALERTS]
    lines = ["| scene | which | contacts | alerts |", "|---|---|---|---|"]
    for (scene, group), (count, contacts, alerts) in sorted(counts.items()):
        lines.append(f"| {scene} | {group} | {contacts}/{count} | {alerts}/{count} |")
    return lines


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="*", type=Path, help="folders of NAME.csv with NAME.truth.json")
    parser.add_argument("--lanes", type=int, default=LANES, help=f"of each scene and control ({LANES})")
    parser.add_argument("--only", default="", help="scenes whose name holds this")
    parser.add_argument("--jobs", type=int, default=2, help="processes (2)")
    arguments = parser.parse_args()
    with workers(arguments.jobs) as pool, waiting("all scenes ..."):
        if arguments.folders:
            lanes = [lane for folder in arguments.folders for lane in read_folder(folder)]
            found = list(pool.map(find, [lane for lane in lanes if arguments.only in lane.name], chunksize=2))
        else:
            found = made_scenes(pool, arguments.lanes, arguments.only)
    print(*table(found), "", *groups(found), sep="\n")


if __name__ == "__main__":
    sys.exit(processes.command(main))
