"""Ways over known ground: along the axes and by quarter turns, the shortest from where a rover stands."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import dijkstra

from sapper_host.field.moves import AHEAD, Move, Pose
from sapper_host.field.pocket_ground import PocketGround

# A quarter turn takes as long as so many millimetres.
_TURN_MM = 1500
# As orders.py names a turn; and so many places around it are no better.
_TURN = re.compile(r"turn -?\d+ at (-?\d+) (-?\d+)")
_CLOSE = 2
# Of ways that are alike otherwise, those with the front to the field.
_HOMEWARDS = 1.05


class Ways:
    """From a pose to all others. mm[heading, i, j]: how far, turns among it; infinite where no way leads to.

    stands[heading], turns[heading]: see PocketGround. given_up: names of orders, of which the turns are not made, nor
    close by. ValueError when nothing may stand at `start`.
    """

    def __init__(self, ground: PocketGround, start: Pose, given_up: Collection[str] = ()) -> None:
        self._ground = ground
        self.stands = np.stack([ground.stands(heading) for heading in range(4)])
        self.turns = np.stack([ground.turns(heading) for heading in range(4)])
        for name in given_up:
            if turn := _TURN.fullmatch(name):
                i, j = ground.place(Pose(int(turn[1]), int(turn[2])))
                self.turns[:, max(0, i - _CLOSE) : i + _CLOSE + 1, max(0, j - _CLOSE) : j + _CLOSE + 1] = False
        self._start = (start.heading, *ground.place(start))
        if not self.stands[self._start]:
            raise ValueError(f"nothing may stand at {start}")
        graph = self._graph()
        at = int(np.ravel_multi_index(self._start, self.stands.shape))
        mm, self._before = dijkstra(graph, directed=False, indices=at, return_predecessors=True)
        self.mm: NDArray[np.float64] = np.asarray(mm).reshape(self.stands.shape)

    def _graph(self) -> coo_matrix:
        shape, cell = self.stands.shape, self._ground.geometry.cell_mm
        number = np.arange(self.stands.size, dtype=np.int32).reshape(shape)
        first, second, mm = [], [], []
        for heading in range(4):
            axis = heading % 2
            both = _part(self.stands[heading], axis, 0) & _part(self.stands[heading], axis, 1)
            first.append(_part(number[heading], axis, 0)[both])
            second.append(_part(number[heading], axis, 1)[both])
            mm.append(np.full(len(first[-1]), cell * (_HOMEWARDS if heading == 2 else 1)))
            left = (heading + 1) % 4
            both = self.turns[heading] & self.stands[heading] & self.stands[left]
            first.append(number[heading][both])
            second.append(number[left][both])
            mm.append(np.full(len(first[-1]), _TURN_MM))
        data = np.concatenate(mm).astype(np.float64)
        return coo_matrix((data, (np.concatenate(first), np.concatenate(second))), shape=(number.size,) * 2).tocsr()

    def home(self, base_x_mm: int) -> tuple[int, int, int] | None:
        """The nearest place before the base line that faces the field: heading, i, j; None where no way leads there."""
        i, _ = self._ground.place(Pose(base_x_mm, 0))
        j = int(np.argmin(self.mm[0, i]))
        return (0, i, j) if np.isfinite(self.mm[0, i, j]) else None

    def moves(self, heading: int, i: int, j: int, lane: int) -> list[Move]:
        """To a place that a way leads to."""
        at = int(np.ravel_multi_index((heading, i, j), self.stands.shape))
        nodes = [at]
        while self._before[at] >= 0:
            at = int(self._before[at])
            nodes.append(at)
        poses = [tuple(int(v) for v in np.unravel_index(node, self.stands.shape)) for node in reversed(nodes)]
        return list(_joined(poses, self._ground.geometry.cell_mm, lane))


def _part(values: NDArray, axis: int, which: int) -> NDArray:
    """All but the last along an axis, or all but the first."""
    span = slice(which, values.shape[axis] - 1 + which)
    return values[span] if axis == 0 else values[:, span]


def _joined(poses: list[tuple[int, ...]], cell_mm: int, lane: int) -> Iterator[Move]:
    """Steps from place to place as moves."""
    now: Move | None = None
    for (h0, i0, j0), (h1, i1, j1) in pairwise(poses):
        dx, dy = AHEAD[h0]
        if h0 != h1:
            step = Move("turn", (h1 - h0 + 1) % 4 - 1, lane)
        else:
            on = ((i1 - i0) * dx + (j1 - j0) * dy) * cell_mm
            step = Move("ahead" if on > 0 else "back", abs(on), lane)
        if now is not None and now.kind == step.kind != "turn":
            now = replace(now, value=now.value + step.value)
        else:
            if now is not None:
                yield now
            now = step
    if now is not None:
        yield now
