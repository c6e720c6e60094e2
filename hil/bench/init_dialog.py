"""A bench's file by asking a person which port is which; or by working it out, where nobody is asked.

Dialog(say, ask, confirm).run(base)     -> Config
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from hil.bench.config import OPTIONAL_PORTS, PORTS, BenchPort, Config
from hil.bench.port_finding import (
    FT232H_IDS,
    Identity,
    Listed,
    asked,
    candidates,
    fits,
    plugged_in,
    told_apart,
    words,
)
from hil.errors import HilError
from sapper_host.connected.ports import Port, list_ports
from sapper_host.errors import LinkError

_PLUG_S = 120.0
_LOOK_S = 0.3
_NATIVE = "/dev/i2c-1"
_FLASH = "flash it: hold its BOOTSEL while plugging it in, then copy build/instrument.uf2 onto its drive"


class InitError(HilError):
    """The bench's file cannot be made without somebody's word."""


@dataclass
class Dialog:
    """confirm(question) -> yes; say(line): to the person. asking: False: nobody is there, what is clear is taken.

    named: ports by the devices that the command line gives them.
    """

    say: Callable[[str], None]
    confirm: Callable[[str], bool]
    asking: bool = True
    named: Mapping[str, str] = field(default_factory=dict)
    listed: Listed = list_ports
    hello: Callable[[str], Identity | None] = asked
    wait: Callable[[float], None] = time.sleep
    native: Callable[[], bool] = lambda: os.path.exists(_NATIVE)
    plug_s: float = _PLUG_S

    def run(self, base: Config, backend: str = "") -> Config:
        """The bench; what is not asked about (switches, supply, calibration) as in `base`."""
        ports: dict[str, BenchPort] = {}
        taken: list[Port] = []
        for name in PORTS:
            port = self._port(name, taken)
            if port is None:
                ports[name] = BenchPort()
                continue
            taken.append(port)
            ports[name] = told_apart(port, self._plugged_in())
            self.say(f"{name}: {words(port)}")
        bus = replace(base.bus, backend=backend or self._backend(base))
        return replace(base, ports=ports, bus=bus)

    def _plugged_in(self) -> list[Port]:
        return plugged_in(self.listed)

    def _port(self, name: str, taken: list[Port]) -> Port | None:
        if name in self.named:
            return self._sure(name, self._named(name))
        here = [port for port in candidates(name, self._plugged_in()) if port not in taken]
        if not self.asking:
            return self._clear(name, here)
        if len(here) == 1 and self.confirm(f"{name} ({PORTS[name]}): is it {words(here[0])}?"):
            return self._sure(name, here[0])
        if name in OPTIONAL_PORTS and not self.confirm(f"is there a {name} ({PORTS[name]})?"):
            return None
        return self._sure(name, self._as_it_comes(name, taken))

    def _named(self, name: str) -> Port:
        device = os.path.realpath(self.named[name])
        for port in self._plugged_in():
            if device in (port.device, os.path.realpath(port.device)):
                return port
        raise InitError(f"there is no port {self.named[name]} for the {name}; `sapper devices` lists them")

    def _clear(self, name: str, here: list[Port]) -> Port | None:
        if len(here) == 1:
            return self._sure(name, here[0])
        if not here and name in OPTIONAL_PORTS:
            return None
        how = f"say which with --{name} PORT"
        if here:
            raise InitError(f"the {name} may be {' or '.join(port.device for port in here)}; {how}")
        raise InitError(f"no port here is the {name} ({PORTS[name]}); plug it in, or {how}")

    def _as_it_comes(self, name: str, taken: list[Port]) -> Port:
        """The port that appears as somebody plugs it in; whatever was there before is not it."""
        before = self._plugged_in()
        self.say(f"plug the {name} in now ({PORTS[name]}); if it is plugged in, pull it out first")
        waited = 0.0
        while waited < self.plug_s:
            self.wait(_LOOK_S)
            waited += _LOOK_S
            now = self._plugged_in()
            new = [port for port in now if port not in before and port not in taken]
            if len(new) == 1:
                return new[0]
            if len(new) > 1:
                devices = " and ".join(port.device for port in new)
                raise InitError(f"{devices} came at once; plug them in one after another, and begin again")
            before = [port for port in before if port in now]
        raise InitError(f"nothing was plugged in for {self.plug_s:.0f} s; begin again, with the {name}'s cable in hand")

    def _sure(self, name: str, port: Port) -> Port:
        """An instrument says so itself; and nothing else is to say it is one."""
        if name != "instrument":
            return port
        try:
            identity = self.hello(port.device)
        except LinkError as error:
            raise InitError(f"{error.message}; {error.remedy}") from None
        if identity is None:
            raise InitError(f"no instrument answers on {port.device}; {_FLASH}")
        if not identity.ours:
            raise InitError(f"the instrument on {port.device} has frames of version {identity.version}; {_FLASH}")
        self.say(f"instrument: number {identity.number}, built from {identity.built}")
        return port

    def _backend(self, base: Config) -> str:
        """How this host comes by its I2C bus."""
        adapters = [port for port in self._plugged_in() if port.usb_ids == FT232H_IDS]
        if adapters and not self.native():
            return "ft232h"
        if self.native() and not adapters:
            return "native"
        if self.asking and adapters and self.confirm("is the bench's I2C bus at the FT232H (no: this host's pins)?"):
            return "ft232h"
        return "native" if self.native() else base.bus.backend


def changes(before: Config, after: Config, ports: list[Port]) -> list[str]:
    """What of the ports is otherwise than it was written down, in words."""
    told = []
    for name, spec in after.ports.items():
        was = before.ports[name]
        if was.given and was != spec:
            there = next((port.device for port in ports if fits(was, port)), "")
            told.append(f"{name} was {was.given}" + (f", which is still there as {there}" if there else ""))
    return told
