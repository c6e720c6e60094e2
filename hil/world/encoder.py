"""A quadrature encoder: exact edge times of its two phases from the way a track has gone.

Forward: B is low when A rises. A whole cycle is two edges of A, and the firmware counts both.
"""

import math
from dataclasses import dataclass, field

from hil.world.world_spec import RoverSpec

# Levels (A, B) in the four quarters of a cycle, forward.
QUARTERS = ((1, 0), (1, 1), (0, 1), (0, 0))


@dataclass
class Edges:
    """Edges of one phase: times (ns, rising) and the levels they go to."""

    times_ns: list[int] = field(default_factory=list)
    levels: list[int] = field(default_factory=list)


class Encoder:
    """Feed it the track's position; it gives the edges in between."""

    def __init__(self, spec: RoverSpec, reversed_: bool) -> None:
        self._quarters_per_m = 2.0 * spec.ticks_per_m * (-1.0 if reversed_ else 1.0)
        # Half a quarter from any edge: standing still never sits on one.
        self._position = -0.5
        self._quarter = -1

    @property
    def levels(self) -> tuple[int, int]:
        """(A, B) now."""
        return QUARTERS[self._quarter % 4]

    @property
    def ticks(self) -> int:
        """What a decoder that counts both edges of A would show, forward positive."""
        return (self._quarter + 2) // 2

    def move(self, t0_ns: int, t1_ns: int, way_m: float, a: Edges, b: Edges) -> None:
        """The track went way_m between t0_ns and t1_ns, evenly: append its edges to `a` and `b`."""
        start = self._position
        end = start + way_m * self._quarters_per_m
        if end == start:
            return  # not at all, or less than a float tells apart
        self._position = end
        last = math.floor(end)
        scale = (t1_ns - t0_ns) / (end - start)
        while self._quarter != last:
            if last > self._quarter:
                self._quarter += 1
                crossed = self._quarter
            else:
                crossed = self._quarter
                self._quarter -= 1
            at = t0_ns + int((crossed - start) * scale)
            levels = QUARTERS[self._quarter % 4]
            phase, level = (a, levels[0]) if crossed % 2 == 0 else (b, levels[1])
            phase.times_ns.append(at)
            phase.levels.append(level)
