"""Lines that are said several times a second while the rover moves, known by their bytes: no text is made of them.

`ping`, `status` and the empty line are texts that are there already. `drive` and `rtcm`, and any of the five once its
signature was proved, is a small integer: PROVED, and DRIVE with its two numbers, or what line it is.
"""

import micropython
from micropython import const
from sapper.link import rtcm_line

EMPTY = const(0)
PING = const(1)
STATUS = const(2)
OTHER = const(3)
RTCM = const(4)  # of a line that was not taken yet: rtcm_line.py
TEXTS = ("", "ping", "status")
FORMS = {text: form for form, text in enumerate(TEXTS)}

DRIVE = const(1 << 28)
PROVED = const(1 << 29)
_BIAS = const(8192)  # numbers below it, in two times 14 bits; others are OTHER, which the settings refuse
_BITS = const(14)
_MASK = const(0x3FFF)
_DIGITS = const(4)


@micropython.viper
def _begins(line: ptr8, at: int, word: ptr8, length: int) -> int:
    """1 when line[at:at + length] is the word."""
    i = 0
    while i < length:
        if line[at + i] != word[i]:
            return 0
        i += 1
    return 1


@micropython.viper
def _drive(line: ptr8, at: int, end: int) -> int:
    """DRIVE and both numbers of line[at:end], `MM_S MRAD_S` with one blank between; OTHER for what is written
    otherwise."""
    found = DRIVE
    shift = _BITS
    while shift >= 0:
        minus = 0
        if at < end and line[at] == 45:
            minus = 1
            at += 1
        first = at
        value = 0
        while at < end and line[at] > 47 and line[at] < 58 and at - first < _DIGITS:
            value = value * 10 + line[at] - 48
            at += 1
        if at == first or value >= _BIAS:
            return OTHER
        if minus:
            value = 0 - value
        found |= (value + _BIAS) << shift
        shift -= _BITS
        if shift == 0:
            if at == end or line[at] != 32:
                return OTHER
            at += 1
    return found if at == end else OTHER


@micropython.native
def form_of(line, first, end):
    """What line[first:end] is: EMPTY, PING, STATUS, DRIVE with its numbers, RTCM, or OTHER."""
    length = end - first
    if length == 0:
        return EMPTY
    if length == 4 and _begins(line, first, b"ping", 4):
        return PING
    if length > 8 and _begins(line, first, b"drive ", 6):
        return _drive(line, first + 6, end)
    if length == 6 and _begins(line, first, b"status", 6):
        return STATUS
    if length > 8 and _begins(line, first, b"rtcm ", 5):
        return RTCM
    return OTHER


def said(line, first, end):
    """What line[first:end] is, said by who may: as form_of has it; in the place of RTCM what became of it, or OTHER."""
    form = form_of(line, first, end)
    return rtcm_line.said(line, first + 5, end) or OTHER if form == RTCM else form


def line_of(line, first, end):
    """The line for the console, of who may say it: one of TEXTS, a small integer, or a text that is made of it."""
    form = said(line, first, end)
    if form == OTHER:
        return str(memoryview(line)[first:end], "ascii")
    return form if form > OTHER else TEXTS[form]


def speed_mm_s(form):
    """The first number of a `drive`."""
    return (form >> _BITS & _MASK) - _BIAS


def turn_mrad_s(form):
    """The second."""
    return (form & _MASK) - _BIAS
