"""Dead reckoning of a tick: the tracks' way along the middle of the turn, and where the antenna was of late.

Lengths are in 1/256 mm, so that 4 km fit 30 bits; headings in urad, within half a turn. What a tick cuts off is carried
to the next: at 3 mm a tick half a unit would be 0.06 % of the way. `CX`, `CY` add up what fixes have moved the place
by, so that place - (CX, CY) is what tracks and gyro alone say; the antenna's ring holds that.

On a slope the tracks' way is longer than the map's by 1 / cos(pitch), and the antenna leans over by its height.
"""

from array import array

import micropython
from micropython import const
from sapper.shared.sine import sine_table
from sapper.shared.zeros import zeros

X = const(0)
Y = const(1)
HEADING = const(2)
CX = const(3)
CY = const(4)
CLOCK_MS = const(5)
STILL_MS = const(6)  # since a track moved
# Since the last block: way there and back, way and turn (as used) without a gyro, turn, time moved.
WAY = const(7)
LOOSE_WAY = const(8)
LOOSE_TURN = const(9)
TURN = const(11)
MOVED_MS = const(12)
TICKS = const(13)
# And of another block, half one later, of ticks with a gyro: what it and the tracks said of the turn, and the way.
BY_GYRO = const(14)
BY_TRACKS = const(15)
CHECK_WAY = const(10)
# Set from outside: whether the gyro counts, its bias (urad/s), turn by turn of the tracks (1/256).
USE_GYRO = const(16)
BIAS = const(17)
RATIO = const(18)
_COS = const(19)
_SIN = const(20)
_PART_X = const(21)
_PART_Y = const(22)
_PART_WAY = const(23)
_PART_TURN = const(24)
_PART_BIAS = const(25)
_UNIT = const(26)  # a count of both tracks, 1/256 mm * 2**16
_FLAT_UNIT = const(27)  # the same on level ground
_TURN_UNIT = const(28)  # a count of difference, urad * 2**8
_MOST = const(29)
_MOST_APART = const(30)
_AHEAD = const(31)  # the antenna's place, 1/4 mm: as built, and as it leans
_LEFT = const(32)
_UP = const(33)
_LEAN_AHEAD = const(34)
_LEAN_LEFT = const(35)
_AT = const(36)
_COUNT = const(37)
_WORDS = const(38)

BLOCK_TICKS = const(8)
_RING = const(128)
CLOCK_MASK = const(0xFFFFFFF)
_HALF_TURN = const(3141593)
_FULL_TURN = const(6283185)
_STILL = const(100)
_STILL_URAD = const(50)  # less than this in a tick is noise, where the tracks stand
_GYRO_MOST = const(200000)
_LEAN_MOST_MRAD = const(500)
_SLIP = const(-459)  # 0.7 %: tracks always slip, by 0 to 2 % on firm ground


@micropython.viper
def _direct(s: ptr32, sine: ptr16, heading: int):
    """_COS, _SIN of a heading (urad), * 2**14: straight lines between the table's points, within 3e-5."""
    # 2**24 / (2 pi) / 10**6 = 2.670177
    phase = ((heading >> 6) * 10937 >> 6) + ((heading & 63) * 2734 >> 10)
    turned = phase + 4194304
    i = 0
    while i < 2:
        step = (turned >> 14) & 1023
        low = sine[step]
        if low > 32767:
            low -= 65536
        high = sine[(step + 1) & 1023]
        if high > 32767:
            high -= 65536
        s[_COS + i] = low + (((high - low) * (turned & 16383) + 8192) >> 14)
        turned = phase
        i += 1


@micropython.viper
def _reckon(s_, sine_, ring_, left: int, right: int, elapsed: int, gyro: int, has_gyro: int) -> int:
    """One tick; returns how many the block has."""
    s = ptr32(s_)
    ring = ptr32(ring_)
    clock = (s[CLOCK_MS] + elapsed) & CLOCK_MASK
    s[CLOCK_MS] = clock
    both = left + right
    if both > s[_MOST]:
        both = s[_MOST]
    if both < 0 - s[_MOST]:
        both = 0 - s[_MOST]
    apart = right - left
    if apart > s[_MOST_APART]:
        apart = s[_MOST_APART]
    if apart < 0 - s[_MOST_APART]:
        apart = 0 - s[_MOST_APART]
    still = s[STILL_MS] + elapsed
    if left != 0 or right != 0:
        still = 0
    elif still > 1000000:
        still = 1000000
    s[STILL_MS] = still
    stands = 0
    if still >= _STILL:
        stands = 1
    else:
        s[MOVED_MS] += elapsed

    part = s[_PART_TURN] + apart * s[_TURN_UNIT]
    by_tracks = part >> 8
    s[_PART_TURN] = part & 255
    loose = 0
    if has_gyro != 0:
        s[BY_TRACKS] += by_tracks
        if gyro > _GYRO_MOST:
            gyro = _GYRO_MOST
        if gyro < 0 - _GYRO_MOST:
            gyro = 0 - _GYRO_MOST
        s[BY_GYRO] += gyro
    if has_gyro != 0 and s[USE_GYRO] != 0:
        turn = gyro
        if stands != 0:
            if gyro < _STILL_URAD and gyro > 0 - _STILL_URAD:
                turn = 0
        else:
            part = s[_PART_BIAS] + s[BIAS] * elapsed
            bias = part // 1000
            s[_PART_BIAS] = part - bias * 1000
            turn -= bias
    else:
        turn = by_tracks * s[RATIO] >> 8
        loose = 1
    s[TURN] += turn

    part = s[_PART_WAY] + both * s[_UNIT]
    way = part >> 16
    s[_PART_WAY] = part & 65535
    heading = s[HEADING]
    _direct(s_, sine_, heading + (turn >> 1))
    heading += turn
    if heading > _HALF_TURN:
        heading -= _FULL_TURN
    if heading < 0 - _HALF_TURN:
        heading += _FULL_TURN
    s[HEADING] = heading
    cos = s[_COS]
    sin = s[_SIN]
    part = s[_PART_X] + way * cos
    x = s[X] + (part >> 14)
    s[_PART_X] = part & 16383
    part = s[_PART_Y] + way * sin
    y = s[Y] + (part >> 14)
    s[_PART_Y] = part & 16383
    s[X] = x
    s[Y] = y
    if way < 0:
        way = 0 - way
    s[WAY] += way
    if has_gyro != 0:
        s[CHECK_WAY] += way
    if loose != 0:
        s[LOOSE_WAY] += way
        s[LOOSE_TURN] += turn

    at = s[_AT] + 1
    if at >= _RING:
        at = 0
    s[_AT] = at
    if s[_COUNT] < _RING:
        s[_COUNT] += 1
    at = 3 * at
    ring[at] = clock
    ring[at + 1] = x - s[CX] + ((s[_LEAN_AHEAD] * cos - s[_LEAN_LEFT] * sin) >> 8)
    ring[at + 2] = y - s[CY] + ((s[_LEAN_AHEAD] * sin + s[_LEAN_LEFT] * cos) >> 8)
    ticks = s[TICKS] + 1
    s[TICKS] = ticks
    return ticks


@micropython.viper
def _look_back(s: ptr32, ring: ptr32, age: int) -> int:
    """Where in the ring the antenna of so many ms ago stands, to the nearest tick; -1: not that far back."""
    wanted = age
    at = s[_AT]
    left = s[_COUNT]
    newer_at = at
    newer = 0
    # Ticks are hardly ever shorter than 10 ms, so most of the way is jumped over; where one was, it is walked.
    jump = age // 10 - 2
    if jump > 0 and jump < left:
        at -= jump
        if at < 0:
            at += _RING
        if (s[CLOCK_MS] - ring[3 * at]) & CLOCK_MASK < wanted:
            left -= jump
            newer_at = at
            newer = (s[CLOCK_MS] - ring[3 * at]) & CLOCK_MASK
        else:
            at = s[_AT]
    while left:
        back = (s[CLOCK_MS] - ring[3 * at]) & CLOCK_MASK
        if back >= wanted:
            if back - wanted > wanted - newer:
                return 3 * newer_at + 1
            return 3 * at + 1
        newer = back
        newer_at = at
        at -= 1
        if at < 0:
            at = _RING - 1
        left -= 1
    return -1


@micropython.viper
def _lean(s: ptr32, pitch: int, roll: int):
    """The antenna as it leans, and a count's way on the map."""
    if pitch > _LEAN_MOST_MRAD:
        pitch = _LEAN_MOST_MRAD
    if pitch < 0 - _LEAN_MOST_MRAD:
        pitch = 0 - _LEAN_MOST_MRAD
    if roll > _LEAN_MOST_MRAD:
        roll = _LEAN_MOST_MRAD
    if roll < 0 - _LEAN_MOST_MRAD:
        roll = 0 - _LEAN_MOST_MRAD
    # Taylor's series, in thousandths: sine = p - p^3 / 6, cosine = 1 - p^2 / 2.
    pitched = pitch * pitch
    rolled = roll * roll
    short = (pitched >> 3) * 4295 >> 14  # 1 - cosine, * 2**16
    sine = pitch - (pitched >> 4) * pitch // 375000
    s[_LEAN_AHEAD] = s[_AHEAD] - (s[_AHEAD] * (pitched >> 1) // 1000000) - s[_UP] * sine // 1000
    sine = roll - (rolled >> 4) * roll // 375000
    s[_LEAN_LEFT] = s[_LEFT] - (s[_LEFT] * (rolled >> 1) // 1000000) - s[_UP] * sine // 1000
    s[_UNIT] = s[_FLAT_UNIT] - ((s[_FLAT_UNIT] >> 10) * short >> 6)


class Reckoning:
    """`words`: all of the above, by their names. ring: (ms, x, y) of the antenna, newest at _AT."""

    def __init__(self, settings):
        self.words = array("i", [0] * _WORDS)
        self.ring = zeros("i", 3 * _RING)
        self._sine = sine_table()
        self._pitch_mrad = 0
        self._roll_mrad = 0
        self.scale = _SLIP  # the way is so much longer than counted, 1/65536
        words = self.words
        words[USE_GYRO] = 1
        words[RATIO] = 160  # 1 / 1.6: a skid steered rover turns as if it were so much wider
        self.configure(settings)

    def configure(self, settings):
        """Take the settings again; the place stays."""
        get = settings.get
        words = self.words
        per_m = get("ticks_per_m")
        self._unit = (128_000 << 16) // per_m
        words[_TURN_UNIT] = 256_000_000_000 // (per_m * get("track_width_mm"))
        words[_MOST] = (1 << 29) // self._unit
        words[_MOST_APART] = (1 << 29) // words[_TURN_UNIT]
        words[_AHEAD] = 4 * get("antenna_ahead_mm")
        words[_LEFT] = 4 * get("antenna_left_mm")
        words[_UP] = 4 * get("antenna_up_mm")
        self.stretch(0)

    @micropython.native
    def stretch(self, more):
        """A count is so much more of a way from here on, 1/65536."""
        scale = self.scale + more
        self.scale = scale
        self.words[_FLAT_UNIT] = self._unit + ((self._unit >> 10) * scale >> 6)
        _lean(self.words, self._pitch_mrad, self._roll_mrad)

    @micropython.native
    def lean(self, pitch_mrad, roll_mrad):
        """Nose up, left side up."""
        self._pitch_mrad = pitch_mrad
        self._roll_mrad = roll_mrad
        _lean(self.words, pitch_mrad, roll_mrad)

    @micropython.native
    def step(self, left, right, elapsed_ms, gyro, has_gyro):
        """A tick; returns how many there were since the last block."""
        return _reckon(self.words, self._sine, self.ring, left, right, elapsed_ms, gyro, has_gyro)

    @micropython.native
    def look_back(self, age_ms):
        """Index of the antenna's x in the ring, y after it; -1 where that was not driven through."""
        return _look_back(self.words, self.ring, age_ms)

    def place(self, x, y, heading_urad):
        """Be here, in 1/256 mm and urad: all that was is forgotten."""
        words = self.words
        words[X] = x
        words[Y] = y
        words[HEADING] = heading_urad
        words[CX] = words[CY] = words[_COUNT] = 0
        words[_PART_X] = words[_PART_Y] = words[_PART_WAY] = words[_PART_TURN] = words[_PART_BIAS] = 0
        for i in range(WAY, BY_TRACKS + 1):
            words[i] = 0

    @micropython.native
    def move(self, x, y):
        """A fix moves the place."""
        words = self.words
        words[X] += x
        words[Y] += y
        words[CX] += x
        words[CY] += y

    @micropython.native
    def turn(self, urad):
        """A fix, or a gyro found wrong, turns the rover."""
        heading = self.words[HEADING] + urad
        if heading > _HALF_TURN:
            heading -= _FULL_TURN
        elif heading < -_HALF_TURN:
            heading += _FULL_TURN
        self.words[HEADING] = heading
