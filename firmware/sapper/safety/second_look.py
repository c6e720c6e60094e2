"""Which contacts of a sweep want a second look: those near which no alert was raised, and that nobody has looked at.

Places in millimetres along the track. `alert` keeps the stretches over which an alert stood, `begin` a place that is
being looked at; what lies near one of the last few is known, and no reason to stop again.
"""

from array import array

import micropython
from micropython import const

NOWHERE = -(1 << 29)
_KEPT = const(4)  # stretches: none is older than a contact takes to be complete, and objects lie apart
# A bump's flanks, and the swing of a strong object's estimate, reach so far; a contact is apart from others by its own
# rules (detector/contact.py), so nearer ones are believed.
_FLANK_MM = const(500)
_APART_MM = const(250)


class SecondLook:
    """pending: the place that is still to be looked at, NOWHERE when there is none; statistic: of what is there."""

    def __init__(self):
        self._from = array("i", [0] * _KEPT)
        self._to = array("i", [0] * _KEPT)
        self._at = 0
        self.pending = NOWHERE
        self.statistic = 0
        self.reset()

    def reset(self):
        """Nothing is known of the ground."""
        for i in range(_KEPT):
            self._from[i] = self._to[i] = NOWHERE
        self.pending = NOWHERE
        self.statistic = 0

    @micropython.native
    def alert(self, place_mm, rises):
        """An alert stands with its place here; rises: it has just been raised."""
        if rises:
            self._next(place_mm)
        self._to[self._at] = place_mm

    def begin(self, place_mm, statistic):
        """A second look at a place. From here on it is known."""
        self._next(place_mm)
        self.pending = place_mm
        self.statistic = statistic

    @micropython.native
    def better(self, place_mm, statistic):
        """While the rover comes to rest: whether the same object is stronger here, which then is its place."""
        if self.pending == NOWHERE or statistic <= self.statistic or place_mm - self.pending > _APART_MM:
            return False
        self.pending = place_mm
        self.statistic = statistic
        self._to[self._at] = place_mm
        return True

    def over_it(self):
        """The rover stands where it can look."""
        self.pending = NOWHERE
        self.statistic = 0

    @micropython.native
    def wanted(self, place_mm, complete):
        """Whether a contact at a place wants a second look. complete: seen from both sides, else it is a suspicion."""
        away = _APART_MM if complete else _FLANK_MM
        known = False
        for i in range(_KEPT):
            known = known or self._from[i] - away <= place_mm <= self._to[i] + away
        return not known

    def _next(self, place_mm):
        self._at = (self._at + 1) % _KEPT
        self._from[self._at] = place_mm
        self._to[self._at] = place_mm
