"""Closed loop: a world answers a rig's motors with encoder edges and detector voltages.

Time goes in slices. What the board's pins do, the rover feels SLICE_NS later: a dead time of a few milliseconds (less
than a contactor's) is the price of running board and world in turns. On a rig that sees late (a bench) it is later by
that: always the same, so that the rover goes as the pins did, however long the telling of it took.
Everything else is exact: edges, voltages and the truth log are in the board's own nanoseconds.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field

from hil.rigs.capabilities import Time
from hil.rigs.rig import NS_PER_MS, Rig
from hil.world.rover import Drive, Slice
from hil.world.world import MachineWorld
from sapper.shared.pins import GPIO, TEMP_27C_UV, TEMP_SLOPE_UV, VSYS_DIVIDER

SLICE_NS = 5 * NS_PER_MS
_VSYS_CHANNEL = 3
_TEMP_CHANNEL = 4
_ENCODER_PINS = {
    "left_a": GPIO["ENC_LEFT_A"],
    "left_b": GPIO["ENC_LEFT_B"],
    "right_a": GPIO["ENC_RIGHT_A"],
    "right_b": GPIO["ENC_RIGHT_B"],
}


@dataclass(frozen=True)
class Stop:
    """Both duties became 0 at t_ns, with the coil at (s_m, y_m) and the rover this fast."""

    t_ns: int
    s_m: float
    y_m: float
    speed_m_s: float


@dataclass
class Truth:
    """What really happened: rows every slice, and every moment both duties became 0."""

    t_ns: list[int] = field(default_factory=list)
    coil_m: list[tuple[float, float]] = field(default_factory=list)
    speeds_m_s: list[tuple[float, float]] = field(default_factory=list)
    stops: list[Stop] = field(default_factory=list)

    def coil_at(self, t_ns: int) -> tuple[float, float]:
        """The coil's place (along, left; m) at a time within the log; held beyond its ends."""
        i = bisect_right(self.t_ns, t_ns)
        if i == 0 or i == len(self.t_ns):
            return self.coil_m[0 if i == 0 else -1]
        t0, t1 = self.t_ns[i - 1], self.t_ns[i]
        part = (t_ns - t0) / (t1 - t0)
        (x0, y0), (x1, y1) = self.coil_m[i - 1], self.coil_m[i]
        return x0 + part * (x1 - x0), y0 + part * (y1 - y0)

    def speed_at(self, t_ns: int) -> float:
        """Mean of the track speeds at that time, m/s."""
        i = min(max(bisect_right(self.t_ns, t_ns) - 1, 0), len(self.t_ns) - 1)
        return sum(self.speeds_m_s[i]) / 2


class ClosedLoop:
    """A rig in a world. Let time pass through `run` (never through the rig's own), and the two stay together.

    At the start the emergency-stop loop is closed, the key is off, and the coil stands over the start of the lane.
    """

    def __init__(self, rig: Rig, world: MachineWorld, slice_ns: int = SLICE_NS) -> None:
        self.rig = rig
        self.world = world
        self.truth = Truth()
        self._slice_ns = slice_ns
        self._felt_after_ns = slice_ns + (rig.lag_ns if isinstance(rig, Time) else 0)
        self._until_ns = rig.now_ns  # the world is ready up to here
        self.wires = {name: rig.pin(gpio) for name, gpio in _ENCODER_PINS.items()}
        self._duties = {"duty_left": rig.pwm(GPIO["MOTOR_LEFT"]), "duty_right": rig.pwm(GPIO["MOTOR_RIGHT"])}
        self._levels = {
            "forward_left": rig.pin(GPIO["DIR_LEFT"]),
            "forward_right": rig.pin(GPIO["DIR_RIGHT"]),
            "enable": rig.pin(GPIO["MOTOR_EN"]),
        }
        for pwm in self._duties.values():
            pwm.watch()
        for pin in self._levels.values():
            pin.watch()
        self._duty_now = {name: pwm.duty for name, pwm in self._duties.items()}
        start = self._until_ns
        # What the rover has yet to feel.
        self._drive = Drive(
            **{name: [(start, duty)] for name, duty in self._duty_now.items()},
            **{name: [(start, float(pin.level))] for name, pin in self._levels.items()},
        )
        rover = world.rover
        for side, encoder in (("left", rover.encoder_left), ("right", rover.encoder_right)):
            for phase, level in zip("ab", encoder.levels, strict=True):
                self.wires[f"{side}_{phase}"].drive(level)
        self.emergency_stop(False)
        self.key(False)
        self._log(start)

    def emergency_stop(self, pressed: bool) -> None:
        """Press (open the loop) or release the emergency stop, now."""
        self.rig.pin(GPIO["ESTOP_OK"]).drive(0 if pressed else 1)

    def key(self, on: bool) -> None:
        """Turn the arming key, now."""
        self.rig.pin(GPIO["ARM_KEY"]).drive(1 if on else 0)

    def run(self, duration_ns: int) -> None:
        """Let so much of the board's time pass."""
        end_ns = self.rig.now_ns + duration_ns
        while self.rig.now_ns < end_ns:
            self._pass_slice(min(self._slice_ns, end_ns - self.rig.now_ns))

    def _pass_slice(self, duration_ns: int) -> None:
        rig, world = self.rig, self.world
        # A rig may stop a few cycles late: the world goes on from where it was ready, not from where the rig is.
        t0_ns, t1_ns = self._until_ns, rig.now_ns + duration_ns
        if t1_ns > t0_ns:
            moved = world.rover.step(t0_ns, t1_ns, self._drive)
            for name, edges in moved.edges.items():
                if edges.times_ns:
                    self.wires[name].drive_edges(edges.times_ns, edges.levels)
            self._play(t0_ns, t1_ns, moved)
            self._log(t1_ns)
            self._until_ns = t1_ns
            self._forget(t1_ns)
        rig.run(duration_ns)
        self._collect()

    def _play(self, t0_ns: int, t1_ns: int, moved: Slice) -> None:
        """The front end's samples of this slice, each held until the next; supply and temperature once a slice."""
        pulses_ns = self.world.pulse_times_ns(t0_ns, t1_ns)
        if len(pulses_ns):
            gates_mv = self.world.gates_mv(pulses_ns, moved)
            for channel in range(gates_mv.shape[1]):
                self.rig.adc.play(channel, pulses_ns, gates_mv[:, channel], interpolate="hold")
        self.rig.adc.set(_VSYS_CHANNEL, self.world.supply_mv(t0_ns) / VSYS_DIVIDER)
        temp_uv = TEMP_27C_UV + (self.world.temperature_c(t0_ns) - 27.0) * TEMP_SLOPE_UV
        self.rig.adc.set(_TEMP_CHANNEL, temp_uv / 1000)

    def _forget(self, t_ns: int) -> None:
        """Changes before t_ns have been felt."""
        for name in (*self._duties, *self._levels):
            changes = getattr(self._drive, name)
            changes[:] = [change for change in changes if change[0] >= t_ns]

    def _collect(self) -> None:
        """What the pins have been seen to do is felt later."""
        both: list[tuple[int, str, float]] = []
        for name, pwm in self._duties.items():
            changes = pwm.changes()
            getattr(self._drive, name).extend((t + self._felt_after_ns, duty) for t, duty in changes)
            both += [(t, name, duty) for t, duty in changes]
        for name, pin in self._levels.items():
            getattr(self._drive, name).extend((t + self._felt_after_ns, float(level)) for t, level in pin.edges())
        for t, name, duty in sorted(both):
            before = max(self._duty_now.values())
            self._duty_now[name] = duty
            if before > 0 and max(self._duty_now.values()) == 0:
                self.truth.stops.append(Stop(t, *self.truth.coil_at(t), self.truth.speed_at(t)))

    def _log(self, t_ns: int) -> None:
        rover = self.world.rover
        self.truth.t_ns.append(t_ns)
        self.truth.coil_m.append(rover.coil_m)
        self.truth.speeds_m_s.append(rover.speeds_m_s)
