"""Integer arithmetic that native (viper) code lacks. A call from viper costs about 5 us, so much as a line of
bytecode.
"""

import micropython


@micropython.viper
def quotient(a: int, b: int) -> int:
    """a // b for 0 <= a < 2^30 and b > 0, by shift and subtract: some 30 cycles for each bit of the result."""
    shift = 0
    half = a >> 1
    while (b << shift) <= half:
        shift += 1
    q = 0
    while shift >= 0:
        q = q << 1
        part = b << shift
        if a >= part:
            a -= part
            q += 1
        shift -= 1
    return q


@micropython.viper
def hypotenuse(a: int, b: int) -> int:
    """sqrt(a^2 + b^2) of 0 <= a, b < 2^29 within 3 %: the larger, or 7/8 of it and half the other."""
    if a < b:
        c = a
        a = b
        b = c
    bent = a - (a >> 3) + (b >> 1)
    if bent > a:
        return bent
    return a
