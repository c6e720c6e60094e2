"""The calibration of an emulated bench, by the check's own means: what `sapper bench check` would write down."""

from __future__ import annotations

from hil.bench.check import calibrate, look
from hil.bench.check.instrument import Instrument
from hil.bench.check.rover import Rover
from hil.bench.check.run import Checked
from hil.bench.config import GateFit
from hil.bench.parts.parts import open_parts
from hil.errors import HilError
from hil.rigs.bench.emulated import emulated_config, open_emulated
from hil.rigs.firmware import default_uf2, instrument_uf2


def fits(seed: int) -> dict[str, GateFit]:
    """Of the emulated bench of that seed, a bench of its own for it. HilError when it cannot be calibrated."""
    config = emulated_config()
    outside = open_emulated(default_uf2(), instrument_uf2(), config, seed)
    try:
        switches = open_parts(outside.bus, config, outside.wait).switches
        switches.set("usb", True)
        switches.set("supply", True)
        instrument, rover = Instrument(outside), Rover(outside)
        if not rover.answers():
            raise HilError("the emulated rover does not answer; build it: `make firmware`")
        rover.enter()
        taken = look.sweep(instrument, rover, calibrate.SWEPT, calibrate.SAMPLES)
        done = Checked()
        for name, rows in taken.items():
            done.calibrations[name] = calibrate.of_gate(name, calibrate.SWEPT, rows)
        return done.fits
    finally:
        outside.close()
