"""What no lane from the base line searches, searched from the side: which lane the rover turns in, and what for.

A rover turns on the spot only where ground is searched all round it, so in a *host* lane whose neighbours were
searched there, too; and the coil has to come straight ahead for a lead-in before ground counts. So a *comb*, one swath
wide and square to the lanes, begins two lanes beside what it is to search, or more. Long ground gets two combs, which
make room for a turn, and is then searched along its lane. Which lanes have to be searched before a host follows from
that: `after`. It has no circles: where one would come about, or a lane has no room, the rover drives along once more
later on, on searched ground. So a *visit* is a lane; AGAIN + lane, that lane once more; BETWEEN + lane, the middle
between that lane and the next. Several ways to choose are tried.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from sapper_host.field.geometry import Geometry
from sapper_host.field.lanes import Lanes

AGAIN, BETWEEN = 100_000, 200_000


@dataclass(frozen=True)
class Comb:
    """From `host` (a visit) at x_mm to the left (out 1) or right (-1): ahead to begin_mm, searching to end_mm (y of the
    tracks' middle). along: pieces to be searched along their lanes from here, each with where the coil goes to, either
    way. rank: what it stands on."""

    x_mm: int
    host: int
    out: int
    begin_mm: int
    end_mm: int
    piece: int
    rank: int
    along: tuple[tuple[int, int, int], ...] = ()


@dataclass
class Combs:
    """by_host: combs of each visit. after: of a visit, those to be made before. ends: how far roots have to go on for
    a turn (x that is searched), by piece. reasons: of pieces that are not, or not all, reached."""

    by_host: dict[int, list[Comb]] = field(default_factory=dict)
    after: dict[int, set[int]] = field(default_factory=dict)
    ends: dict[int, int] = field(default_factory=dict)
    reasons: dict[int, str] = field(default_factory=dict)

    def order(self, lanes: Iterable[int]) -> Iterator[int]:
        """The visits, each after those that it needs, else from the left."""
        left = sorted({*lanes, *self.by_host}, key=lambda visit: (visit % AGAIN, visit))
        while left:
            visit = next(each for each in left if not self.after.get(each, set()) & set(left))
            left.remove(visit)
            yield visit


def visit_y_mm(lanes: Lanes, geometry: Geometry, visit: int) -> int:
    """Along which the rover drives."""
    lane = visit % AGAIN
    if visit < BETWEEN:
        return lanes.y_mm[lane - 1]
    return (lanes.y_mm[lane - 1] + lanes.y_mm[lane]) // 2 // geometry.cell_mm * geometry.cell_mm
