"""The whole world in one object: detector voltages, supply, temperature, and the rover in it."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hil.world.detector_model import DetectorModel
from hil.world.rover import Rover, Slice
from hil.world.world_file import load_world_file
from hil.world.world_spec import Machine, WorldFile

Array = NDArray[np.float64]
Ints = NDArray[np.int64]


class MachineWorld:
    """What a world does to a machine wherever it stands: a loop asks these of a lane and of a field alike."""

    def __init__(self, file: Machine, rover: Rover) -> None:
        self.machine = file
        self.rover = rover
        self._random = np.random.default_rng([file.seed, 505])

    def gates_mv(self, pulses_ns: Ints, moved: Slice) -> Array:
        """The three gates at rising times (m,) of a slice that the rover has gone: (m, 3) in 0..3300 mV."""
        raise NotImplementedError

    def pulse_times_ns(self, t0_ns: int, t1_ns: int) -> Ints:
        """When the front end takes a new sample in t0_ns <= t < t1_ns, shape (m,): every gate holds until the next."""
        rate = self.machine.front_end.pulse_rate_hz
        first = -int(-t0_ns * rate // 1_000_000_000)
        last = -int(-t1_ns * rate // 1_000_000_000)
        return (np.arange(first, last) * 1e9 / rate).round().astype(np.int64)

    def supply_mv(self, t_ns: int) -> float:
        """VSYS now: at rest, less what the motors make it sag, plus the noise of its reading."""
        supply = self.machine.supply
        level = supply.vsys_mv - supply.sag_mv_per_a * self.rover.motor_amps
        for fault in self.machine.faults:
            if fault.kind == "supply" and fault.t0_s <= t_ns * 1e-9 < fault.t1_s:
                level = min(level, fault.value_mv)
        return float(max(level + supply.ripple_mv * self._random.standard_normal(), 0.0))

    def temperature_c(self, t_ns: int) -> float:
        """Of the chip."""
        supply = self.machine.supply
        return float(supply.temp_c + supply.warming_c * (1 - np.exp(-t_ns * 1e-9 / supply.warming_s)))


class World(MachineWorld):
    """A lane with a fresh rover at its start. The same file and seed give the same world, bit for bit."""

    def __init__(self, file: WorldFile) -> None:
        super().__init__(file, Rover(file))
        self.file = file
        self.detector = DetectorModel(file)

    def voltages_mv(self, times_ns: Ints, coil_m: Array) -> Array:
        """The three gates at rising times (m,), coil at (m, 2) (along, left): (m, 3) in 0..3300 mV."""
        return self.detector.voltages_mv(times_ns, coil_m)

    def gates_mv(self, pulses_ns: Ints, moved: Slice) -> Array:
        path = np.array(moved.coil_m)
        coil = np.stack([np.interp(pulses_ns, moved.times_ns, path[:, k]) for k in (0, 1)], axis=1)
        return self.voltages_mv(pulses_ns, coil)


def load_world(path: str | Path) -> World:
    """The world of a file (or of an example's bare name); WorldError when the file is wrong."""
    return World(load_world_file(path))
