"""What is soldered to a GPIO of rp2040py: driven from outside, watched, and read back by the chip.

rp2040py does not let an output's level back in through the pin's own input, as a pad does; this wire does.
"""

from __future__ import annotations

from rp2040py.rp2040 import RP2040


class Wire:
    """As a rig's pin. Times are emulated nanoseconds."""

    def __init__(self, rp2040: RP2040, gpio: int) -> None:
        self._clock = rp2040.clock
        self._pad = rp2040.gpio[gpio]
        self._pad.add_listener(lambda new, old: self.settle())
        self._driven: int | None = None
        self._watched = False
        self._edges: list[tuple[int, int]] = []
        self.level = self._resolve()

    def _resolve(self) -> int:
        if self._pad.output_enable:
            return int(self._pad.output_value)
        if self._driven is not None:
            return self._driven
        return int(self._pad.pullup_enabled and not self._pad.pulldown_enabled)

    def settle(self) -> None:
        """Look at the level again: the pad, or what drives it from outside, has changed."""
        level = self._resolve()
        if level == self.level:
            return
        self.level = level
        if self._pad.output_enable or self._driven is not None:
            self._pad.set_input_value(bool(level))
        else:
            self._pad.release_input()
        if self._watched:
            self._edges.append((round(self._clock.nanos), level))

    def drive(self, level: int, at_ns: float | None = None) -> None:
        """Drive the wire from outside, now or from `at_ns` on. An output of the chip wins over it."""
        if at_ns is None or at_ns <= self._clock.nanos:
            self._driven = level
            self.settle()
        else:
            self._clock.create_alarm(lambda: self.drive(level)).schedule(at_ns - self._clock.nanos)

    def watch(self) -> None:
        """Record edges from now on."""
        self._watched = True

    def edges(self) -> list[tuple[int, int]]:
        """(time, new level) since the last call."""
        edges, self._edges = self._edges, []
        return edges
