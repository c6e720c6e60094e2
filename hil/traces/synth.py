"""Synthetic traces with truth: a lane drawn from a seed, driven once at a nearly steady speed, as the board would
record it.

Lane `index` of `seed` is the same bytes whenever it is made (with the same numpy and scipy), whatever other lanes are.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hil.errors import HilError
from hil.traces.lane import draw_lane, frame_snr, peak_mv
from hil.traces.recipe import DIFFICULTIES, LANE_LENGTH_M
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


def lane_names(count: int, seed: int, difficulty: str) -> list[str]:
    """The names of the lanes that `synthesise` gives for 0 <= index < count."""
    if difficulty not in DIFFICULTIES:
        raise SynthError(f"difficulty '{difficulty}' is not known; choose one of {', '.join(DIFFICULTIES)}")
    if not 1 <= count <= COUNT_MAX:
        raise SynthError(f"count = {count} is outside 1..{COUNT_MAX}; ask for fewer lanes at a time")
    if seed < 0:
        raise SynthError(f"seed = {seed} is negative; give 0 or more")
    return [f"synth_{difficulty}_{seed}_{index:03d}" for index in range(count)]


def write_lanes(folder: Path, count: int, seed: int, difficulty: str) -> Iterator[Path]:
    """Make lanes 0..count-1 into `folder` as NAME.csv and NAME.truth.json; gives each CSV's path once it is
    complete.
    """
    names = lane_names(count, seed, difficulty)
    folder.mkdir(parents=True, exist_ok=True)
    for index, name in enumerate(names):
        trace = synthesise(seed, index, difficulty)
        path = folder / f"{name}.csv"
        with replacing(path) as part:
            with part.open("w", encoding="utf-8", newline="") as file:
                write_csv(file, trace.provenance, trace.rows)
            write(path.with_name(f"{name}.truth.json"), json.dumps(trace.truth, indent=1) + "\n")
        yield path


def synthesise(seed: int, index: int, difficulty: str) -> SynthTrace:
    """Lane `index` of `seed`. SynthError when the difficulty is not known."""
    name = lane_names(index + 1, seed, difficulty)[index]
    wish = DIFFICULTIES[difficulty]
    random = np.random.default_rng([seed, index, sorted(DIFFICULTIES).index(difficulty)])
    speed = float(random.uniform(*wish.speed_m_s))
    duration_s = LANE_LENGTH_M / speed
    data = draw_lane(random, wish, speed)
    stuck = data.pop("stuck")
    if stuck:
        data["fault"] = [{"kind": "stuck", "gate": g, "t0_s": t0, "t1_s": t1} for g, t0, t1 in stuck]
    world = World(parse_world(data, name))
    times_s, position_m, gates_mv = _drive(world, random, speed)
    rows = _rows(world, random, times_s, position_m, gates_mv)
    truth = _truth(world, name, seed, index, difficulty, speed, float(times_s[-1]), position_m, stuck)
    provenance = [
        "synthetic: made from the world model, nothing recorded",
        f"name: {name}",
        f"seed: {seed} index: {index} difficulty: {difficulty}",
        f"speed_m_s: {speed:.3f} frame_hz: {1 / FRAME_S:g} ticks_per_m: {TICKS_PER_M} duration_s: {duration_s:.2f}",
    ]
    return SynthTrace(name, provenance, rows, truth)


def _drive(world: World, random: np.random.Generator, speed: float) -> tuple[Array, Array, Array]:
    """Along the lane: frame times (n,), the coil's place at each frame's end (n,), gates' means over each frame (n,
    3).
    """
    file = world.file
    ripple = 0.02 * random.uniform(0, 1)
    wave = 2 * np.pi / random.uniform(0.5, 2.0)
    phase = random.uniform(0, 2 * np.pi)
    count = int(LANE_LENGTH_M / speed / FRAME_S)
    pulses_ns = world.pulse_times_ns(0, round(count * FRAME_S * 1e9))
    t = pulses_ns * 1e-9
    # a speed that swings a little about its mean, as a velocity loop's does
    place = speed * t + speed * ripple / wave * (np.sin(wave * t + phase) - np.sin(phase))
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
    difficulty: str,
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
        "difficulty": difficulty,
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
        "tone_mv": file.interference.mains_mv,
        "bursts_t": [round(float(t), 2) for t in bursts[bursts < duration_s]],
    }
