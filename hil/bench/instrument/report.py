"""The head of a report, in front of its events: where time, what is played, and the lines are. Nothing allocated."""

import micropython
from micropython import const

# reducer.py's state
_LEVELS = const(1)
_EVENTS = const(3)
_LAST_US = const(6)
# timeline.py's
_END_US = const(5)
_HELD_US = const(7)
_LATE_US = const(9)
_HEAD = const(4)  # of a frame
_REPORT_HEAD = const(24)
_EVENT_BYTES = const(12)
# A change of a row of pulses is known at the rise after, and their end a while after the last edge; both bear the time
# that they happened at. So what lies so far back has been told.
_KNOWN_US = const(600)


@micropython.viper
def head(out, now, whole: int, watched, played, flags: int, refused: int) -> int:
    """Writes REPORT_HEAD; returns the payload's length. now[1]: the raw timer, from before the last scan, which came to
    its end (`whole`) or not."""
    o = ptr8(out)
    n = ptr32(now)
    w = ptr32(watched)
    p = ptr32(played)
    us = (n[1] if whole else w[_LAST_US]) - _KNOWN_US
    i = 0
    while i < 4:
        o[_HEAD + i] = us & 0xFF
        us = us >> 8
        i += 1
    # end_us, held_us, late_us: halves, one behind the other.
    i = 0
    while i < 6:
        half = p[_END_US + i]
        o[_HEAD + 4 + 2 * i] = half & 0xFF
        o[_HEAD + 5 + 2 * i] = half >> 8
        i += 1
    count = w[_EVENTS]
    o[_HEAD + 16] = w[_LEVELS] & 0xFF
    o[_HEAD + 17] = w[_LEVELS] >> 8
    o[_HEAD + 18] = flags & 0xFF
    o[_HEAD + 19] = flags >> 8
    o[_HEAD + 20] = refused & 0xFF
    o[_HEAD + 21] = (refused >> 8) & 0xFF
    o[_HEAD + 22] = count & 0xFF
    o[_HEAD + 23] = count >> 8
    return _REPORT_HEAD + count * _EVENT_BYTES
