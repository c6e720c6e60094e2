"""The IMU beside the virtual Pico, an LSM6DSOX on its I2C1 (node/outside/lsm6dsox.mjs)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hil.rigs.ports import imu_fault, imu_rows
from hil.rigs.virtual import protocol
from hil.rigs.virtual.chip import Chip


class Imu:
    """An `InertialPort`. Its supply is the board's."""

    def __init__(self, chip: Chip) -> None:
        self._chip = chip

    def plug(self, on: bool = True) -> None:
        """Into its socket, with power from then on; or out of it, in the middle of a byte perhaps."""
        self._chip.call("imuPlug", on)

    def fault(self, name: str) -> None:
        """One of IMU_FAULTS."""
        imu_fault(name)
        self._chip.call("imuFault", name)

    def play(self, times_ns: Sequence[int] | Any, rows: Sequence[Sequence[int]] | Any) -> None:
        """Rows as IMU_ROW, each held until the next."""
        times, values = imu_rows(times_ns, rows)
        if len(times):
            self._chip.post(protocol.imu_play(times, values))
