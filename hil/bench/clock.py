"""The instrument's time: wrapping microseconds and cycles made one count of nanoseconds, and the host's beside it."""

from __future__ import annotations

from collections import deque

from hil.bench.instrument import wire

_WRAP_US = 1 << 32
_WRAP_CTR = 1 << 16
_NS_PER_US = 1000
_NS_PER_CYCLE = _NS_PER_US // wire.CYCLES_PER_US
# Beyond it two crystals are too far apart for an older look to count: 100 ppm of it are 0.3 ms.
_KEPT_NS = 3_000_000_000


def _nearest(wrapped: int, near: int, wrap: int) -> int:
    """The number closest to `near` that is `wrapped`, modulo `wrap`."""
    return near + (wrapped - near + wrap // 2) % wrap - wrap // 2


class InstrumentClock:
    """Nanoseconds of the instrument since `origin_us` of its timer. ctr_offset: as ID tells it."""

    def __init__(self, origin_us: int, ctr_offset: int) -> None:
        self._origin_us = origin_us
        self._near_us = origin_us
        self._ctr_offset = ctr_offset

    def us_ns(self, timer_us: int) -> int:
        """Of what its timer read, within half an hour of what was asked for last."""
        self._near_us = _nearest(timer_us, self._near_us, _WRAP_US)
        return (self._near_us - self._origin_us) * _NS_PER_US

    def edge_ns(self, timer_us: int, ctr: int) -> int:
        """Of an edge's stamp: timer, then count of cycles, which says more and may be some cycles later."""
        ns = self.us_ns(timer_us)
        cycles = self._near_us * wire.CYCLES_PER_US
        return ns + (_nearest(ctr - self._ctr_offset, cycles, _WRAP_CTR) - cycles) * _NS_PER_CYCLE

    def timer_us(self, ns: int) -> int:
        """What its timer reads at a whole microsecond of ours."""
        return (self._origin_us + ns // _NS_PER_US) % _WRAP_US


class HostClock:
    """The host's clock and the instrument's, kept together by what the instrument tells, which comes late, never early.

    So the least delay of the last seconds is taken for none; it is some tenths of a millisecond.
    """

    def __init__(self) -> None:
        # Rising host time, falling lead: the first is the greatest of those that still count.
        self._leads: deque[tuple[int, int]] = deque()

    def saw(self, host_ns: int, instrument_ns: int) -> None:
        """At this time of the host it was known that the instrument has come so far."""
        lead = instrument_ns - host_ns
        while self._leads and self._leads[-1][1] <= lead:
            self._leads.pop()
        self._leads.append((host_ns, lead))
        while self._leads[0][0] < host_ns - _KEPT_NS:
            self._leads.popleft()

    def instrument_ns(self, host_ns: int) -> int:
        """The instrument's time at one of the host's."""
        return host_ns + self._leads[0][1]
