"""The map as run lengths: for telemetry, and back, from a host or another board.

A frame stands for itself: it says which cells it is of, in a window as wide as its sender's, row by row from low to
high, in each from the left column (the least x) on. Little-endian, without padding:
  version u8, cell_mm u16, columns u16, left i32 (column), row i32, column i32, sigma_mm u16, bytes u8, then so many of
runs, then the CRC-32 of all before it. row, column: the first cell. sigma_mm: what is owed, by one sigma, for the
frame's worst cell (trust.py), if whoever takes it is not at the sender's present place.
A run: state (bit 0 searched, bit 1 kept off) in bits 7, 6; length less one in bits 4 to 0, and, where bit 5 is set, in
the next byte with 32's worth. CELLS_MOST in all at most.
"""

import struct
from array import array

import micropython
from micropython import const
from sapper.crypto.crc import put_crc32
from sapper.ground.bits import worst
from sapper.ground.trust import NEVER, SIGMA_MOST_MM, ZERO

VERSION = const(1)
HEAD = "<BHHiiiHB"
HEAD_BYTES = const(20)
CRC_BYTES = const(4)
FRAME_LEAST_BYTES = const(HEAD_BYTES + CRC_BYTES + 4)
FRAME_MOST_BYTES = const(HEAD_BYTES + CRC_BYTES + 255)
CELLS_MOST = const(8192)


class RunsError(ValueError):
    """A frame that is none, or not of this map; the text says why. Nothing was taken of it."""


@micropython.viper
def _encode(searched: ptr16, kept: ptr16, shape: ptr32, place: ptr32, out: ptr8, first: int, end: int) -> int:
    """Runs into out[first:end] from the cell place = [column, row] on, until there is no room, no more rows, or 256
    words or single cells were gone through; the cell after them into place. Returns where the runs end."""
    put = first
    steps = 256
    col = place[0]
    row = place[1]
    run = 0
    state = 0
    busy = 1
    while busy:
        word = ((row & shape[3]) << shape[4]) + ((col & shape[2]) >> 4)
        bit = col & 15
        s = searched[word] >> bit
        k = kept[word] >> bit
        seen = (s & 1) + ((k & 1) << 1)
        count = 1
        if bit == 0 and (s == 0 or s == 65535) and (k == 0 or k == 65535):
            count = 16
        if run != 0 and (seen != state or run + count > 8192):
            out[put] = (state << 6) + ((run - 1) & 31)
            put += 1
            if run > 32:
                out[put - 1] = out[put - 1] + 32
                out[put] = (run - 1) >> 5
                put += 1
            run = 0
        if run == 0 and put + 2 > end:
            busy = 0
        else:
            state = seen
            run += count
            col += count
            if col > shape[0] + shape[2]:
                col = shape[0]
                row += 1
                if row > shape[1] + shape[3]:
                    busy = 0
            steps -= 1
            if steps == 0:
                busy = 0
    if run:
        out[put] = (state << 6) + ((run - 1) & 31)
        put += 1
        if run > 32:
            out[put - 1] = out[put - 1] + 32
            out[put] = (run - 1) >> 5
            put += 1
    place[0] = col
    place[1] = row
    return put


class Teller:
    """Tells the map frame by frame, round and round. rounds: how often it came to the end."""

    def __init__(self, cells, trust):
        self._cells = cells
        self._trust = trust
        self._place = array("i", [0, 0])
        self.rounds = 0
        self.again()

    def again(self):
        """Begin with the first cell."""
        self._place[0] = self._cells.shape[0]
        self._place[1] = self._cells.shape[1]

    def frame_into(self, buffer, room):
        """The next frame into buffer, of `room` bytes at most (FRAME_LEAST_BYTES or more); returns its length. When the
        map has followed the rover away from the next cell it goes on at the row's beginning, or the map's."""
        if room < FRAME_LEAST_BYTES:
            raise ValueError("a frame takes %d bytes at least, not %d" % (FRAME_LEAST_BYTES, room))
        cells = self._cells
        shape = cells.shape
        place = self._place
        if not shape[1] <= place[1] <= shape[1] + shape[3]:
            self.again()
        elif not shape[0] <= place[0] <= shape[0] + shape[2]:
            place[0] = shape[0]
        col = place[0]
        row = place[1]
        end = min(room - CRC_BYTES, HEAD_BYTES + 255)
        end = _encode(cells.searched, cells.kept, shape, place, buffer, HEAD_BYTES, end)
        if place[1] > shape[1] + shape[3]:
            self.rounds += 1
        stale = worst(cells.blocks, shape, shape[0], shape[0] + shape[2], row, place[1])
        owed = stale - ZERO
        if stale == NEVER:
            owed = 0
        elif owed < 0:
            owed = self._trust.sigma_mm
            if owed < 0:
                owed = SIGMA_MOST_MM
        struct.pack_into(
            HEAD, buffer, 0, VERSION, cells.cell_mm, shape[2] + 1, shape[0], row, col, owed, end - HEAD_BYTES
        )
        put_crc32(buffer, end)
        return end + CRC_BYTES


def _check(cells, frame):
    """The frame's head; RunsError when it is not whole, or of another grid."""
    length = len(frame)
    if not HEAD_BYTES + CRC_BYTES < length <= FRAME_MOST_BYTES:
        raise RunsError("%d bytes are no frame" % length)
    copy = bytearray(frame)
    put_crc32(copy, length - CRC_BYTES)
    if copy != bytearray(frame):
        raise RunsError("the check sum is wrong")
    head = struct.unpack_from(HEAD, frame, 0)
    version, cell_mm, columns, left, _, col, sigma_mm, count = head
    if version != VERSION:
        raise RunsError("version %d, and this takes %d" % (version, VERSION))
    if cell_mm != cells.cell_mm:
        raise RunsError("cells of %d mm, and this map's are of %d" % (cell_mm, cells.cell_mm))
    if count != length - HEAD_BYTES - CRC_BYTES:
        raise RunsError("%d bytes of runs are told, and %d there" % (count, length - HEAD_BYTES - CRC_BYTES))
    if not left <= col < left + columns or sigma_mm > SIGMA_MOST_MM:
        raise RunsError("column %d of %d from %d on, sigma %d mm: out of bounds" % (col, columns, left, sigma_mm))
    return head


def runs_of(frame):
    """(state, length) of each run of a frame whose head was checked; RunsError when they do not add up."""
    at = HEAD_BYTES
    end = len(frame) - CRC_BYTES
    runs = []
    cells = 0
    while at < end:
        byte = frame[at]
        length = (byte & 31) + 1
        at += 1
        if byte & 32:
            if at == end:
                raise RunsError("the last run is cut")
            length += frame[at] << 5
            at += 1
        cells += length
        runs.append((byte >> 6, length))
    if cells > CELLS_MOST:
        raise RunsError("%d cells, and a frame has %d at most" % (cells, CELLS_MOST))
    return runs


def take(cells, frame):
    """Give known ground back to a map: what a frame (bytes) says is added to what it knows, as far as its window goes.
    RunsError, and nothing taken, for anything that is no frame of such cells. Not for a tick."""
    _, _, columns, left, row, col, sigma_mm, _ = _check(cells, frame)
    for state, length in runs_of(frame):
        while length:
            part = min(length, left + columns - col)
            if state:
                cells.give(row, col, col + part - 1, state, ZERO + sigma_mm)
            length -= part
            col += part
            if col == left + columns:
                col = left
                row += 1
