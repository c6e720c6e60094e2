"""What has to be bought for a bench; how many of what is counted off the wires."""

from __future__ import annotations

from dataclasses import dataclass

from hil.bench.config import Config
from hil.bench.wiring import DOWN, FEEDBACK, FEEDBACK_DAC, I2C_PULL, IN_LINE, Wire, wires


@dataclass(frozen=True)
class Item:
    """count of them; part: any that is like it will do; what it is for."""

    count: int
    part: str
    what: str


def bill(config: Config | None = None) -> tuple[Item, ...]:
    """All of it, but for the host, tools and the rover's own board."""
    config = config or Config()
    every = wires(config)
    chips = sum(isinstance(spec.pin, int) for spec in config.switches.values())
    host = {
        "native": Item(1, "Raspberry Pi with its own I2C pins", "the host; a spare one will do"),
        "ft232h": Item(1, "FT232H board with USB (Adafruit 2264)", "the host's I2C: any Linux PC"),
    }
    items = [
        host[config.bus.backend],
        Item(1, "Raspberry Pi Pico", "the instrument"),
        Item(2, "MCP4728 board (Adafruit 4470)", "one on the instrument's bus (gates), one on the host's (supply)"),
        *([Item(1, "MCP23017 board (Adafruit 5346)", f"the switches, {chips} pins")] if chips else []),
        Item(1, "INA228 board (Adafruit 5832), 15 mohm", "voltage and current of the rover's supply"),
        Item(1, "adjustable step-down board, feedback 0.8 V (MP1584)", "the rover's supply, 1.8 to 5.3 V, from 12 V"),
        Item(1, "load switch that discharges its output (TPS22918)", "the supply on and off"),
        Item(1, "USB 2.0 switch board (TS3USB221 or FSUSB42)", "the rover's USB plugged and unplugged"),
        Item(2, "USB-UART adapter, 3.3 V", "radio, and GNSS (optional)"),
        Item(1, "USB hub with its own supply", "instrument, adapters"),
        Item(_with(every, series=IN_LINE), f"resistor {IN_LINE}", "in each line: two that drive do no harm"),
        Item(_with(every, pull=DOWN), "resistor 100 kohm", "to ground: a missing wire reads low"),
        Item(_with(every, pull=I2C_PULL), "resistor 2.2 kohm", "pull-ups of the instrument's bus"),
        *(Item(1, f"resistor {ohm}", f"the regulator's {name}") for name, ohm in FEEDBACK.items()),
        Item(1, f"resistor {FEEDBACK_DAC}", "from MCP4728 A to the regulator's feedback"),
        Item(4, "capacitor 10 uF, 10 V", "at each MCP4728, before and after the load switch"),
        Item(1, "supply 12 V, 1 A", "the regulator"),
        Item(1, "breadboard or stripboard, wire, two pin headers of 2 x 20", "what the boards sit in"),
    ]  # fmt: skip
    return tuple(items)


def _with(every: tuple[Wire, ...], series: str = "", pull: str = "") -> int:
    return sum(bool((series and each.series == series) or (pull and each.pull == pull)) for each in every)
