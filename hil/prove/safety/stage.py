"""The stage: a board on a rig, a rover under it, an operator at its line; brought into a state, and its pins noted.

The rover is the world's (hil/world/rover.py), so that encoders answer the motors.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hil.play.operator import Operator, OperatorError
from hil.prove.safety.gates import Gates
from hil.prove.safety.lines import OperatorsLine
from hil.prove.safety.motors import MOTORS, not_as
from hil.prove.safety.timeline import Timeline
from hil.prove.safety.tracks import Tracks
from hil.rigs.capabilities import Cable, Faults, Insight, Power, Reset, Time, faults_of, power_of, reset_of
from hil.rigs.registry import open_rig
from hil.rigs.rig import NS_PER_MS, Rig
from sapper.shared.pins import GPIO, TEMP_27C_UV, VSYS_DIVIDER
from sapper.shared.settings import row_of

SLICE_NS = 5 * NS_PER_MS
VSYS_MV = 5000.0
SPARE = "I2C_SDA"  # a line that nothing on the rover uses: what sets off the images of by_line.py
COURSE = (250, 0)  # of TELEOP: mm/s, mrad/s
_SWEEP_MM_S = float(row_of("sweep_mm_s")[1])
_HALF_WIDTH_MM = row_of("track_width_mm")[1] / 2
_DRIVE_EVERY_NS = 100 * NS_PER_MS
_PING_EVERY_NS = 500 * NS_PER_MS
_WARM_UP_S = 2.0
_UP_TO_SPEED_NS = 300 * NS_PER_MS
_REST_NS = 300 * NS_PER_MS  # the tracks have come to rest
_QUIET_NS = 300 * NS_PER_MS  # what lies in the board's buffers, 768 bytes at 32 a tick, may be no line at all
_HEAR_OUT_MOST = 40  # 2,000 lines, at a hundred a second, may be waiting


class Stage:
    """Use as a context manager. `to(state)` brings the board there, `run` lets time pass, `clear` mends."""

    def __init__(self, rig: Rig, seed: int = 0) -> None:
        self.rig = rig
        self.gates = Gates(rig.adc, seed)
        self.timeline = Timeline()
        self.driving = self.pinging = self.held_in_reset = False
        self.last_line_ns = self.answered_ns = self.last_drive_ns = self.opened_ns = 0
        self.arm_answer = ""
        self.course = COURSE
        self.tracks = Tracks(rig)
        self.started_ns = 0  # when the stage last let the board start
        self.wraps_ns = 0  # when the timer of an image of by_line.py wraps
        self.known_from_ns = 0  # since when wheels and timeline know all
        self.repeats: list[str] = []  # what was tried again and should not have had to be
        self.patch = ""  # what was put into the running image (patched.py), '' for nothing
        self.in_field: Any = None  # where the board is in the rows of a field: an InField
        self._next_drive_ns = 0
        self._next_ping_ns = 0
        self._resets = 1
        self._pins = {name: self.rig.pin(GPIO[name]) for name in ("MOTOR_EN", "DIR_LEFT", "DIR_RIGHT")}
        self._duties = [self.rig.pwm(GPIO[name]) for name in MOTORS]
        self._pulses = self.rig.pwm(GPIO["COIL_TX"])
        for pin in self._pins.values():
            pin.watch()
        for pwm in self._duties:
            pwm.watch()
        if isinstance(rig, Insight):
            rig.insight.record_conversions()  # truth.py takes them
        else:
            self._pulses.watch()
        self.rig.adc.set(4, TEMP_27C_UV / 1000)
        self.supply(VSYS_MV)
        self.line = OperatorsLine(self.rig.usb)
        self.operator = self._at_usb = Operator(self.rig, self._advance)
        self.version = self.operator.boot()
        self.operator.settle(_WARM_UP_S)

    def __enter__(self) -> Stage:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """The rig is let go."""
        self.rig.close()

    # Time

    @property
    def boots(self) -> int:
        """How often the chip has started, the board's own resets included; 1 where the rig cannot tell."""
        return len(self.rig.reset_causes()) if isinstance(self.rig, Reset) else 1

    @property
    def powered(self) -> bool:
        """Whether the board has power: always, where the rig cannot cut it."""
        return not isinstance(self.rig, Power) or self.rig.powered

    @property
    def inside(self) -> bool:
        """Whether rows are judged by what the chip's inside shows, too: where the rig shows it."""
        return isinstance(self.rig, Insight)

    @property
    def now_ns(self) -> int:
        """Emulated ns."""
        return self.rig.now_ns

    @property
    def seen_ns(self) -> int:
        """Until when timeline and operator have all that happened."""
        return self.rig.now_ns - self._lag_ns

    @property
    def _lag_ns(self) -> int:
        return self.rig.lag_ns if isinstance(self.rig, Time) else 0

    def look(self, duration_ns: int) -> None:
        """Let time pass, and have all told that happened in it."""
        self.run(duration_ns + self._lag_ns)

    def run(self, duration_ns: int) -> None:
        """Let time pass, with the operator, the rover and the noise going on."""
        self.operator.run(duration_ns)

    def _advance(self, duration_ns: int) -> None:
        start = self.rig.now_ns
        end = start + duration_ns
        self.line.at(start)
        if self.driving and start >= self._next_drive_ns:
            self.say("drive {} {}".format(*self.course))
            self.last_drive_ns = start
            self._next_drive_ns = start + _DRIVE_EVERY_NS
        if self.pinging and start >= self._next_ping_ns:
            self.say("ping")
            self._next_ping_ns = start + _PING_EVERY_NS
        self.gates.play_to(start, end)
        self.tracks.roll(start, end)
        self.rig.run(duration_ns)
        self.note()

    def say(self, line: str) -> None:
        """A line from the operator, now; `last_line_ns` is when."""
        self.last_line_ns = self.rig.now_ns
        self.line.write(line.encode() + b"\n")

    @property
    def asked_mm_s(self) -> tuple[float, float]:
        """What the tracks are asked for now, forward positive."""
        if self.driving:
            turn = self.course[1] * _HALF_WIDTH_MM / 1000
            return self.course[0] - turn, self.course[0] + turn
        speed = _SWEEP_MM_S if self.state == "SWEEP" else 0.0
        return speed, speed

    def note(self) -> None:
        """Pins into the timeline, and to the rover."""
        changes = [pwm.changes() for pwm in self._duties]
        edges = {name: pin.edges() for name, pin in self._pins.items()}
        for side, rows in enumerate(changes):
            self.timeline.duty[side].extend(rows)
        self.timeline.enable.extend((t, float(level)) for t, level in edges["MOTOR_EN"])
        if not self.inside:
            self.timeline.pulses.extend(self._pulses.changes())
        if self.timeline.enable[-1][1] == 0:
            self.tracks.astray.end()
        drive = self.tracks.drive
        drive.duty_left.extend(changes[0])
        drive.duty_right.extend(changes[1])
        drive.forward_left.extend((t, float(level)) for t, level in edges["DIR_LEFT"])
        drive.forward_right.extend((t, float(level)) for t, level in edges["DIR_RIGHT"])
        drive.enable.extend((t, float(level)) for t, level in edges["MOTOR_EN"])

    # The world

    def supply(self, millivolts: float) -> None:
        """VSYS from now on."""
        self.rig.adc.set(3, millivolts / VSYS_DIVIDER)

    def loop_closed(self, closed: bool, at_ns: int | None = None) -> None:
        """The emergency-stop loop."""
        self.rig.pin(GPIO["ESTOP_OK"]).drive(1 if closed else 0, at_ns)

    def key(self, on: bool) -> None:
        """The arming key."""
        self.rig.pin(GPIO["ARM_KEY"]).drive(1 if on else 0)

    def spare(self, level: int, at_ns: int | None = None) -> None:
        """The spare line, now or at a time."""
        self.rig.pin(GPIO[SPARE]).drive(level, at_ns)

    def find(self, bend_mv: tuple[float, float, float]) -> None:
        """From now on the gates stand so far from the air's voltages, as over an object."""
        self.gates.bend(bend_mv, self.now_ns)

    def clear(self) -> None:
        """All faults of world and lines are mended."""
        self.course = COURSE
        self.gates.clear()
        self.tracks.mend()
        self.supply(VSYS_MV)
        self.loop_closed(True)
        if not self.inside:
            self.spare(0)
        if isinstance(self.rig, Faults):
            self.rig.faults.mend()
        if isinstance(self.rig, Cable):
            self.rig.cable.mend()

    # States

    @property
    def state(self) -> str:
        """The last one the board told of."""
        states = [event for event in self.operator.heard.events if event.kind in ("state", "boot")]
        return str(states[-1].args.get("to", "SAFE")) if states else "SAFE"

    def safe(self, resets: bool = False) -> None:
        """From anywhere to SAFE, standing, all mended. resets: the board was to lose its power or to be reset, so it is
        powered and booted again. If it has to be otherwise, `repeats` tells so."""
        self.silence()
        self.clear()
        self.key(False)
        self.line = OperatorsLine(self.rig.usb)
        self.operator = self._at_usb
        self.rig.uart[0].read()
        lost = not self.powered or self.boots != self._resets or self.held_in_reset
        if lost and not resets:
            self.repeats.append("booted again: it had lost its power or was reset")
        if lost or resets:
            self.reboot()
        else:
            try:
                self._hear_out()
                self.operator.must("disarm", 1500)
            except OperatorError as error:
                self.repeats.append(f"booted again: {error}")
                self.reboot()
        self.run(_REST_NS)
        self.operator.heard.lines.clear()
        self.operator.heard.frames.clear()
        self.known_from_ns = self.now_ns
        self.timeline.forget_before(self.now_ns)
        for wheel in self.tracks.wheels:
            wheel.forget_before(self.now_ns)
        for gate in self.gates.played:
            gate.forget_before(self.now_ns)

    def leave_field(self) -> None:
        """Back to the stage's own ground: what a field's board holds, and what it was given, goes with a reset."""
        self.rig.adc.set(4, TEMP_27C_UV / 1000)
        self.operator = self._at_usb
        self.note()
        self.safe(resets=True)

    def _hear_out(self) -> None:
        """Until all is answered that was said before, whatever it was; no answer to it is taken for a later one's.

        That nothing is heard for a while is no sign of it: a board tells only now and then what it refuses many times.
        It takes lines in their order, and one that has waited too long is refused like those before it.
        """
        self.line.write(b"\n")  # ends what noise may have begun
        answered = False
        answer = "ok " + self.version.split()[0]  # the rest tells how it started
        for _ in range(_HEAR_OUT_MOST):
            heard = len(self.operator.heard.lines)
            if not answered:
                self.line.write(b"version\n")
            self.run(_QUIET_NS)
            new = self.operator.heard.lines[heard:]
            if answered and not new:
                return
            answered = answered or any(line.startswith(answer) for line in new)
        raise OperatorError(f"the board goes on answering; last {self.operator.heard.lines[-3:]}")

    def silence(self) -> None:
        """The operator falls silent."""
        self.driving = False
        self.pinging = False
        self.operator.keep_alive(False)

    def reboot(self) -> None:
        """Power and RUN pin as they should be, a reset, and a new start of the operator."""
        if self.powered:
            reset_of(self.rig).run_pin(0)
        else:
            power_of(self.rig).power_on()
        self.rig.run(NS_PER_MS)
        reset_of(self.rig).run_pin(1)
        self.started_ns = self.now_ns
        self.held_in_reset = False
        self.patch = ""
        self.operator = self._at_usb = Operator(self.rig, self._advance)
        self.operator.boot()
        self.operator.settle(_WARM_UP_S)
        self.started()

    def started(self) -> None:
        """The board has started as it was to: what it told of that is no reset of its own."""
        self._resets = self.boots

    def restart_at_us(self, microseconds: int) -> None:
        """Reset the board with its timer at this value."""
        faults_of(self.rig).start_timer_at(microseconds)
        self.reboot()
        faults_of(self.rig).start_timer_at(0)

    def to(self, state: str) -> None:
        """Bring a board in SAFE to ARMED, TELEOP, SWEEP or SAFE. OperatorError when it does not come there, by its own
        word and by its motors' pins."""
        if state == "SAFE":
            return
        self._at_usb.must("telemetry on")  # as every operator has it: there is always much on its way
        self.operator.arm()
        self.operator.keep_alive(False)
        self.pinging = True
        self._next_ping_ns = 0
        if state == "TELEOP":
            self._next_drive_ns = 0
            self.driving = True
        elif state == "SWEEP":
            self.operator.must("sweep 900000")
        if state != "ARMED":
            self.run(_UP_TO_SPEED_NS)
        for _ in range(20):
            wrong = not_as(state, self.timeline, self.tracks.speeds_m_s)
            if self.state == state and not wrong:
                return
            self.run(SLICE_NS)
        heard = self.operator.heard.lines[-5:]
        raise OperatorError(f"the board says {self.state}, wanted was {state}; {wrong}; heard {heard}")


def open_stage(name: str, firmware: Path | None = None, seed: int = 0, **options: Any) -> Stage:
    """A stage on the rig of that name, opened with these options. HilError when there is none, or its board does not
    come up."""
    rig = open_rig(name, firmware, seed=seed, **options)
    try:
        return Stage(rig, seed)
    except BaseException:
        rig.close()
        raise
