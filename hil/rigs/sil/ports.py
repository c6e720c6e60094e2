"""The sil rig's lines, pins, duties and analogue inputs, seen from outside the board."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from hil.errors import HilError
from hil.rigs.ports import imu_fault, imu_rows
from hil.rigs.sil.stimulus import Edges, Rows, Waveform

# VSYS 5.0 V behind its divider, the chip at 27 degrees: what the inputs read while nobody sets them.
_RESTING_MV = (0.0, 0.0, 0.0, 5000 / 3, 706.0)


class HasTime(Protocol):
    """The board, as far as its parts need it."""

    @property
    def now_ns(self) -> int:
        """Emulated nanoseconds since the rig was made."""


class SilLine:
    """One serial line. `reads`, `is_open`: what the host at the other end does (USB)."""

    def __init__(self) -> None:
        self.pending = bytearray()
        self.heard: list[tuple[int, bytes]] = []
        self.reads = True
        self.is_open = True

    def write(self, data: bytes) -> None:
        """Send bytes to the board, from now on; they go nowhere while nobody has the port open."""
        if self.is_open:
            self.pending += data

    def read(self) -> list[tuple[int, bytes]]:
        """What the board sent since the last call: (time in ns, bytes)."""
        heard, self.heard = self.heard, []
        return heard


class SilCable:
    """The cable of a line and the host at it. With nothing plugged in nobody has the port open."""

    def __init__(self, line: SilLine) -> None:
        self._line = line

    def unplug_usb(self) -> None:
        """The cable is pulled: no byte either way, and what the host had written is gone."""
        self._line.is_open = self._line.reads = False
        self._line.pending.clear()

    def host_hangs(self) -> None:
        """The host has the port open and fetches nothing."""
        self._line.reads = False

    def mend(self) -> None:
        """The cable in, the host reading and nothing of its under way."""
        self._line.pending.clear()
        self._line.is_open = self._line.reads = True


class SilPin:
    """One GPIO: driven from outside, or watched."""

    def __init__(self, board: HasTime, edges: Edges, gpio: int) -> None:
        self._board = board
        self._edges = edges
        self._gpio = gpio
        self._watched = False
        self._seen: list[tuple[int, int]] = []
        self._level = 0

    @property
    def level(self) -> int:
        """Its level now: what the board drives, else what the rig does."""
        return self._level

    def drive(self, level: int, at_ns: int | None = None) -> None:
        """Put a level on it, now or at a time."""
        self._edges.add(self._gpio, [self._board.now_ns if at_ns is None else at_ns], [level])
        if at_ns is None:
            self._level = level

    def drive_edges(self, times_ns: Sequence[int] | Any, levels: Sequence[int] | Any) -> None:
        """Many levels, each at its time."""
        self._edges.add(self._gpio, times_ns, levels)

    def watch(self) -> None:
        """Keep its changes for `edges`."""
        self._watched = True

    def edges(self) -> list[tuple[int, int]]:
        """The board's changes of it since the last call: (time in ns, level)."""
        seen, self._seen = self._seen, []
        return seen

    def changed(self, at_ns: int, level: int) -> None:
        """The board drove it."""
        self._level = level
        if self._watched:
            self._seen.append((at_ns, level))


class SilPwm:
    """The duty of one GPIO, 0..1; 0 when the pin is not on PWM."""

    def __init__(self) -> None:
        self.duty = 0.0
        self._watched = False
        self._seen: list[tuple[int, float]] = []

    def watch(self) -> None:
        """Keep its changes for `changes`."""
        self._watched = True

    def changes(self) -> list[tuple[int, float]]:
        """Changes since the last call: (time in ns, duty)."""
        seen, self._seen = self._seen, []
        return seen

    def changed(self, at_ns: int, duty: float) -> None:
        """The board set it."""
        self.duty = duty
        if self._watched:
            self._seen.append((at_ns, duty))


class SilAdc:
    """The analogue inputs, in millivolts."""

    def __init__(self, board: HasTime) -> None:
        self._board = board
        self.waves = [Waveform(millivolts) for millivolts in _RESTING_MV]
        self.running_since_ns: int | None = None  # when the board last began its round robin

    def plays(self, channel: int) -> bool:
        """All of them."""
        return channel in range(len(self.waves))

    def set(self, channel: int, millivolts: float) -> None:
        """A steady voltage from now on."""
        self.play(channel, [self._board.now_ns], [millivolts], "hold")

    def play(
        self, channel: int, times_ns: Sequence[int] | Any, values_mv: Sequence[float] | Any, interpolate: str = "linear"
    ) -> None:
        """From times_ns[0] on these points replace what was scheduled; `hold` or `linear` between them."""
        if interpolate not in ("linear", "hold"):
            raise HilError(f"interpolate is '{interpolate}'; it must be 'linear' or 'hold'")
        self.waves[channel].play(times_ns, values_mv, interpolate == "linear")


class SilImu:
    """An `InertialPort`; takes effect with the next slice."""

    def __init__(self) -> None:
        self.plugged = False
        self.fault_number = 0
        self.rows = Rows()

    def plug(self, on: bool = True) -> None:
        """Into its socket, with power from then on; or out of it."""
        self.plugged = on

    def fault(self, name: str) -> None:
        """One of IMU_FAULTS."""
        self.fault_number = imu_fault(name)

    def play(self, times_ns: Sequence[int] | Any, rows: Sequence[Sequence[int]] | Any) -> None:
        """Rows as IMU_ROW, each held until the next."""
        self.rows.play(*imu_rows(times_ns, rows))
