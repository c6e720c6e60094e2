"""A virtual Pico that tells where the flash cache missed, in all and in the ticks that took longest."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from hil.rigs.rig import NS_PER_S, TICK_NS
from hil.rigs.virtual import VirtualPico
from hil.rigs.virtual.events import Event
from hil.rigs.virtual.xip import XIP_MISS_CLK

Misses = Mapping[int, float]  # of the word at an address of the flash
WORST = 5  # ticks
_PHASES = 40  # of a tick, that are looked at for where it begins
_LOOKS = 8  # ticks


@dataclass(frozen=True)
class Figures:
    """How long the core worked, us, its waiting for the flash included, and where it missed."""

    busy_us: float
    misses: Misses

    def scaled(self, factor: float) -> Figures:
        """So much of it."""
        return Figures(self.busy_us * factor, {word: count * factor for word, count in self.misses.items()})


@dataclass(frozen=True)
class Trace:
    """Of a second on average, and of the longest ticks (the mean of `WORST` of them); seconds: how long was counted."""

    seconds: float
    a_second: Figures
    worst_tick: Figures


class TracedPico(VirtualPico):
    """Count with `begin` and `end`; time passes as ever, but is counted tick by tick."""

    def __init__(self, uf2: Path, xip_miss_clk: int = XIP_MISS_CLK) -> None:
        self._counting = False
        super().__init__(uf2, seed=1, xip_miss_clk=xip_miss_clk)

    def begin(self) -> None:
        """Count from now on."""
        self.xip.record()
        self._began_ns = self._window_ns = self.now_ns
        self._busy_ns = self._began_busy_ns = self.cpu.busy_ns
        self._total: Counter[int] = Counter()
        self._worst: list[tuple[int, int, dict[int, int]]] = []
        self._counting = True

    def begin_at_tick(self) -> None:
        """The same, where a tick begins: after an instant at which the core always slept, before one at which it never
        did."""
        step_ns = TICK_NS // _PHASES
        asleep = [0] * _PHASES
        for _ in range(_LOOKS):
            for phase in range(_PHASES):
                asleep[phase] += self.cpu.sleeping
                self.run(step_ns)
        begins = max(range(_PHASES), key=lambda phase: asleep[phase] - asleep[(phase + 1) % _PHASES])
        self.run(begins * step_ns)
        self.begin()

    def end(self) -> Trace:
        """What was counted; no more is."""
        self._close_window()
        self._counting = False
        self.xip.record(False)
        seconds = (self.now_ns - self._began_ns) / NS_PER_S
        whole = Figures((self.cpu.busy_ns - self._began_busy_ns) / 1000, self._total)
        worst = Figures(
            sum(busy_ns for busy_ns, _, _ in self._worst) / 1000, _sum(misses for _, _, misses in self._worst)
        )
        return Trace(seconds, whole.scaled(1 / seconds), worst.scaled(1 / len(self._worst)))

    def run_until(self, t_ns: float) -> list[Event]:
        """As ever."""
        events: list[Event] = []
        while self._counting and self._window_ns + TICK_NS < t_ns:
            events += super().run_until(self._window_ns + TICK_NS)
            self._close_window()
        return events + super().run_until(t_ns)

    def _close_window(self) -> None:
        misses, busy_ns = self.xip.misses(), self.cpu.busy_ns
        self.xip.record()
        self._total.update(misses)
        # The window's time settles a tie: dictionaries have no order.
        heapq.heappush(self._worst, (busy_ns - self._busy_ns, self._window_ns, misses))
        if len(self._worst) > WORST:
            heapq.heappop(self._worst)
        self._busy_ns = busy_ns
        self._window_ns += TICK_NS


def _sum(many: Iterable[Mapping[int, int]]) -> Counter[int]:
    out: Counter[int] = Counter()
    for each in many:
        out.update(each)
    return out
