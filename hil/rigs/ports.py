"""What a rig's capabilities are made of: a serial line, a pin, analogue inputs, the cable, the chip's faults and its
inside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from hil.errors import HilError


class SerialLine(Protocol):
    """One serial line, seen from outside the board."""

    def write(self, data: bytes, /) -> Any:
        """Send bytes to the board."""

    def read(self) -> list[tuple[int, bytes]]:
        """What the board sent since the last call: (time, bytes)."""


class PinPort(Protocol):
    """One GPIO, seen from outside the board."""

    @property
    def level(self) -> int: ...

    def drive(self, level: int, at_ns: int | None = None) -> None: ...

    def drive_edges(self, times_ns: Sequence[int], levels: Sequence[int]) -> None: ...

    def watch(self) -> None: ...

    def edges(self) -> list[tuple[int, int]]: ...


class PwmPort(Protocol):
    """The duty of one GPIO; 0 when the pin is not on PWM."""

    @property
    def duty(self) -> float: ...

    def watch(self) -> None: ...

    def changes(self) -> list[tuple[int, float]]: ...


class AdcPort(Protocol):
    """The analogue inputs, 0..4."""

    @property
    def running_since_ns(self) -> int | None:
        """When the board's converter last began its round robin; None when it does not run, or the rig cannot tell."""

    def plays(self, channel: int) -> bool:
        """Whether this input can be given voltages; of one that cannot, `set` and `play` do nothing."""

    def set(self, channel: int, millivolts: float) -> None: ...

    def play(
        self, channel: int, times_ns: Sequence[int] | Any, values_mv: Sequence[float] | Any, interpolate: str = "linear"
    ) -> None: ...


# What the IMU feels at a moment: LSB of 250 dps (8.75 mdps) and 2 g (0.061 mg), 1/256 degree from 25 C. x ahead, y to
# the left, z up; accelerations as an accelerometer feels them: at rest on level ground z is +1 g.
IMU_ROW = ("temp", "gyro_x", "gyro_y", "gyro_z", "accel_x", "accel_y", "accel_z")
IMU_RESTS = (0, 0, 0, 0, 0, 0, 16_384)
# What may be wrong with it: its bus held low; the same values for ever; another part in its place.
IMU_FAULTS = ("none", "sda_low", "stuck", "wrong_id")


class InertialPort(Protocol):
    """The IMU at I2C1, an LSM6DSOX; not plugged in at first. It has its own clock, and takes the row of each of its
    moments."""

    def plug(self, on: bool = True) -> None:
        """Into its socket, with power from then on; or out of it."""

    def fault(self, name: str) -> None:
        """One of IMU_FAULTS, in the place of the one before."""

    def play(self, times_ns: Sequence[int] | Any, rows: Sequence[Sequence[int]] | Any) -> None:
        """Rows of int16 as IMU_ROW, each held until the next. From times_ns[0] on they replace what was scheduled."""


def imu_fault(name: str) -> int:
    """Its number in IMU_FAULTS; HilError when there is none."""
    if name not in IMU_FAULTS:
        raise HilError(f"no fault '{name}' of an IMU; there are {', '.join(IMU_FAULTS)}")
    return IMU_FAULTS.index(name)


def imu_rows(times_ns: Sequence[int] | Any, rows: Sequence[Sequence[int]] | Any) -> tuple[Any, Any]:
    """Times as int64 and rows as int16 of shape (n, 7). HilError when they are not that, or times fall."""
    times = np.asarray(times_ns, dtype=np.int64)
    wide = np.asarray(rows, dtype=np.int64).reshape(len(times), -1) if len(times) else np.zeros((0, len(IMU_ROW)))
    if times.ndim != 1 or wide.shape[1] != len(IMU_ROW):
        raise HilError(f"IMU: rows of {wide.shape[1:]} values; give {len(IMU_ROW)}: {', '.join(IMU_ROW)}")
    if np.any(np.diff(times) < 0) or np.any(np.abs(wide + 0.5) > 32768):
        raise HilError("IMU: times fall, or a value is beyond 16 bits")
    return times, wide.astype(np.int16)


@dataclass(frozen=True)
class Converted:
    """What a converter gave, conversion by conversion: when each began, of which input, its code."""

    times_ns: NDArray[np.float64]
    inputs: NDArray[np.uint16]
    codes: NDArray[np.uint16]


class CablePort(Protocol):
    """What can fail at the USB cable. `mend` undoes it."""

    def unplug_usb(self) -> None:
        """The cable is pulled; the board keeps its power."""

    def host_hangs(self) -> None:
        """The host has the port open and fetches nothing."""

    def mend(self) -> None:
        """The cable in, the host reading; bytes of the host's that were not taken yet are forgotten."""


class FaultPort(Protocol):
    """What can be broken in the chip. `mend` undoes all but the timer."""

    def hang(self, interrupts_on: bool = True) -> None:
        """The program stops getting on, at once. With interrupts on their handlers still run, else nothing does."""

    def stall(self, duration_ns: int) -> None:
        """As a flash erase of that length: nothing runs, no interrupt is taken; then all goes on."""

    @property
    def timer_us(self) -> int:
        """The chip's microsecond timer."""

    def move_timer(self, to_us: int) -> None:
        """The timer jumps; alarms that are jumped over fire at once."""

    def start_timer_at(self, at_us: int) -> None:
        """From the next reset on the timer starts at this value, not at 0."""

    def mend(self) -> None:
        """No hang."""


class InsightPort(Protocol):
    """The inside of the chip, looked at and written to without the program's help."""

    @property
    def asleep(self) -> bool:
        """Whether the core waits for an interrupt."""

    def read_word(self, address: int) -> int:
        """A 32-bit word of the address space."""

    def write_word(self, address: int, value: int) -> None:
        """Put a 32-bit word there."""

    def record_conversions(self) -> None:
        """From now on what the converter gives is kept: the newest half a minute of it, at least."""

    def conversions(self, since_ns: float) -> Converted:
        """The kept ones that began then or later, at the converter's output: whatever the program does with them."""

    def pin_function(self, gpio: int) -> str:
        """What a pin is selected for: 'sio', 'pwm', ... or 'none'."""
