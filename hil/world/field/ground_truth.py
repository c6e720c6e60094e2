"""What really became of the ground: which of it the coil searched, and whether a track touched any that it had not.

Cells of 20 mm, marked when the line that the head searches, at the coil's true place, has passed over all of a cell,
which is looked at in nodes every 5 mm: no more is told than was searched. A cell that a track touches before is told.
Nothing here comes from what a board says.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from hil.world.field.field_spec import FieldFile

Array = NDArray[np.float64]

CELL_M = 0.02
# Nodes for each edge of a cell.
_PARTS = 4
_NODE_M = CELL_M / _PARTS
_MARGIN_M = 2.0
_MOVED_M = 0.005
_TURNED_RAD = 0.005
# Poses that are looked at together.
_TOGETHER = 6
_EDGE_M = 0.01
# A track's visits to ground not searched that lie no further apart are one.
_VISIT_NS = 300_000_000

Pose = tuple[int, float, float, float]


@dataclass
class Trespass:
    """A track touched ground that was neither searched before nor safe: from t0_ns to t1_ns, first at (x, y). side: 0
    left, 1 right. cells: how many such cells it came onto."""

    t0_ns: int
    t1_ns: int
    side: int
    x_m: float
    y_m: float
    cells: int


class GroundTruth:
    """Feed it poses. searched_ms: (nx, ny), 0 for ground not searched, else 1 + the world's ms at which it was.
    safe, inside: (nx, ny), cells wholly on safe ground, wholly inside the area. touched: unsearched cells that a track
    touched. nearest_m: of each target, how near a track came while it was not found."""

    def __init__(self, file: FieldFile) -> None:
        spec, rover = file.field, file.rover
        self._ahead_m, self._half_m = rover.coil_ahead_m, spec.swath_m / 2
        self.area = shapely.Polygon(spec.corners_m)
        low_x, low_y, high_x, high_y = self.area.bounds
        safe = (-spec.safe_depth_m, -spec.base_length_m - spec.safe_side_m, 0.0, spec.safe_side_m)
        low = np.minimum([low_x, low_y], safe[:2]) - _MARGIN_M
        high = np.maximum([high_x, high_y], safe[2:]) + _MARGIN_M
        first = np.floor(low / CELL_M).astype(int)
        nx, ny = (np.ceil(high / CELL_M).astype(int) - first).tolist()
        self.x0_m, self.y0_m = float(first[0] * CELL_M), float(first[1] * CELL_M)
        self.searched_ms = np.zeros((nx, ny), dtype=np.int32)
        self.touched = np.zeros((nx, ny), dtype=bool)
        self._nodes = np.zeros((nx * _PARTS + 1, ny * _PARTS + 1), dtype=bool)
        self.safe = np.zeros((nx, ny), dtype=bool)
        i0, j0 = (math.ceil((a - b) / CELL_M - 1e-6) for a, b in zip(safe[:2], (self.x0_m, self.y0_m), strict=True))
        i1, j1 = (math.floor((a - b) / CELL_M + 1e-6) for a, b in zip(safe[2:], (self.x0_m, self.y0_m), strict=True))
        self.safe[i0:i1, j0:j1] = True
        self.clear = self.safe.copy()  # searched or safe
        self._inside: NDArray[np.bool_] | None = None
        self.trespasses: list[Trespass] = []
        self._open: list[Trespass | None] = [None, None]
        self.targets = [(target.x_m, target.y_m) for target in file.targets]
        self.found = [False] * len(self.targets)
        self.nearest_m = [math.inf] * len(self.targets)
        self._where = np.array(self.targets, dtype=float).reshape(-1, 2)
        half_length, breadth, half_width = rover.track_length_m / 2, rover.track_breadth_m, rover.track_width_m / 2
        self._track = (half_length, half_width, breadth / 2)
        edge = _edge(half_length, breadth / 2)
        # (2, points, 2): each track's edge. What is within came over its edge.
        self._edges = np.stack([edge + (0.0, half_width), edge - (0.0, half_width)])
        self._poses: list[Pose] = []
        self._searching = False
        self._stands_at: Pose | None = None

    def take(self, poses: Sequence[Pose], searching: bool) -> None:
        """The rover was at these poses (t_ns, x, y, heading), one after another. searching: the coil's way from the
        last one before to each of them counts as searched."""
        if searching != self._searching:
            self.flush()
            self._searching = searching
        for pose in poses:
            last = self._poses[-1] if self._poses else self._stands_at
            if (
                last is None
                or abs(pose[1] - last[1]) + abs(pose[2] - last[2]) > _MOVED_M
                or abs(pose[3] - last[3]) > _TURNED_RAD
            ):
                self._poses.append(pose)
                if len(self._poses) >= _TOGETHER:
                    self.flush()

    def find(self, number: int) -> None:
        """That target counts as found from now on."""
        self.flush()
        self.found[number] = True

    def flush(self) -> None:
        """Look at all that was taken: asked for before anything is read."""
        if not self._poses:
            return
        poses, before = self._poses, self._stands_at
        self._poses, self._stands_at = [], poses[-1]
        # The tracks first: what is searched now is no ground that they stand on.
        self._look(poses)
        if self._searching and before is not None:
            self._mark([before, *poses])

    def _look(self, poses: list[Pose]) -> None:
        at = np.array(poses, dtype=float)
        cos, sin = np.cos(at[:, 3]), np.sin(at[:, 3])
        ahead, left = self._edges[..., 0], self._edges[..., 1]
        x = at[:, 1, None, None] + cos[:, None, None] * ahead - sin[:, None, None] * left
        y = at[:, 2, None, None] + sin[:, None, None] * ahead + cos[:, None, None] * left
        i = ((x - self.x0_m) * (1 / CELL_M)).astype(np.intp)
        j = ((y - self.y0_m) * (1 / CELL_M)).astype(np.intp)
        nx, ny = self.clear.shape
        beyond = (i < 0) | (j < 0) | (i >= nx) | (j >= ny)
        if beyond.any():
            i, j = np.clip(i, 0, nx - 1), np.clip(j, 0, ny - 1)
        bad = ~self.clear[i, j] | beyond
        if bad.any():
            self._trespass(poses, x, y, i, j, bad)
        if len(self._where):
            self._near(at, cos, sin)

    def _trespass(self, poses: list[Pose], x: Array, y: Array, i: Array, j: Array, bad: NDArray[np.bool_]) -> None:
        for k, (t_ns, *_) in enumerate(poses):
            for side in (0, 1):
                hit = bad[k, side]
                if not hit.any():
                    continue
                first = int(hit.argmax())
                at_i, at_j = i[k, side][hit], j[k, side][hit]
                fresh = ~self.touched[at_i, at_j]
                cells = len(set(zip(at_i[fresh].tolist(), at_j[fresh].tolist(), strict=True)))
                self.touched[at_i, at_j] = True
                now = self._open[side]
                if now is None or t_ns - now.t1_ns > _VISIT_NS and cells:
                    now = Trespass(t_ns, t_ns, side, float(x[k, side, first]), float(y[k, side, first]), 0)
                    self._open[side] = now
                    self.trespasses.append(now)
                now.t1_ns = t_ns
                now.cells += cells

    def _near(self, at: Array, cos: Array, sin: Array) -> None:
        dx, dy = self._where[:, 0] - at[:, 1, None], self._where[:, 1] - at[:, 2, None]
        ahead = np.abs(dx * cos[:, None] + dy * sin[:, None])
        left = np.abs(dy * cos[:, None] - dx * sin[:, None])
        half_length, half_width, half_breadth = self._track
        off_ahead = np.maximum(ahead - half_length, 0)
        off_left = np.maximum(np.abs(left - half_width) - half_breadth, 0)
        square = (off_ahead * off_ahead + off_left * off_left).min(axis=0).tolist()
        for number, each in enumerate(square):
            if not self.found[number] and each < self.nearest_m[number] ** 2:
                self.nearest_m[number] = math.sqrt(each)

    def _mark(self, poses: list[Pose]) -> None:
        """What the head's line passed over from the first of these to the last."""
        at = np.array(poses, dtype=float)
        cos, sin = np.cos(at[:, 3]), np.sin(at[:, 3])
        x, y = at[:, 1] + self._ahead_m * cos, at[:, 2] + self._ahead_m * sin
        reach_x, reach_y = np.abs(sin) * self._half_m, np.abs(cos) * self._half_m
        nx, ny = self.searched_ms.shape
        i0 = max(int(((x - reach_x).min() - self.x0_m) / CELL_M) - 1, 0)
        i1 = min(int(((x + reach_x).max() - self.x0_m) / CELL_M) + 2, nx)
        j0 = max(int(((y - reach_y).min() - self.y0_m) / CELL_M) - 1, 0)
        j1 = min(int(((y + reach_y).max() - self.y0_m) / CELL_M) + 2, ny)
        if i0 >= i1 or j0 >= j1:
            return
        self._pass(x, y, cos, sin, (i0 * _PARTS, i1 * _PARTS + 1), (j0 * _PARTS, j1 * _PARTS + 1))
        nodes = self._nodes[i0 * _PARTS : i1 * _PARTS + 1, j0 * _PARTS : j1 * _PARTS + 1]
        whole = nodes[0:-1:_PARTS]
        for part in range(1, _PARTS + 1):
            whole = whole & nodes[part : part + nodes.shape[0] - 1 : _PARTS][: len(whole)]
        cells = whole[:, 0:-1:_PARTS]
        for part in range(1, _PARTS + 1):
            cells = cells & whole[:, part : part + whole.shape[1] - 1 : _PARTS][:, : cells.shape[1]]
        kept = self.searched_ms[i0:i1, j0:j1]
        kept[cells & (kept == 0)] = 1 + poses[-1][0] // 1_000_000
        self.clear[i0:i1, j0:j1] |= cells

    def _pass(self, x: Array, y: Array, cos: Array, sin: Array, i: tuple[int, int], j: tuple[int, int]) -> None:
        """Mark the nodes that lie between one of the head's lines (middle, heading) and the next. i, j: all that may.

        Along the axis that the lines go along more there is a node in each step; across it, just those near them."""
        nodes, x0, y0 = self._nodes, self.x0_m, self.y0_m
        if abs(cos[0]) < abs(sin[0]):
            # The same, x and y changed over: the line that looked along (cos, sin) then looks along (sin, cos).
            x, y, cos, sin, i, j, nodes, x0, y0 = y, x, sin, cos, j, i, nodes.T, y0, x0
        rows = np.arange(*j)
        node_y = y0 + rows * _NODE_M - y[:, None]
        on_line = x[:, None] - node_y * (sin / cos)[:, None]
        first = ((on_line.min(axis=0) - x0) * (1 / _NODE_M)).astype(np.intp)
        many = int((on_line.max(axis=0) - on_line.min(axis=0)).max() / _NODE_M) + 2
        columns = np.minimum(np.maximum(first + np.arange(many)[:, None], i[0]), i[1] - 1)
        dx = x0 + columns * _NODE_M - x[:, None, None]
        dy = node_y[:, None, :]
        cos, sin = cos[:, None, None], sin[:, None, None]
        along = dx * cos + dy * sin
        within = np.abs(dy * cos - dx * sin) <= self._half_m + 1e-9
        passed = (along[:-1] * along[1:] <= 0) & within[:-1] & within[1:]
        nodes[columns, rows] |= passed.any(axis=0)

    @property
    def inside(self) -> NDArray[np.bool_]:
        """Cells wholly inside the area."""
        if self._inside is None:
            nx, ny = self.searched_ms.shape
            x = self.x0_m + np.arange(nx + 1) * CELL_M
            y = self.y0_m + np.arange(ny + 1) * CELL_M
            # A hair wider, so that a cell at a straight edge is not outside by a float's rounding.
            area = self.area.buffer(1e-6)
            shapely.prepare(area)
            corner = shapely.contains_xy(area, x[:, None], y[None, :])
            self._inside = corner[:-1, :-1] & corner[1:, :-1] & corner[:-1, 1:] & corner[1:, 1:]
        return self._inside

    @property
    def searched_share(self) -> float:
        """Of the area's cells."""
        self.flush()
        return float((self.searched_ms[self.inside] > 0).mean())

    def searched_at(self, x_m: float, y_m: float) -> bool:
        """Whether the cell there was searched."""
        self.flush()
        i, j = int((x_m - self.x0_m) // CELL_M), int((y_m - self.y0_m) // CELL_M)
        nx, ny = self.searched_ms.shape
        return 0 <= i < nx and 0 <= j < ny and bool(self.searched_ms[i, j])


def _edge(half_length: float, half_breadth: float) -> Array:
    """Points along a rectangle's edge, no more than _EDGE_M apart, a hair within."""
    long, broad = half_length - 1e-6, half_breadth - 1e-6
    x = np.linspace(-long, long, math.ceil(2 * long / _EDGE_M) + 1)
    y = np.linspace(-broad, broad, math.ceil(2 * broad / _EDGE_M) + 1)
    sides = [np.stack([x, np.full_like(x, side)], axis=1) for side in (-broad, broad)]
    ends = [np.stack([np.full_like(y, end), y], axis=1) for end in (-long, long)]
    return np.concatenate(sides + ends)
