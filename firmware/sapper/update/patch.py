"""One sector of an update from what was sent for it. Pure.

What is sent is a row of pieces, which follow each other in the sector, after a byte that says how they are packed: 0
not at all, 1 raw deflate (RFC 1951, window of 4 kB).
  0, LENGTH (2 bytes), the bytes themselves
  1, OFFSET (3 bytes), LENGTH (2 bytes): so many bytes from there in the application that runs
Numbers are little-endian. What no piece covers is 0xff, as in blank flash.
"""

import io

import deflate

SECTOR_BYTES = 4096
WINDOW_BITS = 12
DATA = 0
COPY = 1
PLAIN = 0
DEFLATED = 1
# More headers than data would be no use.
PIECES_BYTES_MAX = 2 * SECTOR_BYTES


class PatchError(Exception):
    """What was sent is no sector; args: why."""


def build(sent, running, sector, room):
    """Fill `sector` (bytearray of SECTOR_BYTES) from `sent` (memoryview). running: buffer to copy from, or None.
    room: bytearray of PIECES_BYTES_MAX for the work.

    Raises PatchError, with `sector` in any state, when `sent` is not such a row.
    """
    if not len(sent) or sent[0] > DEFLATED:
        raise PatchError("neither plain nor deflated")
    pieces = sent[1:]
    end = len(pieces)
    if sent[0] == DEFLATED:
        try:
            end = deflate.DeflateIO(io.BytesIO(pieces), deflate.RAW, WINDOW_BITS).readinto(room)
        except (OSError, EOFError, ValueError):
            raise PatchError("not deflate") from None
        pieces = room
    at = 0
    filled = 0
    while at < end:
        kind = pieces[at]
        head = 3 if kind == DATA else 6
        if kind > COPY or at + head > end:
            raise PatchError("no piece at %d" % at)
        length = pieces[at + head - 2] | pieces[at + head - 1] << 8
        if filled + length > SECTOR_BYTES:
            raise PatchError("more than a sector")
        if kind == DATA:
            start = at + head
            source = pieces
            at += length
            if at + head > end:
                raise PatchError("a piece without its end")
        else:
            start = pieces[at + 1] | pieces[at + 2] << 8 | pieces[at + 3] << 16
            source = running
        if source is None or start + length > len(source):
            raise PatchError("a piece from outside")
        sector[filled : filled + length] = memoryview(source)[start : start + length]
        filled += length
        at += head
    sector[filled:] = b"\xff" * (SECTOR_BYTES - filled)
