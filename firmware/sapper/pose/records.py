"""GNSS against dead reckoning: fixes of the last half minute, and what their differences tell.

A record is a fix and where tracks and gyro had the antenna. With z the fix and d the reckoned place, w = z - d stays
where it is as long as both are right, wherever the rover goes: what w walks between two records, GNSS or the tracks
walked away from the other. Errors of GNSS that hang together drop out of it, so it sees a liar's ramp in a second or
two, and it is what the heading and the odometer's scale are learned from: over a way D that was driven straight on,
w changes by  (heading's error) x D  and by  (scale's error) D.

A new record is kept every half second: the mean of the fixes since the last. Lengths and angles as in spread.py, places
in 1/256 mm.
"""

from array import array

import micropython
from micropython import const
from sapper.pose.roots import root
from sapper.shared.zeros import zeros

COUNT = const(24)
EVERY_MS = const(500)
_DX = const(0)
_DY = const(1)
_WX = const(2)
_WY = const(3)
_SIGMA = const(4)
_WAY = const(5)
_TURNED = const(6)
_HEADING = const(7)  # as reckoned, urad
_WALKED = const(8)
_STEADY = const(9)
_CX = const(10)
_CY = const(11)
_MS = const(12)
_SIZE = const(13)

# As in spread.py.
_G_HEADING = const(4)
_G_WALKED = const(9)
_G_STEADY = const(10)
_G_WAY_MM = const(11)
_G_TURNED = const(12)

# Of `now`, besides a record's: what `find` found: errors of heading (urad) and scale (1/65536),
# the variances of both, ms since its record; where the ring goes on, and how many there are.
FOUND_URAD = const(14)
FOUND_SCALE = const(15)
FOUND_HV = const(16)
FOUND_SV = const(17)
FOUND_MS = const(18)
_AT = const(19)
_KEPT = const(20)
_SUM_X = const(21)
_SUM_Y = const(22)
_SUM_OF = const(23)
_FROM_X = const(24)
_FROM_Y = const(25)
_WORDS = const(26)

OLD_WAY = _WAY
OLD_X = _CX
OLD_Y = _CY

# 16 % (1/16 mm of a mm, * 64).
_SLIP = const(160)
_SLIP_OVER_MM = const(1000)
_STRAIGHT_MRAD = const(400)
_MASK = const(0xFFFFFFF)
_MOST = const(16383)
NOT_FOUND = const(0x3FFFFFFF)


@micropython.viper
def _look(now: ptr32, ring: ptr32, g: ptr32, heading_urad: int, ms: int) -> int:
    """How many of some records (the last, 2, 4 ... before, and the first) w has walked away from by more than can be.

    1.25 (sigma + sigma): as fixes' errors hang together, differences are smaller than each. 55/1000 of the way: slip of
    1.4 % and a scale of 1.2 % that is not learned yet, thrice; heading, thrice; 40 mm a radian: spots turned on. On a
    straight way along it _SLIP more: on loose ground tracks slip by a tenth and more for a metre or two. Who lies
    along it gets that much, _SLIP_OVER_MM of way at the most; who lies aside does not.
    """
    now[_HEADING] = heading_urad
    now[_MS] = ms
    now[_WAY] = g[_G_WAY_MM]
    now[_TURNED] = g[_G_TURNED]
    now[_WALKED] = g[_G_WALKED]
    now[_STEADY] = g[_G_STEADY]
    wrong = 0
    heading = g[_G_HEADING] * 3
    if heading > 60000:
        heading = 60000
    kept = now[_KEPT]
    back = 1
    while back <= kept:
        i = now[_AT] - back * _SIZE
        if i < 0:
            i += COUNT * _SIZE
        x = (now[_WX] - ring[i + _WX]) >> 4
        y = (now[_WY] - ring[i + _WY]) >> 4
        if x < 0:
            x = 0 - x
        if y < 0:
            y = 0 - y
        way = (now[_WAY] - ring[i + _WAY]) & _MASK
        if way > 16383:
            way = 16383
        turned = (now[_TURNED] - ring[i + _TURNED]) & _MASK
        if turned > 20000:
            turned = 20000
        most = (now[_SIGMA] + ring[i + _SIGMA]) * 5 >> 2
        most += (way * 57 >> 6) + (way * heading >> 11) + (turned * 41 >> 6)
        slack = (way if way < _SLIP_OVER_MM else _SLIP_OVER_MM) * _SLIP >> 6
        far = most + slack
        if most > _MOST:
            pass
        elif x > _MOST or y > _MOST or x * x + y * y > far * far:
            wrong += 1
        elif turned < _STRAIGHT_MRAD:
            dx = (now[_DX] - ring[i + _DX]) >> 8
            dy = (now[_DY] - ring[i + _DY]) >> 8
            if dx < _MOST and dx > -_MOST and dy < _MOST and dy > -_MOST:
                x = (now[_WX] - ring[i + _WX]) >> 4
                y = (now[_WY] - ring[i + _WY]) >> 4
                across = x * dy - y * dx
                if across < 0:
                    across = 0 - across
                if dx < 0:
                    dx = 0 - dx
                if dy < 0:
                    dy = 0 - dy
                if dx < dy:
                    x = dx
                    dx = dy
                    dy = x
                # At most 7 % too long.
                if dx > 20 and across > most * (dx + (dy * 3 >> 3)):
                    wrong += 1
        if back < kept and back << 1 > kept:
            back = kept
        else:
            back <<= 1
    return wrong


@micropython.viper
def _find(now: ptr32, ring: ptr32):
    """The record that tells most of the heading."""
    best = NOT_FOUND
    scale = NOT_FOUND
    kept = now[_KEPT]
    i = 0
    while i < kept:
        i += 4
        if i > kept:
            i = kept
        at = now[_AT] - i * _SIZE
        if at < 0:
            at += COUNT * _SIZE
        apart = now[_HEADING] - ring[at + _HEADING]
        if apart > 3141593:
            apart -= 6283185
        if apart < -3141593:
            apart += 6283185
        x = (now[_DX] - ring[at + _DX]) >> 8
        y = (now[_DY] - ring[at + _DY]) >> 8
        wx = (now[_WX] - ring[at + _WX]) >> 4
        wy = (now[_WY] - ring[at + _WY]) >> 4
        turned = (now[_TURNED] - ring[at + _TURNED]) & _MASK
        good = 1
        if apart > 350000 or apart < -350000 or turned > 700:
            good = 0
        if x > 11000 or x < -11000 or y > 11000 or y < -11000:
            good = 0
        if wx > 8000 or wx < -8000 or wy > 8000 or wy < -8000:
            good = 0
        if good:
            square = x * x + y * y
            if square > 160000:
                far = int(root(square))
                sigma = now[_SIGMA] if now[_SIGMA] > ring[at + _SIGMA] else ring[at + _SIGMA]
                # Of an angle: 1/16 mm over mm is 2000 of 1/32 mrad. So many records share what one of them says.
                angle = sigma * 2000 // far
                walked = (now[_WALKED] - ring[at + _WALKED]) & _MASK
                steady = (now[_STEADY] - ring[at + _STEADY]) & _MASK
                if steady > 500000:
                    steady = 500000
                steady = steady >> 5
                if angle < 4000 and walked < 200000000:
                    hv = angle * angle * (i if i < 16 else 16) + walked + steady * steady
                    if hv < best:
                        best = hv
                        now[FOUND_MS] = (now[_MS] - ring[at + _MS]) & _MASK
                        # rad * 2**16
                        found = (x * wy - y * wx) // (square >> 12)
                        if found > 60000:
                            found = 60000
                        if found < -60000:
                            found = -60000
                        now[FOUND_URAD] = found * 15625 >> 10
                        # The same for the scale: (angle)^2 is as much of it; slip as in spread.py.
                        if far > 1500:
                            scale = angle * 2 + 20
                            scale = scale * scale * (i if i < 16 else 16) + (167500000 // far << 4)
                            now[FOUND_SCALE] = (x * wx + y * wy) // (square >> 12)
    now[FOUND_HV] = best
    now[FOUND_SV] = scale


@micropython.viper
def _bend(now: ptr32, ring: ptr32, turn: int, scale: int):
    """What was reckoned is turned about the newest place by turn / 2**14 rad, and longer by scale / 2**15."""
    i = now[_KEPT] * _SIZE
    while i:
        i -= _SIZE
        x = (now[_DX] - ring[i + _DX]) >> 7  # 1/2 mm
        y = (now[_DY] - ring[i + _DY]) >> 7
        if x < 60000 and x > -60000 and y < 60000 and y > -60000:
            dx = (x * scale >> 8) - (y * turn >> 7)
            dy = (x * turn >> 7) + (y * scale >> 8)
            ring[i + _DX] -= dx
            ring[i + _DY] -= dy
            ring[i + _WX] += dx
            ring[i + _WY] += dy


@micropython.viper
def _add(now: ptr32, ring: ptr32) -> int:
    """To the mean that is to be a record; 1: it is time for that."""
    of = now[_SUM_OF]
    if of == 0:
        now[_FROM_X] = now[_WX]
        now[_FROM_Y] = now[_WY]
        now[_SUM_X] = 0
        now[_SUM_Y] = 0
    if of < 50:
        now[_SUM_X] += now[_WX] - now[_FROM_X]
        now[_SUM_Y] += now[_WY] - now[_FROM_Y]
        now[_SUM_OF] = of + 1
    if now[_KEPT] == 0:
        return 1
    at = now[_AT] - _SIZE
    if at < 0:
        at = (COUNT - 1) * _SIZE
    if (now[_MS] - ring[at + _MS]) & _MASK < EVERY_MS:
        return 0
    return 1


@micropython.viper
def _keep(now: ptr32, ring: ptr32, cx: int, cy: int):
    """`now` is a new record. cx, cy: what the place is moved by; it would be put back to there."""
    at = now[_AT]
    of = now[_SUM_OF]
    x = now[_SUM_X] // of + now[_FROM_X]
    y = now[_SUM_Y] // of + now[_FROM_Y]
    i = 0
    while i < _CX:
        ring[at + i] = now[i]
        i += 1
    ring[at + _WX] = x
    ring[at + _WY] = y
    ring[at + _CX] = cx
    ring[at + _CY] = cy
    ring[at + _MS] = now[_MS]
    at += _SIZE
    now[_AT] = at if at < COUNT * _SIZE else 0
    if now[_KEPT] < COUNT:
        now[_KEPT] += 1
    now[_SUM_OF] = 0


class Records:
    """`now`: the fix that is looked at; `ring`: those kept."""

    def __init__(self):
        self.now = array("i", [0] * _WORDS)
        self.ring = zeros("i", COUNT * _SIZE)
        self.since_ms = 0
        self.clear()

    def clear(self):
        """Begin anew."""
        now = self.now
        now[_AT] = now[_KEPT] = now[_SUM_OF] = 0

    @micropython.native
    def look(self, heading_urad, ms, spread):
        """The fix that taking.measure put into `now`; spread: Spread.words. Returns how many records it disagrees
        with."""
        return _look(self.now, self.ring, spread, heading_urad, ms)

    @micropython.native
    def age_ms(self):
        """How long ago the first of the records was, and whether there is one: 0 where there is none."""
        return (self.now[_MS] - self.since_ms) & _MASK if self.now[_KEPT] else 0

    @micropython.native
    def take(self, cx, cy):
        """This fix agrees; so far, fixes have moved the place by cx, cy. True when it became a record: half a second
        after the last."""
        if not self.now[_KEPT]:
            self.since_ms = self.now[_MS]
        if not _add(self.now, self.ring):
            return False
        _keep(self.now, self.ring, cx, cy)
        return True

    @micropython.native
    def find(self):
        """FOUND_* of `now`: what the records say of heading and scale; variances NOT_FOUND where they say nothing."""
        _find(self.now, self.ring)

    @micropython.native
    def bend(self, turn, scale):
        """The heading was turned by turn / 2**14 rad, ways are longer by scale / 2**15 from here on."""
        _bend(self.now, self.ring, turn, scale)

    @micropython.native
    def oldest(self):
        """Where in `ring` the oldest record is: OLD_X and OLD_Y of it what the place was moved by then, OLD_WAY the way
        (mm, as WAY_MM counts). -1 where there is none."""
        now = self.now
        if not now[_KEPT]:
            return -1
        return now[_AT] if now[_KEPT] == COUNT else 0
