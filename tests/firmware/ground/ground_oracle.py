"""What a track touches and what a coil sweeps, by points a millimetre apart and floats: not the firmware's way."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
CELL = 50


def rectangle(a0: float, a1: float, b0: float, b1: float, step: float = 1.0) -> Floats:
    """Points of a rectangle: its edges each millimetre, its inside each 30, so that none of its cells is missed."""
    a = np.append(np.arange(a0, a1, step), a1)
    b = np.append(np.arange(b0, b1, step), b1)
    inner_a, inner_b = np.meshgrid(np.append(np.arange(a0, a1, 30.0), a1), np.append(np.arange(b0, b1, 30.0), b1))
    return np.concatenate(
        [
            np.stack([a, np.full_like(a, b0)], 1),
            np.stack([a, np.full_like(a, b1)], 1),
            np.stack([np.full_like(b, a0), b], 1),
            np.stack([np.full_like(b, a1), b], 1),
            np.stack([inner_a.ravel(), inner_b.ravel()], 1),
        ]
    )


def tracks(values: dict[str, int], margin: float) -> Floats:
    """Points of both tracks and a margin round them, ahead and to the left of the rover's middle."""
    half = values["track_length_mm"] / 2 + margin
    inner = (values["track_width_mm"] - values["track_breadth_mm"]) / 2 - margin
    outer = (values["track_width_mm"] + values["track_breadth_mm"]) / 2 + margin
    return np.concatenate([rectangle(-half, half, inner, outer), rectangle(-half, half, -outer, -inner)])


def placed(points: Floats, x: Floats, y: Floats, heading: Floats) -> tuple[Floats, Floats]:
    """Points of the rover at poses (mm, rad): two arrays, pose by point."""
    cos, sin = np.cos(heading)[:, None], np.sin(heading)[:, None]
    a, b = points[:, 0][None, :], points[:, 1][None, :]
    return x[:, None] + cos * a - sin * b, y[:, None] + sin * a + cos * b


def poses(v: float, w: float, during_s: float, x: float, y: float, heading: float) -> tuple[Floats, Floats, Floats]:
    """Poses of an arc (mm/s, rad/s), so close that no point of a rover moves by more than a millimetre between them."""
    steps = int(np.ceil((abs(v) + 450.0 * abs(w)) * during_s)) + 1
    t = np.linspace(0.0, during_s, steps)
    turned = w * t
    if abs(w) > 1e-9:
        ahead, left = v / w * np.sin(turned), v / w * (1 - np.cos(turned))
    else:
        ahead, left = v * t, np.zeros_like(t)
    cos, sin = np.cos(heading), np.sin(heading)
    return x + cos * ahead - sin * left, y + sin * ahead + cos * left, heading + turned


def touched(points: Floats, x: Floats, y: Floats, heading: Floats) -> set[tuple[int, int]]:
    """(column, row) of each cell that these points come to lie in."""
    at_x, at_y = placed(points, x, y, heading)
    col = np.floor(at_x / CELL).astype(np.int64)
    row = np.floor(at_y / CELL).astype(np.int64)
    left, low = int(col.min()), int(row.min())
    grid = np.zeros((int(row.max()) - low + 1, int(col.max()) - left + 1), bool)
    grid[row - low, col - left] = True
    rows, cols = grid.nonzero()
    return {(int(c) + left, int(r) + low) for r, c in zip(rows, cols, strict=True)}


def swept(
    x: Floats, y: Floats, heading: Floats, half: float, q_x: Floats, q_y: Floats, tolerance: float = 0.0
) -> NDArray[np.bool_]:
    """Which points Q lay under a segment of 2 x half across the heading (rad), whose middle went along x, y: where the
    way ahead to Q changes its sign between two places, and Q is no farther aside than half."""
    cos, sin = np.cos(heading), np.sin(heading)
    under = np.zeros(len(q_x), bool)
    for first in range(0, len(q_x), 4000):
        d_x = q_x[first : first + 4000, None] - x[None, :]
        d_y = q_y[first : first + 4000, None] - y[None, :]
        ahead = cos * d_x + sin * d_y
        left = cos * d_y - sin * d_x
        crosses = (ahead[:, :-1] >= 0) != (ahead[:, 1:] >= 0)
        share = np.where(crosses, ahead[:, :-1] / np.where(crosses, ahead[:, :-1] - ahead[:, 1:], 1.0), 0.0)
        aside = np.abs(left[:, :-1] + share * (left[:, 1:] - left[:, :-1]))
        under[first : first + 4000] = np.any(crosses & (aside <= half + tolerance), axis=1)
    return under


def points_of(cells: list[tuple[int, int]], each: int = 10) -> tuple[Floats, Floats]:
    """Points of cells, corners and edges among them: cell by point, flat."""
    along = np.linspace(0.0, CELL, each)
    in_x, in_y = (grid.ravel() for grid in np.meshgrid(along, along))
    corner = np.array(cells, dtype=float).reshape(-1, 2) * CELL
    return (corner[:, :1] + in_x).ravel(), (corner[:, 1:] + in_y).ravel()
