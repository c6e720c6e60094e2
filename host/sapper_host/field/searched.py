"""The ground that the board told as searched: cells, each with what its place owes in uncertainty.

Nothing of a plan is in it. What a frame tells is added; a cell that was told better known before keeps that. Whoever
keeps it writes the rows that changed (`changed`), and gives them back later (`give_row`), whichever board told them.
"""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Iterator

import numpy as np
import shapely
from numpy.typing import NDArray

from sapper.ground import runs
from sapper_host.field.area import Area
from sapper_host.field.check import Known
from sapper_host.field.geometry import Geometry
from sapper_host.field.moves import Pose

# Around the area's box: lanes go on beyond it.
_AROUND_MM = 2000
# Before the base line ground is safe; so near to it a board asks its map, as the line is where its place says.
BEFORE_MM = 100
NONE = 65535
Rectangle = tuple[int, int, int, int, int]


class SearchedError(ValueError):
    """A frame that is none of this map's; the text says why. Nothing was taken of it."""


class Searched:
    """sigma_mm[column, row]: of what each cell owes; NONE where nothing was told. Cells from (left, low) on."""

    def __init__(self, area: Area, cell_mm: int) -> None:
        x0, y0, x1, y1 = (value * 1000 for value in area.polygon.bounds)
        self.cell_mm = cell_mm
        self.left, self.low = 0, math.floor((y0 - _AROUND_MM) / cell_mm)
        size = math.ceil((x1 + _AROUND_MM) / cell_mm), math.ceil((y1 + _AROUND_MM) / cell_mm) - self.low
        self.sigma_mm: NDArray[np.uint16] = np.full(size, NONE, dtype=np.uint16)
        self.changed: set[int] = set()
        # How often the board came to the map's beginning again.
        self.rounds = 0
        self._last = (0, 0)

    def take(self, frame: bytes) -> int:
        """Take a GROUND frame; how many cells are new, or known better. SearchedError when it is none."""
        try:
            columns, left, row, column, sigma_mm = self._head(frame)
            told = runs.runs_of(frame)
        except (runs.RunsError, struct.error) as error:
            raise SearchedError(str(error)) from None
        if (row, column) <= self._last:
            self.rounds += 1
        self._last = row, column
        new = 0
        for state, length in told:
            while length:
                part = min(length, left + columns - column)
                if state & 1 and not state & 2:
                    new += self.mark(column, column + part, row, row + 1, sigma_mm)
                length -= part
                column += part
                if column == left + columns:
                    column, row = left, row + 1
        return new

    def _head(self, frame: bytes) -> tuple[int, int, int, int, int]:
        """Columns, left column, row, column, sigma owed."""
        version, cell_mm, columns, left, row, column, sigma_mm, count = struct.unpack_from(runs.HEAD, frame)
        whole = len(frame) == runs.HEAD_BYTES + count + runs.CRC_BYTES
        if not whole or zlib.crc32(frame[: -runs.CRC_BYTES]) != int.from_bytes(frame[-runs.CRC_BYTES :], "little"):
            raise SearchedError("the frame is damaged")
        if version != runs.VERSION or cell_mm != self.cell_mm:
            raise SearchedError(f"version {version}, cells of {cell_mm} mm; this map's are of {self.cell_mm}")
        if not left <= column < left + columns:
            raise SearchedError(f"column {column} of {columns} from {left} on")
        return columns, left, row, column, sigma_mm

    def mark(self, from_column: int, to_column: int, from_row: int, to_row: int, sigma_mm: int) -> int:
        """These cells (the last ones not among them) are searched; how many of them were not known so well."""
        i0, i1 = max(0, from_column - self.left), min(self.sigma_mm.shape[0], to_column - self.left)
        j0, j1 = max(0, from_row - self.low), min(self.sigma_mm.shape[1], to_row - self.low)
        if i0 >= i1 or j0 >= j1:
            return 0
        there = self.sigma_mm[i0:i1, j0:j1]
        better = there > sigma_mm
        if new := int(better.sum()):
            there[better] = sigma_mm
            self.changed.update((np.flatnonzero(better.any(axis=0)) + j0).tolist())
        return new

    def row(self, number: int) -> bytes:
        """A row, to be kept."""
        return zlib.compress(self.sigma_mm[:, number].astype("<u2").tobytes(), 1)

    def give_row(self, number: int, kept: bytes) -> None:
        """A row that was kept. SearchedError when it is none of this map."""
        try:
            cells = np.frombuffer(zlib.decompress(kept), dtype="<u2")
            self.sigma_mm[:, number] = np.minimum(self.sigma_mm[:, number], cells)
        except (zlib.error, ValueError, IndexError) as error:
            raise SearchedError(f"row {number}: {error}") from None

    def claimed(self, geometry: Geometry) -> NDArray[np.bool_]:
        """Cells whose place is known to within the overlap of two lanes, each off by three sigmas."""
        return np.asarray(self.sigma_mm <= sigma_most_mm(geometry), dtype=np.bool_)

    def known(self, geometry: Geometry) -> Known:
        """What is claimed, for a walk over it."""
        return Known(self.left, self.low, self.cell_mm, self.claimed(geometry))

    def doubtful(self, geometry: Geometry) -> NDArray[np.bool_]:
        """Cells that were searched, and whose place is not known so well."""
        return (self.sigma_mm != NONE) & ~self.claimed(geometry)

    def along(self, first: Pose, last: Pose, geometry: Geometry) -> float:
        """Of a lane that searches from a place to another, how much is claimed, from its beginning on (mm)."""
        # Of the outermost cells a rover some millimetres off its line loses one side; the lane beside it has that.
        half, cell = geometry.marked_mm - self.cell_mm, self.cell_mm
        claimed: NDArray[np.bool_] = self.claimed(geometry)
        line: NDArray[np.bool_]
        if first.heading % 2 == 0:
            j0, j1 = (first.y_mm - half) // cell - self.low, (first.y_mm + half) // cell - self.low
            line = np.asarray(claimed[:, max(0, j0) : j1].all(axis=1))
            a, b, low = first.x_mm, last.x_mm, self.left
        else:
            i0, i1 = -(-(first.x_mm - half) // cell) - self.left, (first.x_mm + half) // cell - self.left
            line = np.asarray(claimed[max(0, i0) : i1, :].all(axis=0))
            a, b, low = first.y_mm, last.y_mm, self.low
        if a > b:
            line, a, b, low = line[::-1], -a, -b, -(low + len(line))
        at = -(-a // cell) - low
        if at < 0:  # ground before the base line is not searched, and need not be
            at = 0
        end = max(at, b // cell - low)
        missing = np.flatnonzero(~line[at:end])
        return float((at + int(missing[0]) + low) * cell - a) if len(missing) else float(b - a)

    def rectangles(
        self, most_sigma_mm: int, within: tuple[float, float, float, float] | None = None
    ) -> list[Rectangle]:
        """What is searched as few rectangles, x0, y0, x1, y1 mm and the sigma of the worst cell: for another board, or
        one that has forgotten. Cells that owe more are left out. within: of those that reach into this box (x0, y0, x1,
        y1 mm) alone."""
        left = self.sigma_mm <= most_sigma_mm
        if within is not None:
            x0, y0, x1, y1 = (v / self.cell_mm for v in within)
            inside = np.zeros_like(left)
            inside[
                max(0, math.floor(x0) - self.left) : max(0, math.ceil(x1) - self.left),
                max(0, math.floor(y0) - self.low) : max(0, math.ceil(y1) - self.low),
            ] = True
            left &= inside
        out: list[Rectangle] = []
        while left.any():
            i0, j0 = (int(v[0]) for v in np.nonzero(left))
            i1 = i0
            while i1 < left.shape[0] and left[i1, j0]:
                i1 += 1
            j1 = j0 + 1
            while j1 < left.shape[1] and left[i0:i1, j1].all():
                j1 += 1
            # Down as well: the first cell found is not a corner where the rectangle's side is longer.
            while j0 > 0 and left[i0:i1, j0 - 1].all():
                j0 -= 1
            left[i0:i1, j0:j1] = False
            owed = int(self.sigma_mm[i0:i1, j0:j1].max())
            cell, x, y = self.cell_mm, self.left, self.low
            out.append(((x + i0) * cell, (y + j0) * cell, (x + i1) * cell, (y + j1) * cell, owed))
        return sorted(out, key=lambda r: -(r[2] - r[0]) * (r[3] - r[1]))

    def shape(self, cells: NDArray[np.bool_]) -> shapely.Geometry:
        """Cells as polygons in field metres."""
        return shapely.union_all([shapely.box(*(v / 1000 for v in each)) for each in self._strips(cells)])

    def _strips(self, cells: NDArray[np.bool_]) -> Iterator[tuple[int, int, int, int]]:
        """Runs along x, those of neighbouring rows that are alike as one (mm)."""
        open_ones: dict[tuple[int, int], int] = {}
        cell = self.cell_mm
        rows = cells.shape[1]
        for j in range(rows + 1):
            line = cells[:, j] if j < rows else np.zeros(cells.shape[0], dtype=bool)
            edges = np.flatnonzero(np.diff(np.concatenate([[0], line.astype(np.int8), [0]])))
            here = {(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)}
            for span in [each for each in open_ones if each not in here]:
                begin = open_ones.pop(span)
                a, b = span
                yield ((self.left + a) * cell, (self.low + begin) * cell, (self.left + b) * cell, (self.low + j) * cell)
            for span in here:
                open_ones.setdefault(span, j)


def sigma_most_mm(geometry: Geometry) -> int:
    """The sigma up to which neighbouring lanes surely meet."""
    return int(geometry.overlap_mm / (3 * math.sqrt(2)))
