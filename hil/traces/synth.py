"""Synthetic traces with truth: a lane drawn from a seed, driven once at a nearly steady speed, as the board would
record it.

Lane `index` of `seed` is the same bytes whenever it is made (with the same numpy and scipy), whatever other lanes are.
"""

import json
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hil.errors import HilError
from hil.traces.lane import draw_lane, footprint_m, frame_snr, peak_mv
from hil.traces.motion import STEP_S, Leg, places_m, steady
from hil.traces.recipe import DIFFICULTIES, LANE_LENGTH_M
from hil.traces.scenes import SCENES, draw_scene
from hil.world.world import World
from hil.world.world_file import parse_world
from sapper.shared.pins import ADC_FULL_SCALE_MV
from sapper_host.files.whole_file import replacing, write
from sapper_host.recordings.trace_csv import write_csv

Array = NDArray[np.float64]

FRAME_S = 0.01
LSB_MV = ADC_FULL_SCALE_MV / 4096
TICKS_PER_M = 1000
COUNT_MAX = 10_000


class SynthError(HilError):
    """A wish that no lane can be made for; the text says which and what to do."""


@dataclass(frozen=True)
class SynthTrace:
    """One lane: its name, provenance lines, rows as text cells, and the truth."""

    name: str
    provenance: list[str]
    rows: list[tuple[str, ...]]
    truth: dict[str, Any]


@dataclass(frozen=True)
class Wish:
    """What lanes are asked for: a difficulty, or a scene (or its control) instead."""

    difficulty: str = "nominal"
    scene: str = ""
    control: bool = False

    def check(self) -> None:
        """SynthError when there is no such thing."""
        if self.scene and self.scene not in SCENES:
            raise SynthError(f"scene '{self.scene}' is not known; choose one of {', '.join(SCENES)}")
        if self.control and (not self.scene or SCENES[self.scene].stress is None):
            made = [name for name, scene in SCENES.items() if scene.stress is not None]
            raise SynthError(f"a control is made for a scene with a stress of its own: {', '.join(made)}")
        if self.difficulty not in DIFFICULTIES:
            raise SynthError(f"difficulty '{self.difficulty}' is not known; choose one of {', '.join(DIFFICULTIES)}")

    @property
    def word(self) -> str:
        """As it stands in a lane's name."""
        return f"{self.scene}-control" if self.control else self.scene or self.difficulty

    @property
    def stream(self) -> int:
        """Of random numbers. A control has its scene's."""
        return zlib.crc32(self.scene.encode()) if self.scene else sorted(DIFFICULTIES).index(self.difficulty)


def lane_names(count: int, seed: int, wish: Wish) -> list[str]:
    """The names of the lanes that `synthesise` gives for 0 <= index < count. SynthError for an impossible wish."""
    wish.check()
    if not 1 <= count <= COUNT_MAX:
        raise SynthError(f"count = {count} is outside 1..{COUNT_MAX}; ask for fewer lanes at a time")
    if seed < 0:
        raise SynthError(f"seed = {seed} is negative; give 0 or more")
    return [f"synth_{wish.word}_{seed}_{index:03d}" for index in range(count)]


def write_lanes(folder: Path, count: int, seed: int, wish: Wish) -> Iterator[Path]:
    """Make lanes 0..count-1 into `folder` as NAME.csv and NAME.truth.json; gives each CSV's path once it is
    complete.
    """
    names = lane_names(count, seed, wish)
    folder.mkdir(parents=True, exist_ok=True)
    for index, name in enumerate(names):
        trace = synthesise(seed, index, wish)
        path = folder / f"{name}.csv"
        with replacing(path) as part:
            with part.open("w", encoding="utf-8", newline="") as file:
                write_csv(file, trace.provenance, trace.rows)
            write(path.with_name(f"{name}.truth.json"), json.dumps(trace.truth, indent=1) + "\n")
        yield path


def synthesise(seed: int, index: int, wish: Wish) -> SynthTrace:
    """Lane `index` of `seed`. SynthError for an impossible wish."""
    name = lane_names(index + 1, seed, wish)[index]
    random = np.random.default_rng([seed, index, wish.stream])
    return _of_scene(random, name, seed, index, wish) if wish.scene else _plain(random, name, seed, index, wish)


def _plain(random: np.random.Generator, name: str, seed: int, index: int, wish: Wish) -> SynthTrace:
    ranges = DIFFICULTIES[wish.difficulty]
    speed = float(random.uniform(*ranges.speed_m_s))
    data = draw_lane(random, ranges, speed)
    stuck = data.pop("stuck")
    if stuck:
        data["fault"] = [{"kind": "stuck", "gate": g, "t0_s": t0, "t1_s": t1} for g, t0, t1 in stuck]
    world = World(parse_world(data, name))
    times_s, position_m, gates_mv = _drive(world, random, speed)
    rows = _rows(world, random, times_s, position_m, gates_mv)
    truth = _truth(world, name, seed, index, speed, float(times_s[-1]), position_m, stuck)
    truth["difficulty"] = wish.difficulty
    about = f"difficulty: {wish.difficulty}"
    return SynthTrace(name, _provenance(name, seed, index, about, speed, LANE_LENGTH_M / speed), rows, truth)


def _of_scene(random: np.random.Generator, name: str, seed: int, index: int, wish: Wish) -> SynthTrace:
    draft = draw_scene(random, wish.scene, wish.control)
    world = World(parse_world(draft.tables, name))
    # The motion's own draws must not move the noise of rows: scene and control differ in the stress alone.
    random = np.random.default_rng([seed, index, wish.stream, 1])
    times_s, position_m, gates_mv = _drive(world, random, draft.speed_m_s, draft.legs)
    rows = _rows(world, random, times_s, position_m, gates_mv)
    truth = _truth(world, name, seed, index, draft.speed_m_s, float(times_s[-1]), position_m, [])
    numbered = sorted(range(len(draft.targets)), key=lambda number: float(draft.targets[number]["x_m"]))
    for number, target in zip(numbered, truth["targets"], strict=True):
        if number in draft.groups:
            target["group"] = draft.groups[number]
        if number in draft.extents:
            target["extent_m"] = draft.extents[number]
    truth |= {"scene": wish.scene, "control": wish.control, "marks": draft.marks}
    about = f"scene: {wish.scene}{' (control)' * wish.control}"
    return SynthTrace(name, _provenance(name, seed, index, about, draft.speed_m_s, float(times_s[-1])), rows, truth)


def _provenance(name: str, seed: int, index: int, about: str, speed: float, duration_s: float) -> list[str]:
    return [
        "synthetic: made from the world model, nothing recorded",
        f"name: {name}",
        f"seed: {seed} index: {index} {about}",
        f"speed_m_s: {speed:.3f} frame_hz: {1 / FRAME_S:g} ticks_per_m: {TICKS_PER_M} duration_s: {duration_s:.2f}",
    ]


def _drive(
    world: World, random: np.random.Generator, speed: float, legs: Sequence[Leg] = ()
) -> tuple[Array, Array, Array]:
    """Along the lane, in legs or steadily: frame times (n,), the coil's place at each frame's end (n,), gates' means
    over each frame (n, 3).
    """
    file = world.file
    ripple = 0.02 * random.uniform(0, 1)
    wave = 2 * np.pi / random.uniform(0.5, 2.0)
    phase = random.uniform(0, 2 * np.pi)
    on_the_way = places_m(legs) if legs else None
    count = int(file.world.lane_length_m / speed / FRAME_S) if on_the_way is None else len(on_the_way) - 1
    pulses_ns = world.pulse_times_ns(0, round(count * FRAME_S * 1e9))
    t = np.asarray(pulses_ns * 1e-9, float)
    if on_the_way is None:
        place = steady(speed, ripple, wave, phase, t)
    else:
        place = np.interp(t, STEP_S * np.arange(len(on_the_way)), on_the_way)
    coil = np.stack([place, np.full_like(place, file.rover.start_lateral_m)], axis=1)
    per_frame = round(file.front_end.pulse_rate_hz * FRAME_S)
    gates = world.voltages_mv(pulses_ns, coil).reshape(count, per_frame, 3).mean(axis=1)
    gates = np.round(gates / LSB_MV) * LSB_MV
    return np.asarray(np.arange(count) * FRAME_S), place[per_frame - 1 :: per_frame], gates


def _rows(
    world: World, random: np.random.Generator, times_s: Array, place_m: Array, gates_mv: Array
) -> list[tuple[str, ...]]:
    supply = [world.supply_mv(round(t * 1e9)) for t in times_s]
    temp = [world.temperature_c(round(t * 1e9)) for t in times_s]
    temp_noise = 0.04 * random.standard_normal(len(times_s))
    ticks = np.floor(place_m * TICKS_PER_M + 1e-6).astype(int)
    return [
        (
            f"{times_s[i]:.2f}",
            *(f"{gates_mv[i, k]:.2f}" for k in range(3)),
            f"{supply[i]:.0f}",
            f"{temp[i] + temp_noise[i]:.2f}",
            str(ticks[i]),
            str(ticks[i]),
        )
        for i in range(len(times_s))
    ]


def _truth(
    world: World,
    name: str,
    seed: int,
    index: int,
    speed: float,
    duration_s: float,
    place_m: Array,
    stuck: list[tuple[int, float, float]],
) -> dict[str, Any]:
    """What is really there, in the fields of a truth file."""
    file = world.file
    end = file.front_end
    targets = []
    for b in sorted(world.detector.buried, key=lambda b: b.target.x_m):
        peak = peak_mv(end, b)
        targets.append(
            {
                "s_m": b.target.x_m,
                "lateral_m": b.target.y_m,
                "name": b.target.name,
                "distance_cm": round(100 * b.height_m, 1),
                "material": b.target.material,
                "radius_m": b.target.radius_m,
                "peak_mv": [round(float(v), 2) for v in peak],
                "width_a_m": round(footprint_m(b), 3),
                "snr": round(frame_snr(end, peak), 2),
            }
        )

    def place_at(t_s: float) -> float:
        return round(float(place_m[min(int(t_s / FRAME_S), len(place_m) - 1)]), 3)

    bursts = world.detector.disturbance.bursts_s
    return {
        "name": name,
        "seed": seed,
        "index": index,
        "lane_length_m": file.world.lane_length_m,
        "swath_m": file.world.swath_m,
        "speed_m_s": round(speed, 3),
        "duration_s": round(duration_s, 2),
        "targets": targets,
        "hot_rocks": [
            {"s_m": rock.x_m, "gate0_mv": round(rock.strength_mv, 1)}
            for rock in sorted(file.hot_rocks, key=lambda rock: rock.x_m)
        ],
        "stuck": [{"gate": g, "t0": t0, "t1": t1, "s0": place_at(t0), "s1": place_at(t1)} for g, t0, t1 in stuck],
        "soil_gate0_mv": file.soil.strength_mv,
        "ground_ratio": [round(float(v), 4) for v in world.detector.ground.shares],
        "noise_mv": list(end.noise_mv),
        "wander_mv": list(end.wander_mv),
        "tone_mv": file.interference.mains_mv,
        "bursts_t": [round(float(t), 2) for t in bursts[bursts < duration_s]],
    }
