"""The rover: two tracks under a frame, a contactor, encoders, a coil ahead; where it is and what it takes from the
supply.
"""

import math
from bisect import bisect_right
from dataclasses import dataclass, field

import numpy as np

from hil.world.encoder import Edges, Encoder
from hil.world.motor import Motor
from hil.world.world_spec import Machine

STEP_NS = 1_000_000


@dataclass
class Drive:
    """What the board's pins say, with the times (ns) of their changes inside a slice.

    Each list is of (t_ns, value), rising, value holding from there on. Duties are 0..1, directions 1 = forward.
    """

    duty_left: list[tuple[int, float]] = field(default_factory=list)
    duty_right: list[tuple[int, float]] = field(default_factory=list)
    forward_left: list[tuple[int, float]] = field(default_factory=list)
    forward_right: list[tuple[int, float]] = field(default_factory=list)
    enable: list[tuple[int, float]] = field(default_factory=list)


@dataclass
class Slice:
    """What the rover did in a slice: encoder edges by pin name, and the coil's path."""

    edges: dict[str, Edges]
    times_ns: list[int]
    coil_m: list[tuple[float, float]]


class Contactor:
    """Closes `pull` after MOTOR_EN rises and opens `drop` after it falls; a shorter change does not move it."""

    def __init__(self, pull_ns: int, drop_ns: int) -> None:
        self._pull_ns, self._drop_ns = pull_ns, drop_ns
        self.closed = False
        self._wanted = False
        self._due_ns = 0

    def update(self, t_ns: int, enable: bool) -> bool:
        """Whether its contacts are closed at t_ns (rising from call to call), the line being `enable` since then."""
        if self._wanted != self.closed and t_ns >= self._due_ns:
            self.closed = self._wanted
        if enable != self._wanted:
            self._wanted = enable
            self._due_ns = t_ns + (self._pull_ns if enable else self._drop_ns)
            if self._due_ns <= t_ns:
                self.closed = enable
        return self.closed


class Rover:
    """Differential drive: tracks to ground speed by slip, ground speed and turn to the coil's place."""

    def __init__(self, file: Machine) -> None:
        spec = file.rover
        self.spec = spec
        self.supply = file.supply
        self.left = Motor(spec)
        self.right = Motor(spec, spec.mismatch)
        self.left.drag_m_s, self.right.drag_m_s = spec.left_drag_m_s, spec.right_drag_m_s
        self.slope_m_s = spec.slope_m_s
        self.encoder_left = Encoder(spec, bool(spec.left_reversed))
        self.encoder_right = Encoder(spec, bool(spec.right_reversed))
        self._signs = (-1 if spec.left_reversed else 1, -1 if spec.right_reversed else 1)
        self._contactor = Contactor(int(spec.contactor_pull_ms * 1e6), int(spec.contactor_drop_ms * 1e6))
        # The coil starts over the start of the lane.
        self.x_m, self.y_m, self.heading_rad = -spec.coil_ahead_m, spec.start_lateral_m, 0.0
        self.track_m = [0.0, 0.0]
        random = np.random.default_rng([file.seed, 404])
        # Slip changes over tens of centimetres: two sines a track, with random phase and length.
        self._slip_w = (2 * math.pi / random.uniform(0.15, 0.9, 4)).tolist()
        self._slip_phase = random.uniform(0, 2 * math.pi, 4).tolist()
        self._now: dict[str, float] = {"dl": 0.0, "dr": 0.0, "fl": 0.0, "fr": 0.0, "en": 0.0}
        # Speeds (left, right; m/s) at which somebody pushes the tracks, whatever the motors do; None: nobody does.
        self.hand: tuple[float, float] | None = None

    @property
    def coil_m(self) -> tuple[float, float]:
        """Where the coil's centre is: (along, left), m."""
        ahead = self.spec.coil_ahead_m
        return self.x_m + ahead * math.cos(self.heading_rad), self.y_m + ahead * math.sin(self.heading_rad)

    @property
    def speeds_m_s(self) -> tuple[float, float]:
        """Track speeds, left and right."""
        return self.left.speed_m_s, self.right.speed_m_s

    @property
    def contactor_closed(self) -> bool:
        """Whether the motors have power."""
        return self._contactor.closed

    @property
    def motor_amps(self) -> float:
        """What both motors take from the supply now."""
        return (self.left.load * abs(self._now["dl"]) + self.right.load * abs(self._now["dr"])) * self.supply.stall_a

    def step(self, t0_ns: int, t1_ns: int, drive: Drive) -> Slice:
        """Go from t0_ns to t1_ns under `drive`; changes before t0_ns count as at t0_ns. Returns the edges and the
        coil's path.
        """
        edges = {name: Edges() for name in ("left_a", "left_b", "right_a", "right_b")}
        sources = (
            ("dl", drive.duty_left),
            ("dr", drive.duty_right),
            ("fl", drive.forward_left),
            ("fr", drive.forward_right),
            ("en", drive.enable),
        )
        times, path = [t0_ns], [self.coil_m]
        cuts = sorted({t for _, changes in sources for t, _ in changes if t0_ns < t < t1_ns} | {t1_ns})
        t = t0_ns
        while t < t1_ns:
            for name, changes in sources:
                i = bisect_right(changes, (t, math.inf))
                if i:
                    self._now[name] = changes[i - 1][1]
            cut = cuts[bisect_right(cuts, t)]
            then = min(t + STEP_NS, cut)
            self._advance(t, then, edges)
            t = then
            times.append(t)
            path.append(self.coil_m)
        return Slice(edges, times, path)

    def _advance(self, t0_ns: int, t1_ns: int, edges: dict[str, Edges]) -> None:
        now = self._now
        live = self._contactor.update(t0_ns, bool(now["en"]))
        dt = (t1_ns - t0_ns) * 1e-9
        sag = 1 - self.supply.sag_mv_per_a * self.motor_amps / self.supply.vsys_mv
        signed_left = (now["dl"] if now["fl"] else -now["dl"]) * self._signs[0] * sag
        signed_right = (now["dr"] if now["fr"] else -now["dr"]) * self._signs[1] * sag
        grade = self.slope_m_s * math.cos(self.heading_rad)
        self.left.load_m_s, self.right.load_m_s = grade, grade
        way_left = self.left.step(dt, signed_left, live)
        way_right = self.right.step(dt, signed_right, live)
        if self.hand is not None:
            way_left, way_right = self.hand[0] * dt, self.hand[1] * dt
        self.encoder_left.move(t0_ns, t1_ns, way_left, edges["left_a"], edges["left_b"])
        self.encoder_right.move(t0_ns, t1_ns, way_right, edges["right_a"], edges["right_b"])
        self.track_m[0] += way_left
        self.track_m[1] += way_right
        self._go(way_left, way_right)

    def _go(self, way_left: float, way_right: float) -> None:
        """The tracks went so far: where that puts the rover."""
        ground_left = way_left * (1 - self._slip(0))
        ground_right = way_right * (1 - self._slip(1))
        way = 0.5 * (ground_left + ground_right)
        turn = (ground_right - ground_left) / self.spec.track_width_m
        # mid-point rule for the arc
        middle = self.heading_rad + 0.5 * turn
        self.x_m += way * math.cos(middle)
        self.y_m += way * math.sin(middle)
        self.heading_rad += turn

    def _slip(self, track: int) -> float:
        """Share of the way that this track slips now, about `slip` on average."""
        at, k = self.track_m[track], 2 * track
        wave = math.sin(self._slip_w[k] * at + self._slip_phase[k]) + math.sin(
            self._slip_w[k + 1] * at + self._slip_phase[k + 1]
        )
        return self.spec.slip * (1 + 0.5 * wave)
