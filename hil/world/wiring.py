"""What lies between an encoder's two outputs and the board's pins, whole or broken: edges in, edges out.

Outputs are open collectors onto the board's pull-ups, so a wire that is cut reads 1, and two that touch read 1 only
when both are 1. A magnet that is missing leaves both phases at rest for its whole cycle.
"""

from collections.abc import Callable, Iterator
from random import Random

from hil.world.encoder import QUARTERS, Edges

Levels = tuple[int, int]


class Wiring:
    """Whole. Feed it the edges of a slice with `pass_on`; `true` are the encoder's levels now, `levels` the pins'. A
    broken one overrides `pins`.
    """

    def __init__(self, levels: Levels) -> None:
        self.true = levels
        self._quarter = QUARTERS.index(levels)
        self.levels = self.pins(0)

    def pins(self, t_ns: int) -> Levels:
        """The pins' levels, the encoder's being `self.true` in quarter `self._quarter` (rising as it goes ahead)."""
        return self.true

    def after(self, before: "Wiring") -> "Wiring":
        """This one, taking over now: the pins change with the next slice."""
        self.levels = before.levels
        return self

    def more(self, t0_ns: int, t1_ns: int) -> list[int]:
        """Times in between at which the pins are looked at, beside the encoder's own edges."""
        return []

    def pass_on(self, t0_ns: int, t1_ns: int, a: Edges, b: Edges) -> tuple[Edges, Edges]:
        """The encoder's edges from t0_ns to t1_ns -> those at the pins."""
        moves = [(t, 0, level) for t, level in zip(a.times_ns, a.levels, strict=True)]
        moves += [(t, 1, level) for t, level in zip(b.times_ns, b.levels, strict=True)]
        moves += [(t, -1, 0) for t in self.more(t0_ns, t1_ns)]
        out = (Edges(), Edges())
        self._put(t0_ns, out)  # what broke since the last slice
        for t_ns, phase, level in sorted(moves):
            if phase >= 0:
                self._move(phase, level)
            self._put(t_ns, out)
        return out

    def _move(self, phase: int, level: int) -> None:
        after = (level, self.true[1]) if phase == 0 else (self.true[0], level)
        step = (QUARTERS.index(after) - QUARTERS.index(self.true)) % 4
        self._quarter += -1 if step == 3 else step
        self.true = after

    def _put(self, t_ns: int, out: tuple[Edges, Edges]) -> None:
        levels = self.pins(t_ns)
        for phase in (0, 1):
            if levels[phase] != self.levels[phase]:
                out[phase].times_ns.append(t_ns)
                out[phase].levels.append(levels[phase])
        self.levels = levels


class Held(Wiring):
    """A phase (0 A, 1 B) that keeps one level: 1 where its wire is cut (the pull-up), 0 where it touches ground."""

    def __init__(self, levels: Levels, phase: int, level: int) -> None:
        self._phase, self._level = phase, level
        super().__init__(levels)

    def pins(self, t_ns: int) -> Levels:
        a, b = self.true
        return (self._level, b) if self._phase == 0 else (a, self._level)


class Unplugged(Wiring):
    """Neither phase arrives: the pull-ups hold both at 1; at `level` 0 where they have lost their supply, too."""

    def __init__(self, levels: Levels, level: int = 1) -> None:
        self._level = level
        super().__init__(levels)

    def pins(self, t_ns: int) -> Levels:
        return self._level, self._level


class Together(Wiring):
    """A and B touch."""

    def pins(self, t_ns: int) -> Levels:
        both = self.true[0] & self.true[1]
        return both, both


class Missing(Wiring):
    """Cycles for which `lost` is true leave no trace on the phases it names ('ab', or 'a' alone)."""

    def __init__(self, levels: Levels, lost: Callable[[int], bool], phases: str = "ab") -> None:
        self._lost, self._phases = lost, phases
        super().__init__(levels)

    def pins(self, t_ns: int) -> Levels:
        a, b = self.true
        if self._lost(self._quarter // 4):
            return 0, (0 if "b" in self._phases else b)
        return a, b


class Slipping(Wiring):
    """The wheel of the encoder turns on its shaft: of the track's way only a share arrives, another for each 16 mm or
    so.
    """

    def __init__(self, levels: Levels, seed: int, least: float = 0.0, most: float = 0.5) -> None:
        self._random = Random(seed)
        self._range = (least, most)
        self._share = self._random.uniform(least, most)
        self._wheel = float(QUARTERS.index(levels)) + 0.5
        self._seen = QUARTERS.index(levels)
        super().__init__(levels)

    def pins(self, t_ns: int) -> Levels:
        moved = self._quarter - self._seen
        if moved:
            self._seen = self._quarter
            self._wheel += moved * self._share
            if self._quarter % 32 == 0:
                self._share = self._random.uniform(*self._range)
        return QUARTERS[int(self._wheel // 1) % 4]


class Spiked(Wiring):
    """Over another wiring: pulses of some microseconds on the phases named, `per_ms` of them between two times (ns).

    On both phases they come together, B up to a microsecond or two behind A or ahead of it, as one wire couples more
    than the other.
    """

    def __init__(
        self,
        under: Wiring,
        seed: int,
        windows: list[tuple[int, int]],
        per_ms: float,
        phases: str = "ab",
        skew_ns: int = 0,
    ) -> None:
        self._under, self._random = under, Random(seed)
        self._windows, self._per_ms, self._phases, self._skew_ns = windows, per_ms, phases, skew_ns
        self._flips: tuple[list[int], list[int]] = ([], [])
        super().__init__(under.true)

    def pins(self, t_ns: int) -> Levels:
        a, b = self._under.pins(t_ns)
        flipped = [sum(t <= t_ns for t in flips) % 2 for flips in self._flips]
        return a ^ flipped[0], b ^ flipped[1]

    def _move(self, phase: int, level: int) -> None:
        super()._move(phase, level)
        self._under._move(phase, level)

    def more(self, t0_ns: int, t1_ns: int) -> list[int]:
        self._flips = ([], [])
        for start, end in self._windows:
            first, last = max(start, t0_ns), min(end, t1_ns)
            at = float(first)
            while True:
                at += self._random.expovariate(self._per_ms) * 1e6
                if at + 40_000 >= last:
                    break
                width = self._random.uniform(4_000, 20_000)
                for phase, name in enumerate("ab"):
                    if name in self._phases:
                        shift = self._skew_ns * phase
                        self._flips[phase].extend((int(at + shift), int(at + shift + width)))
                at += width
        return sorted({*self._flips[0], *self._flips[1]})


class Decoder:
    """What the board counts from its pins: both edges of A, forward when B is low as A rises (hardware/encoder.py)."""

    def __init__(self, levels: Levels) -> None:
        self.levels = levels
        self.ticks = 0

    def take(self, a: Edges, b: Edges) -> int:
        """The ticks of a slice's edges."""
        before = self.ticks
        for _ in self.counts(a, b):
            pass
        return self.ticks - before

    def counts(self, a: Edges, b: Edges) -> Iterator[tuple[int, int]]:
        """A slice's edges -> (time, `ticks` from it on)."""
        moves = [(t, 1, level) for t, level in zip(b.times_ns, b.levels, strict=True)]
        moves += [(t, 2, level) for t, level in zip(a.times_ns, a.levels, strict=True)]
        for t_ns, phase, level in sorted(moves):
            if phase == 1:
                self.levels = (self.levels[0], level)
            elif level != self.levels[0]:
                self.levels = (level, self.levels[1])
                self.ticks += 1 if level != self.levels[1] else -1
                yield t_ns, self.ticks
