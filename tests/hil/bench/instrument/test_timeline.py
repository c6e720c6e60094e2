"""What is played is what was asked for, when it was asked for, whatever the loop's turns and the DMA's are like."""

from __future__ import annotations

import random
from array import array

import pytest
import timeline
from driver import slice_frame

from hil.bench.instrument import wire

pytestmark = pytest.mark.unit

WORDS, FRAMES = 4096, 512
BEAT = wire.GRID_US * wire.CYCLES_PER_US
FIFO = 5  # words that the machine has taken ahead
START_US = 2**32 - 40_000  # the timer comes round in the middle
RELEASED = [0x30, 0, 0x30, 0, 0x30, 0, 0x30, 0x200]


class Ring:
    """The rings, and the two DMAs and the machine that go round in them, in cycles since the beginning."""

    def __init__(self) -> None:
        self.state = timeline.new_state(START_US)
        self.words, self.frames = array("I", [0] * WORDS), array("I", [0] * 4096)
        timeline.fill(self.state, self.words, self.frames)
        timeline.hold(self.state, self.words, self.frames, 20)
        self.cycles = 0  # played to here
        self.queue: list[int] = []
        self.at = 0
        self.frame = 0
        self.edges: list[tuple[int, int]] = []  # (cycles, levels)
        self.sent: list[list[int]] = []
        self.left = 0
        self.word = 0

    def play(self, cycles: int) -> None:
        """Let so much time pass: the DMA keeps the machine's FIFO full, a frame leaves each beat."""
        until = self.cycles + cycles
        for _ in range(until // BEAT - self.cycles // BEAT + (self.cycles == 0)):
            self.sent.append(list(self.frames[8 * self.frame : 8 * self.frame + 8]))
            self.frame = (self.frame + 1) % FRAMES
        while True:
            while len(self.queue) < FIFO:
                self.queue.append(self.words[self.at])
                self.at = (self.at + 1) % WORDS
            if not self.left:
                self.word = self.queue.pop(0)
                self.left = (self.word & 0x3FFFFFF) + wire.WORD_CYCLES
                continue
            step = min(self.left, until - self.cycles)
            self.left -= step
            self.cycles += step
            if self.left:
                return
            levels = self.word >> wire.WORD_DELAY_BITS
            if levels != (self.edges[-1][1] if self.edges else 0):
                self.edges.append((self.cycles, levels))

    def turn(self) -> int:
        """A turn of the loop; what it found."""
        now = (START_US + self.cycles // wire.CYCLES_PER_US) & 0xFFFFFFFF
        seen = array("I", [7, now, 4 * self.at, 0, 32 * self.frame, 0, 0, self.cycles % BEAT])
        return timeline.turn(self.state, self.words, self.frames, seen)

    def slice(self, at_us: int, us: int, words: list[tuple[int, int]], codes: list[tuple[int, int, int, int]]) -> str:
        """As the loop takes one; why it is refused, or ''."""
        made = bytearray(slice_frame(at_us, us, words, codes))
        why = timeline.check(self.state, made, len(made) - 8, self.at, self.frame)
        if why:
            return timeline.REFUSED[why]
        while beats := timeline.append(self.state, self.words, self.frames, made):
            timeline.hold(self.state, self.words, self.frames, beats)
        timeline.guard(self.state, self.words, self.frames)
        return ""

    def us(self, index: int) -> int:
        return self.state[index] | self.state[index + 1] << 16

    @property
    def end_us(self) -> int:
        """Since the beginning."""
        return (self.us(timeline.END_US) - START_US) % 2**32


def random_words(chance: random.Random, us: int, most: int) -> list[tuple[int, int]]:
    """Words that last so long, some of them as short as can be."""
    left = us * wire.CYCLES_PER_US
    words = []
    while len(words) < most and left > 20_000:
        cycles = chance.choice((3, 4, chance.randrange(3, 300), chance.randrange(3, left // 2)))
        words.append((cycles, chance.randrange(64)))
        left -= cycles
    return [*words, (left, chance.randrange(64))]


def bytes_of(codes: tuple[int, int, int, int]) -> list[int]:
    """A frame as the bus has it: fast writes, STOP with the last."""
    made = [byte for code in codes for byte in (code >> 8, code & 0xFF)]
    return [*made[:7], made[7] | 0x200]


@pytest.mark.parametrize("seed", range(12))
def test_slices_are_played_to_the_cycle_and_gaps_bridged_exactly(seed: int) -> None:
    chance = random.Random(seed)
    ring = Ring()
    wanted, frames = [], {}
    at = 20_000
    for _ in range(60):
        at += chance.choice((0, 0, 0, 500, 3000))
        us = 500 * chance.randrange(1, 9)
        words = random_words(chance, us, 30)
        codes = [tuple(chance.randrange(4096) for _ in range(4)) for _ in range(us // 500)]
        assert ring.slice((START_US + at) & 0xFFFFFFFF, us, words, codes) == ""
        cycles = at * wire.CYCLES_PER_US
        for delay, levels in words:
            cycles += delay
            wanted.append((cycles, levels))
        frames.update({at // 500 + i: bytes_of(row) for i, row in enumerate(codes)})
        at += us
        while ring.cycles // wire.CYCLES_PER_US < at - 30_000:
            assert ring.turn() & 7 == 0
            ring.play(chance.choice((20_000, 62_500, 150_000)))
    for _ in range(100):
        ring.turn()
        ring.play(62_500)
    edges, levels = [], 0
    for cycles, after in wanted:
        if after != levels:
            edges.append((cycles, after))
            levels = after
    assert ring.edges == edges
    assert {i: ring.sent[i] for i in frames} == frames
    assert ring.us(timeline.LATE_US) == 0


def test_with_nothing_to_play_it_holds_and_tells_for_how_long() -> None:
    ring = Ring()
    ring.slice(START_US + 10_000, 500, [(62_500, 5)], [(1, 2, 3, 4)])
    held = ring.us(timeline.HELD_US)
    end = ring.end_us
    for _ in range(3 * FRAMES):
        ring.turn()
        ring.play(62_500)
    assert [levels for _, levels in ring.edges] == [5]
    assert ring.us(timeline.HELD_US) - held == ring.end_us - end
    assert all(frame == bytes_of((1, 2, 3, 4)) for frame in ring.sent[25:])


def test_a_slice_that_comes_late_begins_behind_the_end_and_is_told() -> None:
    ring = Ring()
    end = ring.end_us
    assert ring.slice((START_US + end - 1500) & 0xFFFFFFFF, 500, [(100, 1), (62_400, 1)], [(0, 0, 0, 0)]) == ""
    for _ in range(40):
        ring.turn()
        ring.play(62_500)
    assert ring.edges == [(end * wire.CYCLES_PER_US + 100, 1)]
    assert ring.us(timeline.LATE_US) == 1500


def test_a_slice_between_two_lines_of_the_grid_begins_at_the_next() -> None:
    ring = Ring()
    end = ring.end_us
    ring.slice((START_US + end + 200) & 0xFFFFFFFF, 500, [(100, 1), (62_400, 1)], [(0, 0, 0, 0)])
    assert ring.end_us == end + 1000
    assert ring.us(timeline.LATE_US) == 300


def test_a_loop_that_is_late_holds_and_what_follows_is_on_the_grid() -> None:
    ring = Ring()
    ring.slice(START_US + 10_000, 500, [(62_500, 5)], [(1, 2, 3, 4)])
    ring.play(62_500 * 30)  # 7 ms beyond what it had to play
    assert ring.turn() & 7 == 0
    assert ring.edges == [(10_500 * wire.CYCLES_PER_US, 5)]
    assert ring.end_us > ring.cycles // wire.CYCLES_PER_US
    at = ring.end_us
    ring.slice((START_US + at) & 0xFFFFFFFF, 500, [(62_500, 6)], [(1, 2, 3, 4)])
    for _ in range(40):
        ring.turn()
        ring.play(62_500)
    assert ring.edges[1:] == [((at + 500) * wire.CYCLES_PER_US, 6)]


def test_a_loop_that_hangs_opens_the_loop_and_lets_go_of_the_voltages() -> None:
    ring = Ring()
    ring.slice(START_US + 10_000, 500, [(62_500, 5)], [(1, 2, 3, 4)])
    for _ in range(20):
        ring.turn()
        ring.play(62_500)
    ring.play(62_500 * 300)
    assert [levels for _, levels in ring.edges] == [5, 0]
    assert ring.sent[-1] == RELEASED
    assert ring.turn() & 1, "it says that other than what was asked for was played"


def test_nothing_is_played_twice_when_nobody_writes_any_more() -> None:
    ring = Ring()
    chance = random.Random(1)
    for i in range(80):
        words = random_words(chance, 2000, 20)
        assert ring.slice((START_US + 10_000 + 2000 * i) & 0xFFFFFFFF, 2000, words, [(9, 9, 9, 9)] * 4) == ""
        for _ in range(4):
            ring.turn()
            ring.play(62_500)
    played = len(ring.edges)
    ring.play(62_500 * 300)  # until the watchdog bites
    assert ring.edges[-1][1] == 0
    assert ring.edges[-1][0] < (10_000 + 2000 * 80 + 10_000) * wire.CYCLES_PER_US
    assert len(ring.edges) > played


def test_what_is_forgotten_is_not_played_and_the_time_of_the_end_is_right() -> None:
    for seed in range(20):
        chance = random.Random(seed)
        ring = Ring()
        for i in range(20):
            ring.slice(START_US + 10_000 + 2000 * i, 2000, random_words(chance, 2000, 20), [(9, 9, 9, 9)] * 4)
        for _ in range(30):
            ring.turn()
            ring.play(chance.randrange(30_000, 90_000))
        beats = timeline.forget(ring.state, ring.words, ring.at)
        timeline.let_go(ring.state)
        timeline.guard(ring.state, ring.words, ring.frames)
        assert beats > 10
        assert ring.end_us - ring.cycles // wire.CYCLES_PER_US < 6000
        at = ring.end_us + 5000
        assert ring.slice((START_US + at) & 0xFFFFFFFF, 500, [(70, 63), (62_430, 63)], [(7, 7, 7, 7)]) == ""
        for _ in range(40):
            ring.turn()
            ring.play(62_500)
        assert ring.edges[-1] == (at * wire.CYCLES_PER_US + 70, 63)
        assert ring.sent[at // 500] == bytes_of((7, 7, 7, 7))
        assert ring.sent[at // 500 - 1] == RELEASED


LINE = (0, 0, 0, 0)
WRONG = {
    "no grid": (500, 400, [(50_000, 0)], [LINE]),
    "fewer frames": (500, 1000, [(125_000, 0)], [LINE]),
    "no frames": (500, 0, [], []),
    "words too short": (500, 500, [(62_499, 0)], [LINE]),
    "words too long": (500, 500, [(62_501, 0)], [LINE]),
    "no words": (500, 500, [], [LINE]),
    "too far ahead": (300_000, 500, [(62_500, 0)], [LINE]),
    "hours ahead": (2**29 - 1, 500, [(62_500, 0)], [LINE]),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_slice_that_cannot_be_played_is_refused_whole(what: str) -> None:
    gap, us, words, codes = WRONG[what]
    ring = Ring()
    before = list(ring.state), list(ring.words), list(ring.frames)
    assert ring.slice((START_US + ring.end_us + gap) & 0xFFFFFFFF, us, words, codes) != ""
    assert before == (list(ring.state), list(ring.words), list(ring.frames))


def test_more_words_than_there_is_room_for_are_refused_and_those_before_played() -> None:
    ring = Ring()
    words = [(6250, i & 63) for i in range(300)]
    slices = 0
    while not (why := ring.slice((START_US + ring.end_us) & 0xFFFFFFFF, 15_000, words, [LINE] * 30)):
        slices += 1
    assert why == timeline.REFUSED[5] or why == timeline.REFUSED[4]
    assert slices >= 10
    for _ in range(600):
        assert ring.turn() & 7 == 0
        ring.play(62_500)
    assert len(ring.edges) >= 299 * slices
