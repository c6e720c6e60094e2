"""Headings as directions: cosine and sine of any heading, within 1/12,000, by the table that dead reckoning uses.

A phase is a heading in 2**24 steps a turn (0.37 urad), so that what is divided among poses of an arc loses nothing.
"""

import micropython
from micropython import const

Q = const(14)  # bits behind the point of cosines and sines
_PHASE = const(0xFFFFFF)
# 113 turns are 710 rad, within 0.1 mrad; half of that on either side, times what follows, fits 30 bits.
_HALF_WRAP_MRAD = const(355000)


def phase_of(heading_mrad):
    """The phase of a heading, however often it went round (0.1 mrad lost in 113 turns)."""
    within = (heading_mrad + _HALF_WRAP_MRAD) % (2 * _HALF_WRAP_MRAD) - _HALF_WRAP_MRAD
    # 2^24 / (2000 pi) = 2670.17661
    return within * 2670 + (within * 723 >> 12) & _PHASE


@micropython.viper
def direct(sine: ptr16, phase: int, out: ptr32, at: int):
    """out[at] = cosine, out[at + 1] = sine of a phase, times 2**14: straight lines between the table's points, which
    are 6 mrad apart, so 5e-6 off, and 3e-5 by the table's rounding."""
    i = 0
    turned = phase + 4194304  # the cosine: a quarter of a turn ahead
    while i < 2:
        step = (turned >> 14) & 1023
        low = sine[step]
        if low > 32767:
            low -= 65536
        high = sine[(step + 1) & 1023]
        if high > 32767:
            high -= 65536
        out[at + i] = low + (((high - low) * (turned & 16383) + 8192) >> 14)
        turned = phase
        i += 1
