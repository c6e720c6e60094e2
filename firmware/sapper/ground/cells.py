"""The map of the ground: two bits a cell, 'searched and found clear' and 'kept off', on a torus round the rover.

In the `field` frame: x into the area, across the base line, which is x = 0; y to the left. Cell (column, row) is the
square from (column, row) x cell_mm on. Of the plane the map holds a window; its column c lies at c modulo the number
of columns, so nothing is moved when the window follows the rover: the line of blocks that comes in takes the place of
the one that goes out. What goes out is forgotten, and what comes in is not searched.

The ground before the base line (x < 0, between its ends) is safe by definition, and no cells are asked for that, but
for those kept off. These, too, are forgotten with their line; so from the first one before the base line that is, what
comes in there comes in as kept off, until somebody who knows frees it.

A block, 32 x 32 cells, has one number for how far what was marked in it can be relied on (trust.py).
"""

from array import array

import micropython
from micropython import const
from sapper.ground import rectangle
from sapper.ground.bits import fill, lower_trust, wipe
from sapper.ground.root import root_up
from sapper.ground.trust import NEVER
from sapper.shared.zeros import zeros

CELL_MM = const(50)
RADIUS_MOST_MM = const(2000)
_BLOCK_BITS = const(5)
_BLOCK = const(32)

NONE, NOT_SEARCHED, KEPT_OFF, BEYOND_BASE_LINE, OFF_MAP, PLACE_UNKNOWN = range(6)
REASONS = ("", "not searched", "kept off", "beyond the base line's end", "off the map", "place unknown")
# What a look asks of a cell.
SEARCHED = const(1)
FREE = const(2)

# The window and the base line, as the viper functions have them: first column and row; columns and rows less one, each
# a power of two less one; log2 of a row's words; what is safe by definition: rows from the first to before the last,
# columns before one; log2 of a row's blocks.
_LEFT = const(0)
_LOW = const(1)
_COLUMNS = const(2)
_ROWS = const(3)
_BASE_FROM = const(5)
_BASE_TO = const(6)
_BLOCKS_BITS = const(7)
_BASE_BEFORE = const(8)

# The line of blocks that comes in: its first column, words a row, first row and rows of the part that is made new, how
# many columns further on lies what goes out; whether something kept off was forgotten before the base line; its first
# row; which part comes next, of _PARTS; by how much the window moves; whether the line is gone through once more.
_AREA_COL = const(0)
_AREA_WORDS = const(1)
_AREA_ROW = const(2)
_AREA_ROWS = const(3)
_AREA_WAS = const(4)
_FORGOT = const(5)
_LINE_ROW = const(6)
_PART = const(7)
_MOVE_COLS = const(8)
_MOVE_ROWS = const(9)
_AREA_AGAIN = const(10)
_PARTS = const(4)


@micropython.viper
def _clear(words: ptr16, count: int):
    i = 0
    while i < count:
        words[i] = 0
        i += 1


class Cells:
    """The map. columns_bits, rows_bits: log2 of its columns and rows, 7 at least. Memory: 2 bits a cell, 2 bytes a
    block: 32 KB and 256 bytes for 512 x 256. `begin` before anything else. lanes: the window begins just behind the
    rover and follows it along x only near its ends, so that a lane is known to its beginning for as long as it can be;
    else the rover is in its middle."""

    def __init__(self, cell_mm=CELL_MM, columns_bits=9, rows_bits=8, lanes=False):
        words = 1 << columns_bits + rows_bits - 4
        self.cell_mm = cell_mm
        blocks = 1 << columns_bits - _BLOCK_BITS
        # The block of the window that the rover may be in, along x.
        self._block_least = 1 if lanes else blocks // 2 - 1
        self._block_most = blocks - 2 if lanes else blocks // 2
        self.searched = zeros("H", words)
        self.kept = zeros("H", words)
        self.blocks = zeros("H", 1 << columns_bits + rows_bits - 2 * _BLOCK_BITS)
        self.shape = array(
            "i",
            (
                0,
                0,
                (1 << columns_bits) - 1,
                (1 << rows_bits) - 1,
                columns_bits - 4,
                0,
                0,
                columns_bits - _BLOCK_BITS,
                0,
            ),
        )
        self._spans = rectangle.new_spans()
        self._job = rectangle.new_job(cell_mm)
        self._area = array("i", [0] * 11)
        self.base_line(0, 0)
        self.begin(0, 0)

    def base_line(self, right_mm, left_mm):
        """The base line is x = 0 from y = right_mm to y = left_mm; only rows wholly between are safe before it."""
        self._right_mm = right_mm
        self._left_mm = left_mm
        self._inwards_mm = -1
        self.narrow(0)

    @micropython.native
    def narrow(self, inwards_mm):
        """From now on only what is so far within the edges of the ground before the base line is safe; < 0: as 0."""
        if inwards_mm < 0:
            inwards_mm = 0
        if inwards_mm == self._inwards_mm:
            return
        self._inwards_mm = inwards_mm
        cell = self.cell_mm
        shape = self.shape
        shape[_BASE_FROM] = -(-(self._right_mm + inwards_mm) // cell)
        shape[_BASE_TO] = (self._left_mm - inwards_mm) // cell
        shape[_BASE_BEFORE] = -inwards_mm // cell

    def begin(self, x_mm, y_mm):
        """Forget everything, and lie round this place. Not for a tick: milliseconds."""
        shape = self.shape
        blocks_y = (shape[_ROWS] + 1) // _BLOCK
        first = min(self._block_least + 1, self._block_most)
        shape[_LEFT] = (x_mm // self.cell_mm // _BLOCK - first) * _BLOCK
        shape[_LOW] = (y_mm // self.cell_mm // _BLOCK - blocks_y // 2) * _BLOCK
        self._area[_FORGOT] = 0
        self._area[_PART] = _PARTS
        _clear(self.kept, len(self.kept))  # none of them is mourned
        _clear(self.searched, len(self.searched))
        for i in range(len(self.blocks)):
            self.blocks[i] = NEVER

    @micropython.native
    def follow(self, x_mm, y_mm):
        """Once a tick: keep the rover near the window's middle; returns whether it is. A quarter of a line of blocks a
        call, so that no tick takes long, and a block of play either way, lest a rover that goes to and fro forgets what
        lies on both sides. A line that goes out is metres away: for a place that jumps so far, `begin` anew."""
        area = self._area
        if area[_PART] == _PARTS:
            if not self._choose(x_mm, y_mm):
                return True
            area[_PART] = 0
            area[_AREA_AGAIN] = 0
        area[_AREA_ROW] = area[_LINE_ROW] + area[_PART] * area[_AREA_ROWS]
        area[_PART] += 1
        forgot = wipe(self.searched, self.kept, self.shape, area)
        if forgot and not area[_FORGOT]:
            # The parts that came in before have to come in as kept off, too.
            area[_FORGOT] = 1
            area[_AREA_AGAIN] = 1
            area[_PART] = 0
        elif area[_PART] == _PARTS:
            self._shift()
        return False

    def settle(self):
        """Bring in at once what is under way. What is written into the line that goes out, once a part of it was wiped,
        would be taken for ground of the one that comes in. Not for a tick."""
        while self._area[_PART] != _PARTS:
            self.follow(0, 0)

    @micropython.native
    def _choose(self, x_mm, y_mm):
        """Which line of blocks comes in, into `_area`; returns whether one has to."""
        shape = self.shape
        area = self._area
        columns = shape[_COLUMNS] + 1
        rows = shape[_ROWS] + 1
        block = (x_mm // self.cell_mm - shape[_LEFT]) // _BLOCK
        if block > self._block_most or block < self._block_least:
            ahead = block > self._block_most
            area[_AREA_COL] = shape[_LEFT] + columns if ahead else shape[_LEFT] - _BLOCK
            area[_AREA_WORDS] = _BLOCK // 16
            area[_LINE_ROW] = shape[_LOW]
            area[_AREA_ROWS] = rows // _PARTS
            area[_AREA_WAS] = -columns if ahead else columns
            area[_MOVE_COLS] = _BLOCK if ahead else -_BLOCK
            area[_MOVE_ROWS] = 0
            return True
        off = (y_mm // self.cell_mm - shape[_LOW]) // _BLOCK - rows // (2 * _BLOCK)
        if off > 0 or off < -1:
            ahead = off > 0
            area[_AREA_COL] = shape[_LEFT]
            area[_AREA_WORDS] = columns // 16
            area[_LINE_ROW] = shape[_LOW] + rows if ahead else shape[_LOW] - _BLOCK
            area[_AREA_ROWS] = _BLOCK // _PARTS
            area[_AREA_WAS] = 0
            area[_MOVE_COLS] = 0
            area[_MOVE_ROWS] = _BLOCK if ahead else -_BLOCK
            return True
        return False

    @micropython.native
    def _shift(self):
        """The line that was made new is in the window, and the one that it lies on is not."""
        shape = self.shape
        area = self._area
        blocks = self.blocks
        bits = shape[_BLOCKS_BITS]
        row = area[_LINE_ROW] >> _BLOCK_BITS
        last_row = area[_LINE_ROW] + _PARTS * area[_AREA_ROWS] >> _BLOCK_BITS
        last_col = area[_AREA_COL] + 16 * area[_AREA_WORDS] >> _BLOCK_BITS
        while row < last_row:
            base = (row & shape[_ROWS] >> _BLOCK_BITS) << bits
            col = area[_AREA_COL] >> _BLOCK_BITS
            while col < last_col:
                blocks[base + (col & shape[_COLUMNS] >> _BLOCK_BITS)] = NEVER
                col += 1
            row += 1
        shape[_LEFT] += area[_MOVE_COLS]
        shape[_LOW] += area[_MOVE_ROWS]

    @micropython.native
    def mark(self, job, stale):
        """Cells that a rectangle holds whole are searched and clear; stale: their trust (trust.py). `settle` before one
        that may reach metres away from the rover."""
        job[rectangle.WHOLE] = 1
        spans = self._spans
        if rectangle.spans(job, spans) > 0:
            # Trust first: were the tick to end in between, the ground would be worth less, not more.
            lower_trust(self.blocks, self.shape, job, spans, stale)
            fill(spans, self.searched, self.shape, job, 0)

    def keep_off(self, x_mm, y_mm, radius_mm):
        """Every cell that a disc touches is kept off, as far as the window holds it. radius_mm: to RADIUS_MOST_MM."""
        self._disc(x_mm, y_mm, radius_mm, 0)

    def free(self, x_mm, y_mm, radius_mm):
        """No cell that a disc touches is kept off any more. Whatever else reaches into the disc has to be kept off
        again before the next look: stand_off.py does so."""
        self._disc(x_mm, y_mm, radius_mm, 1)

    def _disc(self, x_mm, y_mm, radius_mm, clear):
        if not 0 <= radius_mm <= RADIUS_MOST_MM:
            raise ValueError("radius_mm = %d is outside 0..%d" % (radius_mm, RADIUS_MOST_MM))
        self.settle()
        cell = self.cell_mm
        spans = self._spans
        first = (y_mm - radius_mm) // cell
        last = (y_mm + radius_mm) // cell
        if last - first >= rectangle.ROWS_MOST:
            raise ValueError("radius_mm = %d takes more rows than %d" % (radius_mm, rectangle.ROWS_MOST))
        put = rectangle.HEAD
        for row in range(first, last + 1):
            aside = max(0, row * cell - y_mm, y_mm - (row + 1) * cell)
            half = root_up(radius_mm * radius_mm - aside * aside)
            spans[put] = (x_mm - half) // cell
            spans[put + 1] = (x_mm + half) // cell
            put += 2
        spans[rectangle.ROWS] = last - first + 1
        spans[rectangle.FIRST_ROW] = first
        fill(spans, self.kept, self.shape, self._job, clear)

    def keep_off_rectangle(self, job):
        """Every cell that a rectangle touches is kept off. ValueError when it has more rows than ROWS_MOST."""
        self.settle()
        job[rectangle.WHOLE] = 0
        if rectangle.spans(job, self._spans) < 0:
            raise ValueError("the rectangle has more than %d rows of cells" % rectangle.ROWS_MOST)
        fill(self._spans, self.kept, self.shape, job, 0)

    def give(self, row, first_col, last_col, state, stale):
        """What is known of a row's cells, given back; what the map has already stays. state: bit 0 searched, bit 1 kept
        off; stale: their trust."""
        self.settle()
        spans = self._spans
        spans[rectangle.ROWS] = 1
        spans[rectangle.FIRST_ROW] = row
        spans[rectangle.FIRST_COL] = spans[rectangle.HEAD] = first_col
        spans[rectangle.LAST_COL] = spans[rectangle.HEAD + 1] = last_col
        if state & 2:
            fill(spans, self.kept, self.shape, self._job, 0)
        if state & 1:
            lower_trust(self.blocks, self.shape, self._job, spans, stale)
            fill(spans, self.searched, self.shape, self._job, 0)
