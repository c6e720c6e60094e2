"""The encoders' edges as the board's pins got them, and their count as a decoder of both edges of A has it."""

from __future__ import annotations

from bisect import bisect_right

from hil.world.encoder import Edges
from hil.world.wiring import Decoder, Levels


class Wheel:
    """One track's encoder. `edges` takes what goes to the pins; `count(t_ns)`: ticks until then, forward positive."""

    def __init__(self, levels: Levels) -> None:
        self._decoder = Decoder(levels)
        self._counts: list[tuple[int, int]] = [(0, 0)]  # (time, ticks from it on)

    def stands_at(self, levels: Levels) -> None:
        """A and B are put to these levels by hand, which no way of the track stands for."""
        self._decoder.levels = levels

    def edges(self, a: Edges, b: Edges) -> None:
        """Phase A's and B's edges, after all that came before."""
        self._counts.extend(self._decoder.counts(a, b))

    def count(self, t_ns: int) -> int:
        """Ticks until t_ns."""
        return self._counts[max(0, bisect_right(self._counts, (t_ns, 1 << 60)) - 1)][1]

    def forget_before(self, t_ns: int) -> None:
        """What was before is not asked for again."""
        del self._counts[: max(0, bisect_right(self._counts, (t_ns, 1 << 60)) - 1)]
