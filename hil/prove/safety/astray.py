"""How far the tracks went on a false speed, by the world's truth: further than asked, or than their encoders tell."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from hil.world.encoder import Edges
from hil.world.wiring import Decoder, Wiring
from sapper.shared.settings import row_of

_MM_PER_TICK = 1000 / row_of("ticks_per_m")[1]
_MEAN_SLICES = 20  # of 5 ms, over which a speed is taken


class Astray:
    """`begin` it when a fault goes in; it counts until `end`, which is when MOTOR_EN is low.

    Levels of the decoders are the pins', so that it believes what the board believes.
    """

    def __init__(self, wiring: Sequence[Wiring]) -> None:
        self._decoders = [Decoder(one.levels) for one in wiring]
        self._counts = False
        self.asked_mm_s = (0.0, 0.0)
        self.begin((0.0, 0.0))
        self._counts = False

    def begin(self, asked_mm_s: tuple[float, float]) -> None:
        """From here on; the tracks are asked for these speeds."""
        self.asked_mm_s = asked_mm_s
        self._further_mm = [0.0, 0.0]
        self._unseen_mm = [0.0, 0.0]
        self._ways: tuple[deque[float], ...] = (deque(maxlen=_MEAN_SLICES), deque(maxlen=_MEAN_SLICES))
        self.faster_mm_s = 0.0
        self.way_mm = 0.0
        self._counts = True

    def end(self) -> None:
        """The motors are off: what rolls out is the brakes' matter."""
        self._counts = False

    def add(self, side: int, way_mm: float, edges: tuple[Edges, Edges], slice_ns: int) -> None:
        """A slice of a track's way, and what of it reached the pins."""
        ticks = self._decoders[side].take(*edges)
        if not self._counts:
            return
        asked = self.asked_mm_s[side]
        ahead = way_mm if asked >= 0 else -way_mm
        should = abs(asked) * slice_ns / 1e9
        self._further_mm[side] += max(0.0, ahead - should if ahead >= 0 else -ahead)
        self._unseen_mm[side] += way_mm - ticks * _MM_PER_TICK
        self.way_mm = max(self.way_mm, self._further_mm[side], abs(self._unseen_mm[side]))
        ways = self._ways[side]
        ways.append(abs(way_mm) - should)
        if len(ways) == _MEAN_SLICES:
            self.faster_mm_s = max(self.faster_mm_s, sum(ways) / (_MEAN_SLICES * slice_ns / 1e9))
