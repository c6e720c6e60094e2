"""Every wire of a bench, from the pin maps: its ends, what is in it, and what a slip of solder could join it with.

Wiring table, bill of materials, picture and `sapper bench check` have it from here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from hil.bench.config import Config
from hil.bench.instrument.lines import DAC_ADDRESS, DAC_OUTPUTS, DAC_SCL, DAC_SDA, LINES
from hil.bench.parts.switches import pin_name
from sapper.shared.pins import GPIO
from sapper_host.pictures.wiring import HEADER_PIN, OTHER_PINS

IN_LINE = "330 ohm"
# For what pulls down, and what the tables call it.
DOWN = "100 kohm to ground"
I2C_PULL = "2.2 kohm to 3.3 V"
ROVER, INSTRUMENT = "rover", "instrument"
_SIDES = (range(1, 21), range(21, 41))
# The regulator: its output is at the feedback's 0.8 V times what these make of it.
FEEDBACK = {"R1 (output to feedback)": "100 kohm", "R2 (feedback to ground)": "27 kohm"}
FEEDBACK_DAC = "51 kohm"


@dataclass(frozen=True)
class End:
    """Where a wire ends. header: the pin of a Pico's header; 0: none."""

    board: str
    pin: str
    header: int = 0

    def __str__(self) -> str:
        return f"{self.board} {self.pin}" + (f" (pin {self.header})" if self.header else "")


@dataclass(frozen=True)
class Wire:
    """A wire; what it carries goes from `source` to `target`. series, pull: what is in it and on it, '' for nothing.

    kind: 'line' (between the Picos), 'gate' (a voltage), 'bus', 'switch', 'supply', 'serial', 'ground', 'usb'.
    """

    name: str
    kind: str
    source: End
    target: End
    series: str = ""
    pull: str = ""
    note: str = ""

    @property
    def ends(self) -> tuple[End, End]:
        """Both."""
        return self.source, self.target

    def as_dict(self) -> dict[str, object]:
        """For `--json`."""
        ends = {
            which: {"board": end.board, "pin": end.pin, "header": end.header}
            for which, end in (("from", self.source), ("to", self.target))
        }
        return {
            "name": self.name,
            "kind": self.kind,
            **ends,
            "series": self.series,
            "pull": self.pull,
            "note": self.note,
        }


def gpio(board: str, number: int) -> End:
    """A GPIO of a Pico."""
    return End(board, f"GP{number}", HEADER_PIN.get(number, 0))


def header(board: str, pin: int) -> End:
    """A pin of a Pico's header that is no GPIO."""
    return End(board, OTHER_PINS[pin], pin)


def wires(config: Config | None = None) -> tuple[Wire, ...]:
    """All of them, in the order in which one solders."""
    config = config or Config()
    return (
        *_ground(),
        *_lines(),
        *_gates(),
        *_instrument_bus(),
        *_switches(config),
        *_supply(config),
        *_serial(),
        *_usb(),
    )


def _ground() -> Iterator[Wire]:
    note = "first of all, and short: a bench without it feeds one board through the other's pins"
    yield Wire("GROUND", "ground", header(ROVER, 38), header(INSTRUMENT, 38), note=note)
    yield Wire("GROUND_2", "ground", header(ROVER, 13), header(INSTRUMENT, 13), note="beside the fast lines")
    yield Wire("GROUND_HOST", "ground", End("host's bus", "GND"), header(ROVER, 23), note="with the switches' wires")
    yield Wire("GROUND_ANALOGUE", "ground", End("instrument's MCP4728", "GND"), header(ROVER, 33), note="AGND")


def _lines() -> Iterator[Wire]:
    for name, number, kind, note in LINES:
        here, there = gpio(ROVER, GPIO[name]), gpio(INSTRUMENT, number)
        source, target = (there, here) if kind == "played" else (here, there)
        yield Wire(name, "line", source, target, IN_LINE, DOWN, note)


def _gates() -> Iterator[Wire]:
    for output, name in zip("ABCD", DAC_OUTPUTS, strict=True):
        if name:
            source, target = End("instrument's MCP4728", f"V{output}"), gpio(ROVER, GPIO[name])
            yield Wire(name, "gate", source, target, IN_LINE, DOWN, "the voltage of a gate")


def _instrument_bus() -> Iterator[Wire]:
    chip = "instrument's MCP4728"
    yield Wire(
        "DAC_SDA", "bus", gpio(INSTRUMENT, DAC_SDA), End(chip, "SDA"), "", I2C_PULL, f"address {DAC_ADDRESS:#04x}"
    )
    yield Wire("DAC_SCL", "bus", gpio(INSTRUMENT, DAC_SCL), End(chip, "SCL"), "", I2C_PULL, "400 kHz: under 10 cm")
    yield Wire("DAC_3V3", "supply", header(INSTRUMENT, 36), End(chip, "VCC"), note="100 nF and 10 uF beside it")
    yield Wire("DAC_LDAC", "bus", End(chip, "LDAC"), End(chip, "GND"), note="low: outputs follow at once")


def _switches(config: Config) -> Iterator[Wire]:
    targets = {
        "key": (gpio(ROVER, GPIO["ARM_KEY"]), "the arming key"),
        "run": (header(ROVER, 30), "low: reset; its pull-up is on the Pico"),
        "bootsel": (End(ROVER, "TP6"), "BOOTSEL's test point, underneath; low: held"),
        "supply": (End("load switch", "ON"), "the rover's supply"),
        "usb": (End("USB switch", "OE"), "the rover's USB; through an inverter where OE is low for on"),
    }
    for name, spec in config.switches.items():
        target, note = targets[name]
        source = End("host", spec.pin) if isinstance(spec.pin, str) else End("MCP23017", pin_name(spec.pin).split()[-1])
        pull = "" if spec.acts == "pulls low" else DOWN if spec.acts != "low" else "100 kohm to 3.3 V"
        yield Wire(name.upper(), "switch", source, target, IN_LINE, pull, note)


def _supply(config: Config) -> Iterator[Wire]:
    spec = config.supply
    yield Wire(
        "LEVEL", "supply", End("host's MCP4728", "VA"), End("regulator", "FB"), FEEDBACK_DAC, "",
        f"VSYS = {spec.zero_mv:g} mV - {spec.slope:g} * this voltage",
    )  # fmt: skip
    yield Wire("SUPPLY_IN", "supply", End("regulator", "OUT"), End("load switch", "IN"), note="10 uF at each")
    yield Wire("SUPPLY_OUT", "supply", End("load switch", "OUT"), End("INA228", "IN+"))
    yield Wire("VSYS", "supply", End("INA228", "IN-"), header(ROVER, 39), note="IN- also to its VBUS: it measures here")
    for chip in ("MCP23017", "host's MCP4728", "INA228"):
        note = "feed them from the host, never from the rover"
        yield Wire(
            f"BUS_{chip.split()[-1]}", "bus", End("host", "SDA, SCL, 3.3 V, GND"), End(chip, "the same"), note=note
        )


def _serial() -> Iterator[Wire]:
    for name, tx, rx, what in (
        ("RADIO", "RADIO_TX", "RADIO_RX", "57,600 baud"),
        ("GNSS", "GNSS_TX", "GNSS_RX", "9,600 baud; optional"),
    ):
        adapter = f"{name} USB-UART"
        yield Wire(tx, "serial", gpio(ROVER, GPIO[tx]), End(adapter, "RXD"), IN_LINE, "", what)
        yield Wire(rx, "serial", End(adapter, "TXD"), gpio(ROVER, GPIO[rx]), IN_LINE, "", "3.3 V levels, never 5 V")


def _usb() -> Iterator[Wire]:
    no_5_v = "D+, D-, ground; its 5 V is not connected: VSYS is the bench's to set"
    yield Wire("USB_ROVER", "usb", End("host", "USB"), End(ROVER, "USB"), "USB switch", "", no_5_v)
    yield Wire(
        "USB_INSTRUMENT", "usb", End("host", "USB"), End(INSTRUMENT, "USB"), "", "", "a plain cable: it feeds it"
    )


def at_header(every: tuple[Wire, ...], board: str) -> dict[int, str]:
    """What is at each pin of a Pico's header: a wire's name, else what the pin is on every Pico ('GND', 'RUN pin')."""
    by_pin = {pin: name if name.endswith("GND") else f"{name} pin" for pin, name in OTHER_PINS.items()}
    for each in every:
        for end in each.ends:
            if end.board == board and end.header and each.kind != "ground":
                by_pin[end.header] = each.name
    return by_pin


def neighbours(every: tuple[Wire, ...], name: str, board: str = ROVER) -> tuple[str, ...]:
    """What a bridge of solder at a Pico's header could join the wire with: its neighbours' names, 'GND' among them."""
    there = at_header(every, board)
    pins = [pin for pin, each in there.items() if each == name]
    return tuple(
        there[near] for pin in pins for near in (pin - 1, pin + 1) if _side(near) == _side(pin) and near in there
    )


def bridges(every: tuple[Wire, ...], board: str = ROVER) -> tuple[tuple[str, str], ...]:
    """Each pair that one slip at that header joins, once; those of two grounds left out."""
    there = at_header(every, board)
    pairs = ((there[pin], there[pin + 1]) for pin in sorted(there) if pin + 1 in there and _side(pin) == _side(pin + 1))
    names = {each.name for each in every}
    return tuple((one, other) for one, other in pairs if one != other and {one, other} & names)


def _side(pin: int) -> int:
    return next((i for i, side in enumerate(_SIDES) if pin in side), -1)
