"""Which contacts of a sweep want a second look: those near which no alert was raised, and that nobody has looked at.

Places in millimetres along the track. `alert` keeps the stretches over which an alert stood, `begin` a place that is
being looked at; what lies near one of the last few is known, and no reason to stop again.
"""

from array import array

import micropython
from micropython import const

NOWHERE = -(1 << 29)
_KEPT = const(4)  # stretches: none is older than a contact takes to be complete, and objects lie apart
# Contacts are apart from others by their own rules (detector/contact.py), so what is no nearer is believed.
_APART_MM = const(250)


class SecondLook:
    """pending: the place that is still to be looked at, NOWHERE when there is none."""

    def __init__(self):
        self._from = array("i", [0] * _KEPT)
        self._to = array("i", [0] * _KEPT)
        self._at = 0
        self.pending = NOWHERE
        self.reset()

    def reset(self):
        """Nothing is known of the ground."""
        for i in range(_KEPT):
            self._from[i] = self._to[i] = NOWHERE
        self.pending = NOWHERE

    @micropython.native
    def alert(self, place_mm, rises):
        """An alert stands with its place here; rises: it has just been raised."""
        if rises:
            self._next(place_mm)
        self._to[self._at] = place_mm

    def begin(self, place_mm):
        """A second look at a place. From here on it is known."""
        self._next(place_mm)
        self.pending = place_mm

    def over_it(self):
        """The rover stands where it can look."""
        self.pending = NOWHERE

    @micropython.native
    def wanted(self, place_mm):
        """Whether a contact at a place wants a second look."""
        known = False
        for i in range(_KEPT):
            known = known or self._from[i] - _APART_MM <= place_mm <= self._to[i] + _APART_MM
        return not known

    def _next(self, place_mm):
        self._at = (self._at + 1) % _KEPT
        self._from[self._at] = place_mm
        self._to[self._at] = place_mm
