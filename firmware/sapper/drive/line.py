"""A straight line of the field's, along one of its axes, and how to hold it by place and heading. Integers, pure."""

import micropython
from micropython import const

QUARTER_MRAD = 1571
_HALF_TURN_MRAD = const(3142)
_TURN_MRAD = const(6283)
# Held as a person steers: towards a point of the line so far on, by a heading of at most so much off it.
_LOOK_ON_MM = const(400)
_OFF_MOST_MRAD = const(150)
_TURN_PER_S = const(5)  # half of it a second: mrad/s for each mrad that the heading is not what it is wanted to be
_TURN_MOST_MRAD_S = const(300)
# A track that stays behind turns the rover all the time: so much is learned, a hundredth of what is wrong a tick,
# and turned against.
_PULL_TICKS = const(100)
_PULL_MOST = const(20_000)  # 200 mrad/s


@micropython.native
def within_half_turn(mrad):
    """An angle (mrad) as -3142..3141."""
    while mrad >= _HALF_TURN_MRAD:
        mrad -= _TURN_MRAD
    while mrad < -_HALF_TURN_MRAD:
        mrad += _TURN_MRAD
    return mrad


@micropython.native
def nearest_axis(heading_mrad):
    """0..3: x, y, -x, -y, whichever is nearest to a heading within half a turn."""
    return (heading_mrad + _TURN_MRAD + QUARTER_MRAD // 2) // QUARTER_MRAD & 3


class Line:
    """`aim`, then `look` at a pose: left_mm: to go ahead, below 0 where the place lies behind; cross_mm: so far to the
    left of the line; off_mrad: the heading's, counter-clockwise."""

    def __init__(self):
        self.aim(0, 0, 0)

    def aim(self, x_mm, y_mm, axis):
        """To a place, along an axis (0..3: heading x, y, -x, -y)."""
        self.x_mm = x_mm
        self.y_mm = y_mm
        self.axis = axis
        self.left_mm = 0
        self.cross_mm = 0
        self.off_mrad = 0
        self._pull = 0

    @micropython.native
    def look(self, pose):
        """Take the pose's place and heading."""
        ahead = self.x_mm - pose.x_mm
        left = self.y_mm - pose.y_mm
        axis = self.axis
        if axis == 1:
            was = ahead
            ahead = left
            left = -was
        elif axis == 2:
            ahead = -ahead
            left = -left
        elif axis == 3:
            was = ahead
            ahead = -left
            left = was
        self.left_mm = ahead
        self.cross_mm = -left
        self.off_mrad = within_half_turn(pose.heading_mrad - axis * QUARTER_MRAD)

    @micropython.native
    def turn_mrad_s(self, backwards):
        """The turn that brings the rover onto the line and holds it there, ahead or backwards. Call once a tick."""
        wanted = self.cross_mm * 1000 // _LOOK_ON_MM
        if not backwards:
            wanted = -wanted
        if wanted > _OFF_MOST_MRAD:
            wanted = _OFF_MOST_MRAD
        elif wanted < -_OFF_MOST_MRAD:
            wanted = -_OFF_MOST_MRAD
        wrong = wanted - self.off_mrad
        turn = wrong * _TURN_PER_S // 2 + self._pull // _PULL_TICKS
        if -_TURN_MOST_MRAD_S < turn < _TURN_MOST_MRAD_S and -_PULL_MOST < self._pull + wrong < _PULL_MOST:
            self._pull += wrong
        if turn > _TURN_MOST_MRAD_S:
            return _TURN_MOST_MRAD_S
        return turn if turn > -_TURN_MOST_MRAD_S else -_TURN_MOST_MRAD_S
