"""The rig `bench`, opened: on hardware where a configuration tells of it, else on two emulated Picos."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hil.bench import config_file
from hil.bench.config import BenchPort, Config, GateFit
from hil.bench.hardware import Hardware, HostPort
from hil.bench.outside import Outside
from hil.bench.port_finding import candidates, plugged_in
from hil.errors import HilError
from hil.rigs.bench.emulated import emulated_config, open_emulated
from hil.rigs.bench.emulated_sockets import EmulatedSockets
from hil.rigs.bench.flashing import INSTRUMENT, ROVER, HostSockets, Sockets, Tell, checked, flash_instrument, silent
from hil.rigs.bench.rig import BenchRig
from hil.rigs.firmware import default_uf2, instrument_uf2
from sapper_host.connected.ports import USB_IDS

PICO_IDS = f"{USB_IDS[0]:04x}:{USB_IDS[1]:04x}"


@dataclass(frozen=True)
class Opened:
    """What is outside a rig, how it is set up, and the sockets that its boards are in."""

    outside: Outside
    config: Config
    sockets: Sockets

    def drive_seen(self) -> bool:
        """Whether the rover shows the boot ROM's drive; where its socket is not known, whether any board does."""
        place = self.sockets.places().get(ROVER, "")
        return any(not place or drive.location == place for drive in self.sockets.drives())

    def close(self) -> None:
        """All is let go of."""
        self.outside.close()
        self.sockets.close()


def open_outside(config: Config | None, firmware: Path | None = None, seed: int = 0) -> Opened:
    """The bench of that configuration; None: an emulated one, with the UF2s that were built. HilError."""
    if config is not None:
        return Opened(Hardware(config), config, HostSockets(config))
    set_up = emulated_config()
    outside = open_emulated(firmware or default_uf2(), instrument_uf2(), set_up, seed)
    return Opened(outside, set_up, EmulatedSockets(outside))


class _HostClock:
    """This machine's, as `Outside` has it."""

    @property
    def now_ns(self) -> int:
        return time.monotonic_ns()

    def wait(self, duration_ns: int) -> None:
        time.sleep(duration_ns / 1e9)


def put_into_instrument(config: Config | None, uf2: Path, tell: Tell = silent) -> str:
    """Flash the instrument of that bench (None: an emulated one); its number. Of a bench of hardware nothing else is
    touched: its instrument may be blank, its rover and its bus may be missing. HilError."""
    image = checked(uf2)
    if config is None:
        with closing(open_outside(None)) as opened:
            outside = opened.outside
            return flash_instrument(image, outside.instrument, opened.sockets, outside, tell)
    with closing(_instrument_port(config)) as port:
        return flash_instrument(image, port, HostSockets(config), _HostClock(), tell)


def _instrument_port(config: Config) -> HostPort:
    """The one that the bench's file tells of; where there is no file yet, one that calls itself an instrument."""
    wanted = config.ports[INSTRUMENT]
    if wanted.given:
        return HostPort(INSTRUMENT, wanted)
    return HostPort(INSTRUMENT, BenchPort(usb_ids=PICO_IDS), lambda: candidates(INSTRUMENT, plugged_in()))


def open_bench(
    firmware: Path | None = None,
    *,
    config: Path | str | None = None,
    instrument: Path | None = None,
    seed: int = 0,
    strict: bool = True,
    gates: Mapping[str, GateFit] | None = None,
    **parts: Any,
) -> BenchRig:
    """config: the file of a bench of hardware; without one the bench is emulated.

    firmware, instrument: the emulated boards' UF2s, instead of those in build/. seed: of all that chance decides in the
    emulation. parts: of the emulated boards: `adc_noise_lsb`, `crystal_ppm`, `flash_wear` of the rover,
    `instrument_ppm`. gates: the emulated bench's calibration (a real one's is in its file). HilError names what is
    missing, and what a real bench cannot be given.
    """
    if config is None:
        set_up = emulated_config().calibrated(gates or {})
        outside = open_emulated(firmware or default_uf2(), instrument or instrument_uf2(), set_up, seed, **parts)
        return BenchRig(outside, set_up, strict, EmulatedSockets(outside))
    given = [name for name, value in {"gates": gates, **parts}.items() if value is not None]
    if given:
        raise HilError(f"a real bench's parts are as they are: no {', '.join(given)}; leave them out")
    if firmware is not None or instrument is not None:
        raise HilError("a real bench runs what its boards were flashed with; flash it first: `sapper bench flash`")
    set_up = config_file.read(Path(config))
    return BenchRig(Hardware(set_up), set_up, strict, HostSockets(set_up))
