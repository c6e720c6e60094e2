"""Traces of a coil in somebody's hands while the rover stands: in air, over clean ground, and a test piece that passes.

Made from the world model, with its noise, wander, tones and faults, as a lane is: for `sapper calibrate` without a
board.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hil.traces.synth import FRAME_S, LSB_MV
from hil.world.world import World
from hil.world.world_file import parse_world
from sapper_host.recordings.trace import Trace

Array = NDArray[np.float64]
Tables = Mapping[str, Mapping[str, Any] | list[dict[str, Any]]]

AIR, GROUND, PIECE = STEPS = ("air", "ground", "piece")
SECONDS = {AIR: 14.0, GROUND: 30.0, PIECE: 16.0}
# A hand's breadth up and down once in two seconds, 5 s in each place.
BOB = {"height_mm": 25.0, "hz": 0.5}
SOIL_MV = 100.0
STEEL_BALL = {"name": "steel ball", "material": "steel", "shape": "sphere", "radius_m": 0.012, "depth_m": 0.01}
_PIECE_M = 1.5
_AWAY_M = 0.9  # on either side of the coil
_FROM_S, _TO_S = 6.0, 10.0
_PLACE_S, _PLACE_M, _STEP_S = 5.0, 0.45, 1.0


def passing(t_s: Array) -> Array:
    """Where the coil is along the lane, seen from the piece that is passed over it."""
    share = np.clip((t_s - _FROM_S) / (_TO_S - _FROM_S), 0, 1)
    return np.asarray(_PIECE_M + _AWAY_M * (2 * share - 1))


def staying(t_s: Array) -> Array:
    """The same of a piece that is left on the coil."""
    return np.asarray(np.minimum(passing(t_s), _PIECE_M))


def place_m(number: int) -> float:
    """Along the lane: where the coil is raised and lowered over ground, first, second, ..."""
    return 0.5 + _PLACE_M * number


def from_place_to_place(t_s: Array) -> Array:
    """Over ground: some seconds in each place, a second to the next."""
    number, into_s = np.divmod(t_s, _PLACE_S)
    on_the_way = np.clip((into_s - _PLACE_S + _STEP_S) / _STEP_S, 0, 1)
    return np.asarray(place_m(0) + _PLACE_M * (number + on_the_way))


def standing(t_s: Array) -> Array:
    """The coil in one place, the piece far off."""
    return np.full_like(t_s, _PIECE_M - _AWAY_M)


def day(
    seed: int = 1,
    soil_mv: float = SOIL_MV,
    piece: Mapping[str, Any] | None = None,
    front_end: Mapping[str, Any] | None = None,
    way: Callable[[Array], Array] = passing,
    changes: Mapping[str, Tables] | None = None,
) -> dict[str, Trace]:
    """The three steps of one head on one day. piece: a [[target]]'s keys. front_end: of all three. changes: by step,
    further tables of its world file."""
    target = {"x_m": _PIECE_M, **(piece or STEEL_BALL)}
    worlds: dict[str, dict[str, Any]] = {
        AIR: {},
        GROUND: {"soil": {"strength_mv": soil_mv, "height_mm": 1.0}, "swing": dict(BOB)},
        PIECE: {"target": [target]},
    }
    made = {}
    for number, step in enumerate(STEPS):
        tables = worlds[step] | {"world": {"seed": 3 * seed + number, "lane_length_m": 4.0}}
        if front_end:
            tables["front_end"] = dict(front_end)
        tables.update((changes or {}).get(step, {}))
        made[step] = carried(step, tables, {AIR: standing, GROUND: from_place_to_place, PIECE: way}[step])
    return made


def carried(name: str, tables: Mapping[str, Any], way: Callable[[Array], Array] = standing) -> Trace:
    """One step in the world of these tables. WorldError when they are wrong."""
    world = World(parse_world(dict(tables), name))
    count = round(SECONDS[name] / FRAME_S)
    pulses_ns = world.pulse_times_ns(0, round(count * FRAME_S * 1e9))
    place_m = way(np.asarray(pulses_ns * 1e-9, float))
    coil = np.stack([place_m, np.zeros_like(place_m)], axis=1)
    per_frame = round(world.file.front_end.pulse_rate_hz * FRAME_S)
    gates = world.voltages_mv(pulses_ns, coil).reshape(count, per_frame, 3).mean(axis=1)
    t_s: Array = np.asarray(np.arange(count) * FRAME_S)
    steady = np.ones(count)
    return Trace(
        name,
        t_s,
        np.asarray(np.round(gates / LSB_MV) * LSB_MV),
        world.file.supply.vsys_mv * steady,
        world.file.supply.temp_c * steady,
        0 * steady,
        0 * steady,
        ("synthetic: made from the world model, nothing recorded",),
    )
