"""Every frame as the detector got it, and the encoders' counts: a row a tick, gathered into RAW frames (wire.py).

For a laptop on the cable that records what a detector missed. Nothing is done, nor allocated, while nobody asks.
"""

from array import array
from struct import calcsize

import micropython
from micropython import const
from sapper.shared.limits import TIME_WRAP_MS
from sapper.shared.wire import FRAME_MAX_BYTES, NO_FRAME, RAW, RAW_HEAD, RAW_ROW, RAW_ROWS

_ROWS = RAW_ROWS
_HEAD_BYTES = calcsize("<BB" + "".join(field[1] for field in RAW_HEAD))
_ROW_BYTES = calcsize("<" + "".join(field[1] for field in RAW_ROW))
_FIRST_AT = const(4)  # a frame ends then in a tick in which DETECT and STATUS, at their usual rates, do not leave
_WAITS = const(-1)
_TIME_MASK = TIME_WRAP_MS - 1


@micropython.viper
def put_row(target: ptr8, at: int, frame: ptr32, rest: ptr32):
    """Write a row to target[at..at + 10]: rest[0] (ms), frame[0..2], rest[1] and rest[2] (counts). Little-endian."""
    target[at] = rest[0] & 255
    at += 1
    i = 0
    while i < 5:
        value = frame[i] if i < 3 else rest[i - 2]
        target[at] = value & 255
        target[at + 1] = (value >> 8) & 255
        at += 2
        i += 1


@micropython.viper
def put_head(target: ptr8, head: ptr32):
    """Write the type, the sequence and the fields of RAW_HEAD to target[0..11]. Little-endian."""
    target[0] = head[0] & 255
    target[1] = head[1] & 255
    value = head[2]
    target[2] = value & 255
    target[3] = (value >> 8) & 255
    target[4] = (value >> 16) & 255
    target[5] = (value >> 24) & 255
    i = 3
    while i < 6:
        value = head[i]
        target[2 * i] = value & 255
        target[2 * i + 1] = (value >> 8) & 255
        i += 1


class RawFrames:
    """`begin`, then `step` once a tick. writer: the FrameWriter that seals."""

    def __init__(self, app, writer):
        self._app = app
        self._writer = writer
        self._packed = bytearray(FRAME_MAX_BYTES)
        self._head = array("i", [RAW] + [0] * 5)
        self._rest = array("i", [0] * 3)
        self._none = array("i", [NO_FRAME] * 3)
        self._last_ms = 0
        self.begin()

    def begin(self):
        """A few ticks from now on, with frame number 0."""
        self._row = _WAITS
        self._head[3] = 0

    @micropython.native
    def step(self, count):
        """This tick's row; count: of ticks. The frame (memoryview) when it is the last of one, else None."""
        app = self._app
        now_ms = app.t_ms
        row = self._row
        if row <= 0:
            if row < 0 and count % _ROWS != _FIRST_AT:
                self._last_ms = now_ms
                return None
            row = 0
            self._head[2] = now_ms
        rest = self._rest
        elapsed_ms = (now_ms - self._last_ms) & _TIME_MASK
        self._last_ms = now_ms
        rest[0] = elapsed_ms if elapsed_ms < 255 else 255
        board = app.board
        encoders = board.encoders
        signs = app.drive.signs
        rest[1] = encoders[0].count * signs[0]
        rest[2] = encoders[1].count * signs[1]
        watch = app.watch
        frame = self._none if watch.frame_age else board.acquisition.frame
        put_row(self._packed, _HEAD_BYTES + row * _ROW_BYTES, frame, rest)
        row += 1
        if row < _ROWS:
            self._row = row
            return None
        self._row = 0
        head = self._head
        head[1] = head[3]  # counted apart: a link that is told none of these has lost none
        head[4] = watch.vsys_mv
        head[5] = watch.temp_dc
        put_head(self._packed, head)
        head[3] = (head[3] + 1) & 0xFFFF
        return self._writer.seal(RAW, self._packed)
