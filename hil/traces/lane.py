"""Drawing a lane: what lies where, how large, how deep, over what ground, under what noise."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hil.traces.recipe import (
    END_M,
    KINDS,
    LANE_LENGTH_M,
    LATERAL_M,
    MAINS_HZ,
    SPACING_M,
    SWATH_M,
    Difficulty,
    Kind,
)
from hil.world.detector_model import Buried, bury
from hil.world.front_end import soil_shares
from hil.world.world_spec import FrontEnd, Target

Array = NDArray[np.float64]

# How often an object that is too weak is laid half the way nearer.
NEARER = 4


def draw_lane(random: np.random.Generator, wish: Difficulty, speed: float) -> dict[str, Any]:
    """A world file's tables, and under "stuck" the (gate, t0_s, t1_s) of stuck gates."""
    end = FrontEnd()
    number_targets = int(random.integers(wish.targets[0], wish.targets[1] + 1))
    number_rocks = int(random.integers(wish.hot_rocks[0], wish.hot_rocks[1] + 1))
    places = _places(random, number_targets + number_rocks)
    weights = np.array([kind.weight for kind in KINDS])
    picks = random.choice(len(KINDS), size=number_targets, p=weights / weights.sum())
    targets = [
        draw_target(random, wish, end, KINDS[pick], place)
        for pick, place in zip(picks, places[:number_targets], strict=True)
    ]
    rocks = [
        {
            "x_m": place,
            "y_m": _uniform(random, (-0.05, 0.05)),
            "strength_mv": _uniform(random, wish.rock_mv, 1),
            "width_m": _uniform(random, (0.10, 0.18)),
            "ratio_error": wish.rock_ratio_error,
        }
        for place in places[number_targets:]
    ]
    soil_mv = (1.0, 5.0) if random.random() < wish.soil_free_chance else wish.soil_mv
    tone = _uniform(random, wish.tone_mv, 2) if random.random() < wish.tone_chance else 0.0
    seconds = LANE_LENGTH_M / speed
    stuck = []
    if random.random() < wish.stuck_chance:
        long_s = min(_uniform(random, wish.stuck_s, 2), 0.5 * seconds)
        t0 = _uniform(random, (2.0, seconds - long_s - 2.0), 2)
        stuck.append((int(random.integers(3)), t0, round(t0 + long_s, 2)))
    return {
        "world": {"seed": int(random.integers(2**31)), "lane_length_m": LANE_LENGTH_M, "swath_m": SWATH_M},
        "supply": {
            "vsys_mv": _uniform(random, (4900.0, 5090.0), 0),
            "temp_c": _uniform(random, (14.0, 28.0), 1),
            "warming_c": _uniform(random, (3.0, 6.0), 1),
        },
        "soil": {
            "strength_mv": _uniform(random, soil_mv, 1),
            "ratio_error": _uniform(random, wish.soil_ratio_error),
            "variation": _uniform(random, wish.soil_variation),
            "variation_m": _uniform(random, (0.6, 2.5)),
            "height_mm": _uniform(random, wish.height_mm),
            "height_m": _uniform(random, (0.5, 1.5)),
        },
        "interference": {
            "mains_mv": tone,
            "mains_hz": _uniform(random, MAINS_HZ),
            "burst_mv": _uniform(random, wish.burst_mv, 1),
            "burst_per_s": _uniform(random, wish.bursts_per_s),
        },
        "drift": {
            "thermal_mv": [_uniform(random, (-s, s), 1) for s in (15.0, 6.0, 6.0)],
            "thermal_s": _uniform(random, (20.0, 90.0), 0),
        },
        "target": targets,
        "hot_rock": rocks,
        "stuck": stuck,
    }


def frame_snr(end: FrontEnd, peak_mv: Array) -> float:
    """Signal-to-noise of one frame at the peak (3,): white noise of each gate, what soil in its ratio could do taken
    out.
    """
    noise = np.array(end.noise_mv)
    signal = peak_mv / noise
    ground = soil_shares(end) / noise
    ground /= np.linalg.norm(ground)
    return float(np.linalg.norm(signal - (signal @ ground) * ground))


def peak_mv(end: FrontEnd, buried: Buried) -> Array:
    """What the object does to the gates (3,) where it shows most, for a coil that runs along the lane's middle."""
    x = np.arange(-0.4, 0.401, 0.01) + buried.target.x_m
    gates = buried.gates_mv(x, 0 * x, 0 * x)
    return np.asarray(gates[np.abs(gates).sum(axis=1).argmax()])


def footprint_m(buried: Buried) -> float:
    """How wide its bump is along the lane's middle: the a of (1 + x^2/a^2)^-3 that is as wide at half its height."""
    x = np.arange(-1.0, 1.001, 0.005) + buried.target.x_m
    bump = np.abs(buried.gates_mv(x, 0 * x, 0 * x)).sum(axis=1)
    wide_m = 0.005 * np.count_nonzero(bump > bump.max() / 2)
    return float(wide_m / 2 / np.sqrt(2 ** (1 / 3) - 1))


def _uniform(random: np.random.Generator, bounds: tuple[float, float], digits: int = 4) -> float:
    return round(float(random.uniform(*bounds)), digits)


def _places(random: np.random.Generator, count: int) -> list[float]:
    """`count` places along the lane, in random order, no two closer than SPACING_M."""
    room = LANE_LENGTH_M - 2 * END_M - SPACING_M * max(count - 1, 0)
    gaps = np.sort(random.uniform(0, room, count))
    places = END_M + gaps + SPACING_M * np.arange(count)
    return [round(float(p), 3) for p in random.permutation(places)]


def draw_target(
    random: np.random.Generator, wish: Difficulty, end: FrontEnd, kind: Kind, place: float
) -> dict[str, Any]:
    """An object of the kind at a place, of the size that gives it a drawn signal-to-noise: a target's table.

    Where no size of the kind is enough it lies nearer, and at last the largest is taken.
    """
    distance = _uniform(random, wish.distance_m)
    lateral = _uniform(random, (-LATERAL_M, LATERAL_M), 3)
    wanted = float(np.exp(random.uniform(*np.log(wish.snr))))
    slender = _uniform(random, kind.slender) if kind.shape == "rod" else 0.0
    table: dict[str, Any] = {
        "name": kind.name,
        "material": kind.material,
        "shape": kind.shape,
        "x_m": place,
        "y_m": lateral,
        "heading_deg": _uniform(random, (-90.0, 90.0), 0) if kind.shape == "rod" else 0.0,
        "tilt_deg": _uniform(random, (-30.0, 30.0), 0) if kind.shape != "sphere" else 0.0,
    }
    low, high = kind.radius_m
    for _ in range(NEARER):
        # no object sticks out of the ground
        table["depth_m"] = round(max(distance - end.coil_height_m, 0.005), 4)
        if frame_snr(end, peak_mv(end, bury(end, _sized(table, high, slender), 0.05))) >= wanted:
            break
        distance = (distance + wish.distance_m[0]) / 2
        table["y_m"] = round(table["y_m"] / 2, 3)
    for _ in range(12):
        radius = (low * high) ** 0.5
        if frame_snr(end, peak_mv(end, bury(end, _sized(table, radius, slender), 0.05))) < wanted:
            low = radius
        else:
            high = radius
    target = _sized(table, round(min(low, 0.9 * distance), 4), slender)
    table["radius_m"] = target.radius_m
    if slender:
        table["length_m"] = round(target.length_m, 4)
    return table


def _sized(table: dict[str, Any], radius_m: float, slender: float) -> Target:
    return Target(**(table | {"radius_m": radius_m, "length_m": max(slender, 2.0) * radius_m}))
