"""The cells of a grid that a rectangle at any heading touches, or holds whole: row by row, the first and the last.

The rectangle is given in a frame of its own, ahead (a) and to the left (b) of a pose: a0 <= a <= a1, b0 <= b <= b1. A
cell is touched unless one of the four sides, or of the cell's own, has them apart (two convex figures are apart only
by a line along a side of one: the separating axis theorem), and held whole when its farthest corner is within each
side. Both are the same test: with the sides moved inwards by the cell's extent square to them, cell (|cos| + |sin|).
Everything is whole numbers, mm and 2**14, so nothing is rounded but cosine and sine themselves (direction.py).
"""

from array import array

import micropython
from micropython import const
from sapper.shared.zeros import zeros

ROWS_MOST = const(96)

# A job. What `spans` is given: the pose's place within its cell (mm), cosine and sine, the rectangle (mm), a cell (mm),
# and 1 for cells that are held whole. For whoever looks at them: the pose's cell, what is asked of the cells, the one
# that it fails on.
X, Y, COS, SIN, A0, A1, B0, B1, CELL, WHOLE, COL, ROW, NEED, BAD_COL, BAD_ROW = range(15)
_X = const(0)
_Y = const(1)
_COS = const(2)
_SIN = const(3)
_A0 = const(4)
_A1 = const(5)
_B0 = const(6)
_B1 = const(7)
_CELL = const(8)
_WHOLE = const(9)
# What it gives: rows, the first of them, the box's first and last column, all from the pose's cell on; then each row's
# first and last column (first > last: none).
ROWS, FIRST_ROW, FIRST_COL, LAST_COL, HEAD = range(5)
_ROWS = const(0)
_FIRST_ROW = const(1)
_FIRST_COL = const(2)
_LAST_COL = const(3)
_HEAD = const(4)


def new_job(cell_mm):
    """The room for a job."""
    job = array("i", [0] * 15)
    job[CELL] = cell_mm
    return job


@micropython.native
def place(job, x_mm, y_mm):
    """The job's pose is here."""
    cell = job[CELL]
    col = x_mm // cell
    row = y_mm // cell
    job[COL] = col
    job[ROW] = row
    job[X] = x_mm - col * cell
    job[Y] = y_mm - row * cell


def new_spans():
    """The room for what it gives."""
    return zeros("i", HEAD + 2 * ROWS_MOST)


@micropython.viper
def spans(job: ptr32, out: ptr32) -> int:
    """Fill `out`; returns how many rows there are, or -1, with out[ROWS] = 0, when they are more than ROWS_MOST.

    |a|, |b| < 8 m and cells below 0.5 m: no sum leaves 30 bits. Along each side the column goes one way as the rows go
    up, so a pointer a side, moved on a cell at a time, finds all of them in rows + columns steps, without a division.
    """
    cos = job[_COS]
    sin = job[_SIN]
    a0 = job[_A0]
    a1 = job[_A1]
    b0 = job[_B0]
    b1 = job[_B1]
    cell = job[_CELL]
    # Seen from a quarter of a turn to the right, ahead is left: until 0 < cos, 0 <= sin.
    while cos <= 0 or sin < 0:
        was = cos
        cos = sin
        sin = 0 - was
        was0 = a0
        was1 = a1
        a0 = 0 - b1
        a1 = 0 - b0
        b0 = was0
        b1 = was1
    out[_ROWS] = 0
    if a1 < a0 or b1 < b0:
        out[_FIRST_ROW] = 0
        out[_FIRST_COL] = 0
        out[_LAST_COL] = 0
        return 0
    # The box: lowest and highest mm of the four corners, and the cells these are in.
    at = job[_X] + ((cos * a0 - sin * b1) >> 14)
    first_col = 0
    while at < 0:
        at += cell
        first_col -= 1
    while at >= cell:
        at -= cell
        first_col += 1
    x = 0 - at + ((cos * a0 - sin * b1) >> 14)
    at = job[_X] + ((cos * a1 - sin * b0) >> 14)
    last_col = 0
    while at < 0:
        at += cell
        last_col -= 1
    while at >= cell:
        at -= cell
        last_col += 1
    at = job[_Y] + ((sin * a0 + cos * b0) >> 14)
    first_row = 0
    while at < 0:
        at += cell
        first_row -= 1
    while at >= cell:
        at -= cell
        first_row += 1
    y = 0 - at + ((sin * a0 + cos * b0) >> 14)
    at = job[_Y] + ((sin * a1 + cos * b1) >> 14)
    last_row = 0
    while at < 0:
        at += cell
        last_row -= 1
    while at >= cell:
        at -= cell
        last_row += 1
    rows = last_row - first_row + 1
    out[_FIRST_ROW] = first_row
    out[_FIRST_COL] = first_col
    out[_LAST_COL] = last_col
    if rows > ROWS_MOST:
        return -1
    out[_ROWS] = rows
    count = last_col - first_col + 1
    # x, y: the first cell's lower corner, from the pose. Each side's value at the cell its pointer is on.
    step_c = cos * cell
    step_s = sin * cell
    inwards = 0
    if job[_WHOLE]:
        inwards = step_c + step_s
    high1 = count - 1
    ahead = cos * (x + high1 * cell) + sin * y - (a1 << 14) + inwards  # its nearest corner beyond a1
    low2 = count
    behind = cos * (x + count * cell) + sin * (y + cell) - (a0 << 14) - inwards  # its farthest one before a0
    low3 = 0
    left = cos * y - sin * (x + cell) - (b1 << 14) + inwards
    high4 = -1
    right = cos * (y + cell) - sin * x - (b0 << 14) - inwards
    put = _HEAD
    end = _HEAD + 2 * rows
    while put < end:
        while high1 >= 0 and ahead > 0:
            high1 -= 1
            ahead -= step_c
        while low2 > 0 and behind >= 0:
            low2 -= 1
            behind -= step_c
        while low3 < count and left > 0:
            low3 += 1
            left -= step_s
        while high4 < count - 1 and right >= 0:
            high4 += 1
            right -= step_s
        low = low2
        if low3 > low:
            low = low3
        high = high1
        if high4 < high:
            high = high4
        out[put] = first_col + low
        out[put + 1] = first_col + high
        put += 2
        ahead += step_s
        behind += step_s
        left += step_c
        right += step_c
    return rows
