"""Makes the entries that the DMA puts down of lines that do this or that, and reads the events that come of them."""

from __future__ import annotations

import struct
from array import array
from typing import NamedTuple

import reducer

from hil.bench.instrument import lines, wire

_EVENT = struct.Struct(wire.EVENT)
LATE = 12
RING = 4096
KINDS = "pssspppeeeee"  # of wire.EVENT's lines, as loop.py has them
NAMES = [name for name, gpio, _, _ in sorted(lines.LINES, key=lambda row: row[1])][: lines.WATCHED]


class Event(NamedTuple):
    """An event; `cycles` modulo 2**32 microseconds."""

    cycles: int
    line: int
    kind: int
    first: int
    second: int


class Lines:
    """A reducer, and its rings."""

    def __init__(self, offset: int = 12345) -> None:
        self.offset = offset
        self.state = reducer.new_state(KINDS, offset, LATE)
        self.levels, self.micros, self.counts = (array("I", [0] * RING) for _ in range(3))
        self.levels[RING - 1] = 0x20000000
        self.end = 0
        self.out = bytearray(2064)
        self.now = array("I", [1, 0])
        self._told = 0

    def put(self, cycles: int, levels: int) -> None:
        """An entry: from `cycles` on the lines have these levels."""
        read = cycles + LATE
        self.levels[self.end] = levels
        self.micros[self.end] = ((read - 2) // wire.CYCLES_PER_US) & 0xFFFFFFFF
        self.counts[self.end] = (read + self.offset) & 0xFFFF
        self.end = (self.end + 1) % RING

    def scan(self, now: int | None = None) -> list[Event]:
        """The events of what was put since; and of what is silent by `now`."""
        events = []
        while True:
            whole = reducer.scan(
                self.state, 0, 0, self.state, self.out, self.levels, self.micros, self.counts, reducer.LOWEST, self.end
            )
            if whole and now is not None:
                self.now[1] = (now // wire.CYCLES_PER_US) & 0xFFFFFFFF
                reducer.silences(self.state, self.out, self.micros, self.counts, self.now)
            events += self._take()
            if whole:
                return events

    def _take(self) -> list[Event]:
        events = []
        for i in range(self.state[3]):
            us, ctr, line, kind, first, second = _EVENT.unpack_from(self.out, 28 + 12 * i)
            off = (ctr - self.offset - us * wire.CYCLES_PER_US) & 0xFFFF
            cycles = us * wire.CYCLES_PER_US + (off - 0x10000 if off >= 0x8000 else off)
            events.append(Event(cycles, line, kind, first, second))
        self.state[3] = 0
        return events


def waves(until: int, rows: dict[int, list[tuple[int, int]]]) -> list[tuple[int, int]]:
    """(cycles, levels) of lines with (cycles, level) each, before `until`."""
    edges = sorted((at, line, level) for line, row in rows.items() for at, level in row if at < until)
    made: list[tuple[int, int]] = []
    levels = 0
    for at, line, level in edges:
        levels = levels & ~(1 << line) | level << line
        if made and made[-1][0] == at:
            made[-1] = (at, levels)
        else:
            made.append((at, levels))
    return made


def pulses(at: int, high: int, period: int, count: int) -> list[tuple[int, int]]:
    """A row of pulses."""
    return [edge for i in range(count) for edge in ((at + i * period, 1), (at + i * period + high, 0))]
