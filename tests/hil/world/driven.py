"""The firmware's own drive on the world's rover, a tick at a time under CPython: encoders by way of their wiring."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from hil.world.rover import Drive as Pins
from hil.world.rover import Rover
from hil.world.wiring import Decoder, Wiring
from hil.world.world_file import parse_world
from sapper.drive.drive import Drive
from sapper.drive.motion import Motion
from sapper.safety.supervisor import SWEEP, TELEOP
from sapper.shared.events import TRACK_FAULTS
from sapper.shared.settings import Settings

TICK_NS = 10_000_000
Break = Callable[["Driven", int], Wiring]


class _Motor:
    def __init__(self) -> None:
        self.duty_pm = 0

    def engage(self) -> None:
        self.duty_pm = 0

    def drive(self, duty_pm: int) -> None:
        self.duty_pm = duty_pm


class _Encoder:
    def __init__(self) -> None:
        self.ticks = 0

    def delta(self) -> int:
        ticks, self.ticks = self.ticks, 0
        return ticks


@dataclass
class Told:
    """A fault: when (ms since `at_ms`), which side, what it looked like."""

    ms: int
    side: int
    how: str


@dataclass
class Driven:
    """`go` until a time is over or a fault is told; what the tracks did is in `astray_mm`, `fastest` (times what
    is asked) and `faster_mm_s` (than asked, a mean)."""

    rover_spec: dict[str, Any] = field(default_factory=dict)
    settings: dict[str, int] = field(default_factory=dict)
    supply_mv: float = 5000.0
    seed: int = 1

    def __post_init__(self) -> None:
        self.random = Random(self.seed)
        self.rover = Rover(parse_world({"world": {"seed": self.seed}, "rover": self.rover_spec}))
        self.store = Settings()
        self.store.set_many(list(self.settings.items()))
        self.motors = (_Motor(), _Motor())
        self.encoders = (_Encoder(), _Encoder())
        self.drive = Drive(self.store, self.motors, self.encoders)
        self.motion = Motion(self.store, self.drive)
        self.drive.engage()
        self.t_ns = 0
        self.grade = self.rover.slope_m_s  # the slope that it comes onto over the next 0.4 m
        self.late_ticks = 0.0  # share of the ticks that come 10 ms late
        sides = (self.rover.encoder_left, self.rover.encoder_right)
        self.wiring = [Wiring(encoder.levels) for encoder in sides]
        self.decoders = [Decoder(wiring.levels) for wiring in self.wiring]
        self.per_m = self.store.get("ticks_per_m")
        self.asked = [0.0, 0.0]
        self.forget()

    def forget(self) -> None:
        """Astray is counted from here."""
        self.further_mm = [0.0, 0.0]
        self.unseen_mm = [0.0, 0.0]
        self.fastest = 0.0
        self.faster_mm_s = 0.0
        self._faster = [0.0, 0.0]

    @property
    def astray_mm(self) -> float:
        """The most that a track went further than asked, or than its encoder tells."""
        return max(*self.further_mm, *(abs(mm) for mm in self.unseen_mm))

    def broken(self, side: int, make: Callable[..., Wiring], *how: Any) -> None:
        """From now on that encoder's wiring is such a one."""
        encoder = (self.rover.encoder_left, self.rover.encoder_right)[side]
        before = self.wiring[side].levels
        wiring = make(encoder.levels, *how)
        wiring.levels = before  # the pins change at the next edge that is put
        self.wiring[side] = wiring

    def drive_for(self, seconds: float, speed: int, turn: int = 0) -> Told | None:
        """TELEOP, the operator repeating it."""
        return self._go(seconds, TELEOP, speed, turn)

    def sweep_for(self, seconds: float) -> Told | None:
        """SWEEP of a long lane, from here when none is going on."""
        if not self.motion._goal_mm:
            self.motion.sweep(10_000_000)
        return self._go(seconds, SWEEP, self.store.get("sweep_mm_s"), 0)

    def rest_for(self, seconds: float) -> Told | None:
        """ARMED."""
        self.motion.halt()
        self.drive.halt()
        return self._go(seconds, 1, 0, 0)

    def _go(self, seconds: float, state: int, speed: int, turn: int) -> Told | None:
        start = self.t_ns
        half = self.store.get("track_width_mm") // 2
        self.asked = [speed - turn * half / 1000, speed + turn * half / 1000]
        while self.t_ns < start + seconds * 1e9:
            self._tick_of_world()
            if self.random.random() < self.late_ticks:
                self._tick_of_world()
            self.drive.sense()
            if self.drive.fault_side >= 0:
                ms = (self.t_ns - start) // 1_000_000
                return Told(ms, self.drive.fault_side, TRACK_FAULTS[self.drive.fault_how])
            if state == TELEOP:
                self.motion.drive(speed, turn)
            self.motion.step(state, 10)
        return None

    def _tick_of_world(self) -> None:
        t0, t1 = self.t_ns, self.t_ns + TICK_NS
        self.t_ns = t1
        share = self.supply_mv / 5000.0
        pins = Pins()
        for side, (duty, forward) in enumerate(
            ((pins.duty_left, pins.forward_left), (pins.duty_right, pins.forward_right))
        ):
            duty.append((t0, abs(self.motors[side].duty_pm) / 1000 * share))
            forward.append((t0, float(self.motors[side].duty_pm >= 0)))
        pins.enable.append((t0, 1.0))
        before = list(self.rover.track_m)
        onto = 0.45 / 0.4 * max(abs(v) for v in self.rover.speeds_m_s) * (t1 - t0) / 1e9
        self.rover.slope_m_s += max(-onto, min(onto, self.grade - self.rover.slope_m_s))
        moved = self.rover.step(t0, t1, pins)
        for side, name in enumerate(("left", "right")):
            edges = self.wiring[side].pass_on(t0, t1, moved.edges[f"{name}_a"], moved.edges[f"{name}_b"])
            ticks = self.decoders[side].take(*edges)
            self.encoders[side].ticks += ticks
            way_mm = (self.rover.track_m[side] - before[side]) * 1000
            asked = self.asked[side] / 100
            beyond = abs(way_mm) - abs(asked) if way_mm * asked >= 0 else abs(way_mm)
            self.further_mm[side] += max(0.0, beyond)
            sign = -1 if (self.store.get("left_reversed"), self.store.get("right_reversed"))[side] else 1
            self.unseen_mm[side] += way_mm - sign * ticks * 1000 / self.per_m
            # Over 0.2 s or so.
            self._faster[side] += (beyond * 100 - self._faster[side]) / 20
            self.faster_mm_s = max(self.faster_mm_s, self._faster[side])
            if asked:
                self.fastest = max(self.fastest, abs(way_mm) / max(abs(asked), 0.001))
