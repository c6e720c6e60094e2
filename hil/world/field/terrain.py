"""The ground itself: its height, how loose it is, what soil it is, on one grid."""

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from hil.world.coil import ground_coupling
from hil.world.field.field_spec import FieldFile
from hil.world.field.plane import Plane
from hil.world.front_end import soil_shares

Array = NDArray[np.float64]

# How much of a standard deviation lies between firm ground and loose, at a patch's edge.
_EDGE = 0.5
_HEIGHT_STEP_M = 0.001
_HEIGHT_MOST_M = 0.6
# The head rides on skids: however the rover pitches, it is never lower than so much of its usual height.
_SKIDS = 0.3


class Terrain:
    """A field's maps, made once from the seed. height: m above the left post. loose: 0 firm .. 1 loose. width: what the
    effective track width is times its mean. ground: (strength of soil in mV at gate 0, three shares, height)."""

    def __init__(self, file: FieldFile) -> None:
        self.plane = plane = Plane(file)
        self._end = file.front_end
        random = np.random.default_rng([file.seed, 111])
        height = self._heights(file, random)
        self.height = plane.grid(height)
        noise = plane.smooth(random, file.loose.patch_m)
        loose = np.clip((noise - ndtri(1 - file.loose.share)) / _EDGE + 0.5, 0, 1) if file.loose.share else 0 * noise
        self.loose = plane.grid(loose)
        width = 1 + file.skid.width_variation * plane.smooth(random, file.skid.width_variation_m)
        self.width = plane.grid(np.clip(width, 0.7, 1.4))
        self.ground = plane.grid(np.concatenate([self._soil(file, random), height[..., None]], axis=2))
        heights = np.maximum(np.arange(0, _HEIGHT_MOST_M + 2 * _HEIGHT_STEP_M, _HEIGHT_STEP_M), 1e-4)
        radius = self._end.coil_radius_m
        usual = ground_coupling(radius, np.array(self._end.coil_height_m))
        self._reach_table: Array = ground_coupling(radius, heights) / usual
        self._reach: list[float] = self._reach_table.tolist()

    def _heights(self, file: FieldFile, random: np.random.Generator) -> Array:
        relief, plane = file.relief, self.plane
        grade, uphill = np.tan(np.radians(relief.slope_deg)), np.radians(relief.uphill_deg)
        x, y = plane.x_m[:, None], plane.y_m[None, :]
        height = grade * (x * np.cos(uphill) + y * np.sin(uphill))
        height = height + relief.swell_mm / 1000 * plane.smooth(random, relief.swell_m)
        height += relief.bump_mm / 1000 * plane.smooth(random, relief.bump_m)
        for mound in file.mounds:
            square = ((x - mound.x_m) ** 2 + (y - mound.y_m) ** 2) / mound.radius_m**2
            height += mound.height_mm / 1000 * np.exp(-2 * square)
        return np.asarray(height)

    def _soil(self, file: FieldFile, random: np.random.Generator) -> Array:
        soil, plane = file.soil, self.plane
        strength = soil.strength_mv * (1 + soil.variation * plane.smooth(random, soil.variation_m))
        own = soil_shares(self._end) * (1 + soil.ratio_error * random.standard_normal(3) / np.sqrt(2))
        wander = np.stack([plane.smooth(random, 3 * soil.variation_m) for _ in range(3)], axis=2)
        shares = own * (1 + soil.ratio_error * wander / np.sqrt(2))
        x, y = plane.x_m[:, None], plane.y_m[None, :]
        for patch in file.soil_patches:
            distance = np.hypot(x - patch.x_m, y - patch.y_m)
            within = (1 - np.tanh(2 * (distance - patch.radius_m) / patch.width_m)) / 2
            strength = strength * (1 + (patch.times - 1) * within)
        return np.concatenate([np.maximum(strength, 0)[..., None], shares], axis=2)

    def under_head(self, x_m: float, y_m: float, z_m: float) -> tuple[float, float, float, float, float]:
        """Of a head whose middle is there, on a machine that would have the ground there at height z_m: what the soil
        does to the gates (mV, three), its height above the left post, and above the ground under it (m)."""
        strength, *shares, ground_m = self.ground.many(x_m, y_m)
        usual_m = self._end.coil_height_m
        over_m = max(z_m + usual_m - ground_m, _SKIDS * usual_m)
        pull = -strength * self.reach(over_m)
        return pull * shares[0], pull * shares[1], pull * shares[2], ground_m + over_m, over_m

    def reach(self, height_m: float) -> float:
        """How much of the soil's answer is left at a height of the coil, 1 at its usual one."""
        place = min(height_m, _HEIGHT_MOST_M) / _HEIGHT_STEP_M
        i = int(place)
        low = self._reach[i]
        return low + (self._reach[i + 1] - low) * (place - i)

    def reaches(self, heights_m: Array) -> Array:
        """The same of many."""
        place = np.minimum(heights_m, _HEIGHT_MOST_M) / _HEIGHT_STEP_M
        i = place.astype(np.intp)
        table = self._reach_table
        return np.asarray(table[i] + (table[i + 1] - table[i]) * (place - i))
