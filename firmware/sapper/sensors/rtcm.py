"""Corrections on their way to the GNSS receiver: whole RTCM 3 frames, queued, none by halves.

A frame (RTCM 10403, transport layer): 0xD3, six bits 0, ten bits of length, so many bytes, CRC-24Q over all before it.
What began like one and is none is looked through again from its second byte on, at most so much a call: whoever sends
rubbish costs no tick more. Until what began like one has its length, up to 1,029 bytes, what follows waits.
"""

from array import array

import micropython
from micropython import const

FRAME_MAX_BYTES = 1029
QUEUE_BYTES = 2048  # a power of two; a second of corrections of four systems is 0.5 to 1.2 kB
_HELD_BYTES = 1536
_STEPS = const(600)  # bytes looked at a call: 13 times the CRC-32 of a telemetry frame

_AT = const(0)
_END = const(1)
_SPOILT = const(7)
_LEFT = const(8)
_TAIL = const(10)

_POLYNOMIAL = 0x864CFB


def _nibble_table():
    """CRC-24Q (polynomial 0x864CFB, from 0, not reflected) of each of four bits."""
    table = array("i", [0] * 16)
    for i in range(16):
        value = i << 20
        for _ in range(4):
            value = (value << 1) ^ (_POLYNOMIAL if value & 0x800000 else 0)
        table[i] = value & 0xFFFFFF
    return table


@micropython.viper
def scan(source: ptr8, held: ptr8, state: ptr32, table: ptr32) -> int:
    """Go on through source[state[0]:state[1]] to the next frame whose CRC is right: its bytes, or 0 when there is none
    or state[8] bytes were looked at (it counts down). It is then held[state[9]:][:length]."""
    at = state[0]
    end = state[1]
    first = state[2]  # held[first:length]: what a frame may be in
    length = state[3]
    done = state[4]  # so many bytes from `first` on have been looked at
    crc = state[5]
    total = state[6]
    steps = state[8]
    found = 0
    while found == 0 and steps > 0:
        if first + done == length:
            if at == end:
                break
            if done == 0:
                first = 0
                length = 0
                while at < end and source[at] != 0xD3:
                    at += 1
                if at == end:
                    break
            elif length == 1536:
                i = 0
                while i < done:
                    held[i] = held[first + i]
                    i += 1
                first = 0
                length = done
            held[length] = source[at]
            length += 1
            at += 1
        byte = held[first + done]
        steps -= 1
        if done == 0:
            crc = 0
            total = 3
        elif done == 1:
            total = byte << 8
        elif done == 2:
            total = (total | byte) + 6
        if (done == 0 and byte != 0xD3) or (done == 1 and byte > 3):
            first += 1
            done = 0
        else:
            crc = ((crc << 4) & 0xFFFFFF) ^ table[(crc >> 20) ^ (byte >> 4)]
            crc = ((crc << 4) & 0xFFFFFF) ^ table[(crc >> 20) ^ (byte & 15)]
            done += 1
            if done > 3 and done == total:
                if crc == 0:
                    found = total
                else:
                    state[7] = state[7] + 1
                    first += 1
                done = 0
    if found:
        state[9] = first
        first += found
    state[0] = at
    state[2] = first
    state[3] = length
    state[4] = done
    state[5] = crc
    state[6] = total
    state[8] = steps
    return found


@micropython.viper
def copy_in(held: ptr8, count: int, queue: ptr8, state: ptr32):
    """held[state[9]:][:count] behind what is in the queue."""
    first = state[9]
    to = state[10]
    i = 0
    while i < count:
        queue[(to + i) & 0x7FF] = held[first + i]
        i += 1


@micropython.viper
def copy_out(queue: ptr8, head: int, count: int, target: ptr8):
    """The queue's first `count` bytes, from index head on."""
    i = 0
    while i < count:
        target[i] = queue[(head + i) & 0x7FF]
        i += 1


class Corrections:
    """`take` bytes as the operator's link brings them, `give` as many as the receiver's line has room for.

    frames: queued. dropped: those that found no room; a queue that is full stays as it is. spoilt: wrong CRCs.
    waiting: bytes in the queue.
    """

    def __init__(self):
        self.frames = 0
        self.dropped = 0
        self.waiting = 0
        self._head = 0
        self._queue = bytearray(QUEUE_BYTES)
        self._held = bytearray(_HELD_BYTES)
        self._state = array("i", [0] * 11)
        self._table = _nibble_table()

    @property
    def spoilt(self):
        """Frames with a wrong CRC."""
        return self._state[_SPOILT]

    @micropython.native
    def take(self, source, at, end):
        """Consume source[at:end], queueing whole frames; returns the next index. Where it is below `end`, the work of
        one call was done: call again in the next tick."""
        state = self._state
        state[_AT] = at
        state[_END] = end
        state[_LEFT] = _STEPS
        while True:
            count = scan(source, self._held, state, self._table)
            if state[_SPOILT] > 0x1FFFFFFF:
                state[_SPOILT] = 0  # or it would not be a small integer in the end
            if not count:
                return state[_AT]
            if self.waiting + count > QUEUE_BYTES:
                self.dropped = (self.dropped + 1) & 0x1FFFFFFF
                continue
            state[_TAIL] = self._head + self.waiting
            copy_in(self._held, count, self._queue, state)
            self.waiting += count
            self.frames = (self.frames + 1) & 0x1FFFFFFF

    @micropython.native
    def give(self, target, room):
        """Move up to `room` bytes from the queue to target; how many."""
        count = self.waiting if self.waiting < room else room
        copy_out(self._queue, self._head, count, target)
        self._head = (self._head + count) & (QUEUE_BYTES - 1)
        self.waiting -= count
        return count

    def forget(self):
        """Drop what waits, and what has come of a frame: the link was lost, and corrections do not keep."""
        self.waiting = 0
        state = self._state
        state[2] = state[3] = state[4] = 0
