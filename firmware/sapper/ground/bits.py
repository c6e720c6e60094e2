"""The map's bits, word by word: set, looked at, made new; and its blocks' numbers. What the map has of viper code.

Every function has the map's shape, whose first numbers say where its window lies (cells.py).
"""

import micropython
from micropython import const

# As in cells.py: why not, and what a look asks.
_NOT_SEARCHED = const(1)
_KEPT_OFF = const(2)
_BEYOND = const(3)
_OFF_MAP = const(4)
_SEARCHED = const(1)
_FREE = const(2)

# The window and the base line, as the viper functions have them: first column and row; columns and rows less one, each
# a power of two less one; log2 of a row's words; what is safe by definition: rows from the first to before the last,
# columns before one; log2 of a row's blocks.
_LEFT = const(0)
_LOW = const(1)
_COLUMNS = const(2)
_ROWS = const(3)
_WORD_BITS = const(4)
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
_AREA_AGAIN = const(10)

# Of a job and of spans (rectangle.py).
_COL = const(10)
_ROW = const(11)
_NEED = const(12)
_BAD_COL = const(13)
_BAD_ROW = const(14)
_SPANS = const(0)
_FIRST_ROW = const(1)
_FIRST_COL = const(2)
_LAST_COL = const(3)
_HEAD = const(4)


@micropython.viper
def fill(spans: ptr32, bits: ptr16, shape: ptr32, job: ptr32, clear: int):
    """Set (or clear) the bits of all cells of the spans that are in the window."""
    left = shape[_LEFT]
    right = left + shape[_COLUMNS]
    row = job[_ROW] + spans[_FIRST_ROW]
    end = _HEAD + 2 * spans[_SPANS]
    get = _HEAD
    while get < end:
        low = job[_COL] + spans[get]
        high = job[_COL] + spans[get + 1]
        get += 2
        if low < left:
            low = left
        if high > right:
            high = right
        if row < shape[_LOW] or row > shape[_LOW] + shape[_ROWS]:
            high = low - 1
        base = (row & shape[_ROWS]) << shape[_WORD_BITS]
        while low <= high:
            bit = low & 15
            take = 16 - bit
            if take > high - low + 1:
                take = high - low + 1
            mask = ((1 << take) - 1) << bit
            word = base + ((low & shape[_COLUMNS]) >> 4)
            if clear:
                bits[word] = bits[word] & (65535 - mask)
            else:
                bits[word] = bits[word] | mask
            low += take
        row += 1


@micropython.viper
def look(spans: ptr32, searched: ptr16, kept: ptr16, shape: ptr32, job: ptr32) -> int:
    """0 when each cell of the spans is what job[NEED] asks (SEARCHED, FREE, both), or the first reason why not, with
    the cell in job[BAD_COL], job[BAD_ROW]."""
    need = job[_NEED]
    row = job[_ROW] + spans[_FIRST_ROW]
    end = _HEAD + 2 * spans[_SPANS]
    col = job[_COL] + spans[_FIRST_COL]
    if col >= shape[_LEFT]:
        col = job[_COL] + spans[_LAST_COL]
    job[_BAD_COL] = col
    job[_BAD_ROW] = row
    if col < shape[_LEFT] or col > shape[_LEFT] + shape[_COLUMNS] or row < shape[_LOW]:
        return _OFF_MAP
    job[_BAD_ROW] = row + spans[_SPANS] - 1
    if job[_BAD_ROW] > shape[_LOW] + shape[_ROWS]:
        return _OFF_MAP
    get = _HEAD
    while get < end:
        low = job[_COL] + spans[get]
        high = job[_COL] + spans[get + 1]
        get += 2
        base = (row & shape[_ROWS]) << shape[_WORD_BITS]
        while low <= high:
            bit = low & 15
            take = 16 - bit
            if take > high - low + 1:
                take = high - low + 1
            mask = ((1 << take) - 1) << bit
            word = base + ((low & shape[_COLUMNS]) >> 4)
            reason = _KEPT_OFF
            bad = 0
            if need & _FREE:
                bad = kept[word] & mask
            if need & _SEARCHED and bad == 0:
                if low < shape[_BASE_BEFORE]:
                    if take > shape[_BASE_BEFORE] - low:
                        take = shape[_BASE_BEFORE] - low
                        mask = ((1 << take) - 1) << bit
                    if row < shape[_BASE_FROM] or row >= shape[_BASE_TO]:
                        bad = mask
                        reason = _BEYOND
                else:
                    bad = mask - (searched[word] & mask)
                    reason = _NOT_SEARCHED
            if bad:
                while (bad >> bit) & 1 == 0:
                    bit += 1
                    low += 1
                job[_BAD_COL] = low
                job[_BAD_ROW] = row
                return reason
            low += take
        row += 1
    return 0


@micropython.viper
def wipe(searched: ptr16, kept: ptr16, shape: ptr32, area: ptr32) -> int:
    """Make new ground of a part of what comes in; returns whether something kept off before the base line was
    forgotten, now or before."""
    forgot = area[_FORGOT]
    row = area[_AREA_ROW]
    rows = area[_AREA_ROWS]
    while rows:
        base = (row & shape[_ROWS]) << shape[_WORD_BITS]
        col = area[_AREA_COL]
        words = area[_AREA_WORDS]
        while words:
            word = base + ((col & shape[_COLUMNS]) >> 4)
            if kept[word]:
                if col + area[_AREA_WAS] < 0 and area[_AREA_AGAIN] == 0:
                    forgot = 1
                kept[word] = 0
            searched[word] = 0
            if forgot and col < 0:
                kept[word] = 65535
            col += 16
            words -= 1
        row += 1
        rows -= 1
    return forgot


@micropython.viper
def lower_trust(blocks: ptr16, shape: ptr32, job: ptr32, spans: ptr32, stale: int):
    """The blocks of the spans' box, as far as they are in the window, take a number that is above theirs."""
    row = job[_ROW] + spans[_FIRST_ROW]
    last_row = (row + spans[_SPANS] - 1) >> 5
    row = row >> 5
    last_col = (job[_COL] + spans[_LAST_COL]) >> 5
    while row <= last_row:
        col = (job[_COL] + spans[_FIRST_COL]) >> 5
        while col <= last_col:
            inside = col >= shape[_LEFT] >> 5 and col <= (shape[_LEFT] + shape[_COLUMNS]) >> 5
            if inside and row >= shape[_LOW] >> 5 and row <= (shape[_LOW] + shape[_ROWS]) >> 5:
                block = ((row & (shape[_ROWS] >> 5)) << shape[_BLOCKS_BITS]) + (col & (shape[_COLUMNS] >> 5))
                if blocks[block] < stale:
                    blocks[block] = stale
            col += 1
        row += 1


@micropython.viper
def worst(blocks: ptr16, shape: ptr32, first_col: int, last_col: int, row: int, last_row: int) -> int:
    """The least trust of what was marked from one column and row to others: the highest of their blocks' numbers."""
    most = 0
    if row < shape[_LOW]:
        row = shape[_LOW]
    row = row >> 5
    if last_row > shape[_LOW] + shape[_ROWS]:
        last_row = shape[_LOW] + shape[_ROWS]
    last_row = last_row >> 5
    if first_col < shape[_LEFT]:
        first_col = shape[_LEFT]
    first_col = first_col >> 5
    if last_col > shape[_LEFT] + shape[_COLUMNS]:
        last_col = shape[_LEFT] + shape[_COLUMNS]
    last_col = last_col >> 5
    while row <= last_row:
        col = first_col
        while col <= last_col:
            number = blocks[((row & (shape[_ROWS] >> 5)) << shape[_BLOCKS_BITS]) + (col & (shape[_COLUMNS] >> 5))]
            if number > most:
                most = number
            col += 1
        row += 1
    return most
