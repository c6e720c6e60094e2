"""The ground: soil whose strength and gate shares change along the lane, the coil's height over it, hot rocks."""

import numpy as np
from numpy.typing import NDArray

from hil.world.coil import ground_coupling
from hil.world.front_end import soil_shares
from hil.world.world_spec import WorldFile

Array = NDArray[np.float64]

STEP_M = 0.01
# The lane's ground goes on before its start and behind its end: the coil stands ahead of the tracks.
MARGIN_M = 3.0
# A hot rock is not felt further off than so many of its half widths.
ROCK_WIDTHS = 5


class Ground:
    """Profiles along the lane on a grid of STEP_M, made once from the seed."""

    def __init__(self, file: WorldFile) -> None:
        lane, soil, end = file.world, file.soil, file.front_end
        self._end = end
        self.start_m = -MARGIN_M
        self.x_m = np.arange(-MARGIN_M, lane.lane_length_m + MARGIN_M + STEP_M, STEP_M)
        random = np.random.default_rng([lane.seed, 101])
        n = len(self.x_m)
        self.height_change_m = smooth_noise(random, n, soil.height_m) * soil.height_mm / 1000
        for lift in file.lifts:
            inside_m = np.minimum(self.x_m - lift.x0_m, lift.x1_m - self.x_m)
            self.height_change_m += np.clip(inside_m / lift.ramp_m, 0, 1) * lift.height_mm / 1000
        height = np.maximum(end.coil_height_m + self.height_change_m, 0.3 * end.coil_height_m)
        self.height_change_m = height - end.coil_height_m
        reach = ground_coupling(end.coil_radius_m, height) / ground_coupling(
            end.coil_radius_m, np.array(end.coil_height_m)
        )
        strength = soil.strength_mv * reach * (1 + soil.variation * smooth_noise(random, n, soil.variation_m))
        self.shares = soil_shares(end) * (1 + soil.ratio_error * random.standard_normal(3) / np.sqrt(2))
        wander = np.stack([smooth_noise(random, n, 3 * soil.variation_m) for _ in range(3)], axis=1)
        shares = self.shares * (1 + soil.ratio_error * wander / np.sqrt(2))
        others = np.random.default_rng([lane.seed, 404])
        for change in file.soil_changes:
            behind = (1 + np.tanh(2 * (self.x_m - change.x_m) / change.width_m)) / 2
            strength *= 1 + (change.times - 1) * behind
            other = soil_shares(end) * (1 + change.ratio_error * others.standard_normal(3) / np.sqrt(2))
            shares += behind[:, None] * (other - shares)
        # (n, 3): what soil alone does to the gates, in ADC millivolts
        self.soil_mv = -np.maximum(strength, 0)[:, None] * shares
        self.rocks_mv: list[tuple[float, float, float, Array]] = []
        for rock in file.hot_rocks:
            share = soil_shares(end) * (1 + rock.ratio_error * random.standard_normal(3))
            self.rocks_mv.append((rock.x_m, rock.y_m, rock.width_m, -rock.strength_mv * share))

    def along(self, profile: Array, x_m: Array) -> Array:
        """`profile` ((n,) or (n, k), on this ground's grid) at the places x_m (m,): linear in between, held beyond
        the ends.
        """
        position = np.clip((x_m - self.start_m) / STEP_M, 0, len(self.x_m) - 1.001)
        i = position.astype(np.intp)
        part = position - i
        if profile.ndim == 2:
            part = part[:, None]
        return np.asarray(profile[i] * (1 - part) + profile[i + 1] * part)

    def gates_mv(self, x_m: Array, y_m: Array, swing_m: Array | None = None) -> Array:
        """What soil and hot rocks do to the gates with the coil at (x, y), `swing_m` above where it runs, each (m,):
        (m, 3).
        """
        out = self.along(self.soil_mv, x_m)
        low, high = float(x_m.min()), float(x_m.max())
        for rock_x, rock_y, width, level in self.rocks_mv:
            if not low - ROCK_WIDTHS * width < rock_x < high + ROCK_WIDTHS * width:
                continue
            near = np.abs(x_m - rock_x) < ROCK_WIDTHS * width
            # a small magnetised stone is a dipole below the coil: out by a third power, back by another
            felt = np.zeros(int(near.sum()))
            for coil_m in self._end.across_m:
                square = ((x_m[near] - rock_x) ** 2 + (y_m[near] + coil_m - rock_y) ** 2) / width**2
                felt += 1 / (1 + square) ** 3
            out[near] += felt[:, None] / self._end.coils * level
        if swing_m is not None:
            height_m = self._end.coil_height_m + self.along(self.height_change_m, x_m)
            radius_m = self._end.coil_radius_m
            out *= (ground_coupling(radius_m, height_m + swing_m) / ground_coupling(radius_m, height_m))[:, None]
        return out


def smooth_noise(random: np.random.Generator, n: int, length_m: float) -> Array:
    """Gaussian noise of rms 1 with a Gaussian correlation of about `length_m`, on the grid, shape (n,)."""
    sigma = max(length_m / STEP_M / 2, 0.5)
    half = int(4 * sigma)
    kernel = np.exp(-0.5 * (np.arange(-half, half + 1) / sigma) ** 2)
    kernel /= np.sqrt((kernel**2).sum())
    return np.asarray(np.convolve(random.standard_normal(n + 2 * half), kernel, mode="valid"))
