"""As good on another day? The same figures for lanes of the first day and of another, with the rate of false alarms
that was set beside the one that came.

Each baseline is at the level at which it gives no more false alarms than the firmware's contacts have on the same
lanes: it may choose its level by the day, the firmware has only its settings.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from pathlib import Path

from hil.prove.detector_lab.found import Found, Tally, find, levels, tally
from hil.prove.detector_lab.lanes import read_folder
from hil.prove.detector_lab.scenes import CONTROL

OTHER_DAY_LANES = "dev2_"
# Lanes of the recorded instrument: (name, folder below the recordings, how their names begin).
RECORDED_DAYS = (
    ("recorded, first day, nominal", "lanes", "dev_nominal_"),
    ("recorded, first day, hard", "lanes", "dev_hard_"),
    ("recorded, other day, nominal", "scenes", OTHER_DAY_LANES + "nominal_"),
    ("recorded, other day, hard", "scenes", OTHER_DAY_LANES + "hard_"),
)
OWN_DAYS = {
    "other_day" + CONTROL: "own, faint objects, first day",
    "other_day": "own, faint objects, other day",
    "empty": "own, nothing in the ground, first day",
    "other_day_empty": "own, nothing in the ground, other day",
}


def recorded_days(folder: Path, pool: Executor) -> dict[str, list[Found]]:
    """What is found on the recorded lanes, by day; only those that are there."""
    lanes = {
        name: [lane for lane in read_folder(folder / where) if lane.name.startswith(begin)]
        for name, where, begin in RECORDED_DAYS
        if (folder / where).is_dir()
    }
    return {name: list(pool.map(find, there, chunksize=2)) for name, there in lanes.items() if there}


def own_days(first: Sequence[Found], scenes: Mapping[str, Sequence[Found]]) -> dict[str, Sequence[Found]]:
    """The own lanes by day; first: the development set."""
    of_first = {
        f"own, first day, {difficulty}": [each for each in first if each.lane.truth["difficulty"] == difficulty]
        for difficulty in ("nominal", "hard")
    }
    return of_first | {name: scenes[scene] for scene, name in OWN_DAYS.items() if scene in scenes}


def tallies(days: Mapping[str, Sequence[Found]]) -> list[Tally]:
    """A tally a day, each with levels of its own."""
    return [tally(name, found, levels(found)) for name, found in days.items() if found]
