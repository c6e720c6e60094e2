"""What must follow what, and within how long: the rows of the safety table, fault by fault.

A scenario puts its fault in at a seeded moment of its state (trial.py) and measures from there (or from the moment the
row counts from) to the moment the pins did what they must. Its limit is a row of the firmware's table,
sapper/shared/limits.py.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass

from hil.prove.safety import by_line, patched
from hil.prove.safety.encoder_rows import encoder_rows
from hil.prove.safety.faults import FIND, HANG_BY_HAND, NEEDS, RAISES, RESETS, STALL_MS, WRAPS
from hil.prove.safety.ground_rows import ground_rows, touched
from hil.prove.safety.measures import (
    KEEPS,
    Measure,
    down_since_open,
    duties_zero,
    enable_low,
    held_up,
    not_armed,
    reset,
    stopped,
    stuck_told,
    unaffected,
)
from hil.prove.safety.stage import COURSE
from hil.rigs.capabilities import CAPABILITIES, Capability, Reset, Time
from hil.rigs.rig import PLAYABLE
from sapper_host.limits import Limit, limit


@dataclass(frozen=True)
class Scenario:
    """One row: `limit` is what it is held to; `expect` are the states it may end in ('' = not asked)."""

    limit: Limit
    fault: str
    state: str
    measure: Measure
    observe_ms: int
    expect: str = ""
    # What is measured from: the 'fault', the last completed 'tick', the operator's last 'line' or last 'drive' command;
    # or the first sample of the frame with which the detector has to raise the 'alert', or has to call itself 'blind'
    # (truth.py). Nothing that the firmware does or says moves any of them.
    start: str = "fault"
    after_ms: int = 0  # let the fault end or the board come up before it is asked for its state
    over: str = "USB"  # the operator's line: USB, or the radio, signed
    why: str = ""  # the reason for the state it ends in ('' = not asked), where another guard may come first
    course: tuple[int, int] = COURSE  # of TELEOP: mm/s, mrad/s
    run_up_ms: int = 0  # in its state, before the fault

    @property
    def requirement(self) -> str:
        """What groups rows in the table: what the limit is of."""
        return self.limit.what

    @property
    def limit_us(self) -> int:
        """The limit in microseconds; in micrometres, or micrometres a second, where it is none of time."""
        return self.limit.us if self.is_time else self.limit.value * 1000

    @property
    def is_time(self) -> bool:
        """Whether the limit is one of time."""
        return self.limit.unit in ("us", "ms")

    @property
    def keeps(self) -> bool:
        """Whether nothing is to follow from the fault, so that there is no time to measure."""
        return self.measure in KEEPS

    @property
    def in_field(self) -> bool:
        """Whether its rover is in a field, where the ground's truth is the measure."""
        return self.measure is touched

    @property
    def resets(self) -> bool:
        """Whether the board is to be reset, or to lose its power, as part of the fault."""
        return self.measure is reset or self.fault in RESETS

    @property
    def look_on_ms(self) -> int:
        """How long it is watched: never less than its limit and two ticks."""
        return max(self.observe_ms, self.limit_us // 1000 + 20) if self.is_time else self.observe_ms

    @property
    def name(self) -> str:
        """For choosing it and for the table."""
        course = ", backwards" if self.course[0] < 0 else ", turning" if self.course[0] == 0 else ""
        over = "" if self.over == "USB" else f", over the {self.over}"
        return f"{self.fault}, in {self.state}{course}{over}"


DRIVEN = ("SWEEP", "TELEOP")
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
            stays = held_up if state == "TELEOP" else unaffected
            rows.append(Scenario(LINK, "link lost for 1 s", state, stays, 500, after, over=over))
        rows.append(Scenario(EXCEPTION, RAISES, state, enable_low, 120))
        for fault in ("hang, interrupts on", "hang, interrupts off"):
            rows.append(Scenario(WATCHDOG, fault, state, reset, 1100, "SAFE", after_ms=600))
        rows.append(Scenario(SILENT, "operator silent", state, stopped, 1700, "STOPPED", "line", after_ms=30))
        for gate in range(3):
            for how in ("at 3.3 V", "at 0 V"):
                rows.append(Scenario(BLIND, f"gate {gate} {how}", state, stopped, 200, "STOPPED", after_ms=30))
            rows.append(Scenario(FROZEN, f"gate {gate} frozen", state, stuck_told, 1050))
            rows.append(Scenario(BLIND, f"gate {gate} frozen", state, stopped, 1050, "STOPPED", "blind", after_ms=30))
        rows.append(Scenario(BLIND, "front end unplugged", state, stopped, 200, "STOPPED", after_ms=30))
        for side in ("left", "right"):
            for how in ("encoder cut", "encoder reversed", "motor jammed"):
                rows.append(Scenario(ENCODER, f"{side} {how}", state, stopped, 320, "FAULT", after_ms=30))
        rows.append(
            Scenario(SUPPLY, "supply sags to 4.0 V", state, stopped, 1050, "STOPPED", after_ms=30, why="supply")
        )
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
        Scenario(ESTOP, "loop opens while it is armed", "SAFE", down_since_open, 100),
        Scenario(LOW, "supply at 4.5 V", "SAFE", not_armed, 100, "SAFE"),
        Scenario(ALERT, FIND, "SWEEP", duties_zero, 400, "CONTACT", "alert", why="alert"),
        Scenario(STALE, "drive commands stop", "TELEOP", duties_zero, 560, "ARMED", "drive", 30, why="drive_stale"),
        Scenario(STALE, "flood of lines on USB", "TELEOP", duties_zero, 900),
        *[Scenario(SILENT, "USB unplugged", state, stopped, 1700, start="line") for state in DRIVEN],
        *[Scenario(NOISE, "10,000 random bytes on USB", state, stopped, 2200) for state in DRIVEN],
        # Its answers leave no room to be told the state; the pins tell.
        Scenario(SILENT, "flood of lines on USB", "SWEEP", stopped, 1700, start="line"),
        Scenario(ENCODER, "pushed while standing", "ARMED", enable_low, 320, "FAULT", after_ms=30),
        Scenario(SILENT, "operator silent", "ARMED", enable_low, 1700, "STOPPED", "line", after_ms=30),
        Scenario(ESTOP, "loop open for good", "ARMED", enable_low, 60, "STOPPED"),
        *encoder_rows(Scenario),
        *ground_rows(Scenario),
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
    "both encoders lose their supply, in SWEEP",
    "right encoder: wire B cut, in SWEEP",
    "left encoder: half the counts lost, in TELEOP, backwards",
    "Ctrl-C, in SWEEP",
    "stop said by the operator, in TELEOP",
    "brown-out, in SWEEP",
    "supply at 4.5 V, in SAFE",
    "a line is garbled, in TELEOP, over the radio",
    "driven on past the lane, in TELEOP",
)


OWN_DETECTOR = ("alert", "blind")  # starts that truth.py tells


_ALL = frozenset(CAPABILITIES)


def needs_patched(scenario: Scenario) -> bool:
    """Whether its board must be one that raises on demand."""
    return scenario.fault in (RAISES, HANG_BY_HAND)


def looks_at_pins(scenario: Scenario) -> bool:
    """Where the motors must be off for good, their pins are low and off PWM; in ARMED they are at duty 0."""
    return scenario.measure in (stopped, reset) or scenario.start == "tick" and scenario.after_ms > 0


def _needs_of_fault(scenario: Scenario) -> tuple[Capability, ...]:
    return patched.NEEDS if needs_patched(scenario) else NEEDS.get(scenario.fault, ())


def goes_by_line(scenario: Scenario, offers: Set[Capability] = _ALL) -> bool:
    """Whether on a rig that offers these the image itself brings the fault about, set off by a line (by_line.py)."""
    return scenario.fault in by_line.BY_LINE and not offers >= {*_needs_of_fault(scenario)}


def needs(scenario: Scenario, offers: Set[Capability] = _ALL) -> frozenset[Capability]:
    """What a rig that offers these must offer for this row. One that counts time needs Time, whatever it is about."""
    by_the_line = goes_by_line(scenario, offers)
    wanted: set[Capability] = {*PLAYABLE, *(by_line.NEEDS if by_the_line else _needs_of_fault(scenario))}
    if not (scenario.keeps or scenario.in_field):
        wanted.add(Time)
    if scenario.measure is reset or scenario.start in OWN_DETECTOR:
        wanted.add(Reset)
    return frozenset(wanted)
