"""When the rover started, and by what: the bench's own doings, and what the rover's `boot` tells of itself.

A start that nobody here brought about is known once the rover tells of it, a third of a second later. It happened when
the transmit pulses ceased, as they do in a chip that is reset.
"""

from __future__ import annotations

from bisect import bisect_left

from sapper_host.board.decoder import Event, StreamDecoder

# What `boot` calls them -> the rig's causes.
_TOLD = {"power_on": "power", "watchdog": "watchdog"}
# From the first transmit pulse of a start to the first frame of its converter, always: the program between is the same.
PULSE_TO_FRAME_NS = 15_792_000


class Starts:
    """Fed with what the rig does (`by_us`), the rover says (`take`), and when its pulses begin and end (`pulses`)."""

    def __init__(self) -> None:
        self.causes: list[tuple[int, str]] = []
        self._decoder = StreamDecoder()
        self._awaited = False  # a start of our own has not been told of yet
        self._ceased_ns: int | None = None
        self._began_ns: list[int] = []

    def by_us(self, at_ns: int, cause: str) -> None:
        """The rig started it: 'power' or 'run'."""
        self.causes.append((at_ns, cause))
        self._awaited = True

    def take(self, at_ns: int, data: bytes) -> None:
        """Bytes of the rover's USB."""
        for item in self._decoder.feed(data):
            if isinstance(item, Event) and item.kind == "boot":
                self._told(at_ns, str(item.args["cause"]))

    def pulses(self, at_ns: int, on: bool) -> None:
        """The transmit pulses begin or cease."""
        if on:
            self._began_ns.append(at_ns)
        else:
            self._ceased_ns = at_ns

    @property
    def converting_since_ns(self) -> int | None:
        """A moment at which a frame of the converter began; None before the first."""
        first = bisect_left(self._began_ns, self.causes[-1][0] if self.causes else 0)
        return self._began_ns[first] + PULSE_TO_FRAME_NS if first < len(self._began_ns) else None

    def _told(self, at_ns: int, cause: str) -> None:
        if self._awaited and cause == "power_on":
            self._awaited = False
            return
        self._awaited = False
        last_ns = self.causes[-1][0] if self.causes else 0
        happened = self._ceased_ns if self._ceased_ns is not None and self._ceased_ns > last_ns else at_ns
        self.causes.append((happened, _TOLD.get(cause, cause)))
