"""What combs stand on: ground that is searched by then, and room beside what is in the way."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right, insort
from dataclasses import dataclass

import numpy as np
import shapely

from sapper_host.field.geometry import Geometry
from sapper_host.field.lanes import Lanes, Piece, Span


@dataclass(frozen=True)
class Band:
    """Searched ground: along x, across y. high_most: how far it could be searched if its lane went on."""

    low: int
    high: int
    high_most: int
    right: int
    left: int
    host: int
    piece: int
    rank: int


@dataclass(frozen=True)
class Stand:
    """What ground stands on: lanes, longest chain of combs, and how far pieces have to be longer."""

    lanes: frozenset[int]
    rank: int
    ends: dict[int, int]


class Grounds:
    """Searched ground so far, by the middle of its lane or piece."""

    def __init__(self, lanes: Lanes, geometry: Geometry) -> None:
        self._lanes, self._g = lanes, geometry
        self._bands: dict[int, list[Band]] = {}
        self._ys: list[int] = []  # from right to left
        self._near_mm: dict[tuple[int, int], int | None] = {}
        self._room: dict[tuple[int, int, int], bool] = {}

    def near_edge(self, y_mm: int, out: int) -> int | None:
        """What the lane beside a piece marks up to, on the side that a comb comes from."""
        if (y_mm, out) not in self._near_mm:
            beside = [out * y for y in self._lanes.y_mm if out * (y_mm - y) > 0]
            self._near_mm[y_mm, out] = out * max(beside) + out * self._g.marked_mm if beside else None
        return self._near_mm[y_mm, out]

    def joined(self, piece: Piece, span: Span, host: int, rank: int) -> None:
        """Ground of a piece that is searched: joined with what touches it."""
        marked = self._g.marked_mm
        low, high = span
        here = self._bands.get(piece.y_mm, [])
        for band in [b for b in here if b.piece == piece.number and b.low <= high and low <= b.high]:
            if band.host == host:
                low, high, rank = min(low, band.low), max(high, band.high), max(rank, band.rank)
                here.remove(band)
        made = Band(low, high, high, piece.y_mm - marked, piece.y_mm + marked, host, piece.number, rank)
        self.add(piece.y_mm, made)

    def add(self, y_mm: int, band: Band) -> None:
        """Searched from a lane, or of a piece, with this middle."""
        if y_mm not in self._bands:
            insort(self._ys, y_mm)
        self._bands.setdefault(y_mm, []).append(band)

    def stand(self, along: Span, across: tuple[int, ...]) -> Stand | None:
        """What a rectangle of ground stands on, None where not all of it is searched."""
        right, left = across
        low, high = along
        found = [
            band
            for y_mm in self._ys[
                bisect_left(self._ys, right - self._g.marked_mm) : bisect_right(self._ys, left + self._g.marked_mm)
            ]
            for band in self._bands[y_mm]
            if band.low <= low and high <= band.high_most and band.right < left and right < band.left
        ]
        lanes: set[int] = set()
        ends: dict[int, int] = {}
        rank = 0
        for band in sorted(found, key=lambda b: b.right):
            if band.right > right:
                return None
            if band.left <= right:
                continue
            right = band.left
            lanes.add(band.host)
            rank = max(rank, band.rank)
            if along[1] > band.high:
                ends[band.piece] = along[1]
            if right >= left:
                return Stand(frozenset(lanes), rank, ends)
        return None

    def turns(self, x_mm: int, y_mm: int, out: int) -> bool:
        """Whether the coil and the tracks have room for a quarter turn from along x."""
        if (x_mm, y_mm, out) in self._room:
            return self._room[x_mm, y_mm, out]
        g = self._g
        aside = math.atan2(g.half_mm, g.coil_ahead_mm)
        angles = out * np.linspace(-aside, math.pi / 2 + aside, 16)
        reach = g.swing_mm / math.cos(float(abs(angles[1] - angles[0])) / 2)
        arc = np.stack([x_mm + reach * np.cos(angles), y_mm + reach * np.sin(angles)], axis=1)
        wedge = shapely.Polygon([(x_mm, y_mm), *arc])
        turn = shapely.Point(x_mm, y_mm).buffer(g.turn_mm)
        self._room[x_mm, y_mm, out] = not (self._lanes.meets(wedge) or self._lanes.meets(turn))
        return self._room[x_mm, y_mm, out]

    def free(self, x_mm: int, from_mm: int, to_mm: int) -> int | None:
        """How far the coil's line can go along y, at x_mm."""
        g, out = self._g, 1 if to_mm > from_mm else -1
        strip = shapely.box(x_mm - g.half_mm + 0.01, min(from_mm, to_mm), x_mm + g.half_mm - 0.01, max(from_mm, to_mm))
        for shape in self._lanes.meeting(strip):
            _, low, _, high = shapely.intersection(shape, strip).bounds
            to_mm = min(to_mm, math.floor(low)) if out > 0 else max(to_mm, math.ceil(high))
        return to_mm if out * (to_mm - from_mm) > 0 else None
