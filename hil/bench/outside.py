"""What the bench's rig talks to: hardware (hil/bench/hardware.py), or two emulated Picos (hil/rigs/bench/emulated.py).

The rig's own code is the same for both. Times here are of the host's own clock, ns.
"""

from __future__ import annotations

from typing import Protocol

from hil.bench.parts.bus import Bus


class BytePort(Protocol):
    """A serial port: bytes both ways."""

    @property
    def present(self) -> bool:
        """Whether there is one: a board that restarts or lost its power takes its port along."""

    @property
    def reading(self) -> bool:
        """Whether the host fetches what comes; one that hangs does not."""

    @reading.setter
    def reading(self, on: bool) -> None: ...

    def write(self, data: bytes) -> None:
        """Send; what is written to a port that is not present is lost."""

    def read(self) -> list[tuple[int, bytes]]:
        """What has come since the last call: (time, bytes)."""


class Outside(Protocol):
    """Ports, the bus of the host's parts, and the passing of time."""

    @property
    def rover_usb(self) -> BytePort: ...

    @property
    def radio(self) -> BytePort: ...

    @property
    def gnss(self) -> BytePort: ...

    @property
    def instrument(self) -> BytePort: ...

    @property
    def bus(self) -> Bus: ...

    @property
    def now_ns(self) -> int: ...

    def wait(self, duration_ns: int) -> None:
        """Let so much time pass."""

    @property
    def gone(self) -> bool:
        """Whether it has ended by itself: then there is nothing left to put in order."""

    def close(self) -> None: ...
