"""Objects in the plane: how strongly one couples to a coil anywhere above it, out of a table made once.

A body that is round about the vertical has a table by distance; a rod, a sheet or what is tilted one in its own frame,
along its heading and across, so that it does not matter from where a head comes.
"""

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from hil.world.coil import coupling, equivalent_radius_m, polarisability_m3
from hil.world.detector_model import pieces
from hil.world.field.field_spec import FieldTarget
from hil.world.front_end import metal_response_mv
from hil.world.materials import MATERIALS
from hil.world.world_spec import FrontEnd, Target

Array = NDArray[np.float64]

# A coil further off than this feels nothing, and of most objects nothing from much nearer on.
REACH_M = 0.9
STEP_M = 0.005
_STEP_2D_M = 0.01
_LEAST_MV = 0.01


class InPlane:
    """A target with its table. place: (x, y, depth below the surface), m."""

    def __init__(self, end: FrontEnd, target: FieldTarget, ground_m: float) -> None:
        self.target = target
        self.x_m, self.y_m = target.x_m, target.y_m
        # Height of its middle, and of the coil over it where all is level.
        self.z_m = ground_m - target.depth_m
        self._level_m = end.coil_height_m + target.depth_m
        self.response_mv = metal_response_mv(end, MATERIALS[target.material], equivalent_radius_m(target))
        self._radius_m = end.coil_radius_m
        self._cos = float(np.cos(np.radians(target.heading_deg)))
        self._sin = float(np.sin(np.radians(target.heading_deg)))
        round_one = target.shape == "sphere" or (target.shape == "plate" and target.tilt_deg == 0)
        # What is less than _LEAST_MV is left out.
        least = _LEAST_MV / float(np.abs(self.response_mv).max())
        self._table = _table(end.coil_radius_m, self._level_m, _at_origin(target), not round_one, least)
        half_m = (len(self._table) - 2) * (STEP_M if round_one else _STEP_2D_M / 2)
        self._half_m, self.reach_m = half_m, half_m * (1 if round_one else math.sqrt(2))

    def coupling(self, dx_m: Array, dy_m: Array, height_m: Array) -> Array:
        """Of a coil at so much ahead of it in x and y, and so high above the level of its left post, any shape."""
        square = dx_m * dx_m + dy_m * dy_m
        if self._table.ndim == 1:
            place = np.minimum(np.sqrt(square) / STEP_M, len(self._table) - 1.001)
            i = place.astype(np.intp)
            low = self._table[i]
            level = low + (self._table[i + 1] - low) * (place - i)
        else:
            most = self._table.shape[0] - 1.001
            u = np.minimum(np.maximum((dx_m * self._cos + dy_m * self._sin + self._half_m) / _STEP_2D_M, 0.0), most)
            v = np.minimum(np.maximum((dy_m * self._cos - dx_m * self._sin + self._half_m) / _STEP_2D_M, 0.0), most)
            i, j = u.astype(np.intp), v.astype(np.intp)
            u, v = u - i, v - j
            t = self._table
            near = t[i, j] * (1 - v) + t[i, j + 1] * v
            far = t[i + 1, j] * (1 - v) + t[i + 1, j + 1] * v
            level = near * (1 - u) + far * u
        # Off the axis as on it the field squared falls about as (R^2 + r^2 + z^2)^-3.
        square = square + self._radius_m**2
        z = np.maximum(height_m - self.z_m, 0.01)
        lift = (square + self._level_m**2) / (square + z * z)
        return np.asarray(level * (lift * lift * lift))


def _at_origin(target: FieldTarget) -> Target:
    """The body alone: what is one shape at one depth is one table, wherever it lies and however it is turned."""
    return Target(
        target.material, 0.0, target.depth_m, target.shape, target.radius_m, target.length_m, 0.0, target.tilt_deg
    )


@lru_cache(maxsize=256)
def _table(radius_m: float, level_m: float, body: Target, plane: bool, least: float) -> Array:
    """Coupling by distance (n,), or along and across (n, n), as far as it is over `least`; 0 at its end."""
    tensor = polarisability_m3(body, MATERIALS[body.material].ferrous)
    if not plane:
        distance = np.arange(0.0, REACH_M + STEP_M, STEP_M)
        offsets = np.stack([-distance, 0 * distance, 0 * distance - level_m], axis=1)
        table = coupling(radius_m, offsets, tensor)
        table = table[: max(int((table > least).sum()), 2)]
        return np.asarray(np.append(np.maximum(table - table[-1], 0), 0.0))
    count = round(REACH_M / _STEP_2D_M)
    places = np.arange(-count, count + 1) * _STEP_2D_M
    offsets = np.empty((len(places), len(places), 3))
    table = np.zeros((len(places), len(places)))
    offsets[..., 1] = -places[None, :]
    offsets[..., 2] = -level_m
    for ahead_m, share in pieces(body):
        offsets[..., 0] = ahead_m - places[:, None]
        table += share * coupling(radius_m, offsets.reshape(-1, 3), tensor).reshape(table.shape)
    felt = np.abs(places)
    felt = np.maximum(felt[:, None], felt[None, :])[table > least]
    cut = count - min(round(float(felt.max(initial=0.02)) / _STEP_2D_M), count - 1)
    table = table[cut : len(table) - cut, cut : len(table) - cut]
    edge = max(table[0].max(), table[-1].max(), table[:, 0].max(), table[:, -1].max())
    return np.pad(np.maximum(table - edge, 0), 1)[1:, 1:]
