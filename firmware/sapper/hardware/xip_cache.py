"""The counters of the flash cache (RP2040 datasheet, 2.6.3.6): words that were asked of it, and those it had."""

from micropython import const
from sapper.hardware.registers import peek, poke

_HITS = const(0x1400000C)
_ACCESSES = const(0x14000010)


class XipCache:
    """The counters stop at 2**32 - 1, after minutes."""

    def taken(self):
        """(accesses, hits) since the last call; they are counted anew."""
        counts = _count(_ACCESSES), _count(_HITS)
        poke(_ACCESSES, 0)
        poke(_HITS, 0)
        return counts


def _count(address):
    high = peek(address, 16, 0xFFFF)
    low = peek(address, 0, 0xFFFF)
    if peek(address, 16, 0xFFFF) != high:  # it went over between the two
        return high + 1 << 16
    return high << 16 | low
