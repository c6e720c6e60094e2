"""How sure the place is: one sigma, grown by each block of ticks, cut down by each fix.

The told sigma (along the worst axis) is the root of (A^2 + (B + G)^2) and of the doubt's square, where
- A is what GNSS put into the place. Its errors hang together for minutes, so they do not average: of a fix taken with
  gain g, A <- (1 - g) A + g R, which is right however the errors hang together (the triangle inequality).
- B is what is left of dead reckoning's error after the fixes so far: B <- (1 - g) (B + G).
- G is what dead reckoning has lost since the last fix, or since the place was told. It never falls, so that sigma does
  not without a fix (ground/trust.py), and from one time to another it grows by no less than the place walked between
  them: the root of the sum of squares of
    H E   heading's sigma H times E, the diagonal of the box driven in since: what turns at one end of a walk of any
          shape moves the other by so much at most
    K E   the odometer's scale, likewise
    L     the gyro's scale: 1 % of the turn since the heading was known, times the way driven so; in one direction
    W     slip, that comes and goes: 25 mm in the root of a metre (2 % rms over 0.8 m), never more than 2.5 % of the
          way; and a turn on the spot is not quite on the spot: 24 mm a quarter

Heading's sigma: HV, a variance that walks, and LIN, what goes on in one direction: the gyro's bias, or, of turns by
the tracks alone, 30 %, as a skid steered rover's effective width goes from 1.3 to 2.2 of the built one (Mandow et
al., Experimental kinematics for wheeled skid-steer mobile robots, IROS 2007). On the straight the tracks alone are
10 mrad a metre off in one direction, and 50 in the root of a metre: a track on looser ground slips by some per cent
more. A gyro of this kind walks by 100 urad in the root of a second (data sheet of the LSM6DSOX: 66), its bias, learned
as it stands, is 100 urad/s off. A skid steered rover crabs: 4 mrad between its heading and its way.

Lengths here are 1/16 mm, angles 1/32 mrad, but for those that say otherwise. Every rounding goes up.
"""

from array import array

import micropython
from micropython import const
from sapper.pose.roots import hypot, nearer, root

A = const(0)
B = const(1)
G = const(2)
DOUBT = const(3)
HEADING = const(4)  # sigma of it, and what it is made of
HV = const(5)
LIN_URAD = const(6)
NET_URAD = const(7)  # turned by the gyro, since the heading was known
SCALE = const(8)  # sigma of the odometer's scale, 1/65536
# Never cut down; differences count. Heading's walk (its square and its steady part), way (mm) and turn (mrad).
WALKED = const(9)
WALKED_URAD = const(10)
WAY_MM = const(11)
TURNED_MRAD = const(12)
_W = const(13)  # mm^2 / 16
_L = const(14)  # thousandths of a mrad * 1/16 mm * 16
_SINCE_MM = const(15)
_SINCE_MRAD = const(16)
_LEAST_X = const(17)
_MOST_X = const(18)
_LEAST_Y = const(19)
_MOST_Y = const(20)
_REST = const(21)  # of the way, 1/256 mm
_ROOT_HV = const(22)
_ROOT_W = const(23)
TOLD_MM = const(24)
TOLD_MRAD = const(25)
_WORDS = const(26)

COUNT_MASK = const(0xFFFFFFF)
_HV_MOST = const(0x3FFFFFFF)
_LIN_MOST = const(1000000)
_CRAB = const(128)
_SCALE_FIRST = const(786)  # 1.2 %
_FOLD_MS = const(3000)  # standing for so long, a gyro's bias was learned anew by whoever reads it

# As in reckoning.py: a constant of another file is none in viper code.
_X = const(0)
_Y = const(1)
_STILL_MS = const(6)
_WAY = const(7)
_LOOSE_WAY = const(8)
_LOOSE_TURN = const(9)
_TURN = const(11)
_MOVED_MS = const(12)
_TICKS = const(13)
_BIAS = const(17)


@micropython.viper
def _heading(g: ptr32):
    """Sigma of the heading from its parts."""
    # 32 / 1000 = 2097.2 / 2**16
    lin = ((g[LIN_URAD] >> 3) * 2098 >> 13) + 1
    hv = int(nearer(g[_ROOT_HV], g[HV]))
    g[_ROOT_HV] = hv
    g[HEADING] = int(hypot(hv, lin))


@micropython.viper
def _grow(g_, s_):
    """A block's ticks (s: of reckoning.py) are used up."""
    g = ptr32(g_)
    s = ptr32(s_)
    way = s[_WAY] + g[_REST]
    mm = way >> 8
    g[_REST] = way & 255
    loose = (s[_LOOSE_WAY] + 255) >> 8
    turn = s[_TURN]
    if s[_LOOSE_TURN] == 0:
        net = g[NET_URAD] + turn
        if net < 50000000 and net > 0 - 50000000:
            g[NET_URAD] = net
    if turn < 0:
        turn = 0 - turn
    turn = (turn + 999) // 1000
    lin = s[_LOOSE_TURN]
    if lin < 0:
        lin = 0 - lin
    lin = lin * 3 // 10
    moved = s[_MOVED_MS]
    # HV: (100 urad)^2 a second are 10.2 (1/32 mrad)^2; (50 mrad)^2 a metre 2560 a millimetre.
    walked = loose * 2560
    steady = lin + loose * 10
    if moved:
        walked += (moved * 11 >> 10) + 1
        if loose == 0 and s[_LOOSE_TURN] == 0:
            steady += (moved + 9) // 10
    s[_WAY] = 0
    s[_LOOSE_WAY] = 0
    s[_LOOSE_TURN] = 0
    s[_TURN] = 0
    s[_MOVED_MS] = 0
    s[_TICKS] = 0
    if moved == 0 and turn == 0:
        if s[_STILL_MS] > _FOLD_MS and g[LIN_URAD] != 0:
            lin = ((g[LIN_URAD] >> 3) * 2098 >> 13) + 1
            hv = g[HV]
            lin = lin * lin
            g[HV] = hv + lin if hv < _HV_MOST - lin else _HV_MOST
            g[LIN_URAD] = 0
            s[_BIAS] = 0
        return
    hv = g[HV]
    g[HV] = hv + walked if hv < _HV_MOST - walked else _HV_MOST
    lin = g[LIN_URAD] + steady
    g[LIN_URAD] = lin if lin < _LIN_MOST else _LIN_MOST
    g[WALKED] = (g[WALKED] + walked) & COUNT_MASK
    g[WALKED_URAD] = (g[WALKED_URAD] + steady) & COUNT_MASK
    g[WAY_MM] = (g[WAY_MM] + mm) & COUNT_MASK
    g[TURNED_MRAD] = (g[TURNED_MRAD] + turn) & COUNT_MASK
    _heading(g_)

    since = g[_SINCE_MM] + mm
    if since > 1000000:
        since = 1000000
    g[_SINCE_MM] = since
    since_turn = g[_SINCE_MRAD] + turn
    if since_turn > 1000000:
        since_turn = 1000000
    g[_SINCE_MRAD] = since_turn
    w = g[_W] + mm * 10 + turn * 6
    g[_W] = w if w < 536870912 else 536870912
    net = g[NET_URAD]
    if net < 0:
        net = 0 - net
    more = mm * (net // 1000 + 1)
    if more > 100000000:
        more = 100000000
    more += g[_L]
    g[_L] = more if more < 536870912 else 536870912
    at = s[_X] >> 8
    if at < g[_LEAST_X]:
        g[_LEAST_X] = at
    if at > g[_MOST_X]:
        g[_MOST_X] = at
    at = s[_Y] >> 8
    if at < g[_LEAST_Y]:
        g[_LEAST_Y] = at
    if at > g[_MOST_Y]:
        g[_MOST_Y] = at
    far = int(hypot(g[_MOST_X] - g[_LEAST_X], g[_MOST_Y] - g[_LEAST_Y])) + 1
    if far > 65528:
        far = 65528
    slip = int(nearer(g[_ROOT_W], g[_W]))
    g[_ROOT_W] = slip
    slip = slip << 2
    most = (since * 2 // 5) + (since_turn * 21 >> 6) + 1
    if slip > most:
        slip = most
    # H E: 16 / 32000 = 1 / 2000
    sway = int(hypot(g[HEADING], _CRAB)) * ((far + 7) >> 3) // 250 + 1
    lost = int(hypot(sway, (far * g[SCALE] >> 12) + 1))
    # L: 1 % of a mm * mrad is 16 / 100000 of the unit
    lost = int(hypot(lost, int(hypot(slip, more // 6250 + 1))))
    if lost > g[G]:
        g[G] = lost


@micropython.viper
def _begin(g: ptr32, x: int, y: int):
    g[G] = 0
    g[_W] = 0
    g[_ROOT_W] = 64
    g[_L] = 0
    g[_SINCE_MM] = 0
    g[_SINCE_MRAD] = 0
    g[_LEAST_X] = x >> 8
    g[_MOST_X] = x >> 8
    g[_LEAST_Y] = y >> 8
    g[_MOST_Y] = y >> 8


@micropython.viper
def _tell(g: ptr32):
    """TOLD_MM and TOLD_MRAD from what they are made of."""
    g[TOLD_MM] = (int(hypot(int(hypot(g[A], g[B] + g[G])), g[DOUBT])) + 15) >> 4
    # The gyro's scale, 1 % of what was turned (1000 / 32 / 1 % = 3125), and that the rover crabs.
    g[TOLD_MRAD] = (int(hypot(int(hypot(g[HEADING], _CRAB)), g[NET_URAD] // 3125)) + 31) >> 5


class Spread:
    """`words`: all of the above, by their names."""

    def __init__(self):
        self.words = array("i", [0] * _WORDS)
        self.words[SCALE] = _SCALE_FIRST
        self.place(0, 0)
        self.begin(0, 0)

    def place(self, sigma, heading):
        """The place is told with these."""
        words = self.words
        words[A] = 0
        words[B] = sigma
        words[DOUBT] = 0
        words[NET_URAD] = 0
        self.turned(heading * heading if heading < 32767 else _HV_MOST)

    @micropython.native
    def begin(self, x, y):
        """From here (1/256 mm) on dead reckoning goes."""
        _begin(self.words, x, y)

    @micropython.native
    def grow(self, block):
        """block: Reckoning.words."""
        _grow(self.words, block)

    @micropython.native
    def tell(self):
        """TOLD_MM and TOLD_MRAD of the words: one sigma of place and heading, all in all."""
        _tell(self.words)

    @micropython.native
    def turned(self, hv):
        """The heading was corrected, and has this variance now."""
        words = self.words
        words[HV] = hv = hv if hv < _HV_MOST else _HV_MOST
        words[_ROOT_HV] = root(hv) + 1
        words[LIN_URAD] = 0
        _heading(words)
