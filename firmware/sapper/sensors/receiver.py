"""The GNSS receiver on its serial line, whichever of NMEA and UBX it speaks: bytes in, fixes out."""

import micropython
from micropython import const
from sapper.sensors.nmea import Nmea
from sapper.sensors.ubx import Ubx
from sapper.shared.limits import TIME_WRAP_MS

_TIME_MASK = TIME_WRAP_MS - 1
# Two moments of a receiver that tells one a second went missing, and half of the next.
STALE_MS = 2500
_NEITHER = const(0)
_NMEA = const(1)
_UBX = const(2)


class Receiver:
    """`take` each tick's bytes, then `elapse`; `fix` is the newest whole one (fix.Fix), `number` counts them.

    stale: no whole fix for so long, valid or not. silent: no byte either: unplugged, where stale alone is the wrong
    speed or language. A receiver that speaks both is heard in one: the other's fixes count when that is stale.
    """

    def __init__(self, stale_ms=STALE_MS):
        self.nmea = Nmea()
        self.ubx = Ubx()
        self.fix = self.nmea.epoch.fix
        self.number = 0
        self.stale = True
        self.silent = True
        self._stale_ms = stale_ms
        self._speaks = _NEITHER
        self._fix_ms = 0
        self._byte_ms = 0

    @micropython.native
    def take(self, source, count, now_ms):
        """Consume source[:count], read at now_ms (board time). True when there is a new fix."""
        if not count:
            return False
        self.silent = False
        self._byte_ms = now_ms
        number_before = self.number
        self._look(self.nmea, _NMEA, source, count, now_ms)
        self._look(self.ubx, _UBX, source, count, now_ms)
        return self.number != number_before

    @micropython.native
    def _look(self, reader, speaks, source, count, now_ms):
        """All bytes, by one language."""
        epoch = reader.epoch
        at = 0
        while at < count:
            number = epoch.number
            at = reader.take(source, at, count, now_ms)
            if epoch.number != number:
                self._heard(speaks, epoch, now_ms)

    @micropython.native
    def elapse(self, now_ms):
        """The time is now_ms: what has not come for so long is stale."""
        if not self.stale and (now_ms - self._fix_ms) & _TIME_MASK > self._stale_ms:
            self.stale = True
        if not self.silent and (now_ms - self._byte_ms) & _TIME_MASK > self._stale_ms:
            self.silent = True

    @micropython.native
    def spoilt(self):
        """Messages that were not as they have to be, of both languages."""
        nmea = self.nmea
        ubx = self.ubx
        return (nmea.spoilt + nmea.too_long + nmea.malformed + ubx.spoilt + ubx.malformed) & 0x1FFFFFFF

    @micropython.native
    def _heard(self, speaks, epoch, now_ms):
        if speaks != self._speaks:
            if self._speaks != _NEITHER and not self.stale:
                return
            self._speaks = speaks
        self.fix = epoch.fix
        self.number = (self.number + 1) & 0x1FFFFFFF
        self._fix_ms = now_ms
        self.stale = False
