"""An `rtcm` line, five a second from whoever passes corrections on: its bytes are taken as the line is read. No text is
made of it, as a lane's time of such texts would fill the heap of a rover that moves.
"""

import micropython
from micropython import const

# What is left of the line for the console, above often.py's and below unproved.py's forms.
TAKEN = const(8)
NO_RTCM = const(9)
_MOST_BYTES = 120  # of a line's 160 characters, a quarter less

_take = None
_bytes = bytearray(_MOST_BYTES)


def begin(take):
    """Corrections go there from now on: function(buffer, at, end) that returns where it ended."""
    global _take
    _take = take


@micropython.viper
def decode(line: ptr8, at: int, end: int, target: ptr8) -> int:
    """The bytes of base64 line[at:end] in target, of as many characters at most as fill it; how many, or -1 where it
    is none."""
    if at >= end or (end - at) & 3 or end - at > 160:
        return -1
    to = 0
    while at < end:
        value = 0
        padded = 0
        i = 0
        while i < 4:
            code = line[at + i]
            if code == 61 and i > 1 and at + 4 == end:  # =
                padded += 1
                digit = 0
            elif padded:
                return -1
            elif code > 64 and code < 91:
                digit = code - 65
            elif code > 96 and code < 123:
                digit = code - 71
            elif code > 47 and code < 58:
                digit = code + 4
            elif code == 43:
                digit = 62
            elif code == 47:
                digit = 63
            else:
                return -1
            value = value << 6 | digit
            i += 1
        target[to] = value >> 16
        to += 1
        if padded < 2:
            target[to] = value >> 8 & 255
            to += 1
        if padded < 1:
            target[to] = value & 255
            to += 1
        at += 4
    return to


@micropython.native
def said(line, at, end):
    """Take base64 line[at:end]: TAKEN or NO_RTCM, or 0 for what the console has to read as a text: no base64, or nobody
    who takes it."""
    if _take is None:
        return 0
    count = decode(line, at, end, _bytes)
    if count < 0:
        return 0
    return TAKEN if _take(_bytes, 0, count) == count else NO_RTCM
