"""Two virtual Picos soldered to each other: a rover's and an instrument's, in one emulated time.

    with PicoPair(Path("build/firmware.uf2"), Path("build/instrument.uf2")) as pair:
        pair.rover.pin(22).drive(1)
        pair.run(500_000_000)
        pair.wires.open("ESTOP_OK")

Both are whole `VirtualPico`s; whichever of them is run, both run. What the instrument drives is at the rover at its
very time; what the rover drives is at the instrument WIRE_DELAY_NS later, to the nanosecond.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

from hil.bench.instrument.lines import DAC_ADDRESS, DAC_OUTPUTS, DAC_SCL, DAC_SDA, LINES
from hil.rigs.virtual.errors import VirtualPicoError
from hil.rigs.virtual.events import Event
from hil.rigs.virtual.link import PairProcess
from hil.rigs.virtual.pico import VirtualPico
from hil.rigs.virtual.pins import ADC_CHANNELS
from hil.rigs.virtual.protocol import PINS
from sapper.shared.pins import GPIO

# From a change at a pin of the rover to the same at the instrument: constant, and longer than a step of the lock-step.
WIRE_DELAY_NS = 21_000


class Line(NamedTuple):
    """One line: a GPIO of each, and whether the rover listens at it (its pull-down is at that end)."""

    name: str
    rover: int
    instrument: int
    to_rover: bool


def bench_lines() -> list[Line]:
    """The lines of the bench."""
    return [Line(signal, GPIO[signal], gpio, kind == "played") for signal, gpio, kind, _ in LINES]


class Converter(NamedTuple):
    """The MCP4728 at an I2C of the instrument's, with its power: which pins, which address."""

    sda: int
    scl: int
    address: int


BENCH_CONVERTER = Converter(DAC_SDA, DAC_SCL, DAC_ADDRESS)
# Its own two lines, as faults name them.
CONVERTER_LINES = ("DAC_SDA", "DAC_SCL")


class Fight(NamedTuple):
    """Two drivers against each other on a line: how often, and for how long in all."""

    times: int
    ns: float


class PairEvents(NamedTuple):
    """What happened on both boards."""

    rover: list[Event]
    instrument: list[Event]


class Wires:
    """The lines between the two, by name; what is wrong with them takes effect at the present instant."""

    def __init__(self, rover: VirtualPico, lines: Sequence[str], gates: Sequence[str], bus: Sequence[str]) -> None:
        self._rover = rover
        kinds = (("levels", lines), ("a voltage", gates), ("a bus", bus))
        self._kinds = {name: kind for kind, names in kinds for name in names}

    @property
    def names(self) -> tuple[str, ...]:
        """All lines."""
        return tuple(self._kinds)

    def open(self, line: str) -> None:
        """The line is cut; the pull-down stays at the end that listens."""
        self._fault("open", line)

    def swap(self, one: str, other: str) -> None:
        """Two lines are soldered to each other's pins of the instrument."""
        self._fault("swap", one, other)

    def short(self, one: str, other: str) -> None:
        """Two lines touch."""
        self._fault("short", one, other)

    def mend(self) -> None:
        """All lines are as they should be."""
        self._rover.call("lineFault", "mend")

    @property
    def conflicts(self) -> dict[str, Fight]:
        """By line: where drivers have been against each other."""
        told = self._rover.call("lineFights")
        return {name: Fight(int(times), ns) for name, times, ns in told if times}

    def voltage(self, line: str, millivolts: float, at_ns: float | None = None) -> None:
        """What leads to that line has that voltage from then on, or from now: what no converter does by itself."""
        self._check(line)
        if self._kinds[line] != "a voltage":
            raise VirtualPicoError(f"{line} carries {self._kinds[line]}, no voltage")
        self._rover.call("lineVoltage", line, millivolts, -1 if at_ns is None else at_ns)

    def _fault(self, kind: str, *names: str) -> None:
        for name in names:
            self._check(name)
        kinds = [self._kinds[name] for name in names]
        if len(set(kinds)) > 1:
            raise VirtualPicoError(f"{' and '.join(names)}: {' and '.join(kinds)}; choose two of a kind")
        if len(names) == 2 and names[0] == names[1]:
            raise VirtualPicoError(f"{names[0]} and itself: name two lines")
        self._rover.call("lineFault", kind, *names)

    def _check(self, name: str) -> None:
        if name not in self._kinds:
            raise VirtualPicoError(f"there is no line {name}; there are {', '.join(self._kinds)}")


class PicoPair:
    """The two boards. Making them starts their process and their power, both at time 0."""

    def __init__(
        self,
        rover_uf2: Path | str | None,
        instrument_uf2: Path | str | None,
        seed: int = 0,
        *,
        rover: dict[str, Any] | None = None,
        instrument: dict[str, Any] | None = None,
        lines: Sequence[Line] | None = None,
        gates: Sequence[str] | None = None,
        converter: Converter | None = BENCH_CONVERTER,
    ) -> None:
        """`rover` and `instrument` are options of `VirtualPico`, of each; its seed is `seed` and one more if not given.

        `lines` is what is soldered, by default what the bench's table says; `gates` names the lines from the outputs of
        the `converter` beside the instrument, in order, to the rover's ADC inputs from 0 on. Without one they have what
        `wires.voltage` says.
        """
        soldered = bench_lines() if lines is None else list(lines)
        voltages = [name for name in DAC_OUTPUTS if name] if gates is None else list(gates)
        _check(soldered, voltages)
        of_rover = {"seed": seed, "name": "the rover", **(rover or {})}
        of_instrument = {"seed": seed + 1, "name": "the instrument", **(instrument or {})}
        if of_rover.get("charges_left_out") or of_instrument.get("charges_left_out"):
            raise VirtualPicoError("a pair runs with all charges; measure what is left out on one board alone")
        process = PairProcess(
            {
                "seed": seed,
                "delayNanos": WIRE_DELAY_NS,
                "lines": [
                    {"name": name, "pins": [rover_gpio, gpio], "pulledAt": 0 if to_rover else 1}
                    for name, rover_gpio, gpio, to_rover in soldered
                ],
                "gates": voltages,
                "converter": None if converter is None else converter._asdict(),
            }
        )
        try:
            self.rover = VirtualPico(rover_uf2, **of_rover, link=process.link)
            self.instrument = VirtualPico(instrument_uf2, **of_instrument, link=process.link)
        except BaseException:
            process.process.close()
            raise
        bus = () if converter is None else CONVERTER_LINES
        self.wires = Wires(self.rover, [line.name for line in soldered], voltages, bus)

    @property
    def now_ns(self) -> int:
        """Nanoseconds of the world since they were made."""
        return max(self.rover.now_ns, self.instrument.now_ns)

    def run(self, duration_ns: float) -> PairEvents:
        """Lets that much time pass and returns what happened in it."""
        return self.run_until(self.now_ns + duration_ns)

    def run_until(self, t_ns: float) -> PairEvents:
        """Runs to an instant, through power cuts."""
        rover: list[Event] = []
        while True:
            rover += self.rover.run_until(t_ns)
            if self.rover.status().now_ns >= t_ns:  # not rounded
                return PairEvents(rover, self.instrument.take_events())

    def close(self) -> None:
        """Ends the process. Safe to call again."""
        self.rover.close()

    def __enter__(self) -> PicoPair:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.close()


def _check(lines: Sequence[Line], gates: Sequence[str]) -> None:
    names = [line.name for line in lines] + list(gates)
    for what, values in (
        ("name", names),
        ("GPIO of the rover", [str(line.rover) for line in lines]),
        ("GPIO of the instrument", [str(line.instrument) for line in lines]),
    ):
        twice = {value for value in values if values.count(value) > 1}
        if twice:
            raise VirtualPicoError(f"two lines have the {what} {min(twice)}; give each its own")
    if len(gates) > ADC_CHANNELS - 1:
        raise VirtualPicoError(f"{len(gates)} lines of voltages: the rover has {ADC_CHANNELS - 1} inputs for them")
    for line in lines:
        if line.rover not in range(PINS) or line.instrument not in range(PINS):
            raise VirtualPicoError(f"the line {line.name}: the RP2040 has GPIO 0..{PINS - 1}")
