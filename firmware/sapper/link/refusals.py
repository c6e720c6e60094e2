"""Refused lines, counted and told at most once a second: a flood must not wash all else out of the log."""

from sapper.shared.events import REFUSALS

_EVERY_MS = 1000


class Refusals:
    """`add` when a line is refused; `elapse` once a tick tells what is due. tell: function(port, why, count so far)."""

    def __init__(self, tell):
        self.count = 0
        self._tell = tell
        self._wait_ms = 0
        self._untold = False
        self._port = 0
        self._why = 0
        self._dropped = [0, 0]

    def add(self, port, why, lines=1):
        """Lines refused on this port for this reason (name)."""
        self.count += lines
        self._untold = True
        self._port = port
        self._why = REFUSALS.index(why)

    def look(self, link):
        """Count what the link itself dropped since the last look: noise, over-long lines, a flood."""
        dropped = link.reader.dropped() + link.lost_lines
        if dropped != self._dropped[link.index]:
            why = "flood" if link.lost_lines else link.reader.why_dropped()
            self.add(link.index, why, dropped - self._dropped[link.index])
            self._dropped[link.index] = dropped

    def elapse(self, ms):
        """Time passes."""
        if self._wait_ms > 0:
            self._wait_ms -= ms
        elif self._untold:
            self._untold = False
            self._wait_ms = _EVERY_MS
            self._tell(self._port, self._why, self.count)
