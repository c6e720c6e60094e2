"""Quantities that are smooth over the plane: drawn on a grid from the seed, looked up in between."""

import math

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from hil.world.field.field_spec import FieldFile

Array = NDArray[np.float64]

STEP_M = 0.05
# The maps go on so far beyond the area and the safe ground: a head stands ahead of its tracks.
MARGIN_M = 3.0


class Plane:
    """The grid that a field's maps lie on: its box with a margin, in steps of STEP_M."""

    def __init__(self, file: FieldFile) -> None:
        spec = file.field
        corners = np.array(spec.corners_m)
        low = np.minimum(corners.min(axis=0), [-spec.safe_depth_m, -spec.base_length_m - spec.safe_side_m])
        high = np.maximum(corners.max(axis=0), [0.0, spec.safe_side_m])
        low, high = np.floor(low - MARGIN_M), np.ceil(high + MARGIN_M)
        self.low_m = (float(low[0]), float(low[1]))
        self.high_m = (float(high[0]), float(high[1]))
        self.x_m: Array = np.arange(low[0], high[0] + STEP_M / 2, STEP_M)
        self.y_m: Array = np.arange(low[1], high[1] + STEP_M / 2, STEP_M)

    def smooth(self, random: np.random.Generator, length_m: float) -> Array:
        """Gaussian noise of rms 1 with a Gaussian correlation of about `length_m`, on the grid, (nx, ny)."""
        sigma = length_m / STEP_M / 2
        # On a coarser grid where it is long: it says the same, in a fraction of the time.
        coarse = max(1, int(sigma / 4))
        shape = (len(self.x_m) // coarse + 3, len(self.y_m) // coarse + 3)
        pad = math.ceil(3 * sigma / coarse)
        white = random.standard_normal((shape[0] + 2 * pad, shape[1] + 2 * pad))
        noise = gaussian_filter(white, sigma / coarse, truncate=3.0) * (2 * math.sqrt(math.pi) * sigma / coarse)
        noise = noise[pad:-pad, pad:-pad]
        if coarse == 1:
            return np.asarray(noise[: len(self.x_m), : len(self.y_m)])
        at = Grid((0.0, 0.0), float(coarse), noise)
        i, j = np.arange(len(self.x_m), dtype=float), np.arange(len(self.y_m), dtype=float)
        return at.at(np.repeat(i, len(j)), np.tile(j, len(i))).reshape(len(i), len(j))

    def grid(self, values: Array) -> "Grid":
        """Values on this grid, (nx, ny) or (nx, ny, k), to be looked up."""
        return Grid(self.low_m, STEP_M, values)


class Grid:
    """Values at steps in the plane: straight in between, held beyond the edge."""

    def __init__(self, low_m: tuple[float, float], step_m: float, values: Array) -> None:
        self.low_m, self._step_m = low_m, step_m
        self.values = np.ascontiguousarray(values)
        self._rows = values.shape[1]
        self._flat = self.values.reshape(values.shape[0] * values.shape[1], *values.shape[2:])
        self._most = (values.shape[0] - 1.001, values.shape[1] - 1.001)
        self._each = memoryview(self.values.reshape(-1).data)
        self._many = values.shape[2] if values.ndim == 3 else 1

    def at(self, x_m: Array, y_m: Array) -> Array:
        """At places (m,): (m,), or (m, k)."""
        u = np.minimum(np.maximum((x_m - self.low_m[0]) / self._step_m, 0.0), self._most[0])
        v = np.minimum(np.maximum((y_m - self.low_m[1]) / self._step_m, 0.0), self._most[1])
        i, j = u.astype(np.intp), v.astype(np.intp)
        u, v = u - i, v - j
        if self._flat.ndim == 2:
            u, v = u[:, None], v[:, None]
        k = i * self._rows + j
        flat = self._flat
        near = flat[k] + (flat[k + 1] - flat[k]) * v
        k += self._rows
        far = flat[k] + (flat[k + 1] - flat[k]) * v
        return np.asarray(near + (far - near) * u)

    def one(self, x_m: float, y_m: float) -> float:
        """At one place, of a grid of single values: in plain floats, for what is asked a hundred times a second."""
        u = (x_m - self.low_m[0]) / self._step_m
        v = (y_m - self.low_m[1]) / self._step_m
        u = 0.0 if u < 0.0 else self._most[0] if u > self._most[0] else u
        v = 0.0 if v < 0.0 else self._most[1] if v > self._most[1] else v
        i, j = int(u), int(v)
        u -= i
        v -= j
        each, k = self._each, i * self._rows + j
        near = each[k] + (each[k + 1] - each[k]) * v
        k += self._rows
        far = each[k] + (each[k + 1] - each[k]) * v
        return near + (far - near) * u

    def many(self, x_m: float, y_m: float) -> list[float]:
        """At one place, of a grid of several values."""
        u = min(max((x_m - self.low_m[0]) / self._step_m, 0.0), self._most[0])
        v = min(max((y_m - self.low_m[1]) / self._step_m, 0.0), self._most[1])
        i, j = int(u), int(v)
        u -= i
        v -= j
        n, each = self._many, self._each
        k = (i * self._rows + j) * n
        far = k + self._rows * n
        a, b, c, d = (1 - u) * (1 - v), (1 - u) * v, u * (1 - v), u * v
        return [
            a * each[at] + b * each[at + n] + c * each[at + far - k] + d * each[at + far - k + n]
            for at in range(k, k + n)
        ]
