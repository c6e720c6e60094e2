"""Closed loop in a field: besides motors, encoders and detector the board's gyro and GNSS, and the ground's truth.

A rig that is not Inertial does without a gyro. Bytes of the receiver come up to a slice late, in their order.
"""

from __future__ import annotations

from collections.abc import Callable

from hil.play.closed_loop import SLICE_NS, ClosedLoop
from hil.rigs.capabilities import Inertial
from hil.rigs.rig import Rig
from hil.world.field.field_world import FieldWorld
from hil.world.rover import Slice

_GNSS_UART = 1


def _always() -> bool:
    return True


class FieldLoop(ClosedLoop):
    """A rig in a field. searching: asked in every slice, whether the ground that the coil passes over counts as
    searched (the board sweeps and its detector is well); without one all of it does."""

    def __init__(
        self, rig: Rig, world: FieldWorld, slice_ns: int = SLICE_NS, searching: Callable[[], bool] = _always
    ) -> None:
        self.field = world
        self.searching = searching
        # The receiver's bytes are given to the board up to here.
        self._heard_ns = rig.now_ns
        world.gnss_bytes(0, rig.now_ns)  # said to nobody
        self._imu = rig.imu if isinstance(rig, Inertial) else None
        super().__init__(rig, world, slice_ns)

    def _play(self, t0_ns: int, t1_ns: int, moved: Slice) -> None:
        super()._play(t0_ns, t1_ns, moved)
        world = self.field
        world.look(moved, self.searching())
        if self._imu is not None:
            times_ns = world.imu_times_ns(t0_ns, t1_ns)
            if len(times_ns):
                self._imu.play(times_ns, world.imu_rows(times_ns))
        # What came until now, not what is to come: a byte is never early.
        for _, data in world.gnss_bytes(self._heard_ns, t0_ns):
            self.rig.uart[_GNSS_UART].write(data)
        self._heard_ns = t0_ns
