"""Lines on the radio without the key's MAC, as anybody sends them: what is refused is known by its bytes. No text is
made of it, nor of its answer, as a flood of such lines would fill the heap of a rover that moves.

A refused line is a small integer: REFUSED and why (of gate.FORGED), UNKNOWN, or CLOSED and the place of its command in
the table.
"""

import micropython
from micropython import const
from sapper.link.gate import is_signed
from sapper.link.often import DRIVE, OTHER, TEXTS, form_of
from sapper.shared.commands import COMMANDS, open_to_all

REFUSED = const(16)  # above often.py's forms
UNKNOWN = const(32)
CLOSED = const(64)
_NAMES = (" ".join([row[0] for row in COMMANDS]) + " ").encode()
_SPAN_BITS = const(16)


@micropython.viper
def _place(line: ptr8, span: int, names: ptr8, count: int) -> int:
    """The place of the first word of line[span & 0xFFFF:span >> 16] among names[:count], a blank behind each; -1."""
    first = span & 0xFFFF
    end = span >> 16
    place = 0
    at = 0
    while at < count:
        i = first
        while i < end and line[i] != 32 and line[i] == names[at]:
            i += 1
            at += 1
        if names[at] == 32 and (i == end or line[i] == 32):
            return place
        while names[at] != 32:
            at += 1
        at += 1
        place += 1
    return -1


def is_refused(line):
    """Whether a line (as `form` gives it) is one that is refused."""
    return not isinstance(line, str) and REFUSED <= line < DRIVE


def may_wait(line):
    """Whether a line is anybody's, and no stop: one that is refused, or a question."""
    if isinstance(line, str):
        return line != "stop" and not is_signed(line)
    return line is not None and is_refused(line)


@micropython.native
def form(line, first, end, moves):
    """What line[first:end] is, which is not signed: one of often.TEXTS, "stop", a small integer for what is refused, or
    None for what is answered and must be a text first. moves: whether the rover does."""
    known = form_of(line, first, end)
    if known < OTHER:
        return TEXTS[known]
    place = _place(line, first | end << _SPAN_BITS, _NAMES, len(_NAMES))
    if place < 0:
        return UNKNOWN
    row = COMMANDS[place]
    if row[0] == "stop":  # whatever follows
        return "stop"
    return None if open_to_all(row, moves) else CLOSED + place
