"""Places on the ellipsoid -> millimetres east and north of an origin, in integers.

The frame is the plane that touches the level of the origin's height: x east, y north (a topocentric frame, EPSG
method 9837, without its height). With latitude f, differences df and dl, radii of curvature M (meridian) and N (prime
vertical) and height h at the origin, and the second and third order kept that reach a tenth of a millimetre at 2 km:

    E0 = (N + h) cos f dl          N0 = (M + h) df          k = tan f / (N + h)
    east  = E0 - k E0 N0 - E0 dl dl / 6
    north = N0 + k east E0 / 2 + M' N0 N0 / (2 (M + h)(M + h)),  M' = dM/df = 3 M e2 sin f cos f / (1 - e2 sin2 f)

The radii: Torge and Mueller, Geodesy, on the rotational ellipsoid; the rest is Taylor's series of exact topocentric
coordinates. Ellipsoid: GRS 80, which differs from that of WGS 84 by 0.1 mm.
"""

import micropython
from micropython import const

MOST_LATITUDE_DEG = 80
REACH_MM = 4_000_000

_BILLION = const(1_000_000_000)
_NEAR = const(268_435_455)  # billionths of a degree that scaled takes
_REACH_QUARTERS = const(16_000_000)

# Fixed point of what is computed once for an origin, in large integers: floats of the board have 24 bits.
_ONE = 1 << 60
_PI = 3622009729038561421  # pi * 2**60
_MAJOR_UM = 6_378_137_000_000
_E2 = 7_718_094_688_412_794  # e squared * 2**60: 0.00669438002290


def _sine(angle):
    """Sine of an angle in radians * 2**60, up to 2 rad: Taylor's series."""
    term = total = angle
    for n in range(2, 40, 2):
        term = -(term * angle // _ONE * angle // _ONE) // (n * (n + 1))
        total += term
    return total


def _root(value):
    """The whole root of a positive integer (Newton)."""
    guess = 1 << 62
    while True:
        better = (guess + value // guess) // 2
        if better >= guess:
            return guess
        guess = better


@micropython.viper
def scaled(a: int, b: int) -> int:
    """a * b / 2**26 towards 0, without a product above 31 bits. |a| < 2**28, |b| < 2**25."""
    negative = 0
    if a < 0:
        a = 0 - a
        negative = 1
    if b < 0:
        b = 0 - b
        negative ^= 1
    a1 = a >> 14
    a0 = a & 0x3FFF
    b1 = b >> 12
    b0 = b & 0xFFF
    product = a1 * b1 + ((a1 * b0 * 4 + a0 * b1 + (a0 * b0 >> 12)) >> 14)
    if negative:
        return 0 - product
    return product


class Origin:
    """`set` once, then `offset` of a fix: east_mm and north_mm.

    Within 2 km, at latitudes to 80 degrees and for places at the origin's height, the error is below 2 mm. A place that
    is d higher seems d / 6,400 km farther away than it is: 0.2 mm at 200 m and 6 m up.
    """

    def __init__(self):
        self.east_mm = 0
        self.north_mm = 0
        self.is_set = False

    def set(self, place):
        """Measure from this place (a Fix) on. Allocates: not in motion. ValueError beyond 80 degrees of latitude, or
        where the fix has no place."""
        degrees = place.latitude_deg
        angle = degrees * _BILLION + place.latitude_billionths
        if not place.valid:
            raise ValueError("the fix has no place")
        if abs(angle) > MOST_LATITUDE_DEG * _BILLION:
            raise ValueError("latitude %d: places are measured up to %d degrees" % (degrees, MOST_LATITUDE_DEG))
        self._latitude_deg = degrees
        self._latitude_billionths = place.latitude_billionths
        self._longitude_deg = place.longitude_deg
        self._longitude_billionths = place.longitude_billionths
        angle = angle * _PI // (180 * _BILLION)
        sine = _sine(angle)
        cosine = _sine(_PI // 2 - abs(angle))
        w2 = _ONE - _E2 * sine // _ONE * sine // _ONE
        w = _root(w2 * _ONE)
        across_um = _MAJOR_UM * _ONE // w
        along_um = across_um * (_ONE - _E2) // w2
        # M' / M
        bend = 3 * _E2 * sine // _ONE * cosine // w2
        height_um = place.height_mm * 1000
        across_um += height_um
        bent_um = along_um
        along_um += height_um
        circle_um = across_um * cosine // _ONE
        # Quarters of a mm a billionth of a degree, * 2**26.
        self._east = circle_um * _PI // (1000 * 180 * _BILLION) * (1 << 28) // _ONE
        self._north = along_um * _PI // (1000 * 180 * _BILLION) * (1 << 28) // _ONE
        # For products of two lengths in 128 mm, over 4: quarters of a mm * 2**34.
        scale = 1000 << 52
        self._turn = sine * scale // cosine // across_um
        self._bend = bend * scale // _ONE * bent_um // (2 * along_um * along_um)
        # For E0 cubed in 2**38 mm^3: quarters of a mm * 2**44.
        self._sagitta = (10**6 << 84) // (6 * circle_um * circle_um)
        self.is_set = True

    @micropython.native
    def offset(self, place):
        """Put the place's (a Fix) distances from the origin into east_mm and north_mm. False, and nothing put, when it
        is 4 km or more away on either axis."""
        latitude = _apart(
            place.latitude_deg - self._latitude_deg, place.latitude_billionths - self._latitude_billionths
        )
        turned = place.longitude_deg - self._longitude_deg
        if turned > 180:
            turned -= 360
        elif turned < -180:
            turned += 360
        longitude = _apart(turned, place.longitude_billionths - self._longitude_billionths)
        if latitude > _NEAR or longitude > _NEAR:
            return False
        east = scaled(longitude, self._east)
        north = scaled(latitude, self._north)
        if not (-_REACH_QUARTERS < east < _REACH_QUARTERS and -_REACH_QUARTERS < north < _REACH_QUARTERS):
            return False
        turn = self._turn
        e0 = (east + 256) >> 9  # in 128 mm
        n0 = (north + 256) >> 9
        cubed = (e0 * e0 >> 12) * ((e0 + 16) >> 5)
        east -= (scaled(e0 * n0 >> 2, turn) + 128) >> 8
        east -= (scaled(cubed, self._sagitta) + (1 << 17)) >> 18
        e1 = (east + 256) >> 9
        north += ((scaled(e0 * e1 >> 2, turn) + 256) >> 9) + ((scaled(n0 * n0 >> 2, self._bend) + 128) >> 8)
        self.east_mm = (east + 2) >> 2
        self.north_mm = (north + 2) >> 2
        return True


@micropython.native
def _apart(degrees, billionths):
    """Both as one number of billionths; more than _NEAR when it is not a small one."""
    if degrees == 1:
        if billionths > _NEAR - _BILLION:
            return _NEAR + 1
        return billionths + _BILLION
    if degrees == -1:
        if billionths < _BILLION - _NEAR:
            return _NEAR + 1
        return billionths - _BILLION
    if degrees or billionths > _NEAR or billionths < -_NEAR:
        return _NEAR + 1
    return billionths
