"""The detector over the ground: coil position and time in, three gate voltages out."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hil.world.coil import coupling, equivalent_radius_m, polarisability_m3
from hil.world.disturbance import Disturbance
from hil.world.front_end import metal_response_mv
from hil.world.front_faults import FULL_SCALE_MV, FrontFaults
from hil.world.ground import STEP_M, Ground
from hil.world.materials import MATERIALS
from hil.world.world_spec import FrontEnd, Target, WorldFile

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

REACH_M = 1.2
# Offsets of the rover from its line at which a target's profile is computed; in between it is interpolated.
LATERAL_STEP_M = 0.02


@dataclass
class Buried:
    """A target with its profile: coupling on a grid of places of the coil around it, and what a coupling of 1 gives."""

    target: Target
    response_mv: Array
    lateral_m: Array
    coupling: Array  # (laterals, places), places every STEP_M from -REACH_M to REACH_M
    height_m: float
    radius_m: float

    def gates_mv(self, x_m: Array, y_m: Array, height_change_m: Array) -> Array:
        """Its share of the gates with the head at (x, y), each (m,): (m, 3)."""
        place = np.clip((x_m - self.target.x_m + REACH_M) / STEP_M, 0, self.coupling.shape[1] - 1.001)
        i = place.astype(np.intp)
        part = place - i
        side = np.clip((y_m - self.lateral_m[0]) / LATERAL_STEP_M, 0, len(self.lateral_m) - 1.001)
        j = side.astype(np.intp)
        across = side - j
        c = self.coupling
        near = c[j, i] * (1 - part) + c[j, i + 1] * part
        far = c[j + 1, i] * (1 - part) + c[j + 1, i + 1] * part
        # on the axis the field squared falls as (R^2 + z^2)^-3
        z = self.height_m + height_change_m
        lift = ((self.radius_m**2 + self.height_m**2) / (self.radius_m**2 + z * z)) ** 3
        return np.asarray(((near * (1 - across) + far * across) * lift)[:, None] * self.response_mv)


def pieces(target: Target) -> list[tuple[float, float]]:
    """What a target is made of along the lane: (how far ahead of its middle, share of a whole piece). A sheet is a row
    of round pieces that lie half over each other."""
    if target.shape != "sheet":
        return [(0.0, 1.0)]
    count = max(round(target.length_m / target.radius_m), 1)
    ahead_m = (np.arange(count) + 0.5) * target.length_m / count - target.length_m / 2
    return [(float(each), target.length_m / (2 * target.radius_m) / count) for each in ahead_m]


def bury(end: FrontEnd, target: Target, half_width_m: float = 0.5) -> Buried:
    """The profile of one target for a head that passes within `half_width_m` of the lane's middle, along it."""
    material = MATERIALS[target.material]
    tensor = polarisability_m3(target, material.ferrous)
    lateral = np.arange(-half_width_m, half_width_m + LATERAL_STEP_M, LATERAL_STEP_M)
    place = np.arange(-REACH_M, REACH_M + STEP_M, STEP_M)
    height = end.coil_height_m + target.depth_m
    offsets = np.empty((len(lateral), len(place), 3))
    offsets[..., 2] = -height
    profile = np.zeros((len(lateral), len(place)))
    for coil_m in end.across_m:
        offsets[..., 1] = target.y_m - coil_m - lateral[:, None]
        for ahead_m, share in pieces(target):
            offsets[..., 0] = ahead_m - place
            profile += share * coupling(end.coil_radius_m, offsets.reshape(-1, 3), tensor).reshape(profile.shape)
    if end.coils > 1:
        profile /= end.coils
    response = metal_response_mv(end, material, equivalent_radius_m(target))
    return Buried(target, response, lateral, profile, height, end.coil_radius_m)


class DetectorModel:
    """What the analogue board puts on the ADC's three gate inputs."""

    def __init__(self, file: WorldFile) -> None:
        self.file = file
        self.ground = Ground(file)
        self.disturbance = Disturbance(file)
        self.buried = [bury(file.front_end, target, file.world.swath_m / 2 + 0.25) for target in file.targets]
        self._order = np.array([b.target.x_m for b in self.buried])
        self._faults = FrontFaults(file)

    def quiet_mv(self, x_m: Array, y_m: Array, t_s: Array) -> Array:
        """The gates without anything random in time, coil at (x, y) at t, each (m,): (m, 3), before the ADC's
        limits.
        """
        swing_m = self.disturbance.swing_m(t_s)
        out = self.ground.gates_mv(x_m, y_m, swing_m) + self.file.front_end.mid_mv
        if len(self.buried):
            low, high = float(x_m.min()) - REACH_M, float(x_m.max()) + REACH_M
            near = [b for b in self.buried if low < b.target.x_m < high]
            if near:
                change = self.ground.along(self.ground.height_change_m, x_m)
                if swing_m is not None:
                    change = change + swing_m
                for b in near:
                    out += b.gates_mv(x_m, y_m, change)
        return np.asarray(out)

    def voltages_mv(self, times_ns: Ints, coil_m: Array) -> Array:
        """The gates at rising times (m,), coil at coil_m (m, 2) (along, left): (m, 3) within 0..3300 mV.

        Faults of the world file act here. A stuck gate keeps the value of the first sample asked for inside its fault.
        """
        t_s = np.asarray(times_ns * 1e-9, dtype=np.float64)
        pulses = (times_ns * self.file.front_end.pulse_rate_hz).astype(np.int64) // 1_000_000_000
        out = self.quiet_mv(coil_m[:, 0], coil_m[:, 1], t_s)
        out += self.disturbance.gates_mv(t_s, pulses)
        np.clip(out, 0, FULL_SCALE_MV, out=out)
        return self._faults.on(out, t_s, lambda on, gate: self._fresh_noise(pulses, on))

    def _fresh_noise(self, pulses: Ints, on: NDArray[np.bool_]) -> Array:
        return np.random.default_rng([self.disturbance.seed, 303, int(pulses[0])]).standard_normal(int(on.sum()))
