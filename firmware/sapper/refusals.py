"""Refused lines, counted and told at most once a second: a flood must not wash all else out of the log."""

from sapper.events import REFUSALS

_EVERY_MS = 1000
# A line refused on the radio costs 2 ms and 1 kB of heap at most, with its answer: so many a second leave the loop its
# time, more are dropped unread. Who floods the radio's line keeps the operator off it either way; only `stop` gets by.
_MOST_A_SECOND = 20


class Refusals:
    """`add` when a line is refused; `elapse` once a tick tells what is due. tell: function(port, why, count so far)."""

    def __init__(self, tell):
        self.count = 0
        self._tell = tell
        self._wait_ms = 0
        self._second_ms = 0
        self._recent = 0
        self._untold = False
        self._port = 0
        self._why = 0
        self._dropped = [0, 0]

    def add(self, port, why, lines=1):
        """Lines refused on this port for this reason (name)."""
        self.count += lines
        self._recent += 1
        self._untold = True
        self._port = port
        self._why = REFUSALS.index(why)

    def flooded(self):
        """True when this second has had its share: what comes unsigned or forged is not looked at any more."""
        return self._recent >= _MOST_A_SECOND

    def look(self, link):
        """Count what the link itself dropped since the last look: noise, over-long lines, a flood."""
        reader = link.reader
        dropped = reader.malformed + reader.too_long + link.lost_lines
        if dropped != self._dropped[link.index]:
            why = "flood" if link.lost_lines else "too_long" if reader.too_long else "malformed"
            self.add(link.index, why, dropped - self._dropped[link.index])
            self._dropped[link.index] = dropped

    def elapse(self, ms):
        """Time passes."""
        self._second_ms += ms
        if self._second_ms >= 1000:
            self._second_ms = 0
            self._recent = 0
        if self._wait_ms > 0:
            self._wait_ms -= ms
        elif self._untold:
            self._untold = False
            self._wait_ms = _EVERY_MS
            self._tell(self._port, self._why, self.count)
