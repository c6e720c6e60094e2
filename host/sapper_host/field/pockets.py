"""What lanes from the base line left: searched over known ground, wherever that leads.

Lanes in any of the four directions are looked at; the one that brings most ground for its way is driven next, which
makes known ground for others. So a pocket behind an obstacle is combed from beside it, then entered.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sapper_host.field.geometry import Geometry
from sapper_host.field.moves import Move, Pose
from sapper_host.field.orders import Order
from sapper_host.field.plan import METRES_FOR_M2
from sapper_host.field.pocket_ground import PocketGround, searches
from sapper_host.field.pocket_ways import Ways

# Less is what the edges of cells leave.
_CELLS_LEAST = 8
# A lane is worth more than the way it takes by what stopping and settling take.
_STOP_MM = 3000
_LANES_MOST = 200


@dataclass(frozen=True)
class _Lane:
    """From a place along a heading, so many cells on; how many wanted cells are among what it searches."""

    heading: int
    i: int
    j: int
    cells: int
    gain: int


def pocket_moves(
    ground: PocketGround, start: Pose, lane_of_y: NDArray[np.int_], given_up: Collection[str] = ()
) -> list[Move]:
    """Moves from `start`, before the base line, over all that is worth it, and back onto the base line. lane_of_y: of
    each row of places, the number of the lane that it lies in. given_up: names of orders that are not tried."""
    out: list[Move] = []
    here = start
    try:
        for _ in range(_LANES_MOST):
            ways = Ways(ground, here, given_up)
            lane = _best(ground, ways, given_up)
            if lane is None:
                break
            number = int(lane_of_y[lane.j])
            length = lane.cells * ground.geometry.cell_mm
            out += [*ways.moves(lane.heading, lane.i, lane.j, number), Move("lane", length, number)]
            here = ground.pose(lane.heading, lane.i, lane.j).gone(length)
            ground.search(searches(ground.geometry, lane.i, lane.j, lane.heading, lane.cells))
        ways = Ways(ground, here, given_up)
    except ValueError:  # nothing may stand here: what was found since it was driven keeps off its own ground
        return []
    home = ways.home(start.x_mm)
    return [*out, *ways.moves(*home, int(lane_of_y[home[-1]]))] if out and home else []


def _best(ground: PocketGround, ways: Ways, given_up: Collection[str]) -> _Lane | None:
    """The lane that brings most for its way; None when none is worth it."""
    cell_m = ground.geometry.cell_mm / 1000
    best: tuple[float, _Lane] | None = None
    for lane in _lanes(ground, ways):
        way_mm = float(ways.mm[lane.heading, lane.i, lane.j]) + 2 * lane.cells * ground.geometry.cell_mm
        gain_m2 = lane.gain * cell_m**2
        if lane.gain < _CELLS_LEAST or gain_m2 * METRES_FOR_M2 * 1000 < way_mm:
            continue
        worth = gain_m2 / (way_mm + _STOP_MM)
        if best is not None and worth <= best[0] * 1.0001:
            continue
        end = ground.pose(lane.heading, lane.i, lane.j).gone(lane.cells * ground.geometry.cell_mm)
        if Order(Move("lane", 1, 0), end, end).line not in given_up:
            best = worth, lane
    return best[1] if best else None


def _lanes(ground: PocketGround, ways: Ways) -> Iterator[_Lane]:
    """Of every line along an axis, from each stretch that the rover gets to, a lane up to the end of the first ground
    that is wanted, and one up to the last."""
    g = ground.geometry
    cell = g.cell_mm
    surely = g.marked_mm // cell - 1  # a rover is off its line by some millimetres: of the outermost cells one side
    half = -(-g.half_mm // cell)
    for heading in range(4):
        # Seen along the heading: along, across.
        reached, wanted = (_seen(a, heading) for a in (np.isfinite(ways.mm[heading]), ground.wanted))
        blocked = _seen(ground.blocked, heading)
        gains, stops = _windows(wanted, surely), _windows(blocked, half) > 0
        for across in np.flatnonzero(gains.any(axis=0)):
            if reached[:, across].any():
                for at, cells, gain in _along(reached[:, across], gains[:, across], stops[:, across], g):
                    i, j = _back(at, int(across), heading, ground.shape)
                    yield _Lane(heading, i, j, cells, gain)


def _along(
    reached: NDArray[np.bool_], gains: NDArray[np.int_], stops: NDArray[np.bool_], g: Geometry
) -> Iterator[tuple[int, int, int]]:
    """Of a line: from where (a place), how many cells on, and how many wanted cells that brings."""
    cell = g.cell_mm
    run_up, ahead, behind = -(-g.run_up_mm // cell), g.coil_ahead_mm // cell, g.behind_mm // cell
    marks = (g.coil_ahead_mm - g.settle_mm) // cell
    edges = np.flatnonzero(np.diff(np.concatenate([[0], reached.astype(np.int8), [0]])))
    for first, last in zip(edges[::2], edges[1::2] - 1, strict=True):
        known_to = int(last) + behind
        if known_to - run_up < first:
            continue  # too short for a lead-in
        wall = np.flatnonzero(stops[last + ahead :])
        end = int(last) + ahead + (int(wall[0]) if len(wall) else len(stops) - int(last) - ahead)
        found = np.flatnonzero(gains[first + run_up : max(0, end - 1 - ahead + marks)]) + first + run_up
        if not len(found):
            continue
        start = min(int(found[0]), known_to) - run_up
        breaks = np.flatnonzero(np.diff(found) > 1)
        for till in {int(found[breaks[0]]) if len(breaks) else int(found[-1]), int(found[-1])}:
            yield start, till + 1 - marks - start, int(gains[start + run_up : till + 1].sum())


def _seen(values: NDArray, heading: int) -> NDArray:
    """Along a heading first, then across to the left."""
    return (values, values.T[:, ::-1], values[::-1, ::-1], values.T[::-1])[heading]


def _back(along: int, across: int, heading: int, shape: tuple[int, int]) -> tuple[int, int]:
    """Of a place as `_seen`, where it is."""
    x, y = shape[0] - 1, shape[1] - 1
    return ((along, across), (x - across, along), (x - along, y - across), (across, y - along))[heading]


def _windows(cells: NDArray[np.bool_], half: int) -> NDArray[np.int_]:
    """Of each cell along and place across, how many are set within `half` cells to either side."""
    along, across = cells.shape
    total = np.zeros((along, across + 1 + 2 * half), dtype=np.int64)
    total[:, half + 1 : half + 1 + across] = np.cumsum(cells, axis=1)
    total[:, half + 1 + across :] = total[:, half + across : half + across + 1]
    return total[:, 2 * half :] - total[:, : across + 1]
