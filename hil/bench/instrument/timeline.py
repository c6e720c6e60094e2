"""What is played, as two rings that DMA goes round in: words for the PIO, frames for the converter. No hardware here.

Time is in beats of GRID_US. Each beat has its frame and its words, so both rings end at one instant, `end_us`. Words
are final once written; none is longer than HOLD_CYCLES, so what the PIO has taken ahead is never much. Behind the end
stand words and frames, the guards, that hold what there was: should the loop be late, 8 ms at the most, they are
played, and `reach` counts them as held. What was played is overwritten with what is safe, the loop open and the
voltages let go of. So if nobody writes any more that is what follows, for 150 ms at least, the rings' room: by then the
watchdog has bitten.

Viper, and the same under CPython: times of 32 bits are kept in halves, differences taken modulo 2**30.
"""

from array import array

import micropython
from micropython import const

# In `state`
END = const(0)  # the word behind the last
CLEAN = const(1)  # the word from which on it is not safe yet
FRAME_END = const(2)
FRAME_CLEAN = const(3)
LEVELS = const(4)  # that hold, as in a word
END_US = const(5)  # low half, high half
HELD_US = const(7)
LATE_US = const(9)
CODES = const(16)  # the last frame, eight words
_STATE_WORDS = const(24)

_WORD_MASK = const(4095)
_FRAME_MASK = const(511)
_FRAME_BITS = const(3)
_FRAME_WORDS_MASK = const(4095)
_GRID_US = const(500)
_BEAT_CYCLES = const(62500)
_HOLD_CYCLES = const(31250)
_DELAY_MASK = const(0x3FFFFFF)
_DELAY_BITS = const(26)
_WORD_CYCLES = const(3)
_GUARDS = const(32)
_GUARD_FRAMES = const(16)
_LEAST = const(8)  # words that there have to be ahead of the DMA: those the PIO takes in a turn
_BEATS_MOST = const(400)  # ahead of the converter
_WORDS_MOST = const(3400)  # ahead of the PIO, with what bridges
_QUEUED_MOST = const(3500)  # more: the DMA is beyond the end
_HEAD = const(4)  # of a frame of wire.py; then SLICE_HEAD
_WORDS_AT = const(16)

# Why a slice is refused.
REFUSED = (
    "",
    "a slice of no grid: its length is not a multiple of 500 us, or its frames are not as many as its grid",
    "a slice whose words do not last as long as it",
    "a slice with a word's delay of more than it",
    "a slice from too far ahead: its end is more than 200 ms from now",
    "a slice with more words than there is room for",
    "a slice that is shorter or longer than it says",
)

# Cycles of the grid between which it is plain which frame is due.
_EARLY = const(300)
_LATE = const(61000)
# Eight bytes for the converter: two for each output, fast write, the last with the STOP.
_STOP = const(0x200)
_RELEASED = const(0x30)  # power-down, 500 kilohm to ground


def new_state(at_us):
    """Nothing played; the first word and frame begin at at_us."""
    state = array("I", [0] * _STATE_WORDS)
    state[END_US] = at_us & 0xFFFF
    state[END_US + 1] = at_us >> 16
    let_go(state)
    return state


@micropython.viper
def let_go(state):
    """What holds from here on: all levels low, so the loop open; voltages let go of."""
    s = ptr32(state)
    s[LEVELS] = 0
    i = 0
    while i < 8:
        s[CODES + i] = 0 if i & 1 else _RELEASED
        i += 1
    s[CODES + 7] = _STOP


@micropython.viper
def guard(state, words, frames):
    """Write what holds behind the end: all guards, as it is another than it was."""
    s = ptr32(state)
    w = ptr32(words)
    f = ptr32(frames)
    word = s[LEVELS] | (_HOLD_CYCLES - _WORD_CYCLES)
    at = s[END]
    i = _GUARDS
    while i:
        w[at] = word
        at = (at + 1) & _WORD_MASK
        i -= 1
    i = 0
    while i < 8:
        word = s[CODES + i]
        at = (s[FRAME_END] << _FRAME_BITS) + i
        k = _GUARD_FRAMES
        while k:
            f[at & _FRAME_WORDS_MASK] = word
            at += 8
            k -= 1
        i += 1


@micropython.viper
def hold(state, words, frames, beats: int):
    """So many beats with what there was: the guards are that already, and there are new ones behind them."""
    s = ptr32(state)
    w = ptr32(words)
    f = ptr32(frames)
    word = s[LEVELS] | (_HOLD_CYCLES - _WORD_CYCLES)
    at = s[END] + _GUARDS
    i = 2 * beats
    while i:
        w[at & _WORD_MASK] = word
        at += 1
        i -= 1
    s[END] = (at - _GUARDS) & _WORD_MASK
    at = s[FRAME_END] + _GUARD_FRAMES
    i = beats
    while i:
        q = (at & _FRAME_MASK) << _FRAME_BITS
        k = 0
        while k < 8:
            f[q + k] = s[CODES + k]
            k += 1
        at += 1
        i -= 1
    s[FRAME_END] = (at - _GUARD_FRAMES) & _FRAME_MASK
    us = beats * _GRID_US
    k = END_US
    while k < LATE_US:
        low = s[k] + (us & 0xFFFF)
        s[k] = low & 0xFFFF
        s[k + 1] = (s[k + 1] + (us >> 16) + (low >> 16)) & 0xFFFF
        k += HELD_US - END_US


@micropython.viper
def ahead(state, at: int) -> int:
    """How many words there are from `at`, which the DMA reads next, to the end; below 0: it is beyond that."""
    s = ptr32(state)
    count = (s[END] - at) & _WORD_MASK
    if count > _QUEUED_MOST:
        count -= _WORD_MASK + 1
    return count


@micropython.viper
def reach(state, words, frames, at: int) -> int:
    """Hold until there is enough ahead of the DMA at word `at`. Guards that it has read count as held. 0 if it has read
    more than those: what was played since was safe, and not what was asked for."""
    s = ptr32(state)
    count = (s[END] - at) & _WORD_MASK
    if count > _QUEUED_MOST:
        count -= _WORD_MASK + 1
    if count < _LEAST:
        hold(state, words, frames, (_LEAST - count + 1) >> 1)
    return int(count >= 0 - _GUARDS)


@micropython.viper
def clean(state, words, frames, at: int, frame: int):
    """Make safe what was read: words up to `at`, frames up to `frame`."""
    s = ptr32(state)
    w = ptr32(words)
    f = ptr32(frames)
    i = s[CLEAN]
    while i != at:
        w[i] = _HOLD_CYCLES - _WORD_CYCLES
        i = (i + 1) & _WORD_MASK
    s[CLEAN] = at
    i = s[FRAME_CLEAN]
    while i != frame:
        q = i << _FRAME_BITS
        k = 0
        while k < 8:
            f[q + k] = 0 if k & 1 else _RELEASED
            k += 1
        f[q + 7] = _STOP
        i = (i + 1) & _FRAME_MASK
    s[FRAME_CLEAN] = frame


def fill(state, words, frames):
    """Both rings, at the start: all that is in them is safe."""
    for first in (1, 0):
        # From the second on to the first, then the first: going round makes safe what it passes.
        state[CLEAN] = state[FRAME_CLEAN] = first
        clean(state, words, frames, first ^ 1, first ^ 1)
    state[CLEAN] = state[FRAME_CLEAN] = 0
    guard(state, words, frames)


@micropython.viper
def turn(state, words, frames, seen) -> int:
    """Keep both rings ahead of the DMAs. `seen`: the hardware's registers as they were, from 1 on: the timer, the two
    reads of words (bytes; their sum tells), the read of frames, whether a frame is being read (bit 24), how many of its
    bytes wait for the bus, the cycle of the grid.

    Bits: 1: the loop was too late, and other than what was asked for was played; 2: not the frame of its time leaves
    next; 4: the one before has not left; from 8 on: the frame that is due.
    """
    v = ptr32(seen)
    at = ((v[2] >> 2) + (v[3] >> 2)) & _WORD_MASK
    frame = (v[4] >> 5) & _FRAME_MASK
    found = 0 if int(reach(state, words, frames, at)) else 1
    clean(state, words, frames, at, frame)
    leaves = int(due(state, seen))
    if frame != leaves and v[7] > _EARLY and v[7] < _LATE:
        found |= 2
    if (v[5] >> 24) & 1 or (v[6] & 31) > 8:
        found |= 4
    return found | leaves << 8


@micropython.viper
def due(state, now) -> int:
    """The frame that leaves next, at the time now[1] (array('I'), the raw timer): both rings end at one instant."""
    s = ptr32(state)
    n = ptr32(now)
    left_us = (s[END_US] - n[1] + (s[END_US + 1] << 16)) & 0xFFFFFFF
    if left_us >= 0x8000000:
        left_us = 0
    return (s[FRAME_END] - left_us // _GRID_US) & _FRAME_MASK


@micropython.viper
def forget(state, words, at: int) -> int:
    """Take back what is still to play, from the first grid line on that the DMA at word `at` has not come near. Returns
    how many beats that were."""
    s = ptr32(state)
    w = ptr32(words)
    i = s[END]
    left = (i - at) & _WORD_MASK
    if left > _QUEUED_MOST:
        return 0  # it is beyond the end already
    cut = i
    cycles = 0
    beats = 0
    line = 0
    while left > _LEAST:
        left -= 1
        i = (i - 1) & _WORD_MASK
        cycles += (w[i] & _DELAY_MASK) + _WORD_CYCLES
        while cycles > _BEAT_CYCLES:
            cycles -= _BEAT_CYCLES
            line += 1
        if cycles == _BEAT_CYCLES:
            cycles = 0
            line += 1
            cut = i
            beats = line
    s[END] = cut
    s[FRAME_END] = (s[FRAME_END] - beats) & _FRAME_MASK
    us = beats * _GRID_US
    low = s[END_US] - (us & 0xFFFF)
    s[END_US] = low & 0xFFFF
    s[END_US + 1] = (s[END_US + 1] - (us >> 16) + (low >> 16)) & 0xFFFF
    return beats


@micropython.viper
def check(state, payload, length: int, at: int, frame: int) -> int:
    """0 if the slice in `payload` (a frame of wire.py; `length` of its payload) can be played behind the end, while the
    DMAs are at word `at` and frame `frame`; else which of REFUSED."""
    s = ptr32(state)
    b = ptr8(payload)
    if length < 12:
        return 6
    begins = b[4] | b[5] << 8 | b[6] << 16 | (b[7] & 0x3F) << 24
    us = b[8] | b[9] << 8 | b[10] << 16 | (b[11] & 0x3F) << 24
    count = b[12] | b[13] << 8
    beats = b[14] | b[15] << 8
    if beats == 0 or us != beats * _GRID_US:
        return 1
    if length != 12 + 4 * count + 8 * beats:
        return 6
    gap = (begins - s[END_US] - ((s[END_US + 1] & 0x3FFF) << 16)) & 0x3FFFFFFF
    if gap >= 0x20000000:
        gap = 0
    if gap > 1000000:
        return 4
    bridge = (gap + _GRID_US - 1) // _GRID_US
    queued = (s[FRAME_END] - frame) & _FRAME_MASK
    if queued > _BEATS_MOST + 100:
        queued = 0
    if queued + bridge + beats > _BEATS_MOST:
        return 4
    pieces = 0
    i = 0
    q = _WORDS_AT
    left = beats * _BEAT_CYCLES
    while i < count:
        delay = (b[q] | b[q + 1] << 8 | b[q + 2] << 16 | (b[q + 3] & 3) << 24) + _WORD_CYCLES
        if delay > left:
            return 3
        left -= delay
        pieces += 1 + delay // _HOLD_CYCLES
        i += 1
        q += 4
    if left:
        return 2
    queued = (s[END] - at) & _WORD_MASK
    if queued > _QUEUED_MOST:
        queued = 0
    if queued + 2 * bridge + pieces > _WORDS_MOST:
        return 5
    return 0


@micropython.viper
def append(state, words, frames, payload) -> int:
    """Write a slice that was checked. Returns how many beats of the grid it begins behind the end: hold those first. It
    does nothing else then."""
    s = ptr32(state)
    w = ptr32(words)
    f = ptr32(frames)
    b = ptr8(payload)
    begins = b[4] | b[5] << 8 | b[6] << 16 | (b[7] & 0x3F) << 24
    gap = (begins - s[END_US] - ((s[END_US + 1] & 0x3FFF) << 16)) & 0x3FFFFFFF
    late = 0
    if gap >= 0x20000000:
        late = (0 - gap) & 0x3FFFFFFF
    elif gap >= _GRID_US:
        return gap // _GRID_US
    elif gap:
        return 1  # between two lines of the grid: at the next
    low = s[LATE_US] + (late & 0xFFFF)
    s[LATE_US] = low & 0xFFFF
    s[LATE_US + 1] = (s[LATE_US + 1] + (late >> 16) + (low >> 16)) & 0xFFFF
    count = b[12] | b[13] << 8
    beats = b[14] | b[15] << 8
    at = s[END]
    last = s[LEVELS]
    i = 0
    q = _WORDS_AT
    while i < count:
        delay = (b[q] | b[q + 1] << 8 | b[q + 2] << 16 | (b[q + 3] & 3) << 24) + _WORD_CYCLES
        # A long wait in pieces, with what was there before.
        while delay > _HOLD_CYCLES + _WORD_CYCLES:
            w[at] = last | (_HOLD_CYCLES - _WORD_CYCLES)
            at = (at + 1) & _WORD_MASK
            delay -= _HOLD_CYCLES
        last = (b[q + 3] >> 2) << _DELAY_BITS
        w[at] = last | (delay - _WORD_CYCLES)
        at = (at + 1) & _WORD_MASK
        i += 1
        q += 4
    s[END] = at
    s[LEVELS] = last
    at = s[FRAME_END]
    i = 0
    while i < beats:
        k = 0
        while k < 8:
            # Little-endian codes here; there the upper half of each first.
            s[CODES + k] = b[q + (k ^ 1)] & (0xFF if k & 1 else 0x0F)
            k += 1
        s[CODES + 7] = s[CODES + 7] | _STOP
        k = 0
        while k < 8:
            f[(at << _FRAME_BITS) + k] = s[CODES + k]
            k += 1
        at = (at + 1) & _FRAME_MASK
        q += 8
        i += 1
    s[FRAME_END] = at
    us = beats * _GRID_US
    low = s[END_US] + (us & 0xFFFF)
    s[END_US] = low & 0xFFFF
    s[END_US + 1] = (s[END_US + 1] + (us >> 16) + (low >> 16)) & 0xFFFF
    return 0
