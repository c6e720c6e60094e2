"""Scenes: lanes of what deminers meet and an ordinary lane does not have, each with its control.

A scene lays its objects, and then one stress comes over the lane: a motion, a ground or a disturbance. The control is
the same lane, object for object and noise for noise, without it. Where the objects themselves are the scene there is
none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from hil.traces.lane import draw_lane, draw_target, frame_snr, peak_mv
from hil.traces.motion import Leg
from hil.traces.recipe import DIFFICULTIES, KINDS, LANE_LENGTH_M, Difficulty
from hil.world.detector_model import bury
from hil.world.world_spec import FrontEnd, Target

Random = np.random.Generator

_BACK_M_S = 0.2
_LOOK_PAST_M = 0.6


@dataclass
class Draft:
    """A lane in the making. tables: of a world file. groups: by the target's number, what to tabulate it by. marks: the
    places (m) where the stress is. extents: by the target's number, how long a body is (m)."""

    random: Random
    wish: Difficulty
    speed_m_s: float
    tables: dict[str, Any]
    length_m: float = LANE_LENGTH_M
    legs: list[Leg] = field(default_factory=list)
    groups: dict[int, str] = field(default_factory=dict)
    extents: dict[int, float] = field(default_factory=dict)
    marks: list[float] = field(default_factory=list)

    @property
    def targets(self) -> list[dict[str, Any]]:
        """The tables of the targets."""
        tables: list[dict[str, Any]] = self.tables["target"]
        return tables

    def places_m(self) -> list[float]:
        """Of the targets, in order."""
        return sorted(float(target["x_m"]) for target in self.targets)

    def lay(
        self, x_m: float, group: str = "", snr: tuple[float, float] | None = None, smaller: float = 1.0
    ) -> dict[str, Any]:
        """One more object, drawn as the difficulty wishes, at this place. smaller: the kind's least size times this."""
        kind = KINDS[int(self.random.integers(len(KINDS)))]
        kind = replace(kind, radius_m=(max(kind.radius_m[0] * smaller, 0.001), kind.radius_m[1]))
        wish = replace(self.wish, snr=snr) if snr else self.wish
        table = draw_target(self.random, wish, FrontEnd(), kind, round(x_m, 3))
        if group:
            self.groups[len(self.targets)] = group
        self.targets.append(table)
        return table


Step = Callable[[Draft], None]


@dataclass(frozen=True)
class Scene:
    """what: for people. targets: how many an ordinary lane of it has; the others are laid by `lay`. stress: what the
    control is without, None where the objects are the scene."""

    what: str
    lay: Step | None = None
    stress: Step | None = None
    targets: int = 5
    wish: Difficulty = field(default=DIFFICULTIES["nominal"])
    length_m: float = LANE_LENGTH_M


def _even(draft: Draft, values: Sequence[float]) -> list[float]:
    """Some values, in random order."""
    return [float(value) for value in draft.random.permutation(np.array(values))]


# ---- objects ---------------------------------------------------------------------------------------------------------


def _pairs(draft: Draft) -> None:
    for number, apart_m in enumerate(_even(draft, (0.08, 0.15, 0.20, 0.30, 0.40))):
        first_m = 2.2 + 3.85 * number
        for x_m in (first_m, first_m + apart_m):
            draft.lay(x_m, f"{apart_m:.2f} m apart")


def _tiny(draft: Draft) -> None:
    for number in range(6):
        draft.lay(1.5 + 3.0 * number + float(draft.random.uniform(0, 1.5)), smaller=0.15)


def _at_the_start(draft: Draft) -> None:
    x_m = float(draft.random.choice((0.02, 0.1, 0.2, 0.3, 0.4, 0.5)))
    draft.lay(x_m, f"at {x_m:.2f} m", (5.0, 60.0))


def _soon_after(draft: Draft) -> None:
    """3.2 sigma of a frame: 5 to 6 of a filter that is matched to the object, stones told apart, at these speeds."""
    x_m = float(draft.random.choice((1.2, 4.0, 10.0)))
    draft.lay(x_m, f"after {x_m:g} m", (3.2, 3.2))


def _ladder(draft: Draft) -> None:
    """Objects from what no detector finds to what each should, at one of four speeds."""
    draft.speed_m_s = float(draft.random.choice((0.2, 0.3, 0.4, 0.6)))
    for number, snr in enumerate(_even(draft, tuple(np.geomspace(0.6, 6.0, 8)))):
        draft.lay(1.6 + 2.3 * number + float(draft.random.uniform(0, 0.6)), f"{draft.speed_m_s:g} m/s", (snr, snr))


def _railing(draft: Draft) -> None:
    for number, behind_m in enumerate(_even(draft, (0.35, 0.5, 0.65, 0.8))):
        x_m = 3.0 + 4.5 * number
        big = draft.lay(x_m, "drives a gate to its rail")
        big |= {
            "material": "aluminium",
            "shape": "plate",
            "radius_m": 0.12,
            "depth_m": 0.03,
            "y_m": 0.0,
            "tilt_deg": 0.0,
        }
        draft.lay(x_m + behind_m, f"{behind_m:.2f} m behind", (8.0, 60.0))


def _long_bodies(draft: Draft) -> None:
    for number, long_m in enumerate(_even(draft, (0.5, 1.0, 1.5))):
        x_m = 3.5 + 5.5 * number
        sheet = draft.lay(x_m, f"{long_m:g} m long")
        material = str(draft.random.choice(("aluminium", "steel")))
        sheet.pop("length_m", None)
        sheet |= {"name": f"{material} sheet", "material": material, "shape": "sheet", "length_m": long_m}
        sheet |= {"radius_m": 0.1, "depth_m": 0.08, "y_m": 0.0, "tilt_deg": 0.0, "heading_deg": 0.0}
        draft.extents[len(draft.targets) - 1] = long_m
        draft.lay(x_m + long_m / 2 + 0.6, "behind", (8.0, 60.0))


def _like_soil(draft: Draft) -> None:
    """Of some objects drawn at each place that one whose gates stand most nearly as soil's do."""
    end = FrontEnd()
    for number in range(5):
        drawn: list[tuple[float, int, dict[str, float]]] = []
        for _ in range(40):
            table = draft.lay(2.0 + 3.8 * number, "answers like soil", (12.0, 60.0))
            draft.targets.pop()
            peak = peak_mv(end, bury(end, Target(**table), 0.05))
            drawn.append(
                (frame_snr(end, peak) / float(np.linalg.norm(peak / np.array(end.noise_mv))), len(drawn), table)
            )
        draft.targets.append(min(drawn)[2])


# ---- motion ----------------------------------------------------------------------------------------------------------


def _stops(draft: Draft) -> None:
    x_m = 0.0
    while x_m < draft.length_m - 1.2:
        x_m += float(draft.random.uniform(0.2, 0.9))
        draft.legs += [Leg(draft.speed_m_s, until_m=x_m), Leg(0.0, seconds=float(draft.random.uniform(0.6, 3.0)))]
    draft.legs.append(Leg(draft.speed_m_s, until_m=draft.length_m))


def _along(draft: Draft, away_m: Sequence[float]) -> Iterator[tuple[int, float, float]]:
    """(number, place in m, one of `away_m`) of each target, in the order in which the coil comes to them."""
    drawn_m = _even(draft, away_m)
    order = np.argsort([float(target["x_m"]) for target in draft.targets])
    for number, distance_m in zip(order, drawn_m, strict=True):
        yield int(number), float(draft.targets[number]["x_m"]), distance_m


def _stand(draft: Draft) -> None:
    """Before four of the targets, so near that little of them is behind the coil when it goes on."""
    for number, target_m, ahead_m in _along(draft, (0.0, 0.05, 0.15, 0.3)):
        x_m = target_m - ahead_m
        draft.groups[number] = f"{ahead_m:.2f} m behind a stand"
        draft.marks.append(round(x_m, 3))
        draft.legs += [Leg(draft.speed_m_s, until_m=x_m), Leg(0.0, seconds=float(draft.random.uniform(2.0, 8.0)))]
    draft.legs.append(Leg(draft.speed_m_s, until_m=draft.length_m))


def _back(draft: Draft) -> None:
    """Back over each of four targets from a place behind it, and on."""
    for number, x_m, behind_m in _along(draft, (0.05, 0.15, 0.3, 0.5)):
        draft.groups[number] = f"turned {behind_m:.2f} m past"
        draft.legs += [
            Leg(draft.speed_m_s, until_m=x_m + behind_m),
            Leg(0.0, seconds=0.5),
            Leg(-_BACK_M_S, until_m=x_m + behind_m - _LOOK_PAST_M),
            Leg(0.0, seconds=0.5),
        ]
    draft.legs.append(Leg(draft.speed_m_s, until_m=draft.length_m))


def _creep(draft: Draft) -> None:
    for x_m in draft.places_m():
        draft.legs += [Leg(draft.speed_m_s, until_m=x_m - 0.5), Leg(0.02, until_m=x_m + 0.5)]
    draft.legs.append(Leg(draft.speed_m_s, until_m=draft.length_m))


def _speeds(draft: Draft) -> None:
    x_m = 0.0
    while x_m < draft.length_m:
        x_m = min(x_m + float(draft.random.uniform(0.5, 2.5)), draft.length_m)
        draft.legs.append(Leg(float(draft.random.uniform(0.15, 0.6)), until_m=x_m))


# ---- ground and disturbance ------------------------------------------------------------------------------------------


def _changed(draft: Draft, times: float) -> None:
    at_m = draft.length_m / 2
    draft.tables["soil"]["ratio_error"] = 0.02
    width_m = float(draft.random.uniform(0.03, 0.15))
    draft.tables["soil_change"] = [{"x_m": at_m, "width_m": round(width_m, 3), "times": times, "ratio_error": 0.035}]
    draft.marks.append(at_m)
    for number, target in enumerate(draft.targets):
        away_m = float(target["x_m"]) - at_m
        draft.groups[number] = "at the change" if abs(away_m) < 0.7 else "before" if away_m < 0 else "behind"


def _lifted(draft: Draft) -> None:
    lifts = []
    for x_m in (2.5, 6.5, 11.0, 15.5):
        long_m = float(draft.random.uniform(1.5, 2.5))
        lifts.append({"x0_m": x_m, "x1_m": round(x_m + long_m, 3), "height_mm": 30.0})
        draft.marks += [x_m, round(x_m + long_m, 3)]
    draft.tables["lift"] = lifts


def _swung(draft: Draft) -> None:
    height_mm, hz = draft.random.uniform(7.0, 15.0), draft.random.uniform(1.0, 2.0)
    draft.tables["swing"] = {"height_mm": round(float(height_mm), 1), "hz": round(float(hz), 2)}


def _drifting(draft: Draft) -> None:
    sign = float(draft.random.choice((-1.0, 1.0)))
    draft.tables["drift"]["rate_mv_s"] = [20.0 * sign, 20.0 * sign, 20.0 * sign]


def _tone(hz: float) -> Step:
    def lay(draft: Draft) -> None:
        draft.tables["interference"] |= {"mains_mv": round(float(draft.random.uniform(3.0, 6.0)), 2), "mains_hz": hz}

    return lay


def _noisy(draft: Draft) -> None:
    seconds = draft.length_m / draft.speed_m_s
    starts = np.sort(draft.random.uniform(0.05, 0.95, 4)) * seconds
    draft.tables["burst"] = [{"t0_s": round(float(t), 2), "t1_s": round(float(t) + 1.0, 2)} for t in starts]
    draft.marks += [round(float(t) * draft.speed_m_s, 3) for t in starts]


def _other_day(draft: Draft) -> None:
    """Each gate's noise is another, by itself: the recorded instrument's was 0.6 to 2.2 times as strong four days
    before.
    """
    end = FrontEnd()
    noise = np.exp(draft.random.uniform(np.log(0.5), np.log(2.5), 3))
    wander = np.exp(draft.random.uniform(np.log(0.5), np.log(2.5), 3))
    draft.tables["front_end"] = {
        "noise_mv": [round(float(v), 2) for v in noise * end.noise_mv],
        "wander_mv": [round(float(v), 2) for v in wander * end.wander_mv],
    }


_QUIET = replace(
    DIFFICULTIES["nominal"],
    hot_rocks=(0, 0),
    snr=(3.0, 120.0),
    tone_chance=0.0,
    bursts_per_s=(0.0, 0.0),
    stuck_chance=0.0,
)
_MINERAL = replace(_QUIET, soil_free_chance=0.0, soil_mv=(60.0, 120.0))
_SMALL = replace(_MINERAL, snr=(0.4, 3.0), distance_m=(0.045, 0.10))
_FAINT = replace(_QUIET, snr=(1.5, 30.0))
_AIR = replace(_QUIET, soil_free_chance=1.0, speed_m_s=(0.2, 0.2))

SCENES: dict[str, Scene] = {
    "minimum": Scene(
        "minimum metal: 0.4 to 3 sigma of a frame, 5 to 10 cm under the coil, mineral soil",
        _tiny,
        targets=0,
        wish=_SMALL,
    ),
    "like_soil": Scene("metal whose gates answer nearly as soil's do", _like_soil, targets=0, wish=_QUIET),
    "pair": Scene("two objects 0.08 to 0.40 m apart", _pairs, targets=0, wish=_QUIET),
    "start": Scene("an object within the first 0.5 m", _at_the_start, targets=0, wish=_QUIET, length_m=4.0),
    "soon": Scene("a faint object 1.2, 4 or 10 m after the start", _soon_after, targets=0, wish=_QUIET, length_m=12.0),
    "ladder": Scene("faint to plain objects at four speeds", _ladder, targets=0, wish=_QUIET),
    "ladder_mineral": Scene("the same over mineral soil", _ladder, targets=0, wish=_MINERAL),
    "rail": Scene("a body that drives a gate to its rail, and a small one behind", _railing, targets=0, wish=_QUIET),
    "sheet": Scene("sheets up to 1.5 m long, and a small object behind", _long_bodies, targets=0, wish=_QUIET),
    "stand": Scene("an object right behind where the rover stood", None, _stand, 4, _QUIET),
    "stop_and_go": Scene("stops and starts all along", None, _stops, 5, _QUIET),
    "creep": Scene("0.02 m/s over the objects", None, _creep, 3, _QUIET),
    "reverse": Scene("back over objects, and on", None, _back, 4, _QUIET),
    "speeds": Scene("a speed that changes between 0.15 and 0.6 m/s", None, _speeds, 5, _QUIET),
    "ratio": Scene("the soil's ratio changes at mid-lane", None, lambda draft: _changed(draft, 1.0), 5, _MINERAL),
    "soil_step": Scene("ratio and strength of the soil change", None, lambda draft: _changed(draft, 0.3), 5, _MINERAL),
    "lift": Scene("the coil 3 cm higher for a while, mineral soil", None, _lifted, 5, _MINERAL),
    "swing": Scene("the coil swings by 7 to 15 mm at 1 to 2 Hz, mineral soil", None, _swung, 5, _MINERAL),
    "drift": Scene("all gates drift by 20 mV/s", None, _drifting, 5, _QUIET),
    "tone_2": Scene("a tone of 2 Hz", None, _tone(2.0), 5, _FAINT),
    "tone_49": Scene("a mains tone of 49 Hz", None, _tone(49.0), 5, _FAINT),
    "burst": Scene("four seconds of six times the noise", None, _noisy, 5, _QUIET),
    "other_day": Scene("each gate's noise 0.5 to 2.5 times what it was", None, _other_day, 5, _FAINT),
    "other_day_empty": Scene("the same, and nothing in the ground", None, _other_day, 0, _AIR),
    "empty": Scene("nothing in the ground, and no soil", targets=0, wish=_AIR),
}


def draw_scene(random: Random, name: str, control: bool) -> Draft:
    """A lane of the scene; control: without its stress. KeyError when there is no such scene."""
    scene = SCENES[name]
    wish = replace(scene.wish, targets=(scene.targets, scene.targets))
    speed = float(random.uniform(*wish.speed_m_s))
    tables = draw_lane(random, wish, speed)
    tables.pop("stuck")
    tables["world"]["lane_length_m"] = scene.length_m
    draft = Draft(random, wish, speed, tables, scene.length_m)
    for step in (scene.lay, None if control else scene.stress):
        if step is not None:
            step(draft)
    return draft
