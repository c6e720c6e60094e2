"""The encoders' edges as the board's pins got them, and their count as a decoder of both edges of A has it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable

_A, _B = 0, 1


class Wheel:
    """One track's encoder. `edges` takes what goes to the pins; `count(t_ns)`: ticks until then, forward positive."""

    def __init__(self, levels: tuple[int, int]) -> None:
        self._levels = list(levels)  # of A and B
        self._count = 0
        self._counts: list[tuple[int, int]] = [(0, 0)]  # (time, ticks from it on)

    def stands_at(self, levels: tuple[int, int]) -> None:
        """A and B are put to these levels by hand, which no way of the track stands for."""
        self._levels = list(levels)

    def edges(self, a: Iterable[tuple[int, int]], b: Iterable[tuple[int, int]]) -> None:
        """(time, new level) of phase A's and B's edges, after all that came before."""
        for t_ns, phase, level in sorted([(t, _A, level) for t, level in a] + [(t, _B, level) for t, level in b]):
            self._levels[phase] = level
            if phase == _A:
                self._count += -1 if level == self._levels[_B] else 1
                self._counts.append((t_ns, self._count))

    def count(self, t_ns: int) -> int:
        """Ticks until t_ns."""
        return self._counts[max(0, bisect_right(self._counts, (t_ns, 1 << 60)) - 1)][1]

    def forget_before(self, t_ns: int) -> None:
        """What was before is not asked for again."""
        del self._counts[: max(0, bisect_right(self._counts, (t_ns, 1 << 60)) - 1)]
