"""Ground as a grid, for ways on what is searched: where a rover may stand, turn, and lay its coil.

Cells are the board's. Places are their corners, so that every rectangle about one is of whole cells; headings are
quarter turns. Nothing here knows of lanes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import Point
from shapely.geometry.base import BaseGeometry

from sapper_host.field.area import Area
from sapper_host.field.geometry import Geometry
from sapper_host.field.moves import Pose
from sapper_host.field.searched import BEFORE_MM, Searched

Bools = NDArray[np.bool_]
# How far a rover comes beside a way, in whole cells, and how far from its end it stands: moves roll on, tracks slip.
_OFF_MM, _ROLLS_MM = 50, 20
# Around the area: as far as lanes may go on, and a coil's reach.
_AROUND_MM = 1500
# Rectangles in cells: from, to along x, from, to along y.
Cells = tuple[int, int, int, int]


@dataclass
class PocketGround:
    """Cell (i, j) goes from (left + i, low + j) x cell_mm on. known: a track may be there. barred: never. blocked: no
    coil may. wanted: ground of the area that is not claimed, and that a coil may lie over."""

    geometry: Geometry
    left: int
    low: int
    known: Bools
    barred: Bools
    blocked: Bools
    wanted: Bools

    @property
    def shape(self) -> tuple[int, int]:
        """Of places: a corner more than cells, each way."""
        nx, ny = self.known.shape
        return nx + 1, ny + 1

    def pose(self, heading: int, i: int, j: int) -> Pose:
        """A place as the field has it."""
        cell = self.geometry.cell_mm
        return Pose((self.left + i) * cell, (self.low + j) * cell, heading)

    def place(self, pose: Pose) -> tuple[int, int]:
        """The nearest corner."""
        cell = self.geometry.cell_mm
        return round(pose.x_mm / cell) - self.left, round(pose.y_mm / cell) - self.low

    def window(self, cells: Bools, left: int, low: int) -> Bools:
        """Cells of another grid, from (left, low) on, in this one."""
        out = np.zeros_like(self.known)
        i, j = left - self.left, low - self.low
        (nx, ny), (mx, my) = out.shape, cells.shape
        i0, i1, j0, j1 = max(0, i), min(nx, i + mx), max(0, j), min(ny, j + my)
        if i0 < i1 and j0 < j1:
            out[i0:i1, j0:j1] = cells[i0 - i : i1 - i, j0 - j : j1 - j]
        return out

    def touched(self, shapes: Sequence[BaseGeometry]) -> Bools:
        """Cells that any of these (field metres) touch."""
        out = np.zeros_like(self.known)
        cell = self.geometry.cell_mm / 1000
        for shape in shapes:
            x0, y0, x1, y1 = shape.bounds
            i0, i1 = (np.clip(math.floor(v / cell) - self.left, 0, out.shape[0]) for v in (x0, x1 + cell))
            j0, j1 = (np.clip(math.floor(v / cell) - self.low, 0, out.shape[1]) for v in (y0, y1 + cell))
            x, y = (np.arange(i0, i1)[:, None] + self.left) * cell, (np.arange(j0, j1) + self.low) * cell
            shapely.prepare(shape)
            out[i0:i1, j0:j1] |= shapely.intersects(shape, shapely.box(x, y, x + cell, y + cell))
        return out

    def gain(self, start: Pose, mm: int) -> float:
        """Square metres of wanted ground that a lane from there would search."""
        i, j = self.place(start)
        i0, i1, j0, j1 = searches(self.geometry, i, j, start.heading, mm // self.geometry.cell_mm)
        part = self.wanted[max(0, i0) : max(0, i1), max(0, j0) : max(0, j1)]
        return float(part.sum()) * (self.geometry.cell_mm / 1000) ** 2

    def copy(self) -> PocketGround:
        """To plan on."""
        return replace(self, known=self.known.copy(), wanted=self.wanted.copy())

    def search(self, cells: Cells) -> None:
        """From now on these are known; (i0, i1, j0, j1), as of the grid."""
        i0, i1, j0, j1 = cells
        part = slice(max(0, i0), max(0, i1)), slice(max(0, j0), max(0, j1))
        self.known[part] |= ~self.barred[part]
        self.wanted[part] = False

    def stands(self, heading: int) -> Bools:
        """Of each place, whether tracks with their margin are on known ground, and the coil is clear."""
        g, cell = self.geometry, self.geometry.cell_mm
        behind, aside = g.behind_mm // cell, (g.tracks_mm + _OFF_MM) // cell
        ahead, half = g.coil_ahead_mm // cell, -(-g.half_mm // cell)
        tracks = everywhere(self.known, turned((-behind, behind, -aside, aside), heading))
        return tracks & everywhere(~self.blocked, turned((ahead, ahead + 1, -half, half), heading))

    def turns(self, heading: int) -> Bools:
        """Of each place, whether a quarter turn to the left from a heading is on known ground, its coil clear."""
        g = self.geometry
        ok = np.ones(self.shape, dtype=np.bool_)
        for row in _rows(Point(0, 0).buffer(g.turn_mm + _ROLLS_MM), g.cell_mm):
            ok &= everywhere(self.known, row)
        aside = math.atan2(g.half_mm, g.coil_ahead_mm)
        angles = heading * math.pi / 2 + np.linspace(-aside, math.pi / 2 + aside, 16)
        sector = shapely.Polygon([(0, 0), *zip(g.swing_mm * np.cos(angles), g.swing_mm * np.sin(angles), strict=True)])
        for row in _rows(sector, g.cell_mm):
            ok &= everywhere(~self.blocked, row)
        return ok


def pocket_ground(area: Area, geometry: Geometry, searched: Searched, finds: Sequence[BaseGeometry]) -> PocketGround:
    """area: with what was found among its obstacles; finds: these, field metres, where no track may come either."""
    cell = geometry.cell_mm
    x0, y0, x1, y1 = (value * 1000 for value in area.polygon.bounds)
    around = _AROUND_MM + round(area.beyond_m * 1000)
    left = -math.floor(area.safe_depth_m * 1000 / cell)
    low = math.floor((min(y0, -area.base_length_m * 1000) - around) / cell)
    size = math.ceil((x1 + around) / cell) - left, math.ceil((max(y1, 0) + around) / cell) - low
    made = PocketGround(geometry, left, low, *(np.zeros(size, dtype=np.bool_) for _ in range(4)))
    claimed = made.window(searched.claimed(geometry), searched.left, searched.low)
    x, y = (np.arange(size[0])[:, None] + left + 0.5) * cell / 1000, (np.arange(size[1]) + low + 0.5) * cell / 1000
    xs, ys = np.broadcast_arrays(x, y)
    safe_left, safe_low, _, safe_high = area.safe_ground.bounds
    safe = (x < 0) & (x > safe_left) & (y > safe_low) & (y < safe_high)
    kept_clear = made.touched(area.kept_clear)
    made.barred |= made.touched([each.buffer(cell / 1000) for each in finds]) | made.touched(
        [o.shape for o in area.obstacles]
    )
    inside = shapely.contains_xy(area.polygon, xs, ys)
    reach = shapely.union(area.polygon.buffer(area.beyond_m + geometry.settle_mm / 1000), area.safe_ground)
    # So near before the line a board asks its map (setting_up.py), which has it where the ground behind is searched.
    near = slice(-left - -(-BEFORE_MM // cell), -left)
    safe[near] &= claimed[-left]
    made.known |= (claimed | safe) & ~made.barred
    made.blocked |= kept_clear | ~shapely.contains_xy(reach, xs, ys)
    made.wanted |= inside & ~claimed & ~kept_clear
    return made


def turned(cells: Cells, heading: int) -> Cells:
    """A rectangle about a place, seen along a heading, as the field has it."""
    a0, a1, b0, b1 = cells
    return ((a0, a1, b0, b1), (-b1, -b0, a0, a1), (-a1, -a0, -b1, -b0), (b0, b1, -a1, -a0))[heading]


def searches(g: Geometry, i: int, j: int, heading: int, cells: int) -> Cells:
    """What the board marks in a lane of so many cells from a place on."""
    first = -(-g.run_up_mm // g.cell_mm)
    last = (g.coil_ahead_mm - g.settle_mm) // g.cell_mm + cells
    aside = g.marked_mm // g.cell_mm
    i0, i1, j0, j1 = turned((first, last, -aside, aside), heading)
    return i + i0, i + i1, j + j0, j + j1


def everywhere(mask: Bools, cells: Cells) -> Bools:
    """Of each place, whether all cells of a rectangle about it are set; those outside the grid are not."""
    a0, a1, b0, b1 = cells
    nx, ny = mask.shape
    total = np.zeros((nx + 1, ny + 1), dtype=np.int32)
    np.cumsum(np.cumsum(mask, axis=0, dtype=np.int32), axis=1, out=total[1:, 1:])
    out = np.zeros((nx + 1, ny + 1), dtype=np.bool_)
    i0, i1 = max(0, -a0), min(nx, nx - a1)
    j0, j1 = max(0, -b0), min(ny, ny - b1)
    if i0 > i1 or j0 > j1:
        return out
    at = [total[i0 + a : i1 + a + 1, j0 + b : j1 + b + 1] for a, b in ((a1, b1), (a0, b1), (a1, b0), (a0, b0))]
    out[i0 : i1 + 1, j0 : j1 + 1] = at[0] - at[1] - at[2] + at[3] == (a1 - a0) * (b1 - b0)
    return out


@lru_cache(maxsize=16)
def _rows(shape: BaseGeometry, cell_mm: int) -> tuple[Cells, ...]:
    """The cells about a place that a convex shape (mm) touches: of each row, as a rectangle."""
    left, low, right, high = shape.bounds
    out = []
    for j in range(math.floor(low / cell_mm), math.ceil(high / cell_mm)):
        part = shapely.intersection(shape, shapely.box(left, j * cell_mm, right, (j + 1) * cell_mm))
        if not part.is_empty and part.area:
            a, _, b, _ = part.bounds
            out.append((math.floor(a / cell_mm), math.ceil(b / cell_mm), j, j + 1))
    return tuple(out)
