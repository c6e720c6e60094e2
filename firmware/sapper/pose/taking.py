"""The arithmetic of a fix: how far off it is, what it does to the place and to how sure that is; and what a way that
was driven does to heading and scale. Lengths and angles as in spread.py, places in 1/256 mm."""

import micropython
from micropython import const
from sapper.pose.roots import hypot

# Of `fix`: the fix, x, y (mm), sigma (mm), kind; what else adds to its sigma: speed (mm/s), the antenna's height and
# arm (mm), how well the lean is known (mrad). And what comes out.
FIX_X = const(0)
FIX_Y = const(1)
FIX_SIGMA = const(2)
FIX_KIND = const(3)
SPEED = const(4)
UP = const(5)
ARM = const(6)
LEAN = const(7)
OFF_X = const(8)
OFF_Y = const(9)
OFF = const(10)
SIGMA = const(11)
TOLD = const(12)
LOOSE = const(13)
TURN = const(14)  # 1 / 2**14 rad
STRETCH = const(15)  # 1 / 2**15
SCALE_VAR = const(16)
MORE = const(17)
WORDS = const(18)

_SIGMA_LEAST_MM = const(10)
_SIGMA_MOST_MM = const(30_000)
_FAR_MM = const(16_000)
_FIXED = const(3)
_LATE_MS = const(15)  # an age is known so well
_GAIN_SIGMA_MOST = const(2047)
_HV_LEAST = const(9216)  # 3 mrad: what of GNSS's errors hangs together over the way
_HV_SETTLED = const(40_000)  # 6 mrad
_BIAS_MOST = const(500)
_SV_LEAST = const(68_644)  # 0.4 %
_SV_MORE = const(20)  # it may have changed since
_NOT_FOUND = const(0x3FFFFFFF)

# As in reckoning.py, spread.py and records.py.
_X = const(0)
_Y = const(1)
_CX = const(3)
_CY = const(4)
_BIAS = const(17)
_A = const(0)
_B = const(1)
_G = const(2)
_DOUBT = const(3)
_HEADING = const(4)
_NET = const(7)
_FOUND_URAD = const(14)
_FOUND_SCALE = const(15)
_FOUND_HV = const(16)
_FOUND_SV = const(17)
_REC_DX = const(0)
_REC_DY = const(1)
_REC_WX = const(2)
_REC_WY = const(3)
_REC_SIGMA = const(4)


@micropython.viper
def more(f: ptr32, g: ptr32):
    """What adds to a fix's sigma, whatever it tells of itself: its age, the antenna's lean and arm. g: Spread.words."""
    # 16 / 1000 = 2 / 125; the arm is turned as far as the heading is off: 16 / 32000 = 1 / 2000.
    late = f[SPEED] * _LATE_MS * 2 // 125
    lean = f[UP] * f[LEAN] * 2 // 125
    f[MORE] = int(hypot(int(hypot(late, lean)), f[ARM] * g[_HEADING] // 2000))


@micropython.viper
def measure(f: ptr32, s: ptr32, g: ptr32, now: ptr32, dx: int, dy: int):
    """How far a fix is off from where the antenna was reckoned to be, which without what fixes did was dx, dy; and
    sigmas. s: Reckoning.words, g: Spread.words, now: Records.now. Far off, nothing depends on how far."""
    x = dx + s[_CX]
    off = f[FIX_X] - (x >> 8)
    if off > _FAR_MM:
        off = _FAR_MM
    if off < 0 - _FAR_MM:
        off = 0 - _FAR_MM
    x = (off << 8) - (x & 255)
    y = dy + s[_CY]
    off = f[FIX_Y] - (y >> 8)
    if off > _FAR_MM:
        off = _FAR_MM
    if off < 0 - _FAR_MM:
        off = 0 - _FAR_MM
    y = (off << 8) - (y & 255)
    f[OFF_X] = x
    f[OFF_Y] = y
    f[OFF] = int(hypot(x >> 4, y >> 4))
    sigma = f[FIX_SIGMA]
    if sigma < _SIGMA_LEAST_MM:
        sigma = _SIGMA_LEAST_MM
    if sigma > _SIGMA_MOST_MM:
        sigma = _SIGMA_MOST_MM
    # As told it is of the distance, 1.41 times an axis's. 7/8 of it, twice, have 95 % of all distances.
    sigma = sigma * 14
    if f[FIX_KIND] != _FIXED:
        # It wanders for minutes, farther than told.
        sigma += sigma >> 1
    sigma = int(hypot(sigma, f[MORE]))
    f[SIGMA] = sigma
    loose = g[_B] + g[_G]
    f[LOOSE] = loose
    f[TOLD] = int(hypot(int(hypot(g[_A], loose)), g[_DOUBT]))
    now[_REC_DX] = dx
    now[_REC_DY] = dy
    now[_REC_WX] = x + s[_CX]
    now[_REC_WY] = y + s[_CY]
    now[_REC_SIGMA] = sigma


@micropython.viper
def take(f: ptr32, s: ptr32, g: ptr32, times: int):
    """The place goes towards the fix by Kalman's gain, as if `times` such fixes were as good as one. spread.py says
    what that does to A and B."""
    told = f[TOLD]
    sigma = f[SIGMA]
    while told > _GAIN_SIGMA_MOST or sigma > _GAIN_SIGMA_MOST:
        told >>= 1
        sigma >>= 1
    told = told * told
    gain = (told << 8) // (told + sigma * sigma * times + 1)
    if gain < 4:
        gain = 4
    g[_A] += ((f[SIGMA] - g[_A]) * gain + 255) >> 8
    g[_B] = (f[LOOSE] * (256 - gain) + 255) >> 8
    x = f[OFF_X] * gain >> 8
    y = f[OFF_Y] * gain >> 8
    s[_X] += x
    s[_CX] += x
    s[_Y] += y
    s[_CY] += y


@micropython.viper
def _share(variance: int, other: int) -> int:
    """variance / (variance + other), in 1/256."""
    while variance > 0x1FFFFF or other > 0x1FFFFFFF:
        variance >>= 1
        other >>= 1
    return (variance << 8) // (variance + other + 1)


@micropython.viper
def weigh(f: ptr32, s: ptr32, g: ptr32, now: ptr32) -> int:
    """What the records found (records.py), weighed: TURN and STRETCH, and the gyro's bias. Returns the variance that
    the heading has then, 0 where it is left alone."""
    f[TURN] = 0
    f[STRETCH] = 0
    variance = now[_FOUND_HV]
    if variance >= _NOT_FOUND:
        return 0
    prior = g[_HEADING]
    if prior > 32000:
        prior = 32000
    prior = prior * prior
    found = now[_FOUND_URAD]
    off = found
    if off < 0:
        off = 0 - off
    off = off >> 5
    # More than three sigma of both is something else.
    if off > 32000 or off * off // 9 >> 1 > (variance >> 1) + (prior >> 1):
        return 0
    gain = int(_share(prior, variance))
    urad = found * gain >> 8
    f[TURN] = (urad * 17 + 512) // 1038
    g[_NET] -= (g[_NET] >> 8) * gain
    if prior < _HV_SETTLED:
        # What is put right each half second is the bias's; over half a minute.
        bias = s[_BIAS] - ((urad + 16) >> 5)
        if bias > _BIAS_MOST:
            bias = _BIAS_MOST
        if bias < 0 - _BIAS_MOST:
            bias = 0 - _BIAS_MOST
        s[_BIAS] = bias
    hv = prior - (prior >> 8) * gain
    if hv < _HV_LEAST:
        hv = _HV_LEAST
    variance = now[_FOUND_SV]
    if variance < _NOT_FOUND:
        prior = f[SCALE_VAR]
        gain = int(_share(prior, variance))
        f[STRETCH] = now[_FOUND_SCALE] * gain >> 9
        prior -= (prior >> 8) * gain
        if prior < _SV_LEAST:
            prior = _SV_LEAST
        f[SCALE_VAR] = prior + _SV_MORE
    return hv
