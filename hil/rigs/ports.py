"""What a rig's capabilities are made of: a serial line, a pin, analogue inputs, the cable, the chip's faults and its
inside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray


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
