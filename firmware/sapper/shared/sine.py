"""The sine table that whatever turns on the board looks into: dead reckoning, and the map of the ground."""

import math

from micropython import const
from sapper.shared.zeros import zeros

_TURN = const(1024)  # steps in a full turn: 6 mrad
_Q = const(14)

_table = None


def sine_table():
    """array("h") of _TURN sines times 2**14, one for all, to read alone: a quarter computed (floats cost the board 70
    us each), the rest mirrored."""
    global _table
    if _table is None:
        _table = _mirrored()
    return _table


def _mirrored():
    quarter = _TURN // 4
    table = zeros("h", _TURN)
    for i in range(quarter + 1):
        value = round(math.sin(2 * math.pi * i / _TURN) * (1 << _Q))
        table[i] = value
        table[2 * quarter - i] = value
        table[2 * quarter + i] = -value
        table[-i] = -value
    return table
