"""The rover under the board: motor pins in, encoder edges out by way of their wiring, and how far it went astray."""

from __future__ import annotations

from collections.abc import Callable

from hil.prove.safety.astray import Astray
from hil.prove.safety.motors import SIDES
from hil.prove.safety.wheels import Wheel
from hil.rigs.rig import Rig
from hil.world.encoder import Edges
from hil.world.rover import Drive, Rover
from hil.world.wiring import Wiring
from hil.world.world_file import load_world_file
from sapper.shared.pins import GPIO


class Tracks:
    """`roll` a slice, after the pins of the one before went into `drive`. wiring, swapped, jammed: by side."""

    def __init__(self, rig: Rig) -> None:
        self._rig = rig
        self._rover = Rover(load_world_file("clean"))
        self.drive = Drive()
        self.wheels = (Wheel(self._rover.encoder_left.levels), Wheel(self._rover.encoder_right.levels))
        self.mend()

    @property
    def speeds_m_s(self) -> tuple[float, float]:
        """Of the tracks, left and right, by the world."""
        return self._rover.speeds_m_s

    def mend(self) -> None:
        """All whole, and nobody pushes."""
        self._rover.hand = None
        self.swapped = [False, False]
        self.jammed = [False, False]
        self.wiring = [Wiring(one.levels) for one in (self._rover.encoder_left, self._rover.encoder_right)]
        self.astray = Astray(self.wiring)
        for name, wiring, wheel in zip(SIDES, self.wiring, self.wheels, strict=True):
            wheel.stands_at(wiring.levels)
            for phase, level in zip("AB", wiring.levels, strict=True):
                self._rig.pin(GPIO[f"ENC_{name}_{phase}"]).drive(level)

    def push(self, m_s: tuple[float, float] | None) -> None:
        """Tracks moved by hand at this speed, whatever the motors do; None: let go."""
        self._rover.hand = m_s

    def rewire(self, side: int, make: Callable[..., Wiring], *how: object) -> None:
        """From now on that encoder's wiring is `make(levels, *how)`."""
        self.wiring[side] = make(self.wiring[side].true, *how).after(self.wiring[side])

    def roll(self, start_ns: int, end_ns: int) -> None:
        """The rover's answer to what the pins did in the slice before: edges for this one."""
        before = list(self._rover.track_m)
        moved = self._rover.step(start_ns, end_ns, self.drive)
        self.drive = Drive()
        for side, name in enumerate(SIDES):
            raw = (moved.edges[f"{name.lower()}_a"], moved.edges[f"{name.lower()}_b"])
            edges = self.wiring[side].pass_on(start_ns, end_ns, *raw)
            if self.jammed[side]:
                continue
            self.astray.add(side, (self._rover.track_m[side] - before[side]) * 1000, edges, end_ns - start_ns)
            put = {"A": Edges(), "B": Edges()}
            for phase, changes in zip("AB", edges, strict=True):
                if changes.times_ns:
                    other = {"A": "B", "B": "A"}[phase] if self.swapped[side] else phase
                    self._rig.pin(GPIO[f"ENC_{name}_{other}"]).drive_edges(changes.times_ns, changes.levels)
                    put[other] = changes
            self.wheels[side].edges(put["A"], put["B"])
