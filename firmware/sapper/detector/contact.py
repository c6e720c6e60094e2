"""One contact per object: the peak of the statistic, its place, extent, strength and class. Of a long body the peaks
are its edges, and its contact is of all between them."""

from array import array

import micropython
from micropython import const
from sapper.detector.arithmetic import quotient
from sapper.detector.footprint_kernels import BIN_MM
from sapper.detector.ground import MASK
from sapper.detector.statistic import BEND, BODY

CLASS_NONE, CLASS_FERROUS, CLASS_NON_FERROUS, CLASS_MIXED = range(4)  # as events.CLASSES

# Statistics of so many bins are kept: of a peak and ALONE on both sides, a power of two.
_KEPT = const(32)
_KEPT_MASK = const(31)
ALONE = 10  # bins: a peak is the highest within so many on both sides
_SHADOW = const(25)  # bins: within half a metre of an object, what is under a quarter of it is its echo
_SHADOW_PART = const(4)
# Bins: so far around an end of a long body a peak is that edge's.
_OUTSIDE = const(4)
_INSIDE = const(10)
# Signal-to-noise of a body that the statistic is silent about, and that drives a gate to its rail.
_MOST_X10 = const(10000)
_SURE_PERCENT = const(150)  # a gate's bump is believed for the class from 1.5 sigma on


@micropython.viper
def _is_peak(ring: ptr32, at: int, level: int) -> int:
    """1 when ring[at - 10] is at least `level` and the highest of ring[at - 20 .. at]."""
    top = ring[(at - 10) & 31]
    if top < level:
        return 0
    i = 1
    while i <= 10:
        if ring[(at - 10 - i) & 31] >= top:
            return 0
        if ring[(at - 10 + i) & 31] > top:
            return 0
        i += 1
    return 1


@micropython.viper
def _height(evidence: ptr32, at: int, sigma: ptr32) -> int:
    """Bend and body at a bin, over their noise: bend and body below 2^22, sigmas below 2^14, so below 2^22."""
    b = evidence[at & 63] >> 4
    if b < 0:
        b = 0 - b
    c = evidence[64 + (at & 63)] >> 4
    if c < 0:
        c = 0 - c
    return ((b * (sigma[1] >> 4)) >> 8) + ((c * (sigma[0] >> 4)) >> 8)


@micropython.viper
def _summit(evidence: object, at: int, sigma: object) -> int:
    """Where that is highest, within 6 bins of bin `at`: bins from it."""
    best = -1
    where = 0
    i = -6
    while i <= 6:
        v = int(_height(evidence, at + i, sigma))
        if v > best:
            best = v
            where = i
        i += 1
    return where


@micropython.viper
def _reach(evidence: object, at: int, sigma: object, way: int) -> int:
    """How far (mm) from bin `at` it stays over 3/8 of what it is there, to one side (way = 1 or -1), straight
    between bins.
    """
    edge = (int(_height(evidence, at, sigma)) * 3) >> 3
    inside = 0
    i = 1
    while i <= 10:
        v = int(_height(evidence, at + i * way, sigma))
        if v <= edge:
            before = int(_height(evidence, at + (i - 1) * way, sigma))
            return (i - 1) * 20 + int(quotient((before - edge) * 20, before - v))
        inside = i * 20
        i += 1
    return inside


def strength_of(statistic):
    """0..1000 from a statistic in 1/100 sigma: 0 up to 1 sigma, then 100 for every doubling."""
    strength = 0
    floor = 100
    while statistic >= 2 * floor and strength < 1000:
        floor *= 2
        strength += 100
    if statistic > floor:
        strength += 100 * (statistic - floor) // floor
    return min(1000, strength)


def class_of(bend, body, sigma_body):
    """Class hint from bend and body: steel lifts middle and late gate, copper and its like pull the middle gate down.

    A body too small to tell is mixed, and so is a late gate that goes up by more than the middle one goes down.
    """
    if (body if body > 0 else -body) * 100 < sigma_body * _SURE_PERCENT:
        return CLASS_MIXED
    if body > 0:
        return CLASS_FERROUS if bend > 0 else CLASS_MIXED
    return CLASS_NON_FERROUS if bend > 0 else CLASS_MIXED


def class_at(evidence, at, sigma):
    """Class from bend and body of bin `at`; evidence, sigma: the states of statistic.Evidence and noise.Noise."""
    at &= MASK
    return class_of(evidence[BEND + at], evidence[BODY + at], sigma[1])


class Contact:
    """One object. s_mm: its peak along the track; extent_mm: width of its bump at 3/8 of its height; strength 0..1000;
    snr_x10. pinpointed: 1 when it was not come by in a search.
    """

    def __init__(self):
        self.pinpointed = 0
        self.s_mm = 0
        self.extent_mm = 0
        self.strength = 0
        self.snr_x10 = 0
        self.class_hint = CLASS_NONE

    def take(self, other):
        """Be as another."""
        self.pinpointed = other.pinpointed
        self.s_mm = other.s_mm
        self.extent_mm = other.extent_mm
        self.strength = other.strength
        self.snr_x10 = other.snr_x10
        self.class_hint = other.class_hint


class Peaks:
    """Finds peaks in the statistic of bin after bin, given in order."""

    def __init__(self):
        self._statistics = array("i", bytes(4 * _KEPT))
        self.contact = Contact()
        self.reset()

    def reset(self):
        """Forget all bins."""
        for i in range(_KEPT):
            self._statistics[i] = 0
        self._last_bin = -_SHADOW
        self._last = 0

    def put(self, at, statistic, level):
        """The statistic of bin `at`; true when bin `at - ALONE` is the peak of an object."""
        ring = self._statistics
        ring[at & _KEPT_MASK] = statistic
        if not _is_peak(ring, at, level):
            return False
        middle = at - ALONE
        top = ring[middle & _KEPT_MASK]
        if middle - self._last_bin <= _SHADOW and top * _SHADOW_PART < self._last:
            return False
        self._last_bin = middle
        self._last = top
        return True

    def describe(self, at, evidence, sigma):
        """Fill `contact` from the peak at bin `at`; evidence, sigma: the states of statistic.Evidence and noise.Noise.

        Over a strong object the statistic is flat (its bend and body keep their ratio), and one that lies across the
        track may have two humps: its place is the middle of all that is over 3/8 of the highest bend and body near the
        peak.
        """
        top = at + _summit(evidence, at, sigma)
        ahead = _reach(evidence, top, sigma, 1)
        behind = _reach(evidence, top, sigma, -1)
        contact = self.contact
        contact.pinpointed = 0
        contact.s_mm = top * BIN_MM + (BIN_MM + ahead - behind) // 2
        contact.extent_mm = ahead + behind
        statistic = self._statistics[at & _KEPT_MASK]
        contact.strength = strength_of(statistic)
        contact.snr_x10 = statistic // 10
        contact.class_hint = class_at(evidence, top, sigma)


class Long:
    """Makes one contact of a long body's two edges. `ends` when the body (body.py) ended; `keeps` every contact of a
    peak; `due` once a bin.
    """

    def __init__(self, contact):
        self._contact = contact
        self._kept = Contact()
        self.reset()

    def reset(self):
        """No body."""
        self._waits = self._whole = self._railed = self._entered = self._left = False
        self._first = self._end = 0
        self._class = CLASS_NONE
        self._kept.snr_x10 = 0

    def ends(self, body):
        """The body has ended."""
        long = body.is_long()
        if self._waits and not long:
            return
        if not self._waits:  # or so near behind another that they are one
            self._first = body.first
            self._waits = body.railed or long or self._entered
        self._whole = long
        self._end = body.end
        if body.railed:
            self._railed = True
            self._class = CLASS_FERROUS if body.rises else CLASS_NON_FERROUS

    def keeps(self, at, body):
        """Whether the contact, of the peak at bin `at`, is an edge of a long body, which is told later as a whole."""
        left = False
        if self._waits:
            if not (self._whole or self._railed):
                return False
            first = self._first
            left = self._end - _INSIDE <= at <= self._end + _OUTSIDE
        elif body.over and (body.railed or body.is_long()):
            first = body.first
        else:
            return False
        entered = first - _OUTSIDE <= at <= first + _INSIDE
        if not (entered or left):
            return False
        self._entered = self._entered or entered
        self._left = self._left or left
        kept = self._kept
        if self._contact.snr_x10 > kept.snr_x10:
            kept.take(self._contact)
        return True

    def due(self, at):
        """Whether there is a contact to be told, now that all peaks up to bin `at` are known; it is in `contact`."""
        if not self._waits or at <= self._end + _OUTSIDE:
            return False
        kept = self._kept
        found = kept.snr_x10 > 0
        told = found or self._railed
        if told:
            if not found or self._whole and (self._railed or self._entered and self._left):
                length = self._end + 1 - self._first
                kept.s_mm = (2 * self._first + length) * BIN_MM // 2
                kept.extent_mm = length * BIN_MM
            if not found:
                kept.snr_x10 = _MOST_X10
            if self._railed:
                kept.strength = 1000
                kept.class_hint = self._class
            self._contact.take(kept)
        self.reset()
        return told
