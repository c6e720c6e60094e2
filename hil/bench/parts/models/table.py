"""A modelled bench's bus: the three chips, the regulator that one of them sets, the load switch, the meter's view.

bus, chips = modelled(config, pin=..., vsys=..., amperes=..., now_ns=...)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from hil.bench.config import ACTS, Config
from hil.bench.parts.bus import Bus, modelled_bus
from hil.bench.parts.models.adapters import ADAPTERS
from hil.bench.parts.models.ina228 import Ina228Model
from hil.bench.parts.models.mcp4728 import AS_SHIPPED, Mcp4728Model, Setting
from hil.bench.parts.models.mcp23017 import Mcp23017Model
from hil.bench.parts.models.wire import Wire

# With its converter without power the regulator's feedback has one resistor less: 0.8 V * (1 + 100k / 27k).
_NO_CONVERTER_MV = 3763.0


def _nothing(*_: object) -> None:
    """Nobody listens."""


@dataclass
class Rover:
    """What is asked of the rover, and told to it. switch(name, on) and vsys_mv(level): at each change."""

    switch: Callable[[str, bool], None] = _nothing
    vsys_mv: Callable[[float], None] = _nothing
    ma: Callable[[], float] = lambda: 0.0


@dataclass
class ModelledTable:
    """The modelled parts of a bench, and what is wrong with them (`wire`, `adapter`, each chip)."""

    config: Config
    rover: Rover = field(default_factory=Rover)
    now_ns: Callable[[], int] = lambda: 0
    backend: str = "kernel"
    # The regulator as it is soldered: what a calibration has to find out.
    zero_mv: float | None = None
    slope: float | None = None
    eeprom: tuple[Setting, ...] = AS_SHIPPED
    seed: int = 0

    def __post_init__(self) -> None:
        spec = self.config.supply
        self.zero_mv = spec.zero_mv if self.zero_mv is None else self.zero_mv
        self.slope = spec.slope if self.slope is None else self.slope
        self._names = {switch.pin: name for name, switch in self.config.switches.items()}
        self._on = {name: False for name in self.config.switches}
        self._level_mv = _NO_CONVERTER_MV
        self._told_mv: float | None = None
        # What somebody holds a switch's wire at, by its pin.
        self.bridged: dict[int, bool] = {}
        # What feeds the rover though its supply is off.
        self.fed_mv = 0.0
        self.wire = Wire(self.seed)
        self.adapter = ADAPTERS[self.backend](self.wire)
        addresses = self.config.bus
        self.dac = Mcp4728Model(addresses.mcp4728, self._dac_changed, self.now_ns, eeprom=self.eeprom)
        self.expander = Mcp23017Model(addresses.mcp23017, self._pin_changed, self.bridged.get)
        self.meter = Ina228Model(addresses.ina228, self._reading, self.now_ns, spec.shunt_mohm / 1000)
        self.wire.chips += [self.dac, self.expander, self.meter]

    def bus(self) -> Bus:
        """The wires behind Blinka's busio.I2C."""
        return modelled_bus(self.adapter)

    def is_on(self, name: str) -> bool:
        """Whether a switch is on, by what its pin and its resistor do."""
        return self._on[name]

    @property
    def vsys_mv(self) -> float:
        """What the rover gets."""
        return max(self._level_mv if self._on["supply"] else 0.0, self.fed_mv)

    def _pin_changed(self, pin: int, level: bool | None) -> None:
        name = self._names.get(pin)
        if name is None:
            return
        # What is let go of goes to where its resistor pulls it: off.
        on = level is not None and level is ACTS[self.config.switches[name].acts][0]
        if on is not self._on[name]:
            self._on[name] = on
            self.rover.switch(name, on)
            self._tell_vsys()

    def _dac_changed(self, channel: int, volts: float | None) -> None:
        if channel:
            return
        assert self.zero_mv is not None and self.slope is not None
        self._level_mv = _NO_CONVERTER_MV if volts is None else self.zero_mv - self.slope * volts * 1000
        self._tell_vsys()

    def _tell_vsys(self) -> None:
        if self.vsys_mv != self._told_mv:
            self._told_mv = self.vsys_mv
            self.rover.vsys_mv(self.vsys_mv)

    def _reading(self) -> tuple[float, float]:
        return self.vsys_mv / 1000, (self.rover.ma() / 1000 if self._on["supply"] else 0.0)
