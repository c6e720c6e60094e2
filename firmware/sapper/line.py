"""Bytes of a serial line -> whole text lines, in bounded memory, with the little editing a bare terminal needs."""

MAX_BYTES = 160
_BACKSPACES = (8, 127)
CTRL_C = 3


class LineReader:
    """`feed` one byte at a time. Lines end with CR or LF; a CR means a person at a terminal, who wants an echo."""

    def __init__(self):
        self._bytes = bytearray(MAX_BYTES)
        self._length = 0
        self._too_long = False
        self._after_cr = False
        self.by_hand = False
        self.too_long = 0
        self.malformed = 0

    def feed(self, byte):
        """A whole line (str, maybe empty) when `byte` ends one, else None. Over-long or non-ASCII lines are dropped and counted."""
        if byte == 10 and self._after_cr:
            self._after_cr = False
            return None
        self._after_cr = byte == 13
        if byte == 13 or byte == 10:
            self.by_hand = byte == 13
            return self._finish()
        if byte in _BACKSPACES:
            if self._length:
                self._length -= 1
            return None
        if self._length < MAX_BYTES:
            self._bytes[self._length] = byte
            self._length += 1
        else:
            self._too_long = True
        return None

    def _finish(self):
        length = self._length
        self._length = 0
        if self._too_long:
            self._too_long = False
            self.too_long += 1
            return None
        for i in range(length):
            if not 32 <= self._bytes[i] < 127:
                self.malformed += 1
                return None
        return str(self._bytes[:length], "ascii").strip()
