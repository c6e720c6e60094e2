"""Where the rover is, by its tracks alone: distance along the track, and dead reckoning in integers."""

import micropython
from micropython import const
from sapper.shared.sine import sine_table

_TURN = const(1024)  # steps of the sine table in a full turn: 6 mrad
_Q = const(14)
_MRAD_TURN = const(6283)


class Odometry:
    """The board's own place, `odom`: from where it was at power-up on, whatever it does; only a reset begins anew.

    s_mm: travel of the tracks' middle, which is the coil's on a straight lane. x ahead, y left, heading
    counter-clockwise, as it adds up. left, right: counts of the tracks, of which only sums and differences since a
    moment ago mean anything. (Beyond 1,073 m from power-up x_um is kept on the heap, 16 bytes a tick of motion.)
    """

    def __init__(self, settings):
        self._sine = sine_table()
        self.left = 0
        self.right = 0
        self.s_mm = 0
        self.x_um = 0
        self.y_um = 0
        self.heading_mrad = 0
        self.configure(settings)

    def configure(self, settings):
        """Take the rover's geometry, from here on: what was driven with another stays as it was."""
        self._per_m = settings.get("ticks_per_m")
        self._width_mm = settings.get("track_width_mm")
        self._s_base_mm = self.s_mm
        self._heading_base_mrad = self.heading_mrad
        self.left = 0
        self.right = 0

    def status_heading_mrad(self):
        """The heading within half a turn, as the 16 bits of a STATUS hold it."""
        return (self.heading_mrad + _MRAD_TURN // 2) % _MRAD_TURN - _MRAD_TURN // 2

    def fold(self):
        """Before a drive: take the whole metres out of the counts, so that products with them stay small integers, off
        the heap, for the next kilometre (at 1,000 ticks a metre). The place stays."""
        metres = (self.left + self.right) // (2 * self._per_m)
        self.left -= metres * self._per_m
        self.right -= metres * self._per_m
        self._s_base_mm += metres * 1000

    @micropython.native
    def step(self, left, right):
        """Add one frame's ticks."""
        if left == 0 and right == 0:
            return
        per_m = self._per_m
        moved_um = (left + right) * 500_000 // per_m
        left += self.left
        right += self.right
        self.left = left
        self.right = right
        self.s_mm = self._s_base_mm + (left + right) * 500 // per_m
        # ticks/m -> mrad: difference in mm x 1000 / width
        heading = self._heading_base_mrad + (right - left) * 1000 // per_m * 1000 // self._width_mm
        self.heading_mrad = heading
        if moved_um:
            sine = self._sine
            at = heading * _TURN // _MRAD_TURN
            self.x_um += moved_um * sine[(at + _TURN // 4) & (_TURN - 1)] >> _Q
            self.y_um += moved_um * sine[at & (_TURN - 1)] >> _Q
