"""The radio's bytes -> the lines that are worth a look. Whatever anybody sends, a tick's bytes cost less than 2 ms.

All bytes go through one viper function. Lines that are too many, signed wrongly or out of order end there: nothing is
made of them on the heap, nor of those that often.py knows or unproved.py refuses. `stop`, and lines that carry the
key's MAC and a counter above the last, always come through; of all others a share, so that whoever asks (or signs
wrongly) is answered, too.
"""

from array import array

import micropython
from micropython import const
from sapper.link import unproved
from sapper.link.gate import BEFORE_TEXT, RIGHT, WRONG_MAC
from sapper.link.line import MAX_BYTES
from sapper.link.often import OTHER, PROVED, said

SHARE = 20  # lines at once
SHARE_EVERY_TICKS = 20  # and then one so often: 5 a second
_AT_SIGN = const(64)

# Where a tick's bytes stop: at their end, or at a line that is ...
NOTHING, PLAIN, STOP, SIGNED = range(4)

# Indices into the state; the first four are line_mac's `parts`.
_FIRST = const(0)
_END = const(1)
_DIGITS = const(2)
_NONCE_BYTES = const(3)
_AT = const(4)
_COUNT = const(5)
_LENGTH = const(6)
_BAD = const(7)
_AFTER_CR = const(8)
_BY_HAND = const(9)
_SHARE = const(10)
_COUNTER = const(11)
_LAST = const(12)
_MALFORMED = const(13)
_TOO_LONG = const(14)
_FLOODED = const(15)


@micropython.viper
def scan(source: ptr8, line: ptr8, state: ptr32) -> int:
    """Go on through source[state[4]:state[5]] to the next line that is not to be dropped; its kind, or NOTHING.

    The line is then line[state[0]:state[1]], with the digits of its counter in state[2] and the counter in state[11].
    """
    at = state[4]
    count = state[5]
    length = state[6]
    bad = state[7]
    kind = 0
    while at < count and kind == 0:
        byte = source[at]
        at += 1
        if byte != 10 and byte != 13:
            state[8] = 0
            if byte > 31 and byte < 127:
                if length < 160:
                    line[length] = byte
                    length += 1
                elif bad == 0:
                    bad = 2
            elif byte == 8 or byte == 127:
                if length > 0:
                    length -= 1
            elif bad == 0:
                bad = 1
        elif byte == 10 and state[8] != 0:
            state[8] = 0
        else:
            state[8] = 0
            if byte == 13:
                state[8] = 1
            state[9] = state[8]
            first = 0
            end = length
            length = 0
            if bad != 0:
                if bad == 1:
                    state[13] = state[13] + 1
                else:
                    state[14] = state[14] + 1
                bad = 0
            else:
                while first < end and line[first] == 32:
                    first += 1
                while end > first and line[end - 1] == 32:
                    end -= 1
                kind = 1
                if end - first == 4 and (
                    line[first] == 115 and line[first + 1] == 116 and line[first + 2] == 111 and line[first + 3] == 112
                ):
                    kind = 2
                elif end - first > 20 and line[first] == 64:
                    i = first + 1
                    counter = 0
                    while i < first + 10 and line[i] > 47 and line[i] < 58:
                        counter = counter * 10 + line[i] - 48
                        i += 1
                    digits = i - first - 1
                    if (
                        (digits > 0 and line[first + 1] != 48 and counter > state[12])
                        and i + 18 < end
                        and (line[i] == 32 and line[i + 17] == 32)
                    ):
                        kind = 3
                        state[2] = digits
                        state[11] = counter
                if kind == 1 and state[10] == 0:
                    state[15] = state[15] + 1
                    kind = 0
                state[0] = first
                state[1] = end
    state[4] = at
    state[6] = length
    state[7] = bad
    return kind


class RadioReader:
    """`begin` with a tick's bytes, then `next` until there is none. gate: gate.Gate, which knows the key. moves:
    whether the rover does; to be set.

    proved: whether the line that `next` gave carries the key's MAC; the gate's mark is then in the place of its `@`, or
    it is a small integer (often.py) with PROVED.
    """

    def __init__(self, gate):
        self._gate = gate
        self._line = bytearray(MAX_BYTES)
        self._state = array("i", [0] * 16)
        self._state[_SHARE] = SHARE
        self._ticks = 0
        self.moves = False
        self.proved = False

    @micropython.native
    def elapse(self):
        """A tick passes."""
        self._ticks += 1
        if self._ticks >= SHARE_EVERY_TICKS:
            self._ticks = 0
            if self._state[_SHARE] < SHARE:
                self._state[_SHARE] += 1

    def begin(self, count):
        """So many new bytes. Counters rise over all links: one may have been taken over USB."""
        self._state[_LAST] = self._gate.counter
        self._state[_AT] = 0
        self._state[_COUNT] = count

    @micropython.native
    def next(self, source):
        """The next of the tick's lines that is to be looked at (str, or as in often.py or unproved.py), or None."""
        state = self._state
        line = self._line
        while True:
            kind = scan(source, line, state)
            if kind == NOTHING:
                return None
            if kind == STOP:
                return "stop"
            first = state[_FIRST]
            end = state[_END]
            self.proved = kind == SIGNED and self._gate.proves(line, state)
            if self.proved:
                state[_LAST] = self._gate.counter = state[_COUNTER]
                form = said(line, first + state[_DIGITS] + BEFORE_TEXT, end)
                if form != OTHER:
                    return form | PROVED
                line[first] = self._gate.mark
                return str(memoryview(line)[first:end], "ascii")
            if state[_SHARE]:
                state[_SHARE] -= 1
                if first < end and line[first] == _AT_SIGN:
                    why = self._gate.unfit(line, state)
                    return unproved.REFUSED + (WRONG_MAC if why == RIGHT else why)
                form = unproved.form(line, first, end, self.moves)
                return str(memoryview(line)[first:end], "ascii") if form is None else form
            state[_FLOODED] += 1

    @property
    def by_hand(self):
        """Whether the last line ended with CR, as a person's does."""
        return self._state[_BY_HAND] != 0

    @micropython.native
    def dropped(self):
        """Lines that were dropped so far."""
        state = self._state
        return state[_MALFORMED] + state[_TOO_LONG] + state[_FLOODED]

    def why_dropped(self):
        """The reason (of events.REFUSALS) to give for them."""
        state = self._state
        return "flood" if state[_FLOODED] else "too_long" if state[_TOO_LONG] else "malformed"
