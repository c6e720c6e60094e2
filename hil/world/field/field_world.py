"""A field in one object: the ground, the machine on it, its detector and sensors, and what became of the ground."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hil.world.field.field_detector import FieldDetector
from hil.world.field.field_file import load_field_file
from hil.world.field.field_spec import FieldFile
from hil.world.field.ground_truth import GroundTruth
from hil.world.field.imu import Imu, Rows
from hil.world.field.receiver import Bytes, Receiver
from hil.world.field.skid_rover import FieldSlice, Knock, SkidRover
from hil.world.field.terrain import Terrain
from hil.world.rover import Slice
from hil.world.world import MachineWorld

Array = NDArray[np.float64]
Ints = NDArray[np.int64]


class FieldWorld(MachineWorld):
    """A field with a machine at its start. The same file gives the same world bit for bit, whatever slices it is asked
    for; but for the supply's noise, which is drawn with every asking."""

    def __init__(self, file: FieldFile) -> None:
        self.file = file
        self.terrain = Terrain(file)
        self.skid = SkidRover(file, self.terrain)
        super().__init__(file, self.skid)
        self.detector = FieldDetector(file, self.terrain)
        self.imu = Imu(file.imu, file.seed, self.skid.at, self.temperature_c)
        self.receiver = Receiver(file, self.skid.at)
        self.truth = GroundTruth(file)

    def gates_mv(self, pulses_ns: Ints, moved: Slice) -> Array:
        assert isinstance(moved, FieldSlice)
        return self.detector.voltages_mv(pulses_ns, moved)

    def look(self, moved: Slice, searching: bool) -> None:
        """Take a slice that the rover has gone into the truth of the ground. searching: whether the ground that the
        coil passed over counts as searched."""
        assert isinstance(moved, FieldSlice)
        self.truth.take(moved.poses, searching)

    def imu_times_ns(self, t0_ns: int, t1_ns: int) -> Ints:
        """When gyro and accelerometer take samples in t0_ns <= t < t1_ns."""
        return self.imu.times_ns(t0_ns, t1_ns)

    def imu_rows(self, times_ns: Ints) -> Rows:
        """Their registers at such times of the last second, (m, 7): temperature, rates and accelerations ahead, left
        and up."""
        return self.imu.rows(times_ns)

    def gnss_bytes(self, t0_ns: int, t1_ns: int) -> Bytes:
        """What comes from the receiver in t0_ns <= t < t1_ns: (time, bytes)."""
        return self.receiver.bytes_between(t0_ns, t1_ns)

    @property
    def knocks(self) -> list[Knock]:
        """Every time that the machine came against an obstacle."""
        return self.skid.knocks


def load_field(path: str | Path) -> FieldWorld:
    """The world of a field's file; WorldError when that is wrong."""
    return FieldWorld(load_field_file(path))
