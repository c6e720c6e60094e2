"""Messages of one moment -> one fix, whole as soon as all has come that the receiver sends."""

from array import array

import micropython
from micropython import const
from sapper.sensors.fix import Fix

NO_KEY = -1
# A part that has not come for so many moments is not waited for.
_PATIENCE = const(3)


class Epoch:
    """`open` for each message, put into the Fix it gives what was told, then `close`.

    A moment is all that carries one key, each part once. Its fix is whole when every part has come that came in one of
    the last three moments, else with the first message of the next moment. The first moment, whose beginning may not
    have been heard, tells what to wait for; of itself it is told only where nothing lacks. `fix` is the last whole one,
    `number` counts them; the two fixes take turns, so what `fix` was is filled anew while the next is gathered.

    parts: bits of all there can be. places: those of them that say where; a moment without any is not told. What comes
    without a key (a receiver that has no time yet) is a moment each.
    """

    def __init__(self, parts, places):
        self.fix = Fix()
        self.number = 0
        self._parts = parts
        self._places = places
        self._filling = Fix()
        self._key = NO_KEY
        self._seen = 0
        self._told = True  # there is none yet to tell
        self._missed = array("b", [_PATIENCE] * 8)
        self._expected = 0
        self._learning = True

    @micropython.native
    def open(self, part, key, now_ms):
        """The Fix to put this part of the moment `key` into; None when that moment's was told already."""
        if key != self._key or self._seen & part or key == NO_KEY:
            if self._key != NO_KEY or self._seen:
                self._end()
            self._key = key
            self._seen = 0
            self._told = False
            fix = self._filling
            fix.clear()
            fix.received_ms = now_ms
        self._seen |= part
        return None if self._told else self._filling

    @micropython.native
    def close(self):
        """The message is in: tell the fix if it is whole."""
        if self._told:
            return
        whole = self._seen == self._parts or self._key == NO_KEY
        if not (whole or self._learning):
            whole = self._expected & ~self._seen == 0
        if whole and self._seen & self._places:
            self._tell()

    @micropython.native
    def _end(self):
        """Another moment begins."""
        if self._key == NO_KEY:
            return
        if not (self._told or self._learning) and self._seen & self._places:
            self._tell()
        missed = self._missed
        expected = i = 0
        bit = 1
        while bit <= self._parts:
            if self._seen & bit:
                missed[i] = 0
            elif missed[i] < _PATIENCE:
                missed[i] += 1
            if missed[i] < _PATIENCE:
                expected |= bit
            bit <<= 1
            i += 1
        self._expected = expected
        self._learning = False

    @micropython.native
    def _tell(self):
        self._told = True
        fix = self._filling
        fix.settle()
        self._filling = self.fix
        self.fix = fix
        self.number = (self.number + 1) & 0x1FFFFFFF
