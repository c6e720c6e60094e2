"""What the watched lines did, entry by entry as the DMA put it down, made into events of wire.py.

An entry: levels of all lines after a change, the timer's microseconds, the 8 ns count. A line of kind 'edges' has each
edge told. One of kind 'pulses' begins that way; from its second rise on it is a row of pulses, of which only a change
is told (PULSE), or that they have ceased (STEADY). Pulses slower than 16 bits of cycles, 524 us, are told by edges.

Viper, and the same under CPython: nothing comes near 2**31, as times are cycles modulo 2**28, 2.1 s. `state` is
array('I'). `scan` does what most edges need, which is next to nothing, and leaves the others to `_other`: of 70,000
edges a second each has some hundred cycles. What is used most comes first, as three names have registers.
"""

from array import array

import micropython
from micropython import const

# In `state`, of the whole.
_AT = const(0)  # the next entry to look at
_LEVELS = const(1)
_OFFSET = const(2)  # of the 8 ns count to the timer, cycles modulo 2**16
_EVENTS = const(3)  # so many are in `out`
_LOST = const(4)  # 1: entries were overwritten before they were looked at
_LATE = const(5)  # from a pin's edge to the count's being read, cycles
_LAST_US = const(6)  # of the last entry: the timer, raw; the count; its time
_LAST_COUNT = const(7)
_LAST_CYCLES = const(8)
_FROM = const(9)  # the entry that the event is from
_LINE = const(10)
_TELLS = const(11)  # its kind
_VALUE = const(12)
_SECOND = const(13)
# In `state`, of each line.
_FIRST = const(16)
_LINE_BITS = const(4)
_MODE = const(0)  # 0: each edge is told; 1: so far; 2: a row of pulses has been
_RISE = const(1)  # cycles
_RISE_AT = const(2)  # the entry
_RISE_IS = const(3)  # 1: a rise was seen, not long ago
_HIGH = const(4)  # cycles from it to the fall, 0: not fallen yet
_FALL_AT = const(5)
_TOLD_HIGH = const(6)
_TOLD_PERIOD = const(7)
_TOLD_PHASE = const(8)  # 0: none
_IS_STROBE = const(9)

_LINES = const(12)
_LEVELS_MASK = const(0xFFF)
_RING = const(4095)  # mask of an index
_CYCLES = const(0xFFFFFFF)
_LONGEST = const(0xFFFF)
_COUNT_GOES_ON_US = const(500)  # after so long the count may have wrapped
# A line that had no edge for so long is steady: the longest pulse and what an entry is late.
_SILENT = const(66000)
# The machine looks at the pins every 4 cycles, 6 after an edge. So a time is off by 3, a width by 6, and two widths of
# one pulse differ by 8 at the most, but where other lines had edges just before. -8..7 is no change.
_SLACK = const(8)
_CHANGED = const(0xFFFFFF0)
_MARK = const(0x20000000)  # no levels: stands in an entry that was looked at

_EDGE_KIND = const(0)
_PULSE_KIND = const(1)
_STEADY_KIND = const(2)
_PHASE_KIND = const(3)
_OUT_AT = const(28)  # behind the frame's and the report's heads
_EVENT_BYTES = const(12)
_ROOM = const(144)  # events in `out`, less two for each line

# The lowest bit of a byte.
LOWEST = bytes([8] + [next(bit for bit in range(8) if byte >> bit & 1) for byte in range(1, 256)])


def new_state(kinds, offset, late):
    """kinds: a letter for each line, 'e'dges, 'p'ulses or 's'trobe; line 0 is the transmit pulse."""
    state = array("I", [0] * (_FIRST + (_LINES << _LINE_BITS)))
    state[_OFFSET] = offset
    state[_LATE] = late
    for line, kind in enumerate(kinds):
        at = _FIRST + (line << _LINE_BITS)
        state[at + _MODE] = 0 if kind == "e" else 1
        state[at + _IS_STROBE] = 1 if kind == "s" else 0
    return state


@micropython.viper
def _tell(state, out, micros, counts):
    """Put the event into `out`, with the time of the entry that it is from."""
    s = ptr32(state)
    o = ptr8(out)
    t = ptr32(micros)
    c = ptr32(counts)
    q = _OUT_AT + s[_EVENTS] * _EVENT_BYTES
    at = s[_FROM]
    word = t[at]
    i = 0
    while i < 4:
        o[q + i] = word & 0xFF
        word = word >> 8
        i += 1
    word = (c[at] - s[_LATE]) & 0xFFFF
    o[q + 4] = word & 0xFF
    o[q + 5] = word >> 8
    o[q + 6] = s[_LINE]
    o[q + 7] = s[_TELLS]
    o[q + 8] = s[_VALUE] & 0xFF
    o[q + 9] = s[_VALUE] >> 8
    o[q + 10] = s[_SECOND] & 0xFF
    o[q + 11] = s[_SECOND] >> 8
    s[_EVENTS] = s[_EVENTS] + 1


@micropython.viper
def _steady(state, out, micros, counts, line: int, level: int):
    """The row of pulses has ceased at its last edge, to this level."""
    s = ptr32(state)
    b = _FIRST + (line << _LINE_BITS)
    s[b + _MODE] = 1
    s[b + _TOLD_PHASE] = 0
    s[_FROM] = s[b + _RISE_AT] if level else s[b + _FALL_AT]
    s[_LINE] = line
    s[_TELLS] = _STEADY_KIND
    s[_VALUE] = level
    s[_SECOND] = 0
    _tell(state, out, micros, counts)


@micropython.viper
def _other(state, out, micros, counts, line: int, level: int):
    """An edge that does not just go on with a row of pulses, of the last entry."""
    s = ptr32(state)
    b = _FIRST + (line << _LINE_BITS)
    cycles = s[_LAST_CYCLES]
    at = s[_AT]
    since = (cycles - s[b + _RISE]) & _CYCLES
    if s[b + _MODE] == 2 and since > _LONGEST:
        # Seen late: nobody looked in the meantime.
        _steady(state, out, micros, counts, line, level ^ 1)
    tells = 1
    if s[b + _MODE]:
        high = s[b + _HIGH]
        if level:
            if s[b + _RISE_IS] and high and since <= _LONGEST:
                tells = 0
                s[b + _MODE] = 2
                s[b + _TOLD_HIGH] = high
                s[b + _TOLD_PERIOD] = since
                s[_FROM] = s[b + _RISE_AT]
                s[_LINE] = line
                s[_TELLS] = _PULSE_KIND
                s[_VALUE] = high
                s[_SECOND] = since
                _tell(state, out, micros, counts)
            s[b + _RISE] = cycles
            s[b + _RISE_AT] = at
            s[b + _RISE_IS] = 1
            s[b + _HIGH] = 0
        else:
            s[b + _HIGH] = since if s[b + _RISE_IS] and since <= _LONGEST else 0
            s[b + _FALL_AT] = at
    if tells:
        s[_FROM] = at
        s[_LINE] = line
        s[_TELLS] = _EDGE_KIND
        s[_VALUE] = level
        s[_SECOND] = 0
        _tell(state, out, micros, counts)


@micropython.viper
def _phase(state, out, micros, counts, line: int, phase: int):
    """A strobe falls at another time after the transmit pulse's rise than was told."""
    s = ptr32(state)
    if s[_FIRST + _MODE] == 2 and phase <= _LONGEST:
        s[_FIRST + (line << _LINE_BITS) + _TOLD_PHASE] = phase
        s[_FROM] = s[_FIRST + _RISE_AT]
        s[_LINE] = line
        s[_TELLS] = _PHASE_KIND
        s[_VALUE] = phase
        s[_SECOND] = 0
        _tell(state, out, micros, counts)


@micropython.viper
def _lapped(state):
    """The DMA has gone round, so what there is now is not in order: no width or period goes on from what was seen."""
    s = ptr32(state)
    s[_LOST] = 1
    line = 0
    while line < _LINES:
        b = _FIRST + (line << _LINE_BITS)
        s[b + _RISE_IS] = 0
        s[b + _HIGH] = 0
        s[b + _TOLD_PHASE] = 0
        if s[b + _MODE]:
            s[b + _MODE] = 1
        line += 1


@micropython.viper
def scan(s: ptr32, b: int, cycles: int, state, out, levels, micros, counts, lowest, end: int) -> int:
    """Looks at the entries up to `end`, as long as `out` has room. True (1) if it came to the end. `s` is `state` once
    more; b and cycles are names for its own use."""
    p = ptr32(levels)
    t = ptr32(micros)
    c = ptr32(counts)
    bits = ptr8(lowest)
    at = s[_AT]
    before = s[_LEVELS]
    us = s[_LAST_US]
    count = s[_LAST_COUNT]
    cycles = s[_LAST_CYCLES]
    if at != end and p[(at - 1) & _RING] != _MARK:
        _lapped(state)
        at = end
        before = p[(end - 1) & _RING] & _LEVELS_MASK
    while at != end and s[_EVENTS] < _ROOM:
        since = (t[at] - us) & _CYCLES
        us = t[at]
        if since < _COUNT_GOES_ON_US:
            cycles = (cycles + ((c[at] - count) & 0xFFFF)) & _CYCLES
            count = c[at]
        else:
            cycles = ((us & 0xFFFFF) * 125 + ((((us >> 20) & 0xFF) * 125 & 0xFF) << 20)) & _CYCLES
            count = c[at]
            since = (count - s[_OFFSET] - cycles) & 0xFFFF
            cycles = (cycles + (since - 0x10000 if since >= 0x8000 else since)) & _CYCLES
        changed = (p[at] & _LEVELS_MASK) ^ before
        before = before ^ changed
        while changed:
            line = bits[changed & 0xFF]
            if line == 8:
                line = 8 + bits[changed >> 8]
            changed &= changed - 1
            b = _FIRST + (line << _LINE_BITS)
            since = (cycles - s[b + _RISE]) & _CYCLES
            if s[b + _MODE] == 2:
                if (before >> line) & 1:
                    high = (s[b + _HIGH] - s[b + _TOLD_HIGH] + _SLACK) | (since - s[b + _TOLD_PERIOD] + _SLACK)
                    if high & _CHANGED == 0:
                        s[b + _RISE] = cycles
                        s[b + _RISE_AT] = at
                        continue
                elif since <= _LONGEST:
                    s[b + _HIGH] = since
                    s[b + _FALL_AT] = at
                    if s[b + _IS_STROBE]:
                        since = (cycles - s[_FIRST + _RISE]) & _CYCLES
                        if (since - s[b + _TOLD_PHASE] + _SLACK) & _CHANGED:
                            s[_AT] = at
                            _phase(state, out, micros, counts, line, since)
                    continue
            s[_AT] = at
            s[_LAST_CYCLES] = cycles
            _other(state, out, micros, counts, line, (before >> line) & 1)
        at = (at + 1) & _RING
    p[(at - 1) & _RING] = _MARK
    s[_AT] = at
    s[_LEVELS] = before
    s[_LAST_US] = us
    s[_LAST_COUNT] = count
    s[_LAST_CYCLES] = cycles
    return int(at == end)


@micropython.viper
def silences(state, out, micros, counts, now):
    """Tells STEADY of lines whose pulses have ceased by now[1] (array('I'), the raw timer). Call it when `scan` came to
    the end, with a time from before that end was read."""
    s = ptr32(state)
    n = ptr32(now)
    us = n[1]
    cycles = ((us & 0xFFFFF) * 125 + ((((us >> 20) & 0xFF) * 125 & 0xFF) << 20)) & _CYCLES
    line = 0
    b = _FIRST
    while line < _LINES:
        if s[b + _RISE_IS]:
            level = (s[_LEVELS] >> line) & 1
            since = (cycles - s[b + _RISE] - (0 if level else s[b + _HIGH])) & _CYCLES
            # An edge's count may be ahead of the timer's microsecond: then it is as if 2 s had gone.
            if since > _SILENT and since < _CYCLES - _SILENT:
                if s[b + _MODE] == 2 and s[_EVENTS] < _ROOM:
                    _steady(state, out, micros, counts, line, level)
                if s[b + _MODE] == 1:
                    s[b + _RISE_IS] = 0
        line += 1
        b += 1 << _LINE_BITS


@micropython.viper
def tell_again(state):
    """For a host that is new: each row of pulses, and each strobe's phase, is told once more as it is now."""
    s = ptr32(state)
    line = 0
    while line < _LINES:
        b = _FIRST + (line << _LINE_BITS)
        s[b + _TOLD_HIGH] = 0x100000
        s[b + _TOLD_PHASE] = 0x100000
        line += 1
