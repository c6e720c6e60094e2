"""The converter beside the instrument measured by the rover's own, and the two clocks by each other.

The rover's converter is uneven (erratum RP2040-E11): four codes are WIDE_LSB wide, which the others are narrower by.
Its codes are made even before a line is laid through them, else gain and offset would carry the steps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hil.bench.check.instrument import Instrument
from hil.bench.check.rover import Rover
from hil.bench.instrument import wire
from hil.errors import HilError
from sapper.shared.pins import ADC_FULL_SCALE_MV, GPIO

CODES = 4096
# The datasheet names the codes, measurement (pico-adc.markomo.me: DNL 8.9) their width.
WIDE_CODES = (512, 1536, 2560, 3584)
WIDE_LSB = 9.9
_NARROW_LSB = (CODES - len(WIDE_CODES) * WIDE_LSB) / (CODES - len(WIDE_CODES))
_MV_PER_CODE = ADC_FULL_SCALE_MV / CODES
# Between the first and the last step, and clear of them: codes of the instrument's converter.
SWEPT = tuple(code for code in range(200, 3900, 116) if min(abs(code - wide) for wide in WIDE_CODES) > 30)
SAMPLES = 48
_OFF_MV = 60.0  # the data sheet's worst offset, and the rover's
_OFF_GAIN = 0.03
_STEP_LSB = (4.0, 14.0)
_CLOCK_S = 3
_CRYSTALS_PPM = 200.0


@dataclass(frozen=True)
class Calibration:
    """Of one output at its gate: what a code is worth, and the offset; how far from the line the points are, rms.

    steps_lsb: by how much the rover's codes jump at each of WIDE_CODES.
    """

    mv_per_code: float
    offset_mv: float
    rms_lsb: float
    steps_lsb: tuple[float, ...]


def even(codes: Sequence[int] | NDArray[np.int64]) -> NDArray[np.float64]:
    """Codes of an RP2040 -> where their middle lies, in even LSB."""
    code = np.asarray(codes, dtype=np.float64)
    wide_below = sum((code > wide).astype(np.float64) for wide in WIDE_CODES)
    middle = (code + 0.5 - wide_below) * _NARROW_LSB + wide_below * WIDE_LSB
    is_wide = np.isin(code, WIDE_CODES)
    return np.where(is_wide, middle + (WIDE_LSB - _NARROW_LSB) / 2, middle)


def of_gate(name: str, codes: Sequence[int], taken: Sequence[Sequence[int]]) -> Calibration:
    """A line through what the rover read of a gate at each of the converter's codes. HilError when it is no such line.

    taken: so many of the rover's codes for each of `codes`.
    """
    given = np.asarray(codes, dtype=np.float64)
    raw = np.array([np.mean(row) for row in taken])
    read = np.array([np.mean(even(row)) for row in taken])
    gain, offset = np.polyfit(given, read, 1)
    rms = float(np.sqrt(np.mean((read - gain * given - offset) ** 2)))
    offset_mv = offset * _MV_PER_CODE
    if abs(gain - 1) > _OFF_GAIN or abs(offset_mv) > _OFF_MV:
        raise HilError(
            f"{name}: the rover reads {gain:.3f} of what is played, {offset_mv:+.0f} mV; measure the 3.3 V of the "
            "converter's supply against the rover's ADC_VREF, and the wire's resistor"
        )
    return Calibration(float(gain * _MV_PER_CODE), float(offset_mv), rms, _steps(given, raw, gain, offset))


def _steps(given: NDArray[np.float64], raw: NDArray[np.float64], gain: float, offset: float) -> tuple[float, ...]:
    """The rover's own codes are short of the even ones by ever more, and jump at each step."""
    short = (gain * given + offset) - raw
    steps = []
    for wide in WIDE_CODES:
        below, above = raw < wide, raw > wide
        if below.sum() < 2 or above.sum() < 2:
            steps.append(float("nan"))
            continue
        slope = _NARROW_LSB - 1
        before = short[below][-2:] + slope * (wide - raw[below][-2:])
        after = short[above][:2] - slope * (raw[above][:2] - wide)
        steps.append(float(np.mean(after) - np.mean(before)))
    return tuple(steps)


def clock_ppm(instrument: Instrument, rover: Rover, seconds: float = _CLOCK_S) -> float:
    """By how much the rover's clock is faster than the instrument's, in parts per million; +-2 or so.

    The rover raises and lowers a line by its own timer, the instrument stamps both edges. HilError when that cannot be.
    """
    pin = GPIO["MOTOR_EN"]
    rover.prompt.run(
        f"p = Pin({pin}, Pin.OUT, value=0)\ntime.sleep_ms(50)\n"
        "def flank():\n    import machine\n    s = machine.disable_irq()\n    t = time.ticks_us()\n    p.toggle()\n"
        "    u = time.ticks_us()\n    machine.enable_irq(s)\n    return t, u\nflank()\nflank()\ntime.sleep_ms(50)"
    )
    instrument.report()
    text = f"(flank(), time.sleep_ms({int(1000 * seconds)}), flank())"
    (first, _, last) = rover.prompt.value(text)
    stamps = instrument.edges("MOTOR_EN", 2)
    rover_us = (sum(last) - sum(first)) / 2
    (us0, ctr0), (us1, ctr1) = stamps[:2]
    instrument_us = _between_us(us0, ctr0, us1, ctr1)
    ppm = (rover_us / instrument_us - 1) * 1e6
    if abs(ppm) > _CRYSTALS_PPM:
        raise HilError(
            f"the rover's clock and the instrument's differ by {ppm:.0f} parts in a million, more than two "
            "crystals may; one of the boards does not run from its crystal"
        )
    return ppm


def _between_us(us0: int, ctr0: int, us1: int, ctr1: int) -> float:
    """From one stamp to another: the timers to the microsecond, the counts to the cycle."""
    coarse = (us1 - us0) % (1 << 32) * wire.CYCLES_PER_US
    fine = (ctr1 - ctr0) % (1 << 16)
    half = 1 << 15
    return (coarse + (fine - coarse + half) % (1 << 16) - half) / wire.CYCLES_PER_US
