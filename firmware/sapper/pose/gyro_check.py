"""Does the gyro turn as the tracks do? Looked at each block of ticks, over the last half second and the last five.

A skid steered rover turns by less than its tracks' difference says: by 1 / 2.6 to 1.1 of it, and on the straight, where
one of them slips (by a fifth), by 250 mrad a metre either way. A gyro outside of that for a quarter of a second is
stuck, or wild.
"""

from array import array

import micropython
from micropython import const

# For the last half second, and from _LATE on for the last five, older turns fading: turns by gyro and tracks (urad, as
# these count), way (mm), blocks of disagreement.
_GYRO = const(0)
_TRACKS = const(1)
_WAY = const(2)
_BAD = const(3)
_LATE = const(4)
# Agreement since it was found wrong.
_AGREED = const(8)
_AGREED_URAD = const(9)
_WORDS = const(10)

_BAD_BLOCKS = const(3)
_SLACK_URAD = const(60_000)
_SLACK_A_MM = const(250)
_STANDS_URAD = const(30_000)
# It is believed again after so many blocks in motion (10 s) and so much turn of the tracks, all of it in agreement.
_AGAIN = const(125)
_AGAIN_URAD = const(1_500_000)
_MOST = const(20_000_000)
_WAY_MOST = const(200_000)

# What a block finds.
AGREES = const(0)
WRONG_SOON = const(1)
WRONG_LATE = const(2)
AGAIN = const(3)


@micropython.viper
def _look(c: ptr32, by_gyro: int, by_tracks: int, way: int) -> int:
    found = 0
    doubt = 0
    at = 0
    shift = 3
    while at <= _LATE:
        gyro = c[at + _GYRO]
        gyro += by_gyro - (gyro >> shift)
        tracks = c[at + _TRACKS]
        tracks += by_tracks - (tracks >> shift)
        if gyro > _MOST:
            gyro = _MOST
        if gyro < 0 - _MOST:
            gyro = 0 - _MOST
        if tracks > _MOST:
            tracks = _MOST
        if tracks < 0 - _MOST:
            tracks = 0 - _MOST
        far = c[at + _WAY]
        far += way - ((far + (1 << shift) - 1) >> shift)
        if far > _WAY_MOST:
            far = _WAY_MOST
        c[at + _GYRO] = gyro
        c[at + _TRACKS] = tracks
        c[at + _WAY] = far
        if tracks < 0:
            gyro = 0 - gyro
            tracks = 0 - tracks
        slack = _SLACK_URAD + far * _SLACK_A_MM
        if far == 0 and tracks < 5000:
            slack = _STANDS_URAD
        # 5 / 13 and 11 / 10
        if gyro < (tracks * 49 >> 7) - slack or gyro > (tracks * 35 >> 5) + slack:
            bad = c[at + _BAD] + 1
            doubt = 1
            if bad >= _BAD_BLOCKS:
                bad = _BAD_BLOCKS
                if found == 0:
                    found = 1 + (at >> 2)
            c[at + _BAD] = bad
        else:
            c[at + _BAD] = 0
        at += _LATE
        shift += 3
    if doubt != 0:
        c[_AGREED] = 0
        c[_AGREED_URAD] = 0
        return found
    if by_tracks < 0:
        by_tracks = 0 - by_tracks
    agreed = c[_AGREED]
    if (way != 0 or by_tracks != 0) and agreed < _AGAIN:
        agreed += 1
        c[_AGREED] = agreed
    urad = c[_AGREED_URAD] + by_tracks
    if urad > _AGAIN_URAD:
        urad = _AGAIN_URAD
    c[_AGREED_URAD] = urad
    if agreed >= _AGAIN and urad >= _AGAIN_URAD:
        return 3
    return 0


class GyroCheck:
    """wrong: not to be used."""

    def __init__(self):
        self.words = array("i", [0] * _WORDS)
        self.wrong = False

    def clear(self):
        """Begin anew."""
        self.wrong = False
        for i in range(_WORDS):
            self.words[i] = 0

    @micropython.native
    def step(self, gyro, tracks, way_mm):
        """A block: what gyro and tracks turned (urad), and the way. WRONG_SOON or WRONG_LATE: it is found wrong now,
        of the last half second or five."""
        found = _look(self.words, gyro, tracks, way_mm)
        if found == AGAIN:
            self.wrong = False
            return AGREES
        if found == AGREES or self.wrong:
            return AGREES
        self.wrong = True
        return found

    def gyro(self, found):
        """What the gyro turned then (urad)."""
        return self.words[_GYRO + (_LATE if found == WRONG_LATE else 0)]

    def tracks(self, found):
        """And the tracks, as they count."""
        return self.words[_TRACKS + (_LATE if found == WRONG_LATE else 0)]
