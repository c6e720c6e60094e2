"""Gain and offset of the converter are found through the uneven steps of the rover's, and the steps themselves."""

from __future__ import annotations

import numpy as np
import pytest

from hil.bench.check import calibrate
from hil.errors import HilError

pytestmark = pytest.mark.unit


def _rover(lsb: np.ndarray, uneven: bool = True) -> list[int]:
    """What an RP2040 makes of an input in even LSB, by its codes' widths."""
    widths = np.ones(calibrate.CODES)
    if uneven:
        widths[:] = (calibrate.CODES - 4 * calibrate.WIDE_LSB) / (calibrate.CODES - 4)
        widths[list(calibrate.WIDE_CODES)] = calibrate.WIDE_LSB
    ends = np.cumsum(widths)
    return [int(code) for code in np.searchsorted(ends, np.clip(lsb, 0, 4095.9), "right")]


def _taken(gain: float, offset_lsb: float, uneven: bool = True) -> list[list[int]]:
    random = np.random.default_rng(5)
    return [
        _rover(gain * code + offset_lsb + random.normal(0, 1.2, calibrate.SAMPLES), uneven) for code in calibrate.SWEPT
    ]


@pytest.mark.parametrize(("gain", "offset_lsb"), [(1.0, 0.0), (0.991, 12.0), (1.012, -9.0)])
def test_gain_and_offset_are_found_to_a_fraction_of_a_code(gain: float, offset_lsb: float) -> None:
    found = calibrate.of_gate("GATE_0", calibrate.SWEPT, _taken(gain, offset_lsb))
    mv_per_lsb = 3300 / 4096
    middle = 2000
    error_lsb = (found.mv_per_code * middle + found.offset_mv) / mv_per_lsb - (gain * middle + offset_lsb)
    assert abs(error_lsb) < 0.5
    assert found.mv_per_code / mv_per_lsb == pytest.approx(gain, abs=4e-4)


def test_the_converters_known_steps_are_seen_and_their_absence_too() -> None:
    with_steps = calibrate.of_gate("GATE_0", calibrate.SWEPT, _taken(1.003, 4.0)).steps_lsb
    without = calibrate.of_gate("GATE_0", calibrate.SWEPT, _taken(1.003, 4.0, uneven=False)).steps_lsb
    assert all(6 < step < 12 for step in with_steps)
    assert all(abs(step) < 4 for step in without)


@pytest.mark.parametrize(("gain", "offset_lsb"), [(0.9, 0.0), (1.0, 150.0)])
def test_what_is_no_converter_beside_the_board_is_refused_with_its_remedy(gain: float, offset_lsb: float) -> None:
    with pytest.raises(HilError, match="measure the 3.3 V"):
        calibrate.of_gate("GATE_2", calibrate.SWEPT, _taken(gain, offset_lsb))


def test_even_codes_undo_the_uneven_ones() -> None:
    lsb = np.linspace(5, 4090, 3000)
    assert np.max(np.abs(calibrate.even(_rover(lsb)) - lsb)) < calibrate.WIDE_LSB / 2 + 0.6
