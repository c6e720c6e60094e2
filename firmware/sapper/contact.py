"""One contact per object: the peak of the statistic, its place, extent, strength and class."""

from array import array

import micropython
from sapper.footprint_kernels import BIN_MM
from sapper.ground import BINS, MASK
from sapper.statistic import BEND, BODY

CLASS_NONE, CLASS_FERROUS, CLASS_NON_FERROUS, CLASS_MIXED = range(4)  # as events.CLASSES

ALONE = 10  # bins: a peak is the highest within so many on both sides
_SHADOW = 25  # bins: within half a metre of an object, what is under a quarter of it is its echo
_SHADOW_PART = 4
_SURE_PERCENT = 150  # a gate's bump is believed for the class from 1.5 sigma on


@micropython.viper
def _is_peak(ring: ptr32, at: int, level: int) -> int:
    """1 when ring[at - 10] is at least `level` and the highest of ring[at - 20 .. at]."""
    top = ring[(at - 10) & 63]
    if top < level:
        return 0
    i = 1
    while i <= 10:
        if ring[(at - 10 - i) & 63] >= top:
            return 0
        if ring[(at - 10 + i) & 63] > top:
            return 0
        i += 1
    return 1


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


class Contact:
    """One object. s_mm: its peak along the track; extent_mm: width of its bump at half height; strength 0..1000;
    snr_x10.
    """

    def __init__(self):
        self.s_mm = 0
        self.extent_mm = 0
        self.strength = 0
        self.snr_x10 = 0
        self.class_hint = CLASS_NONE


class Peaks:
    """Finds peaks in the statistic of bin after bin, given in order."""

    def __init__(self):
        self._statistics = array("i", bytes(4 * BINS))
        self.contact = Contact()
        self.reset()

    def reset(self):
        """Forget all bins."""
        for i in range(BINS):
            self._statistics[i] = 0
        self._last_bin = -BINS
        self._last = 0

    def put(self, at, statistic, level):
        """The statistic of bin `at`; true when bin `at - ALONE` is the peak of an object."""
        ring = self._statistics
        ring[at & MASK] = statistic
        if not _is_peak(ring, at, level):
            return False
        middle = at - ALONE
        top = ring[middle & MASK]
        if middle - self._last_bin <= _SHADOW and top * _SHADOW_PART < self._last:
            return False
        self._last_bin = middle
        self._last = top
        return True

    def describe(self, at, evidence, sigma_body):
        """Fill `contact` from the peak at bin `at`; evidence: the state of statistic.Evidence."""
        ring = self._statistics
        top = ring[at & MASK]
        before = ring[(at - 1) & MASK]
        after = ring[(at + 1) & MASK]
        bent = 2 * top - before - after
        contact = self.contact
        contact.s_mm = at * BIN_MM + BIN_MM // 2
        if bent > 0:  # the top of the parabola through three bins
            contact.s_mm += (after - before) * BIN_MM // (2 * bent)
        contact.extent_mm = _extent(at, evidence) * BIN_MM
        contact.strength = strength_of(top)
        contact.snr_x10 = top // 10
        contact.class_hint = class_of(evidence[BEND + (at & MASK)], evidence[BODY + (at & MASK)], sigma_body)


def _extent(at, evidence):
    """Bins around `at` over which the bump (bend or body, whichever is larger) is over half of it."""
    base = BEND
    if abs(evidence[BODY + (at & MASK)]) > abs(evidence[at & MASK]):
        base = BODY
    half = abs(evidence[base + (at & MASK)]) >> 1
    bins = 1
    for way in (-1, 1):
        step = way
        while -ALONE <= step <= ALONE and abs(evidence[base + ((at + step) & MASK)]) > half:
            bins += 1
            step += way
    return bins
