"""The whole world in one object: detector voltages, supply, temperature, and the rover in it."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hil.world.detector_model import DetectorModel
from hil.world.rover import Rover
from hil.world.world_file import load_world_file
from hil.world.world_spec import WorldFile

Array = NDArray[np.float64]
Ints = NDArray[np.int64]


class World:
    """A world with a fresh rover at its start. The same file and seed give the same world, bit for bit."""

    def __init__(self, file: WorldFile) -> None:
        self.file = file
        self.detector = DetectorModel(file)
        self.rover = Rover(file)
        self._random = np.random.default_rng([file.world.seed, 505])

    def voltages_mv(self, times_ns: Ints, coil_m: Array) -> Array:
        """The three gates at rising times (m,), coil at (m, 2) (along, left): (m, 3) in 0..3300 mV."""
        return self.detector.voltages_mv(times_ns, coil_m)

    def pulse_times_ns(self, t0_ns: int, t1_ns: int) -> Ints:
        """When the front end takes a new sample in t0_ns <= t < t1_ns, shape (m,): every gate holds until the next."""
        rate = self.file.front_end.pulse_rate_hz
        first = -int(-t0_ns * rate // 1_000_000_000)
        last = -int(-t1_ns * rate // 1_000_000_000)
        return (np.arange(first, last) * 1e9 / rate).round().astype(np.int64)

    def supply_mv(self, t_ns: int) -> float:
        """VSYS now: at rest, less what the motors make it sag, plus the noise of its reading."""
        supply = self.file.supply
        level = supply.vsys_mv - supply.sag_mv_per_a * self.rover.motor_amps
        for fault in self.file.faults:
            if fault.kind == "supply" and fault.t0_s <= t_ns * 1e-9 < fault.t1_s:
                level = min(level, fault.value_mv)
        return float(max(level + supply.ripple_mv * self._random.standard_normal(), 0.0))

    def temperature_c(self, t_ns: int) -> float:
        """Of the chip."""
        supply = self.file.supply
        return float(supply.temp_c + supply.warming_c * (1 - np.exp(-t_ns * 1e-9 / supply.warming_s)))


def load_world(path: str | Path) -> World:
    """The world of a file (or of an example's bare name); WorldError when the file is wrong."""
    return World(load_world_file(path))
