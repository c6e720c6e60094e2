"""Where the rover is, by its tracks alone: distance along the track, and dead reckoning in integers."""

import math
from array import array

import micropython

_TURN = 1024  # steps of the sine table in a full turn: 6 mrad
_Q = 14
_MRAD_TURN = 6283


def sine_table():
    """array("h") of _TURN sines times 2**14: a quarter computed (floats cost the board 70 us each), the rest
    mirrored."""
    quarter = _TURN // 4
    table = array("h", [0] * _TURN)
    for i in range(quarter + 1):
        value = round(math.sin(2 * math.pi * i / _TURN) * (1 << _Q))
        table[i] = value
        table[2 * quarter - i] = value
        table[2 * quarter + i] = -value
        table[-i] = -value
    return table


class Odometry:
    """s_mm: travel of the tracks' middle, which is the coil's on a straight lane. x ahead, y left, heading
    counter-clockwise."""

    def __init__(self, settings):
        self._sine = sine_table()
        self.configure(settings)
        self.reset()

    def configure(self, settings):
        """Take the rover's geometry."""
        self._per_m = settings.get("ticks_per_m")
        self._width_mm = settings.get("track_width_mm")

    def reset(self):
        """Here is the origin."""
        self.left = 0
        self.right = 0
        self.s_mm = 0
        self.x_um = 0
        self.y_um = 0
        self.heading_mrad = 0

    @micropython.native
    def step(self, left, right):
        """Add one frame's ticks."""
        self.left += left
        self.right += right
        both = self.left + self.right
        self.s_mm = both * 500 // self._per_m
        # ticks/m -> mrad: difference in mm x 1000 / width
        self.heading_mrad = (self.right - self.left) * 1000 // self._per_m * 1000 // self._width_mm
        moved_um = (left + right) * 500_000 // self._per_m
        if moved_um:
            at = self.heading_mrad * _TURN // _MRAD_TURN
            self.x_um += moved_um * self._sine[(at + _TURN // 4) & (_TURN - 1)] >> _Q
            self.y_um += moved_um * self._sine[at & (_TURN - 1)] >> _Q
