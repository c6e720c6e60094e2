"""What the detector finds in each scene and in the scene's control, beside three baselines and the bound.

    python -m hil.prove.detector_lab.scenes [FOLDER ...] [--lanes N] [--only NAME] [--jobs N]

Without a folder: lanes of every scene of `sapper trace synth`, and of its control. With folders: their lanes, each
named SCENE_..._INDEX. The firmware is at its settings as delivered. The baselines are at the levels at which they give
no more false alarms than the firmware does over all controls and empty lanes (in a folder: over all lanes), and so is
the bound (hil/prove/detector_lab/bound.py).
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from pathlib import Path

from hil.prove.detector_lab.found import Found, Level, Tally, find, groups, levels, tally
from hil.prove.detector_lab.lanes import Lane, of_wish, read_folder
from hil.prove.detector_lab.tables import as_markdown, group_table, scene_table
from hil.traces.scenes import SCENES
from hil.traces.synth import Wish
from hil.workers import workers
from sapper_host import processes
from sapper_host.screen.progress import waiting

SEED = 78
LANES = 20
# Of scenes with one object a lane, or whose curves need many; and of one that takes long to lay.
LANES_OF = {"start": 60, "soon": 60, "ladder": 80, "ladder_mineral": 80, "like_soil": 8}
CONTROL = "-control"
_NAME = re.compile(r"(?:synth_)?(.+?)(?:_dev)?_\d+_\d+")


def scene_of(lane: Lane) -> str:
    """A lane's scene, with `-control` behind it where it is one, from its name."""
    match = _NAME.fullmatch(lane.name)
    return match[1] if match else lane.name


def _made(job: tuple[str, bool, int]) -> Found:
    scene, control, index = job
    return find(of_wish(SEED, index, Wish(scene=scene, control=control)))


def made_scenes(pool: Executor, lanes: int = LANES, only: str = "") -> dict[str, list[Found]]:
    """Lanes of every scene and control, and what was found on them; so many as LANES_OF says, in proportion."""
    jobs = [
        (name, control, index)
        for name, scene in SCENES.items()
        if only in name
        for control in ((False, True) if scene.stress else (False,))
        for index in range(max(LANES_OF.get(name, LANES) * lanes // LANES, 1))
    ]
    return by_scene(list(pool.map(_made, jobs, chunksize=2)))


def by_scene(found: Sequence[Found]) -> dict[str, list[Found]]:
    """Lanes by their scene, controls apart."""
    out: dict[str, list[Found]] = defaultdict(list)
    for each in found:
        out[scene_of(each.lane)].append(each)
    return dict(out)


def level_of_calm(found: Mapping[str, Sequence[Found]]) -> Level:
    """Of the lanes without a stress: controls, and what has nothing in the ground; of all where there are none."""
    calm = [each for name, lanes in found.items() if name.endswith(CONTROL) or name == "empty" for each in lanes]
    return levels(calm or [each for lanes in found.values() for each in lanes])


def tallies(found: Mapping[str, Sequence[Found]], level: Level) -> list[Tally]:
    """Of each scene, and of its control under its own name."""
    return [tally(name, lanes, level) for name, lanes in found.items()]


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="*", type=Path, help="folders of NAME.csv with NAME.truth.json")
    parser.add_argument("--lanes", type=int, default=LANES, help=f"of an ordinary scene and of its control ({LANES})")
    parser.add_argument("--only", default="", help="scenes whose name holds this")
    parser.add_argument("--jobs", type=int, default=2, help="processes (2)")
    arguments = parser.parse_args()
    with workers(arguments.jobs) as pool, waiting("all scenes ..."):
        if arguments.folders:
            lanes = [lane for folder in arguments.folders for lane in read_folder(folder)]
            chosen = [lane for lane in lanes if arguments.only in scene_of(lane)]
            found = by_scene(list(pool.map(find, chosen, chunksize=2)))
        else:
            found = made_scenes(pool, arguments.lanes, arguments.only)
    level = level_of_calm(found)
    print(f"baselines and bound at {level.rate:.3f} false alarms a square metre\n")
    print(as_markdown(*scene_table(tallies(found, level))))
    print(as_markdown(*group_table(groups(found))))


if __name__ == "__main__":
    sys.exit(processes.command(main))
