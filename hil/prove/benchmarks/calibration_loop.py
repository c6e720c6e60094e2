"""What the sil rig does most, without it: an interpreter's calls, attributes and small lists, and lines over pipes.

A line on standard input is one burst; the answer is the CPU time that it took, in microseconds. Python, not the
MicroPython that the rig runs: a slower build of that has to show.
"""

from __future__ import annotations

import sys
import time

_STEPS = 30_000


class Part:
    """Something with state that is called often."""

    def __init__(self) -> None:
        self.count = 0
        self.words = [0] * 64

    def step(self, word: int) -> int:
        """A little of each kind of work."""
        self.count = (self.count + word) & 0x3FFFFFFF
        self.words[word & 63] = self.count
        return self.count >> 3 if word & 1 else self.words[self.count & 63]


def burst() -> int:
    """One burst's work."""
    part = Part()
    word = 1
    for i in range(_STEPS):
        word = part.step(word + i)
    return word


for _ in sys.stdin:
    start_ns = time.process_time_ns()
    burst()
    print((time.process_time_ns() - start_ns) // 1000, flush=True)
