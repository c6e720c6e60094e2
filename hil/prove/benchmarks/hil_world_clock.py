"""The world's time of the emulated pair as the rig on it counts: what its instrument's timer must read at an instant.

The rate is known (the instrument's crystal, as it was made). The timer's zero is enclosed by looks at it: each says
that the timer is within a microsecond of what it read. Nothing that the rig tells is used, so nothing that the rig has
wrong can hide in it.
"""

from __future__ import annotations

from hil.errors import HilError
from hil.rigs.bench.emulated import EmulatedOutside
from hil.rigs.bench.rig import BenchRig

_NS_PER_US = 1000
# From one look to the next, not a whole number of microseconds: the looks fall all over the timer's.
_STEP_NS = 1_013_177
_LOOKS = 200
_NARROW_NS = 60.0


class Enclosure:
    """rate: of the timer against the world. zero_us: what it read at the world's 0, between two bounds."""

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._least_us, self._most_us = float("-inf"), float("inf")

    def look(self, world_ns: float, timer_us: int) -> None:
        """It read this then. HilError when no timer of that rate could."""
        passed_us = world_ns * self._rate / _NS_PER_US
        self._least_us = max(self._least_us, timer_us - passed_us)
        self._most_us = min(self._most_us, timer_us + 1 - passed_us)
        if self._least_us > self._most_us:
            raise HilError("the instrument's timer does not go at the rate of its crystal; look at its clocks")

    @property
    def width_ns(self) -> float:
        """How far apart the bounds are."""
        return (self._most_us - self._least_us) * _NS_PER_US

    def timer_ns(self, world_ns: float) -> float:
        """What it reads then, in ns, to half of `width_ns`."""
        return world_ns * self._rate + (self._least_us + self._most_us) / 2 * _NS_PER_US


def outside_of(rig: object) -> EmulatedOutside:
    """The outside of a bench that is emulated. HilError of another: only there the truth is known."""
    if not isinstance(rig, BenchRig) or not isinstance(rig.outside, EmulatedOutside):
        raise HilError("only an emulated bench shows what really happened; open it without a configuration")
    return rig.outside


class WorldClock:
    """Of an emulated bench. `look` again now and then: the rate is tested over all that passes in between."""

    def __init__(self, rig: BenchRig) -> None:
        self._rig = rig
        self._pair = outside_of(rig).pair
        self._enclosed = Enclosure(1 + self._pair.instrument.parts.crystal_ppm * 1e-6)
        for _ in range(_LOOKS):
            rig.run(_STEP_NS)
            self.look()
        if self.width_ns > _NARROW_NS:
            raise HilError(f"the timer's zero is known to {self.width_ns:.0f} ns only; take more looks at it")

    def look(self) -> None:
        """At the timer, now."""
        timer_us = self._pair.instrument.cpu.timer_us
        self._enclosed.look(self._pair.instrument.status().now_ns, timer_us)

    @property
    def width_ns(self) -> float:
        """How uncertain all is that it tells."""
        return self._enclosed.width_ns

    def rig_ns(self, world_ns: float) -> float:
        """The rig's time of one of the world's."""
        return self._enclosed.timer_ns(world_ns) - self._rig.player.timer_us(0) * _NS_PER_US
