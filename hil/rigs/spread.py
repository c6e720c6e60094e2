"""What differs from one board to the next, drawn from a rig's seed: nothing may rely on a part that is typical.

| what | from | to | source |
|---|---|---|---|
| ADC noise, LSB rms | 0.97 | 1.36 | measured on boards (pico-adc.markomo.me) |
| crystal, ppm | -30 | +30 | the Pico's part (ABM8-272-T3: 30 ppm) |
| ring oscillator at the start, MHz | 1.8 | 12 | RP2040 datasheet, 2.17: nominally 6.5, guaranteed within these |
| wear of the flash, 0 typical, 1 longest | 0 | 1 | W25Q16JV data sheet, 9.6: both are within what is allowed |
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

from hil.errors import HilError

ADC_NOISE_LSB = (0.97, 1.36)
CRYSTAL_PPM = (-30.0, 30.0)
ROSC_HZ = (1.8e6, 12e6, 6.5e6)  # least, most, nominal
FRESH, WORN = 0.0, 1.0
# A board's first start makes its file system: two sectors and two pages of the slowest flash, and the start itself.
FIRST_START_MS = 1500

# Busy times of the flash, typical and longest, ms, of a page and a sector (the same data sheet: tPP, tSE).
FLASH_MS = {"program": (0.4, 3.0), "erase_4k": (45.0, 400.0)}
# A rig's options for whoever compares what the program does on two rigs: the converter ideal, the board's time the
# world's.
SAMPLES_AS_PLAYED: dict[str, dict[str, Any]] = {
    "sil": {"adc_noise_lsb": 0.0},
    "virtual": {"adc_noise_lsb": 0.0, "crystal_ppm": 0.0},
    "bench": {"adc_noise_lsb": 0.0, "crystal_ppm": 0.0, "instrument_ppm": 0.0},
}


@dataclass(frozen=True)
class Spread:
    """One board's parts."""

    adc_noise_lsb: float
    crystal_ppm: float
    rosc_hz: float
    flash_wear: float

    def flash_ms(self, operation: str) -> float:
        """How long an operation of FLASH_MS takes in this flash: between typical and longest by equal factors."""
        typical, longest = FLASH_MS[operation]
        return float(typical * (longest / typical) ** self.flash_wear)


def spread(
    seed: int, adc_noise_lsb: float | None = None, crystal_ppm: float | None = None, flash_wear: float | None = None
) -> Spread:
    """A board's parts by its seed, or as given; a converter without noise has even steps, too.

    HilError for what no board has.
    """
    chance = random.Random(f"board {seed}")
    noise_lsb, ppm, wear = (chance.uniform(*limits) for limits in (ADC_NOISE_LSB, CRYSTAL_PPM, (FRESH, WORN)))
    return Spread(
        noise_lsb if adc_noise_lsb is None else _within("adc_noise_lsb", adc_noise_lsb, 0, 100),
        ppm if crystal_ppm is None else _within("crystal_ppm", crystal_ppm, -1000, 1000),
        chance.triangular(*ROSC_HZ),
        wear if flash_wear is None else _within("flash_wear", flash_wear, FRESH, WORN),
    )


def _within(name: str, value: float, least: float, most: float) -> float:
    if not least <= value <= most:
        raise HilError(f"{name} is {value}; it must be {least:g}..{most:g}")
    return float(value)
