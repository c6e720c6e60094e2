"""What a GNSS receiver said of one moment: small integers, made once and filled anew.

An angle is two numbers, whole degrees (rounded down, so -1 for 0.3 degrees south) and billionths of a degree above
them, 0..999,999,999: one number of that fineness would not be a small integer on the board.
"""

import micropython
from micropython import const

# How a place was found; better ones are larger.
NONE, DEAD_RECKONING, SINGLE, DIFFERENTIAL, FLOAT, FIXED = range(6)
KINDS = ("none", "dead_reckoning", "single", "differential", "float", "fixed")

# What was told, bits of Fix.told.
PLACE = 1
HEIGHT = 2
SPEED = 4
COURSE = 8
TIME = 16
DATE = 32
AGE = 64
SIGMA = 128  # the receiver's own uncertainty; without it horizontal_mm and vertical_mm are guesses

# A length that nobody knows: the largest, so that no limit is kept by it.
UNKNOWN_MM = (1 << 30) - 1

_DOP_MAX = const(9999)
# mm of horizontal sigma for each 1.0 of HDOP, by kind. HDOP says how satellites stand, nothing of errors, so these are
# what each kind is usually worth, twice over: chosen, not measured. Where they matter, have GST sent.
_MM_A_DOP = (0, 20_000, 5_000, 2_000, 600, 40)


class Fix:
    """One moment, as told.

    time_ms: of the day, UTC, beyond 86,399,999 in a leap second. date: yyyymmdd. height_mm: above the ellipsoid where
    the receiver tells it or the geoid's height, else above sea level; geoid_mm: the geoid's height, so that height_mm -
    geoid_mm is above sea level. horizontal_mm: one sigma of the distance to the true place (root of the sum of both
    axes' squares, which UBX's hAcc is taken to be). course_mrad: of motion, clockwise from north, 0..6282. age_ms: of
    the corrections. received_ms: board time at which the first of it was read. valid: a measured place, to be used.
    What is not among `told` is 0, an uncertainty UNKNOWN_MM.

    denied: a message said that this is not to be used; flat: that the height is assumed. Both for `settle`.
    """

    def __init__(self):
        self.clear()

    @micropython.native
    def clear(self):
        """Nothing is told."""
        self.told = 0
        self.time_ms = 0
        self.date = 0
        self.latitude_deg = 0
        self.latitude_billionths = 0
        self.longitude_deg = 0
        self.longitude_billionths = 0
        self.height_mm = 0
        self.geoid_mm = 0
        self.kind = NONE
        self.satellites = 0
        self.dop_x100 = 0
        self.horizontal_mm = UNKNOWN_MM
        self.vertical_mm = UNKNOWN_MM
        self.speed_mm_s = 0
        self.course_mrad = 0
        self.age_ms = 0
        self.received_ms = 0
        self.denied = False
        self.flat = False
        self.valid = False

    @micropython.native
    def put_place(self, latitude_deg, latitude_billionths, longitude_deg, longitude_billionths):
        """Degrees rounded down, and billionths above; 180 degrees east is told as west."""
        self.latitude_deg = latitude_deg
        self.latitude_billionths = latitude_billionths
        self.longitude_deg = longitude_deg if longitude_deg != 180 else -180
        self.longitude_billionths = longitude_billionths
        self.told |= PLACE

    @micropython.native
    def settle(self):
        """All of this moment was told: whether it is a place to go by, and a guess where no uncertainty was told."""
        if self.denied:
            self.kind = NONE
        if self.flat:
            self.told &= ~HEIGHT
        self.valid = self.kind != NONE and self.told & PLACE != 0
        if not self.told & SIGMA and self.valid and self.dop_x100:
            self.horizontal_mm = _MM_A_DOP[self.kind] * self.dop_x100 // 100
            if self.told & HEIGHT:
                self.vertical_mm = 2 * self.horizontal_mm  # as receivers' figures usually are to each other


@micropython.native
def dop_x100(value):
    """A dilution of precision as a Fix holds it: 0 where none was told, never so large that a guess grows."""
    return 0 if value < 0 else value if value < _DOP_MAX else _DOP_MAX


@micropython.native
def mrad_of(course_x100):
    """Hundredths of a degree -> mrad, 0..6282, rounded."""
    mrad = (course_x100 % 36_000 * 17_453 + 50_000) // 100_000
    return mrad if mrad < 6_283 else 0


@micropython.viper
def root_of_squares(a: int, b: int) -> int:
    """The root of a * a + b * b, rounded up to a whole, and above 2**14 to one part in 2**13. For 0 <= a, b < 2**29."""
    shift = 0
    while (a | b) >> shift > 0x3FFF:
        shift += 1
    low = 0
    if shift > 0:
        low = 1  # what is shifted out counts as a whole: an uncertainty is not made smaller
    a = (a >> shift) + low
    b = (b >> shift) + low
    square = a * a + b * b
    root = 0
    bit = 1 << 14
    while bit > 0:
        tried = root | bit
        if tried * tried <= square:
            root = tried
        bit >>= 1
    if root * root < square:
        root += 1
    return root << shift
