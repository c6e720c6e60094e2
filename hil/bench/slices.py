"""What is played, as the instrument takes it: slices of whole grid steps, each with words of levels and voltages.

Edges are put on the instrument's clock cycles, the nearest to their time: no edge is further than half a cycle from it,
but those that come less than WORD_CYCLES after the one before, which wait so long.
"""

from __future__ import annotations

import struct
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hil.bench.instrument import wire
from hil.bench.instrument.lines import DAC_OUTPUTS, LINES
from hil.bench.link import SLICE_HEAD
from hil.errors import HilError

GRID_NS = wire.GRID_US * 1000
NS_PER_CYCLE = 1000 // wire.CYCLES_PER_US
# Edges whose time has gone come one after the other, so far apart that a decoder of quadrature still counts them.
LATE_CYCLES = 20 * wire.CYCLES_PER_US

# Rover's signals that the instrument plays -> bit in a word of levels.
PLAYED = {row[0]: bit for bit, row in enumerate(row for row in LINES if row[2] == "played")}
_FRAME = struct.Struct(f"<{len(DAC_OUTPUTS)}H")
_WORDS_AND_FRAMES = (wire.PAYLOAD_MOST - SLICE_HEAD.size) // 4
_WORDS_A_FRAME = _FRAME.size // 4


@dataclass(frozen=True)
class Slice:
    """A SLICE's content: begins at start_ns (a multiple of GRID_NS), one frame of voltages a grid step."""

    start_ns: int
    words: tuple[int, ...]
    frames: tuple[tuple[int, ...], ...]

    @property
    def us(self) -> int:
        """How long it plays."""
        return len(self.frames) * wire.GRID_US

    def payload(self, at_us: int) -> bytes:
        """Of its frame, to begin at this time of the instrument's timer."""
        head = SLICE_HEAD.pack(at_us, self.us, len(self.words), len(self.frames))
        words = struct.pack(f"<{len(self.words)}I", *self.words)
        return head + words + b"".join(_FRAME.pack(*codes) for codes in self.frames)


class Levels:
    """The played lines: edges put in at any time, and taken as words, grid step by grid step. `levels`: as sent."""

    def __init__(self) -> None:
        self.levels = 0
        self._waiting: list[tuple[int, int, int]] = []  # time (ns), bit, level
        self._sorted = True

    def add(self, signal: str, times_ns: Iterable[int], levels: Iterable[int]) -> None:
        """From each of these times on the line has this level."""
        bit = PLAYED[signal]
        self._waiting += [(int(t), bit, 1 if level else 0) for t, level in zip(times_ns, levels, strict=True)]
        self._sorted = False

    def level(self, signal: str, at_ns: int) -> int:
        """What a line has at a time, as far as has been put in."""
        self._sort()
        bit = PLAYED[signal]
        level = self.levels >> bit & 1
        for t_ns, which, to in self._waiting:
            if t_ns > at_ns:
                break
            if which == bit:
                level = to
        return level

    def count(self, start_ns: int, end_ns: int) -> int:
        """How many edges `take` would take."""
        self._sort()
        late = bisect_left(self._waiting, start_ns, key=lambda row: row[0])
        room = (end_ns - start_ns) // NS_PER_CYCLE // LATE_CYCLES
        return room if late > room else bisect_left(self._waiting, end_ns, key=lambda row: row[0])

    def take(self, start_ns: int, end_ns: int) -> list[int]:
        """The words from start to end, what came too late for it among them."""
        self._sort()
        cycles = (end_ns - start_ns) // NS_PER_CYCLE
        last = cycles - wire.WORD_CYCLES  # a word that is not the last ends there at the latest
        words: list[int] = []
        at = 0  # cycles from the start to the end of the word before
        late = 0
        levels = self.levels
        taken = 0
        pending_at = -1  # of the word that is not written yet
        for t_ns, bit, level in self._waiting:
            if t_ns >= end_ns:
                break
            due = (t_ns - start_ns + NS_PER_CYCLE // 2) // NS_PER_CYCLE
            if t_ns < start_ns:
                late += LATE_CYCLES
                due = late
                if late > last:
                    break  # no room: it is later still
            taken += 1
            if pending_at >= 0 and due > pending_at:
                words.append(_word(pending_at - at, levels))
                at, pending_at = pending_at, -1
            levels = levels & ~(1 << bit) | level << bit
            if pending_at < 0:
                pending_at = max(due, at + wire.WORD_CYCLES)
            if pending_at > last:
                pending_at = cycles
        if 0 <= pending_at < cycles:
            words.append(_word(pending_at - at, levels))
            at = pending_at
        words.append(_word(cycles - at, levels))
        del self._waiting[:taken]
        self.levels = levels
        return words

    def _sort(self) -> None:
        if not self._sorted:
            self._waiting.sort(key=lambda row: row[0])  # stable: of one time, as they were put in
            self._sorted = True


def _word(cycles: int, levels: int) -> int:
    return levels << wire.WORD_DELAY_BITS | (cycles - wire.WORD_CYCLES)


def cut(start_ns: int, levels: Levels, frames: Sequence[Sequence[int]]) -> list[Slice]:
    """Slices from start on, each as long as fits into one frame of the link; frames: of every grid step.

    HilError when a grid step has more edges than fit.
    """
    slices: list[Slice] = []
    done = 0
    while done < len(frames):
        at_ns = start_ns + done * GRID_NS
        steps = 0
        while done + steps < len(frames):
            edges = levels.count(at_ns, at_ns + (steps + 1) * GRID_NS)
            if edges + 1 + (steps + 1) * _WORDS_A_FRAME > _WORDS_AND_FRAMES:
                break
            steps += 1
        if not steps:
            count = levels.count(at_ns, at_ns + GRID_NS)
            most = _WORDS_AND_FRAMES - _WORDS_A_FRAME - 1
            raise HilError(
                f"{count} edges within {wire.GRID_US} us are more than the instrument takes ({most}); play fewer"
            )
        words = levels.take(at_ns, at_ns + steps * GRID_NS)
        slices.append(Slice(at_ns, tuple(words), tuple(tuple(codes) for codes in frames[done : done + steps])))
        done += steps
    return slices
