"""What must follow what, and within how long: the rows of the safety table, fault by fault, and how each is measured.

A scenario puts its fault in at a seeded moment of its state and measures from there (or from the moment the row counts
from) to the moment the pins did what they must. Its limit is a row of the firmware's table, sapper/shared/limits.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from hil.prove.safety import patched
from hil.prove.safety.faults import FAULTS, FIND, HANG_BY_HAND, NEEDS, STALL_MS, TICKS_US_WRAP, WRAPS
from hil.prove.safety.radio import take_radio
from hil.prove.safety.stage import Stage
from hil.prove.safety.ticks import at_end_of_tick, at_start_of_tick, frame_start_ns
from hil.prove.safety.timeline import settled_from, zero_from
from hil.rigs.capabilities import Capability, Insight, Reset, Time, reset_of
from hil.rigs.rig import NS_PER_MS, PLAYABLE, TICK_NS
from sapper_host.limits import Limit, limit

Measure = Callable[[Stage, int], int | None]


# Measures: from the stage's timeline and t0, the time (ns) at which it was so, or None.


def enable_low(stage: Stage, t0: int) -> int | None:
    """MOTOR_EN fell and stayed down."""
    if settled_from(stage.timeline.enable, t0) is None:
        return None
    return zero_from(stage.timeline.enable, t0)


def duties_zero(stage: Stage, t0: int) -> int | None:
    """Both duties became 0 and stayed there."""
    times = [settled_from(row, t0) for row in stage.timeline.duty]
    return None if None in times else max(time for time in times if time is not None)


def stopped(stage: Stage, t0: int) -> int | None:
    """Both: no motor can turn."""
    times = (enable_low(stage, t0), duties_zero(stage, t0))
    return None if None in times else max(time for time in times if time is not None)


def reset(stage: Stage, t0: int) -> int | None:
    """The watchdog reset the chip."""
    return next((t for t, cause in reset_of(stage.rig).reset_causes() if t > t0 and cause.startswith("watchdog")), None)


def unaffected(stage: Stage, t0: int) -> int | None:
    """MOTOR_EN never fell: the interlock was fed without a gap of its hold time. Reported as 0."""
    return (
        t0 if all(level == 1 for t, level in stage.timeline.enable if t > t0) and stage.timeline.enable[-1][1] else None
    )


def fault_raised(stage: Stage, t0: int) -> int | None:
    """The board said that a detector input is at fault."""
    return stage.fault_ns(t0)


def not_armed(stage: Stage, t0: int) -> int | None:
    """`arm` was refused for the supply, and MOTOR_EN stayed low."""
    refused = stage.arm_answer.startswith("err checks") and "mV" in stage.arm_answer
    low = all(level == 0 for t, level in stage.timeline.enable if t >= t0)
    return stage.answered_ns if refused and low else None


@dataclass(frozen=True)
class Scenario:
    """One row: `limit` is what it is held to; `expect` are the states it may end in ('' = not asked)."""

    limit: Limit
    fault: str
    state: str
    measure: Measure
    observe_ms: int
    expect: str = ""
    # What is measured from: 'fault', or the first 'sample' of the frame that the board acted upon, or
    # 'tick' (the last completed one), 'line' (the operator's last), 'drive' (last of these), 'raised' (the board's
    start: str = "fault"  # own word of the fault)
    after_ms: int = 0  # let the fault end or the board come up before it is asked for its state
    over: str = "USB"  # the operator's line: USB, or the radio, signed

    @property
    def requirement(self) -> str:
        """What groups rows in the table: what the limit is of."""
        return self.limit.what

    @property
    def limit_us(self) -> int:
        """The limit, in microseconds."""
        return self.limit.us

    @property
    def look_on_ms(self) -> int:
        """How long it is watched: never less than its limit and two ticks."""
        return max(self.observe_ms, self.limit_us // 1000 + 20)

    @property
    def name(self) -> str:
        """For choosing it and for the table."""
        return f"{self.fault}, in {self.state}" + ("" if self.over == "USB" else f", over the {self.over}")


DRIVEN = ("SWEEP", "TELEOP")
_RUN_UP_MS = 2800  # of a sweep until the detector has seen enough ground to search
ESTOP = limit("ESTOP_OPEN_US")
HANG = limit("TICK_STOP_MS")
WATCHDOG = limit("WATCHDOG_RESET_MS")
STALE = limit("DRIVE_STALE_MS")
SILENT = limit("SILENCE_MS")
BLIND = limit("BLIND_STOP_MS")
FROZEN = limit("FROZEN_FAULT_MS")
ENCODER = limit("ENCODER_STOP_MS")
SUPPLY = limit("SUPPLY_STOP_MS")
LOW = limit("SUPPLY_NO_ARM_MS")
LINES = limit("LINE_SPOILT_MS")
LINK = limit("LINK_BACK_MS")
HOST = limit("HOST_STOP_MS")
NOISE = limit("HOST_NOISE_MS")
ENDS = limit("PROGRAM_END_MS")
EXCEPTION = limit("EXCEPTION_STOP_MS")
ALERT = limit("ALERT_STOP_MS")
STOP = limit("OPERATOR_STOP_MS")
FLOOD = limit("FLOODED_STOP_MS")
CLOCK = limit("CLOCK_STOP_MS")


def _rows() -> list[Scenario]:
    rows = []
    for state in DRIVEN:
        for fault in ("loop open for good", "loop open for 50 us"):
            rows.append(Scenario(ESTOP, fault, state, enable_low, 60, "STOPPED"))
        for fault in ("hang, interrupts on", "hang, interrupts off"):
            rows.append(Scenario(HANG, fault, state, enable_low, 90, start="tick"))
        stall = Scenario(
            HANG, "flash erase of 400 ms", state, enable_low, STALL_MS + 20, "STOPPED", "tick", after_ms=60
        )
        rows.append(stall)
        rows.append(Scenario(HANG, HANG_BY_HAND, state, enable_low, 90, start="tick"))
        rows.append(Scenario(WATCHDOG, HANG_BY_HAND, state, reset, 1100, "SAFE", after_ms=600))
        for over in ("USB", "radio"):
            for fault in ("a line is dropped", "a line is late", "a line comes twice", "a line is garbled"):
                rows.append(Scenario(LINES, fault, state, unaffected, 1500, state, after_ms=100, over=over))
            after = "ARMED" if state == "TELEOP" else state
            rows.append(Scenario(LINK, "link lost for 1 s", state, unaffected, 500, after, over=over))
        rows.append(Scenario(EXCEPTION, "exception in a tick", state, enable_low, 120))
        for fault in ("hang, interrupts on", "hang, interrupts off"):
            rows.append(Scenario(WATCHDOG, fault, state, reset, 1100, "SAFE", after_ms=600))
        rows.append(Scenario(SILENT, "operator silent", state, stopped, 1700, "STOPPED", "line", after_ms=30))
        for gate in range(3):
            for how in ("at 3.3 V", "at 0 V"):
                rows.append(Scenario(BLIND, f"gate {gate} {how}", state, stopped, 200, "STOPPED", after_ms=30))
            rows.append(Scenario(FROZEN, f"gate {gate} frozen", state, fault_raised, 1050))
            rows.append(Scenario(BLIND, f"gate {gate} frozen", state, stopped, 1050, "STOPPED", "raised", after_ms=30))
        rows.append(Scenario(BLIND, "front end unplugged", state, stopped, 200, "STOPPED", after_ms=30))
        for side in ("left", "right"):
            for how in ("encoder cut", "encoder reversed", "motor jammed"):
                rows.append(Scenario(ENCODER, f"{side} {how}", state, stopped, 320, "FAULT", after_ms=30))
        rows.append(Scenario(SUPPLY, "supply sags to 4.0 V", state, stopped, 1050, "STOPPED", after_ms=30))
        rows.append(Scenario(HOST, "Ctrl-C", state, stopped, 120, "STOPPED", after_ms=30))
        rows.append(Scenario(HOST, "mpremote enters the raw REPL", state, stopped, 120))
        rows.append(Scenario(HOST, "host stops reading USB", state, unaffected, 1000))
        for fault in ("RUN pin", "brown-out"):
            rows.append(Scenario(ENDS, fault, state, stopped, 80))
        for fault in ("stop said by the operator", "key off"):
            rows.append(Scenario(STOP, fault, state, stopped, 100, "STOPPED", after_ms=30))
        for fault in ("noise on the radio, then stop over it", "flood of lines on the radio, then stop over it"):
            rows.append(Scenario(FLOOD, fault, state, stopped, 320, "STOPPED", after_ms=30))
        rows.append(Scenario(CLOCK, "clock is moved by minutes", state, enable_low, 150))
        rows.append(Scenario(CLOCK, WRAPS, state, unaffected, 800))
    rows += [
        Scenario(LOW, "supply at 4.5 V", "SAFE", not_armed, 100, "SAFE"),
        Scenario(ALERT, FIND, "SWEEP", duties_zero, 400, "CONTACT", "sample"),
        Scenario(STALE, "drive commands stop", "TELEOP", duties_zero, 560, "ARMED", "drive", after_ms=30),
        Scenario(STALE, "flood of lines on USB", "TELEOP", duties_zero, 900),
        *[Scenario(SILENT, "USB unplugged", state, stopped, 1700, start="line") for state in DRIVEN],
        *[Scenario(NOISE, "10,000 random bytes on USB", state, stopped, 2200) for state in DRIVEN],
        # Its answers leave no room to be told the state; the pins tell.
        Scenario(SILENT, "flood of lines on USB", "SWEEP", stopped, 1700, start="line"),
        Scenario(ENCODER, "pushed while standing", "ARMED", enable_low, 320, "FAULT", after_ms=30),
        Scenario(SILENT, "operator silent", "ARMED", enable_low, 1700, "STOPPED", "line", after_ms=30),
        Scenario(ESTOP, "loop open for good", "ARMED", enable_low, 60, "STOPPED"),
    ]
    return rows


SCENARIOS = tuple(_rows())
# What the tests run: a moment of each of these.
SHORT = (
    "loop open for good, in SWEEP",
    "loop open for 50 us, in TELEOP",
    "hang, interrupts off, in SWEEP",
    "drive commands stop, in TELEOP",
    "gate 1 at 3.3 V, in SWEEP",
    "left encoder cut, in SWEEP",
    "Ctrl-C, in SWEEP",
    "stop said by the operator, in TELEOP",
    "brown-out, in SWEEP",
    "supply at 4.5 V, in SAFE",
    "a line is garbled, in TELEOP, over the radio",
)


@dataclass(frozen=True)
class Trial:
    """One moment: how long it took (us; None: it did not happen), what else was wrong, and the picture of it."""

    scenario: Scenario
    seed: int
    latency_us: float | None
    wrong: str
    t0_ns: int
    fault_ns: int
    enable: tuple[tuple[int, float], ...]
    duty: tuple[tuple[tuple[int, float], ...], ...]
    states: tuple[tuple[int, str], ...]

    @property
    def ok(self) -> bool:
        """Within its limit, and nothing else wrong."""
        return self.latency_us is not None and self.latency_us <= self.scenario.limit_us and not self.wrong


def needs_patched(scenario: Scenario) -> bool:
    """Whether its board must be one that raises on demand."""
    return scenario.fault in ("exception in a tick", HANG_BY_HAND)


def needs(scenario: Scenario) -> frozenset[Capability]:
    """What a rig must offer for this row. One that counts time needs Time, whatever it is about."""
    wanted: set[Capability] = {*PLAYABLE, *NEEDS.get(scenario.fault, ())}
    if needs_patched(scenario):
        wanted.update(patched.NEEDS)
    if scenario.measure is not unaffected:
        wanted.add(Time)
    if scenario.measure is reset:
        wanted.add(Reset)
    if scenario.start in ("tick", "sample") or scenario.fault == FIND or _looks_at_pins(scenario):
        wanted.add(Insight)
    return frozenset(wanted)


def run_trial(stage: Stage, scenario: Scenario, seed: int) -> Trial:
    """One moment on a board in SAFE; leaves it in SAFE. HilError when the board cannot be brought into the state."""
    random = Random(f"{scenario.name} {seed}")
    if scenario.fault == WRAPS:
        stage.restart_at_us(TICKS_US_WRAP - 3_900_000)
    if scenario.over == "radio":
        take_radio(stage)
    stage.to(scenario.state)
    stage.run(random.randrange(0, 60 * NS_PER_MS))
    tick_ns = at_end_of_tick(stage) if scenario.start == "tick" else 0
    if scenario.start == "tick":
        # Up to a tick's middle: the next one begins 6 to 9 ms later and must not complete.
        # A place of the program must be told before: in a tick that is past it, it would hang one tick later.
        stage.rig.run(random.randrange(0, (4 if needs_patched(scenario) else 8) * NS_PER_MS))
    place = seed % len(patched.PLACES) + 1
    if scenario.fault == FIND:
        stage.run(_RUN_UP_MS * NS_PER_MS)
        tick_ns = at_start_of_tick(stage)
        stage.run(random.randrange(0, 60 * NS_PER_MS))
    fault_ns, last_line_ns, last_drive_ns = stage.now_ns, stage.last_line_ns, stage.last_drive_ns
    if scenario.fault == "exception in a tick":
        patched.trigger(stage, place)
    else:
        FAULTS[scenario.fault](stage, random)
    stage.run(scenario.look_on_ms * NS_PER_MS)
    sample_ns = fault_ns
    if scenario.start == "sample":
        sample_ns = frame_start_ns(stage, tick_ns, scenario.measure(stage, fault_ns) or stage.now_ns)
    starts = {"fault": fault_ns, "sample": sample_ns, "tick": tick_ns, "line": last_line_ns, "drive": last_drive_ns}
    # The board tells a fault at the end of the tick that raised it, so a tick earlier is where it began at the latest.
    starts["raised"] = (stage.fault_ns(fault_ns) or fault_ns) - TICK_NS
    t0 = starts[scenario.start]
    at = scenario.measure(stage, t0)
    wrong = stage.motor_pins_safe() if _looks_at_pins(scenario) else ""
    if needs_patched(scenario):
        patched.trigger(stage, 0)
    if scenario.after_ms:
        stage.run(scenario.after_ms * NS_PER_MS)
    if scenario.expect and stage.state != scenario.expect:
        wrong = wrong or f"ended in {stage.state}, not {scenario.expect}"
    line = stage.timeline
    trial = Trial(
        scenario, seed, None if at is None else (at - t0) / 1000, wrong, t0, fault_ns,
        tuple(line.enable), tuple(tuple(row) for row in line.duty), stage.states_since(t0 - 300 * NS_PER_MS),
    )  # fmt: skip
    stage.safe()
    return trial


def _looks_at_pins(scenario: Scenario) -> bool:
    """Where the motors must be off for good, their pins are low and off PWM; in ARMED they are at duty 0."""
    return scenario.measure in (stopped, reset) or scenario.start == "tick" and scenario.after_ms > 0
