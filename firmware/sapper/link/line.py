"""Bytes of a serial line -> whole text lines, in bounded memory, with the little editing a bare terminal needs."""

import micropython
from micropython import const
from sapper.link.often import line_of

MAX_BYTES = 160
CTRL_C = 3
_CR = const(13)
_LF = const(10)
_BLANK = const(32)
_ENDS = (_CR, _LF)  # made once: where it is used, a tuple of names would be made each time
_BACKSPACES = (8, 127)


@micropython.viper
def take_printable(source: ptr8, span: int, target: ptr8, length: int) -> int:
    """Copy printable ASCII from source to target[length..159]; returns how many bytes.

    span: first | last + 1 << 16, in source. Ends at the first other byte or when target is full. 0.2 us a byte.
    """
    at = span & 0xFFFF
    end = span >> 16
    start = at
    while at < end and length < 160:
        byte = source[at]
        if byte < 32 or byte > 126:
            break
        target[length] = byte
        length += 1
        at += 1
    return at - start


class LineReader:
    """`take` bytes as they come. Lines end with CR or LF; a CR means a person at a terminal, who wants an echo."""

    def __init__(self):
        self._bytes = bytearray(MAX_BYTES)
        self._length = 0
        self._bad = ""
        self._after_cr = False
        self.by_hand = False
        self.line = None
        self.error = ""
        self.too_long = 0
        self.malformed = 0

    def take(self, source, at, end):
        """Consume source[at:end] up to one line's end, editing key or run of text; returns the next index.

        `line` is then the whole line (as often.line_of gives it) or None; `error` is why a line was dropped
        ('malformed', 'too_long'; counted) or ''. Call again while the returned index is below end.
        """
        self.line = None
        self.error = ""
        count = take_printable(source, at | end << 16, self._bytes, self._length)
        if count:
            self._length += count
            self._after_cr = False
            return at + count
        byte = source[at]
        if byte == _LF and self._after_cr:
            self._after_cr = False
        elif byte in _ENDS:
            self._after_cr = byte == _CR
            self.by_hand = self._after_cr
            self._finish()
        elif byte in _BACKSPACES:
            self._after_cr = False
            if self._length:
                self._length -= 1
        else:
            self._after_cr = False
            # A printable byte that was not taken found no room: what follows of this line overwrites, to no effect.
            if 32 <= byte < 127:
                self._bad = self._bad or "too_long"
                self._length = 0
                return at
            self.spoil()
        return at + 1

    def dropped(self):
        """Lines that were dropped so far."""
        return self.malformed + self.too_long

    def why_dropped(self):
        """The reason (of events.REFUSALS) to give for them."""
        return "too_long" if self.too_long else "malformed"

    def spoil(self):
        """A byte that is no text has come of this line: it is dropped at its end."""
        self._bad = "malformed"

    def at_start(self):
        """Whether nothing of a line has come."""
        return not self._length and not self._bad

    def forget(self):
        """Drop what has come of a line."""
        self._length = 0
        self._bad = ""

    def _finish(self):
        length = self._length
        self._length = 0
        if self._bad:
            self.error = self._bad
            if self._bad == "too_long":
                self.too_long += 1
            else:
                self.malformed += 1
            self._bad = ""
            return
        line = self._bytes
        first = 0
        while first < length and line[first] == _BLANK:
            first += 1
        while length > first and line[length - 1] == _BLANK:
            length -= 1
        self.line = line_of(line, first, length)
