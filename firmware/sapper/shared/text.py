"""A line of text written in place, for what is said while the rover moves: of a `%`, its result stays on the heap."""

import micropython
from micropython import const

MOST = const(640)  # the longest event and `status` are shorter; what is longer is cut
_DIGITS = const(10)


@micropython.viper
def _put(text: object, count: int, target: ptr8, at: int) -> int:
    """Append text (ASCII, str or bytes) of so many characters; returns the new length."""
    source = ptr8(text)
    i = 0
    while i < count and at < MOST:
        target[at] = source[i]
        at += 1
        i += 1
    return at


@micropython.viper
def _put_name(name: object, count: int, target: ptr8, at: int) -> int:
    """Append ` name=`; returns the new length."""
    source = ptr8(name)
    i = -1
    while i <= count and at < MOST:
        byte = 32
        if i == count:
            byte = 61
        elif i >= 0:
            byte = source[i]
        target[at] = byte
        at += 1
        i += 1
    return at


@micropython.viper
def _put_number(value: int, target: ptr8, at: int) -> int:
    """Append `value` in decimal digits, made from the last one on behind the line's room; returns the new length."""
    rest = uint(value)
    if value < 0:
        rest = uint(0 - value)
        if at < MOST:
            target[at] = 45
            at += 1
    digits = 0
    while digits == 0 or int(rest) != 0:
        # A tenth, by shifts: viper does not divide (Warren, Hacker's Delight, 10-17).
        tenth = (rest >> 1) + (rest >> 2)
        tenth = tenth + (tenth >> 4)
        tenth = tenth + (tenth >> 8)
        tenth = (tenth + (tenth >> 16)) >> 3
        digit = int(rest - tenth * 10)
        if digit > 9:
            digit = digit - 10
            tenth = tenth + 1
        target[MOST + digits] = 48 + digit
        digits += 1
        rest = tenth
    while digits > 0 and at < MOST:
        digits -= 1
        target[at] = target[MOST + digits]
        at += 1
    return at


class Text:
    """`start`, then what is to follow; buffer[:length] is the line so far. Whoever is handed it takes it at once, as
    the next line is written over it."""

    def __init__(self):
        self.buffer = bytearray(MOST + _DIGITS)
        self.length = 0

    @micropython.native
    def start(self, text):
        """Begin anew with this text."""
        self.length = _put(text, len(text), self.buffer, 0)

    @micropython.native
    def put(self, text):
        """Append a text: ASCII, str or bytes."""
        self.length = _put(text, len(text), self.buffer, self.length)

    @micropython.native
    def number(self, value):
        """Append a whole number of 32 bits."""
        self.length = _put_number(value, self.buffer, self.length)

    @micropython.native
    def value(self, name, value):
        """Append ` name=value`, a whole number of 32 bits."""
        buffer = self.buffer
        self.length = _put_number(value, buffer, _put_name(name, len(name), buffer, self.length))

    @micropython.native
    def word(self, name, word):
        """Append ` name=word`, a text."""
        buffer = self.buffer
        self.length = _put(word, len(word), buffer, _put_name(name, len(name), buffer, self.length))

    def text(self):
        """What is written, as a str."""
        return str(memoryview(self.buffer)[: self.length], "ascii")
