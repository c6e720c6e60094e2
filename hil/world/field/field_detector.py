"""The detector over a field: where the head is and how it is held in, three gate voltages out.

The same times and places give the same voltages bit for bit in whatever slices: what is random in time is drawn in
blocks of pulses, and all else is worked out pulse by pulse.
"""

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from hil.world.disturbance import BLOCK, Disturbance
from hil.world.field.buried import InPlane
from hil.world.field.field_spec import FieldFile
from hil.world.field.skid_rover import FEEL_MS, FieldSlice
from hil.world.field.terrain import Terrain
from hil.world.front_end import soil_shares
from hil.world.front_faults import FULL_SCALE_MV, FrontFaults
from hil.world.ground import ROCK_WIDTHS

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

# In a slice, which is shorter than that in milliseconds, no head gets further.
_MS_NS = 1_000_000
_FELT_NS = FEEL_MS * _MS_NS
_SLICE_MS = 100
_IN_A_SLICE_M = 0.15


class FieldDetector:
    """What the analogue board puts on the ADC's three gate inputs."""

    def __init__(self, file: FieldFile, terrain: Terrain) -> None:
        self.file, self._terrain = file, terrain
        self._end = file.front_end
        self._ahead_m = file.rover.coil_ahead_m
        self._across = np.array(self._end.across_m)
        self._half_m = float(self._across[-1])
        self.disturbance = Disturbance(file)
        self._faults = FrontFaults(file)
        self.buried = [
            InPlane(self._end, target, terrain.height.one(target.x_m, target.y_m)) for target in file.targets
        ]
        self._lifted: set[int] = set()
        random = np.random.default_rng([file.seed, 112])
        self._rocks = [
            (
                rock,
                -rock.strength_mv * soil_shares(self._end) * (1 + rock.ratio_error * random.standard_normal(3)),
            )
            for rock in file.hot_rocks
        ]
        self._stood: tuple[tuple[float, ...], list[Array]] = ((), [])
        self._block = lru_cache(maxsize=4)(self._make_block)

    def lift(self, number: int) -> None:
        """The target of that number is taken out of the ground."""
        self._lifted.add(number)
        self._stood = ((), [])

    def _make_block(self, number: int) -> tuple[Array, Array | None]:
        """Disturbances (BLOCK, 3) of the block's pulses, and how much the arm holds the head higher (BLOCK,)."""
        pulses = number * BLOCK + np.arange(BLOCK)
        t_s = np.asarray((pulses * 1e9 / self._end.pulse_rate_hz).round() * 1e-9)
        return self.disturbance.gates_mv(t_s, pulses), self.disturbance.swing_m(t_s)

    def voltages_mv(self, times_ns: Ints, moved: FieldSlice) -> Array:
        """The gates at the rising times (m,) of pulses one after another, within what the rover has moved: (m, 3) in
        0..3300 mV, broken where the file's faults break them."""
        first = round(int(times_ns[0]) * self._end.pulse_rate_hz / 1e9)
        noise, swing = self._disturbances(first, len(times_ns))
        out = self._quiet_mv(times_ns, moved, swing)
        out += noise
        np.maximum(np.minimum(out, FULL_SCALE_MV, out=out), 0.0, out=out)
        if not self.file.faults:
            return out
        pulses = first + np.arange(len(times_ns))
        t_s = np.asarray(times_ns * 1e-9, dtype=np.float64)
        # The burst's own normal numbers, which are the pulse's, whatever the slice.
        return self._faults.on(out, t_s, lambda on, gate: self.disturbance.white(pulses)[on, 3 + gate])

    def _disturbances(self, first: int, count: int) -> tuple[Array, Array | None]:
        number, at = divmod(first, BLOCK)
        noise, swing = self._block(number)
        while len(noise) < at + count:
            number += 1
            more, more_swing = self._block(number)
            noise = np.concatenate([noise, more])
            swing = None if swing is None or more_swing is None else np.concatenate([swing, more_swing])
        return noise[at : at + count], None if swing is None else swing[at : at + count]

    def _quiet_mv(self, times_ns: Ints, moved: FieldSlice, swing_m: Array | None) -> Array:
        """Without anything random in time, before the ADC's limits."""
        # The way may end where the next is felt: nothing of that is asked, but it needs a row.
        felt = np.array([*moved.felt, moved.felt[-1]])
        k = times_ns // _FELT_NS
        part = ((times_ns - k * _FELT_NS) * (1 / _FELT_NS))[:, None]
        k -= moved.first_felt
        low = felt[k - 1, :3]
        out = low + (felt[k, :3] - low) * part
        if swing_m is not None:
            over_m = felt[k - 1, 4] + (felt[k, 4] - felt[k - 1, 4]) * part[:, 0]
            out *= (self._terrain.reaches(over_m + swing_m) / self._terrain.reaches(over_m))[:, None]
        out += self._end.mid_mv
        self._add_near(out, times_ns, moved, felt, swing_m)
        return np.asarray(out)

    def _add_near(self, out: Array, times_ns: Ints, moved: FieldSlice, felt: Array, swing_m: Array | None) -> None:
        """What targets and rocks near the head add, worked out every millisecond and straight in between."""
        # Where it stands, it feels the same over and over, to the last digit.
        stands = moved.knots[0][:3] == moved.knots[-1][:3] and moved.felt[0] == moved.felt[-1] and swing_m is None
        here = (*moved.knots[0][:3], *moved.felt[0])
        if stands and here == self._stood[0]:
            for added in self._stood[1]:
                out += added
            return
        shares = self._shares(times_ns, moved, felt, swing_m)
        for share, level_mv in shares:
            out += share[:, None] * level_mv
        if stands:
            self._stood = (here, [share[0] * level_mv for share, level_mv in shares])

    def _shares(
        self, times_ns: Ints, moved: FieldSlice, felt: Array, swing_m: Array | None
    ) -> list[tuple[Array, Array]]:
        """Of each object near the head how strongly it is felt at those times, and what it gives in full (3,)."""
        x, y, heading, _ = moved.knots[0]
        x, y = x + self._ahead_m * math.cos(heading), y + self._ahead_m * math.sin(heading)
        way_m = _IN_A_SLICE_M if len(moved.knots) <= _SLICE_MS else math.inf
        far = self._half_m + way_m
        bodies = [
            b
            for number, b in enumerate(self.buried)
            if number not in self._lifted and math.hypot(b.x_m - x, b.y_m - y) < b.reach_m + far
        ]
        rocks = [r for r in self._rocks if math.hypot(r[0].x_m - x, r[0].y_m - y) < ROCK_WIDTHS * r[0].width_m + far]
        if not (bodies or rocks):
            return []
        out: list[tuple[Array, Array]] = []
        coil_x, coil_y, coil_z = self._coils(moved, felt)
        i = times_ns // _MS_NS
        part = (times_ns - i * _MS_NS) * (1 / _MS_NS)
        i -= moved.first_ms
        for body in bodies:
            way_x, way_y = coil_x - body.x_m, coil_y - body.y_m
            if swing_m is None:
                share = _mean(body.coupling(way_x, way_y, coil_z))
                share = share[i] + (share[i + 1] - share[i]) * part
            else:  # faster than the rover moves: at every pulse
                share = _mean(body.coupling(way_x[i], way_y[i], coil_z[i] + swing_m[:, None]))
            out.append((share, body.response_mv))
        for rock, level_mv in rocks:
            square = ((coil_x - rock.x_m) ** 2 + (coil_y - rock.y_m) ** 2) / rock.width_m**2
            near = 1 / (1 + square)
            share = _mean(np.where(square < ROCK_WIDTHS**2, near * near * near, 0.0))
            out.append((share[i] + (share[i + 1] - share[i]) * part, level_mv))
        return out

    def _coils(self, moved: FieldSlice, felt: Array) -> tuple[Array, Array, Array]:
        """Each coil's place and height above the left post at each of the way's milliseconds, (n, coils)."""
        knots = moved.knots
        # Plain functions: numpy's own may differ in the last digit by how many there are.
        cos = np.array([math.cos(knot[2]) for knot in knots])[:, None]
        sin = np.array([math.sin(knot[2]) for knot in knots])[:, None]
        place = np.array(knots)
        ms = moved.first_ms + np.arange(len(knots))
        k = ms // FEEL_MS
        part = (ms - k * FEEL_MS) / FEEL_MS
        k -= moved.first_felt
        low = felt[k - 1]
        height = low[:, 3] + (felt[k, 3] - low[:, 3]) * part
        roll = low[:, 7] + (felt[k, 7] - low[:, 7]) * part
        across = self._across
        return (
            place[:, 0, None] + self._ahead_m * cos - sin * across,
            place[:, 1, None] + self._ahead_m * sin + cos * across,
            height[:, None] + roll[:, None] * across,
        )


def _mean(felt: Array) -> Array:
    """Over the coils (m, n), added one after another: numpy's own order depends on how many rows there are."""
    total = felt[:, 0].copy()
    for k in range(1, felt.shape[1]):
        total += felt[:, k]
    return np.asarray(total / felt.shape[1])
