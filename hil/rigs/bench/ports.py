"""The bench's lines, pins, duties and analogue inputs, as hil/rigs/ports.py names them for every rig."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from hil.bench.instrument.lines import DAC_OUTPUTS
from hil.bench.observed import Seen
from hil.bench.outside import BytePort
from hil.bench.parts.supply import Supply
from hil.bench.parts.switches import Switches
from hil.bench.player import Player
from hil.errors import HilError
from sapper.shared.pins import ADC_INPUTS, GPIO, VSYS_DIVIDER

_VSYS = ADC_INPUTS.index("vsys")
# A level of the supply takes a transfer on a bus that makes some 125 a second: what no tick can tell apart takes none.
_SUPPLY_STEP_MV = 10.0


class BenchLine:
    """A serial line, in the rig's time. `tap` is given what comes, as it comes."""

    def __init__(self, player: Player, port: BytePort, tap: Callable[[int, bytes], None] | None = None) -> None:
        self._player = player
        self._port = port
        self._tap = tap
        self._heard: list[tuple[int, bytes]] = []
        self._latest_ns = 0

    def write(self, data: bytes) -> None:
        """Send bytes, now: they leave the host when the instrument has come so far."""
        if data:
            self._player.at(self._player.now_ns, lambda: self._port.write(data))

    def read(self) -> list[tuple[int, bytes]]:
        """What the board has sent since the last call."""
        self.listen()
        heard, self._heard = self._heard, []
        return heard

    def listen(self) -> None:
        """Take what has come."""
        for host_ns, data in self._port.read():
            # The least delay of the instrument's reports is known better and better, so time might step back.
            self._latest_ns = max(self._latest_ns, self._player.instrument_ns(host_ns))
            self._heard.append((self._latest_ns, data))
            if self._tap:
                self._tap(self._latest_ns, data)


class PlayedPin:
    """A line to the rover, played by the instrument. seen: of one whose edges it looks at, too."""

    def __init__(self, player: Player, signal: str, seen: Seen | None) -> None:
        self._player = player
        self._signal = signal
        self._seen = seen

    @property
    def level(self) -> int:
        """What it is driven to now."""
        return self._player.levels.level(self._signal, self._player.now_ns)

    def drive(self, level: int, at_ns: int | None = None) -> None:
        """Drive it, now or at a time."""
        self.drive_edges([self._player.now_ns if at_ns is None else at_ns], [level])

    def drive_edges(self, times_ns: Sequence[int], levels: Sequence[int]) -> None:
        """Many levels, each at its time."""
        self._player.levels.add(self._signal, times_ns, levels)

    def watch(self) -> None:
        """Keep what the instrument sees of it."""
        _seen(self._seen, self._signal).watched = True

    def edges(self) -> list[tuple[int, int]]:
        """What it has been seen to be played, since the last call."""
        return _taken(_seen(self._seen, self._signal).edges)


class WatchedPin:
    """A line from the rover."""

    def __init__(self, signal: str, seen: Seen, by_edges: bool) -> None:
        self._signal = signal
        self._seen = seen
        self._by_edges = by_edges

    @property
    def level(self) -> int:
        """As last told."""
        return self._seen.level

    def drive(self, level: int, at_ns: int | None = None) -> None:
        """The rover drives it: HilError."""
        raise HilError(f"{self._signal} is the rover's output, and the bench does not drive it; drive an input")

    def drive_edges(self, times_ns: Sequence[int], levels: Sequence[int]) -> None:
        """The rover drives it: HilError."""
        self.drive(0)

    def watch(self) -> None:
        """Keep its edges from now on."""
        if not self._by_edges:
            raise HilError(f"of {self._signal} the bench tells pulses, not edges; watch its duty")
        self._seen.watched = True

    def edges(self) -> list[tuple[int, int]]:
        """Since the last call."""
        return _taken(self._seen.edges)


class SwitchPin:
    """An input of the rover that a switch of the host sets: to a millisecond or some, not to a microsecond."""

    def __init__(self, player: Player, switches: Switches, switch: str) -> None:
        self._player = player
        self._switches = switches
        self._switch = switch
        self.level = 0

    def drive(self, level: int, at_ns: int | None = None) -> None:
        """Set it, now or at a time."""
        due_ns = self._player.now_ns if at_ns is None else at_ns
        self._player.at(due_ns, lambda: self._switches.set(self._switch, bool(level)))
        self.level = 1 if level else 0

    def drive_edges(self, times_ns: Sequence[int], levels: Sequence[int]) -> None:
        """Many levels, each at its time."""
        for at_ns, level in zip(times_ns, levels, strict=True):
            self.drive(level, at_ns)

    def watch(self) -> None:
        """Nothing looks at it: HilError."""
        raise HilError(f"nothing looks at the bench's switch {self._switch}; watch a line that the rover drives")

    def edges(self) -> list[tuple[int, int]]:
        """None are seen."""
        return []


class BenchPwm:
    """The duty of a line from the rover."""

    def __init__(self, seen: Seen) -> None:
        self._seen = seen

    @property
    def duty(self) -> float:
        """As last told."""
        return self._seen.duty

    def watch(self) -> None:
        """Keep its changes from now on."""
        self._seen.watched = True

    def changes(self) -> list[tuple[int, float]]:
        """Since the last call."""
        return _taken(self._seen.changes)


class BenchAdc:
    """The analogue inputs: the gates by the converter, VSYS by the supply itself; the chip's own sensor by nobody."""

    def __init__(self, player: Player, supply: Supply, since: Callable[[], int | None]) -> None:
        self._player = player
        self._supply = supply
        self._since = since
        self._supply_mv = supply.asked_mv

    @property
    def running_since_ns(self) -> int | None:
        """By when the transmit pulses began."""
        return self._since()

    def plays(self, channel: int) -> bool:
        """Whether this input's voltage is in the bench's hands."""
        return channel <= _VSYS

    def set(self, channel: int, millivolts: float) -> None:
        """A steady voltage from now on."""
        self.play(channel, [self._player.now_ns], [millivolts], "hold")

    def play(
        self, channel: int, times_ns: Sequence[int] | Any, values_mv: Sequence[float] | Any, interpolate: str = "linear"
    ) -> None:
        """From times_ns[0] on these points; what the bench does not play is let be."""
        if interpolate not in ("linear", "hold"):
            raise HilError(f"interpolate is '{interpolate}'; it must be 'linear' or 'hold'")
        name = ADC_INPUTS[channel].upper().replace("GATE", "GATE_")
        if name in DAC_OUTPUTS:
            self._player.voltages.waves[DAC_OUTPUTS.index(name)].play(times_ns, values_mv, interpolate == "linear")
        elif channel == _VSYS:
            for at_ns, millivolts in zip(times_ns, values_mv, strict=True):
                self._set_supply(int(at_ns), float(millivolts) * VSYS_DIVIDER)

    def _set_supply(self, at_ns: int, millivolts: float) -> None:
        if abs(millivolts - self._supply_mv) >= _SUPPLY_STEP_MV:
            self._supply_mv = millivolts
            self._player.at(at_ns, lambda: self._supply.set_mv(millivolts))


def signal_of(gpio: int) -> str:
    """The signal at a GPIO of the rover, '' for none."""
    return next((signal for signal, number in GPIO.items() if number == gpio), "")


def _seen(seen: Seen | None, signal: str) -> Seen:
    if seen is None:
        raise HilError(f"nothing looks at {signal}, which the bench plays; watch a line that the rover drives")
    return seen


def _taken(rows: list[Any]) -> list[Any]:
    taken = rows[:]
    rows.clear()
    return taken
