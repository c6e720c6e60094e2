"""What is known of the RP2040's converter, to hold rigs to: erratum RP2040-E11, and what was measured on boards."""

import numpy as np
from numpy.typing import NDArray

# Widths of the four wide codes in LSB: DNL of 8.9 (pico-adc.markomo.me).
CODE_WIDTHS = {512: 9.9, 1536: 9.9, 2560: 9.9, 3584: 9.9}
_OTHERS_LSB = (4096 - 4 * 9.9) / (4096 - 4)


def check_widths(codes: NDArray[np.integer], wide: int, samples_per_lsb: float) -> None:
    """Of a ramp around a wide code: it takes 9.9 LSB of input, its neighbours a little less than one each.

    Noise blurs a ramp's edges, and nothing of the widths between.
    """
    seen = np.bincount(codes, minlength=4096) / samples_per_lsb
    assert abs(seen[wide] - CODE_WIDTHS[wide]) < 0.5
    for around in (slice(wide - 20, wide - 4), slice(wide + 5, wide + 21)):
        assert np.all(np.abs(seen[around] - _OTHERS_LSB) < 0.25)
        assert abs(seen[around].mean() - _OTHERS_LSB) < 0.06


def check_noise(codes: NDArray[np.integer], middle: int, lsb_rms: float) -> None:
    """Of a steady input in the middle of a code; rounding to codes adds its twelfth, narrow ones stretch it by 1 %."""
    assert abs(codes.mean() - middle) < 0.02 * lsb_rms
    assert abs(codes.std() / np.hypot(lsb_rms, 12**-0.5) - 1) < 0.03
