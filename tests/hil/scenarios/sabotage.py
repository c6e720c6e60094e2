"""Rigs with one thing wrong, for the scenarios to find: a plugin that opens the one that SABOTAGE names.

Each is as a bench, or a rover, might be wrong: a wire that is open, a part that is late, a cable that is not pulled.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hil.rigs.firmware import default_uf2
from hil.rigs.rig import NS_PER_MS
from hil.rigs.virtual import VirtualPico
from sapper.shared.pins import GPIO

LATE_NS = 150_000


def _estop_wire_open(pico: Any) -> None:
    """It reads as a closed loop, whoever presses."""
    pin = pico.pin(GPIO["ESTOP_OK"])
    drive = pin.drive
    pin.drive = lambda level, at_ns=None: drive(1, at_ns)


def _estop_late(pico: Any) -> None:
    """A relay in the loop, half as slow again as the limit."""
    pin = pico.pin(GPIO["ESTOP_OK"])
    drive = pin.drive

    def late(level: int, at_ns: float | None = None) -> None:
        drive(level, (pico.now_ns if at_ns is None else at_ns) + LATE_NS)

    pin.drive = late


def _key_bridged(pico: Any) -> None:
    pin = pico.pin(GPIO["ARM_KEY"])
    drive = pin.drive
    pin.drive = lambda level, at_ns=None: drive(1, at_ns)


def _somebody_else_pings(pico: Any) -> None:
    """A second program on the port keeps the rover alive."""
    run = pico.run
    last = [0]

    def talking(duration_ns: float) -> Any:
        if pico.now_ns - last[0] > 400 * NS_PER_MS:
            last[0] = pico.now_ns
            pico.usb.write(b"ping\n")
        return run(duration_ns)

    pico.run = talking


def _power_switch_stuck(pico: Any) -> None:
    pico.power_cut = lambda: None
    pico.power_on = lambda: None


def _power_switch_stuck_later(pico: Any) -> None:
    """It works twice, before the first scenario, and not in it."""
    cut, left = pico.power_cut, [2]

    def stuck() -> None:
        left[0] -= 1
        if left[0] >= 0:
            cut()

    pico.power_cut = stuck


def _run_wire_open(pico: Any) -> None:
    pico.run_pin = lambda level: None


def _cable_not_pulled(pico: Any) -> None:
    pico.cable.unplug_usb = lambda: None


def _supply_not_set(pico: Any) -> None:
    """The supply's level is what it is, whatever is asked for."""
    put = pico.adc.set
    pico.adc.set = lambda channel, millivolts: put(channel, 5000 / 3 if channel == 3 else millivolts)


def _coil_deaf(pico: Any) -> None:
    """The front end gives the air's voltages and its noise, whatever lies under the coil."""
    import numpy as np

    play = pico.adc.play

    def air(channel: int, times_ns: Any, values_mv: Any, interpolate: str = "linear") -> None:
        first = pico.first_mv.setdefault(channel, float(values_mv[0]))
        noise = pico.noise.normal(0, 1.5, len(values_mv))
        play(channel, times_ns, np.full(len(values_mv), first) + noise, interpolate)

    pico.first_mv = {}
    pico.noise = np.random.default_rng(1)
    pico.adc.play = air


def _encoder_bridged(pico: Any) -> None:
    """The left encoder's edges come out of the right one's: a cut of the left wire alone is not seen."""
    for phase in "AB":
        right, left = pico.pin(GPIO[f"ENC_RIGHT_{phase}"]), pico.pin(GPIO[f"ENC_LEFT_{phase}"])
        drive_edges, to_left = right.drive_edges, left.drive_edges

        def both(times: Any, levels: Any, drive_edges: Any = drive_edges, to_left: Any = to_left) -> None:
            drive_edges(times, levels)
            to_left(times, levels)

        right.drive_edges = both
        left.drive_edges = lambda times, levels: None


def _radio_wire_open(pico: Any) -> None:
    pico.uart[0].write = lambda data, at_ns=None: None


SABOTAGES: dict[str, Callable[[Any], None]] = {
    name[1:]: each for name, each in list(globals().items()) if name.startswith("_") and callable(each)
}


def pytest_sapper_open_rig(config: Any, name: str, firmware: Path | None, options: Any) -> Any:
    """The virtual rig, with that wrong."""
    pico = VirtualPico(firmware or default_uf2())
    SABOTAGES[os.environ["SABOTAGE"]](pico)
    return pico
