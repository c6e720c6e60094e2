"""The independent check of a plan: walked in small steps, does either track ever touch ground not searched before?

It knows the moves' meaning and nothing of how plans are made. Ground is a grid of cells with the moment at which the
coil first went over each cell's middle; a track's outline is points on a grid of its own, edges and corners among
them. So it is true to half a cell, and the margin that plans keep is several.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from sapper_host.field.area import Area
from sapper_host.field.geometry import Geometry
from sapper_host.field.moves import Move, Pose

CELL_MM = 20
STEP_MM = 20
# Of ways longer than this, in steps of 50 mm, less than the margin a plan keeps.
_LONG_MM = 5_000_000
_LONG_STEP_MM = 50
_TURN_STEP_RAD = math.radians(3)
# Half a gigabyte of them; `check_area` refuses larger areas.
_CELLS_MOST = 80_000_000
_LOOK_AT_ONCE = 4096
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Trespass:
    """A track on ground not searched: where (field mm), and in which move (from 0) first."""

    x_mm: int
    y_mm: int
    move: int


@dataclass(frozen=True)
class Walk:
    """steps: outlines looked at. off: how many of them had a track on ground not searched. first: the first of them.
    in_stand_off: outlines of which a track or the coil's line was within an obstacle's stand-off; near_move: the first
    move that had one, -1 for none."""

    steps: int
    off: int
    first: Trespass | None
    in_stand_off: int
    near_move: int = -1

    @property
    def clear(self) -> bool:
        """Whether the plan keeps its promise."""
        return self.off == 0 and self.in_stand_off == 0

    @property
    def bad_move(self) -> int:
        """The first move that breaks it, -1 for none."""
        bad = [move for move in (self.near_move, -1 if self.first is None else self.first.move) if move >= 0]
        return min(bad, default=-1)


@dataclass(frozen=True)
class Known:
    """Ground that was searched before: cells[column, row] of cell_mm from (left, low), in cells, on."""

    left: int
    low: int
    cell_mm: int
    cells: NDArray[np.bool_]

    def at(self, x_mm: Floats, y_mm: Floats) -> NDArray[np.bool_]:
        """(len(x_mm), len(y_mm)): whether these places are on it."""
        i = np.floor(x_mm / self.cell_mm).astype(int) - self.left
        j = np.floor(y_mm / self.cell_mm).astype(int) - self.low
        inside = ((i >= 0) & (i < self.cells.shape[0]))[:, None] & ((j >= 0) & (j < self.cells.shape[1]))[None, :]
        i, j = np.clip(i, 0, self.cells.shape[0] - 1), np.clip(j, 0, self.cells.shape[1] - 1)
        return np.asarray(inside & self.cells[i[:, None], j[None, :]])


def walk(
    area: Area,
    geometry: Geometry,
    start: Pose,
    moves: Sequence[Move],
    cell_mm: int = CELL_MM,
    step_mm: int | None = None,
    tell: Callable[[float], None] | None = None,
    known: Known | None = None,
) -> Walk:
    """Walk a plan. tell: called with how far it is, 0..1. known: ground that was searched before it begins. ValueError
    when it needs more cells than there is room for.

    step_mm: None for STEP_MM, or, of a long way, 50.
    """
    ways = list(_ways(start, moves))
    if step_mm is None:
        step_mm = STEP_MM if sum(abs(way.mm) for way in ways) < _LONG_MM else _LONG_STEP_MM
    ground = _Ground(area, geometry, ways, cell_mm, known)
    for at, way in enumerate(ways):
        if way.searching:
            ground.search(at, way, geometry)
    outline, coil = _outline(geometry), _coil(geometry)
    near_by = _near_by(area, geometry, ways)
    steps = off = near = 0
    first, near_move = None, -1
    for at, way in enumerate(ways):
        for places, done in _steps(way, step_mm):
            seen = _placed(outline, places)
            wrong = ground.not_searched(at, way, done, seen)
            steps += len(places)
            bad = wrong.any(axis=1)
            off += int(bad.sum())
            if first is None and bad.any():
                one = int(bad.argmax())
                x, y = seen[one, int(wrong[one].argmax())]
                first = Trespass(round(float(x)), round(float(y)), way.move)
            if at in near_by:
                within = _in_shape(near_by[at], np.concatenate([seen, _placed(coil, places)], axis=1))
                near += within
                if within and near_move < 0:
                    near_move = way.move
        if tell is not None:
            tell((at + 1) / len(ways))
    return Walk(steps, off, first, near, near_move)


@dataclass(frozen=True)
class _Way:
    """One stretch (mm, ahead positive) or turn (rad, left positive) from a pose. Its moment is its number."""

    x: float
    y: float
    heading: float
    mm: float
    turn: float
    searching: bool
    move: int


def _ways(start: Pose, moves: Sequence[Move]) -> Iterator[_Way]:
    """The moves' meaning, written down once more, with angles."""
    x, y, heading = float(start.x_mm), float(start.y_mm), start.heading * math.pi / 2
    for number, move in enumerate(moves):
        value, quarter = float(move.value), math.copysign(math.pi / 2, move.value)
        parts = {
            "lane": [(value, 0.0)],
            "ahead": [(value, 0.0)],
            "back": [(-value, 0.0)],
            "turn": [(0.0, value * math.pi / 2)],
            "shift": [(0.0, quarter), (abs(value), 0.0), (0.0, -quarter)],
        }[move.kind]
        for mm, turn in parts:
            yield _Way(x, y, heading, mm, turn, move.kind == "lane", number)
            x, y, heading = x + mm * math.cos(heading), y + mm * math.sin(heading), heading + turn


def _ends(way: _Way) -> list[tuple[float, float]]:
    return [(way.x, way.y), (way.x + way.mm * math.cos(way.heading), way.y + way.mm * math.sin(way.heading))]


class _Ground:
    """When each cell was first searched: the number of the way, and how far along it the rover was (mm)."""

    def __init__(self, area: Area, geometry: Geometry, ways: Sequence[_Way], cell_mm: int, known: Known | None) -> None:
        ends = np.array([end for way in ways for end in _ends(way)])
        more = math.hypot(geometry.coil_ahead_mm, geometry.swath_mm) + geometry.outer_mm + geometry.track_length_mm
        self._low = ends.min(axis=0) - more
        self._cell = cell_mm
        size = np.ceil((ends.max(axis=0) + more - self._low) / cell_mm).astype(int)
        if int(size[0]) * int(size[1]) > _CELLS_MOST:
            raise ValueError(f"a plan of {size[0]} x {size[1]} cells of {cell_mm} mm")
        self._when = np.full(tuple(size), np.inf, dtype=np.float32)
        self._along = np.zeros(tuple(size), dtype=np.float32)
        x, y = (self._low[axis] + (np.arange(size[axis]) + 0.5) * cell_mm for axis in (0, 1))
        if known is not None:
            self._when[known.at(x, y)] = -1
        left, low, right, high = (value * 1000 for value in area.safe_ground.bounds)
        self._safe = (left, low, right, high)
        # A cell that reaches over the line, its middle on safe ground, is safe by no more than half of it.
        self._when[np.ix_((x >= left) & (x <= right), (y >= low) & (y <= high))] = -1

    def search(self, at: int, way: _Way, geometry: Geometry) -> None:
        """The coil goes over what lies beside and ahead: cells that nobody searched before get this moment. Only behind
        the lead-in, and only once the coil's centre is `settle_mm` further on."""
        ahead = np.array([math.cos(way.heading), math.sin(way.heading)])
        left = np.array([-ahead[1], ahead[0]])
        begin = np.array([way.x, way.y]) + geometry.coil_ahead_mm * ahead
        half = geometry.swath_mm / 2
        corners = np.array([begin + a * ahead + s * left for a in (0.0, way.mm) for s in (-half, half)])
        i0, j0 = np.floor((corners.min(axis=0) - self._low) / self._cell).astype(int)
        i1, j1 = np.ceil((corners.max(axis=0) - self._low) / self._cell).astype(int)
        x = self._low[0] + (np.arange(i0, i1) + 0.5) * self._cell - begin[0]
        y = self._low[1] + (np.arange(j0, j1) + 0.5) * self._cell - begin[1]
        along = x[:, None] * ahead[0] + y[None, :] * ahead[1]
        across = x[:, None] * left[0] + y[None, :] * left[1]
        when, place = self._when[i0:i1, j0:j1], self._along[i0:i1, j0:j1]
        done = along + geometry.settle_mm
        new = (along >= geometry.lead_in_mm) & (done <= way.mm) & (np.abs(across) <= half) & np.isinf(when)
        when[new] = at
        place[new] = done[new]

    def not_searched(self, at: int, way: _Way, done: Floats, points: Floats) -> NDArray[np.bool_]:
        """Of points (steps, points, 2), which are on ground that was not searched when the rover was so far (mm)."""
        cells = ((points - self._low) / self._cell).astype(int)
        when, along = self._when[cells[..., 0], cells[..., 1]], self._along[cells[..., 0], cells[..., 1]]
        searched = (when < at) | ((when == at) & (along <= done[:, None]))
        left, low, right, high = self._safe
        x, y = points[..., 0], points[..., 1]
        safe = (x >= left) & (x <= right) & (y >= low) & (y <= high)
        return ~(searched | safe)


def _steps(way: _Way, step_mm: int) -> Iterator[tuple[Floats, Floats]]:
    """Poses (x, y, heading) along a way, both ends among them, and how far the rover is at each (mm)."""
    count = max(1, math.ceil(abs(way.mm) / step_mm), math.ceil(abs(way.turn) / _TURN_STEP_RAD))
    share = np.linspace(0, 1, count + 1)
    done = share * way.mm
    x, y = way.x + done * math.cos(way.heading), way.y + done * math.sin(way.heading)
    places = np.stack([x, y, way.heading + share * way.turn], axis=1)
    for i in range(0, len(places), _LOOK_AT_ONCE):
        yield places[i : i + _LOOK_AT_ONCE], done[i : i + _LOOK_AT_ONCE]


def _outline(geometry: Geometry) -> Floats:
    """Points of both tracks, x ahead and y left of the middle, mm: edges, corners, and within."""
    length, breadth = geometry.track_length_mm, geometry.track_breadth_mm
    along = np.linspace(-length / 2, length / 2, max(2, math.ceil(length / 100) + 1))
    across = np.linspace(-breadth / 2, breadth / 2, max(2, math.ceil(breadth / 40) + 1))
    sides = np.concatenate([across - geometry.track_width_mm / 2, across + geometry.track_width_mm / 2])
    return np.stack(np.meshgrid(along, sides), axis=-1).reshape(-1, 2)


def _coil(geometry: Geometry) -> Floats:
    """Points of the line that the coil searches."""
    across = np.linspace(-geometry.swath_mm / 2, geometry.swath_mm / 2, max(3, math.ceil(geometry.swath_mm / 100)))
    return np.stack([np.full(len(across), float(geometry.coil_ahead_mm)), across], axis=1)


def _placed(points: Floats, places: Floats) -> Floats:
    """Points of the rover on the ground, (steps, points, 2)."""
    cos, sin = np.cos(places[:, 2])[:, None], np.sin(places[:, 2])[:, None]
    x = places[:, 0][:, None] + points[:, 0] * cos - points[:, 1] * sin
    y = places[:, 1][:, None] + points[:, 0] * sin + points[:, 1] * cos
    return np.stack([x, y], axis=-1)


def _near_by(area: Area, geometry: Geometry, ways: Sequence[_Way]) -> dict[int, Any]:
    """Of each way that comes near obstacles, by its number: these with their stand-off, less a hair."""
    if not area.obstacles:
        return {}
    reach = math.hypot(geometry.coil_ahead_mm + geometry.track_length_mm, geometry.swath_mm + geometry.outer_mm)
    lines = [shapely.LineString(_ends(way)) for way in ways]
    grown = shapely.transform(lines, lambda at: at / 1000)
    kept_clear = np.array([each.buffer(-0.001) for each in area.kept_clear], dtype=object)
    which, what = shapely.STRtree(kept_clear).query(grown, predicate="dwithin", distance=reach / 1000)
    found = {int(way): shapely.union_all(kept_clear[what[which == way]]) for way in np.unique(which)}
    for shape in found.values():
        shapely.prepare(shape)
    return found


def _in_shape(shape: shapely.Geometry, points: Floats) -> int:
    """Of how many steps a point is within the shape."""
    left, low, right, high = shape.bounds
    metres = points / 1000
    near = (metres[..., 0] > left) & (metres[..., 0] < right) & (metres[..., 1] > low) & (metres[..., 1] < high)
    inside = np.zeros(near.shape, dtype=bool)
    inside[near] = shapely.contains_xy(shape, metres[near])
    return int(inside.any(axis=1).sum())
