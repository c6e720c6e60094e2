"""Lanes: strips one swath wide, square to the base line, and the pieces into which edges and obstacles cut them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from sapper_host.field.area import Area
from sapper_host.field.errors import FieldError
from sapper_host.field.geometry import Geometry

Span = tuple[int, int]
_FAR_MM = 10_000_000
# A shift rolls on by so much, at the most, and the place is off.
_SHIFT_OFF_MM = 40
# What is worth a way beside an obstacle: ground so wide that no lane passes over, for so long.
_SKIRT_GAP_MM = 160
_SKIRT_LEAST_MM = 100


@dataclass(frozen=True)
class Piece:
    """A stretch of a lane that the coil can go along, mm: from_mm..to_mm along x. lane: from 1, the leftmost.

    from_base: whether it begins at the base line, with safe ground before it. room: how far the coil could go there.
    skirts: whether it is no lane's, but lies close beside an obstacle that lanes end square before.
    """

    number: int
    lane: int
    y_mm: int
    from_mm: int
    to_mm: int
    from_base: bool
    room: Span
    skirts: bool = False


@dataclass(frozen=True)
class Lanes:
    """Middles of the lanes, pieces of them, and what is in the way, with its stand-off, in mm."""

    y_mm: tuple[int, ...]
    pieces: tuple[Piece, ...]
    blocks: tuple[BaseGeometry, ...]

    def meeting(self, shape: BaseGeometry) -> list[BaseGeometry]:
        """What is in the way of a shape (mm)."""
        return [self.blocks[i] for i in self._tree.query(shape, predicate="intersects")]

    def meets(self, shape: BaseGeometry) -> bool:
        """Whether anything is."""
        return bool(len(self._tree.query(shape, predicate="intersects")))

    @cached_property
    def _tree(self) -> shapely.STRtree:
        return shapely.STRtree(self.blocks)


def lanes_of(area: Area, geometry: Geometry, flush: bool = False) -> Lanes:
    """The area cut into lanes, spread evenly, with at least the overlap asked for. FieldError when it is too small.

    flush: with lanes more, which pass obstacles as close as may be.
    """
    middles = _middles(area, geometry)
    polygon = shapely.transform(shapely.Polygon(area.polygon.exterior), _mm)
    blocks = [shapely.transform(each, _mm) for each in area.kept_clear]
    if flush:
        middles = _with_flush(middles, geometry, [each for each in blocks if each.intersects(polygon)])
    pieces: list[Piece] = []
    strips = _Strips(geometry, polygon, blocks, middles)
    before = shapely.union_all(blocks).buffer(geometry.swing_mm)
    for lane, y in enumerate(middles, 1):
        root = before_base(area, geometry, y) and not before.intersects(shapely.Point(geometry.base_x_mm, y))
        approach = round(area.approach_m * 1000) if root else None
        for a, b in _lane_pieces(strips.wanted[y], strips.blocked[y], geometry.edge_mm + geometry.cell_mm, approach):
            room = _room((a, b), strips.blocked[y], round(area.beyond_m * 1000) + geometry.settle_mm)
            pieces.append(Piece(len(pieces), lane, y, a, b, root and a <= 0, room))
    if not pieces:
        raise FieldError(area.name, "no lane fits into it", "a smaller stand-off, or another base line")
    beside = _beside(geometry, polygon, blocks, middles)
    more = _Strips(geometry, polygon, blocks, [y for y, _ in beside])
    for y, (a, b) in beside:
        for area_span in more.wanted[y]:
            for room in without(area_span, more.blocked[y]):
                piece = (max(a, room[0]), min(b, room[1]))
                if piece[1] - piece[0] >= _SKIRT_LEAST_MM:
                    lane = min(range(len(middles)), key=lambda i: abs(middles[i] - y)) + 1
                    pieces.append(Piece(len(pieces), lane, y, *piece, False, room, skirts=True))
    return Lanes(tuple(middles), tuple(pieces), tuple(blocks))


def _room(piece: Span, stops: Sequence[Span], beyond_mm: int) -> Span:
    """How far the coil could go before and behind a piece, before it meets something."""
    around = without((max(0, piece[0] - beyond_mm), piece[1] + beyond_mm), stops)
    return next(((min(a, piece[0]), max(b, piece[1])) for a, b in around if a <= piece[0] and piece[1] <= b), piece)


def _mm(metres: np.ndarray) -> np.ndarray:
    return metres * 1000


class _Strips:
    """Of strips by their middles: where along x the area is, and where something is in the way."""

    def __init__(
        self, geometry: Geometry, polygon: BaseGeometry, blocks: Sequence[BaseGeometry], middles: Sequence[int]
    ) -> None:
        half = geometry.swath_mm / 2
        strips = [shapely.box(-_FAR_MM, y - half + 0.01, _FAR_MM, y + half - 0.01) for y in middles]
        parts = shapely.intersection(polygon, strips) if strips else []
        self.wanted = dict(zip(middles, (_spans(part) for part in parts), strict=True))
        self.blocked = dict(zip(middles, _cut(blocks, strips), strict=True))


def _beside(
    geometry: Geometry, polygon: BaseGeometry, blocks: Sequence[BaseGeometry], middles: Sequence[int]
) -> list[tuple[int, Span]]:
    """Middles of strips that touch obstacles, where no lane passes them as close, and the obstacles' length along x."""
    half, found = geometry.swath_mm / 2, []
    for block in blocks:
        if not block.intersects(polygon):
            continue
        left, low, right, high = block.bounds
        for y, lane in (
            (math.ceil(high + half), min((m for m in middles if m - half >= high), default=None)),
            (math.floor(low - half), max((m for m in middles if m + half <= low), default=None)),
        ):
            if lane is None or abs(lane - y) >= _SKIRT_GAP_MM:
                found.append((y, (math.floor(left), math.ceil(right))))
    return sorted(found, reverse=True)


def _middles(area: Area, geometry: Geometry) -> list[int]:
    """The lanes' middles from left to right: multiples of the board's cells."""
    _, low, _, high = (value * 1000 for value in area.polygon.bounds)
    swath, cell, pitch = geometry.swath_mm, geometry.cell_mm, geometry.pitch_mm
    wide = high - low
    if wide < swath / 2 or area.polygon.area * 1e6 < swath * swath / 2:
        raise FieldError(
            area.name,
            f"it is too small for a lane: {wide / 1000:.2f} m along the base line, {area.polygon.area:.2f} m2, and the "
            f"swath is {swath} mm",
            "search it by hand, or draw it larger",
        )
    # A rover some millimetres off its line loses the outermost cells of one side; nobody else has those at the edge.
    inwards = geometry.marked_mm - cell
    first = math.ceil((high - inwards) / cell) * cell
    last = math.floor((low + inwards) / cell) * cell
    if first <= last:
        return [round((low + high) / 2 / cell) * cell]
    count = math.ceil((first - last) / pitch)
    return [first - round(i * (first - last) / count / cell) * cell for i in range(count + 1)]


def _with_flush(middles: list[int], geometry: Geometry, blocks: Sequence[BaseGeometry]) -> list[int]:
    """Lanes that touch what is in the way, at either side, and as many between as it takes."""
    half, cell = geometry.swath_mm / 2, geometry.cell_mm
    flush = {math.ceil((each.bounds[3] + half) / cell) * cell for each in blocks}
    flush |= {math.floor((each.bounds[1] - half) / cell) * cell for each in blocks}
    flush = {y for y in flush if middles[-1] < y < middles[0]}
    out: list[int] = []
    for y in sorted({middles[0], middles[-1], *flush}, reverse=True):
        if out:
            before, count = out[-1], math.ceil((out[-1] - y) / geometry.pitch_mm)
            out += [before - round(i * (before - y) / count / cell) * cell for i in range(1, count)]
        out.append(y)
    return out


def before_base(area: Area, geometry: Geometry, y_mm: int) -> bool:
    """Whether a rover that turns before this lane does so on safe ground, where a shift has brought it."""
    side = area.safe_side_m * 1000 - geometry.turn_mm - _SHIFT_OFF_MM
    return -area.base_length_m * 1000 - side <= y_mm <= side


def _cut(shapes: Sequence[BaseGeometry], across: Sequence[BaseGeometry]) -> list[list[Span]]:
    """Of each of `across`, where along x the shapes meet it."""
    found: list[list[Span]] = [[] for _ in across]
    if shapes and across:
        which, what = shapely.STRtree(shapes).query(across, predicate="intersects")
        met = shapely.intersection(np.array(across, dtype=object)[which], np.array(shapes, dtype=object)[what])
        for at, shape in zip(which, met, strict=True):
            found[at] += _spans(shape)
    return [_joined(spans) for spans in found]


def _spans(shape: BaseGeometry) -> list[Span]:
    """Where the parts of a shape are along x, outwards to whole mm."""
    bounds = (part.bounds for part in shapely.get_parts(shape) if not part.is_empty)
    return _joined([(math.floor(left), math.ceil(right)) for left, _, right, _ in bounds])


def _joined(spans: Sequence[Span]) -> list[Span]:
    out: list[Span] = []
    for a, b in sorted(spans):
        if out and a <= out[-1][1]:
            out[-1] = (out[-1][0], max(out[-1][1], b))
        else:
            out.append((a, b))
    return out


def without(span: Span, stops: Sequence[Span]) -> list[Span]:
    """What is left of a span beside others, of some length."""
    left, out = span[0], []
    for a, b in stops:
        if b <= left:
            continue
        if a >= span[1]:
            break
        if a > left:
            out.append((left, a))
        left = max(left, b)
    if left < span[1]:
        out.append((left, span[1]))
    return out


def _lane_pieces(areas: Sequence[Span], stops: Sequence[Span], edge_mm: int, approach_mm: int | None) -> list[Span]:
    """Free stretches: beyond the area's edge by `edge_mm`, from the base line where that is within the approach."""
    wanted = [(max(0, a - edge_mm), b + edge_mm) for a, b in areas if b > 0]
    if wanted and approach_mm is not None and wanted[0][0] <= approach_mm:
        wanted[0] = (0, wanted[0][1])
    return [piece for span in _joined(wanted) for piece in without(span, stops)]
