"""Which faults stand for which words of the requirement, and which rows for which line of the design's table.

docs/safety.md holds `markdown()` between two marks; test_short_set.py fails when it is stale, when a fault is not used,
or when one is missing in SWEEP or TELEOP without a reason. `python -m hil.prove.safety.coverage` prints it.
"""

from __future__ import annotations

from hil.prove.safety import scenarios
from hil.prove.safety.faults import FIND, HANG_BY_HAND, WRAPS
from hil.prove.safety.scenarios import SCENARIOS

EXCEPTION = "exception in a tick"
_GATES = range(3)
_SIDES = ("left", "right")
# The fault as it was asked for; the names under which it is put in.
ASKED: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("the processor hangs, interrupts on and off", ("hang, interrupts on", "hang, interrupts off")),
    ("a loop without end in the program", (HANG_BY_HAND,)),
    ("a flash erase stalls it", ("flash erase of 400 ms",)),
    ("an exception in any module", (EXCEPTION,)),
    ("an ADC input freezes", tuple(f"gate {gate} frozen" for gate in _GATES)),
    ("an ADC input at a rail", tuple(f"gate {gate} at {rail}" for gate in _GATES for rail in ("3.3 V", "0 V"))),
    ("the ADC inputs disconnected", ("front end unplugged",)),
    ("an encoder cut or reversed", tuple(f"{side} encoder {how}" for side in _SIDES for how in ("cut", "reversed"))),
    ("a motor jammed", tuple(f"{side} motor jammed" for side in _SIDES)),
    ("tracks that move undriven", ("pushed while standing",)),
    ("the supply low, and critical", ("supply at 4.5 V", "supply sags to 4.0 V")),
    ("brown-out", ("brown-out",)),
    ("reset", ("RUN pin",)),
    ("the emergency-stop loop opens, for 50 us and for good", ("loop open for 50 us", "loop open for good")),
    ("the key is turned off, the operator says stop", ("key off", "stop said by the operator")),
    ("a line dropped", ("a line is dropped",)),
    ("a line delayed", ("a line is late",)),
    ("a line duplicated", ("a line comes twice",)),
    ("a line corrupted", ("a line is garbled",)),
    (
        "a line flooded, or full of noise",
        (
            "flood of lines on USB",
            "10,000 random bytes on USB",
            "flood of lines on the radio, then stop over it",
            "noise on the radio, then stop over it",
        ),
    ),
    ("the operator or the link falls silent", ("operator silent", "drive commands stop", "link lost for 1 s")),
    ("USB is not read, or unplugged", ("host stops reading USB", "USB unplugged")),
    ("Ctrl-C, soft reset, mpremote", ("Ctrl-C", "mpremote enters the raw REPL")),
    ("the clock jumps, or is about to wrap", ("clock is moved by minutes", WRAPS)),
    ("a find", (FIND,)),
)
# Faults that are not put in in both moving states, and why.
ELSEWHERE = {
    "pushed while standing": "in ARMED: moving, the tracks are driven",
    "supply at 4.5 V": "in SAFE: it forbids arming, and ends nothing that runs",
    "drive commands stop": "in TELEOP: a sweep takes none",
    FIND: "in SWEEP: in TELEOP the operator drives and is only told",
}
# The lines of the design's table; the requirements that measure each.
DESIGN: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("emergency-stop loop opens: MOTOR_EN low, 100 us", (scenarios.ESTOP,)),
    ("control tick does not complete: MOTOR_EN low, 60 ms", (scenarios.HANG, scenarios.EXCEPTION)),
    ("still hung: watchdog resets into SAFE, 1 s", (scenarios.WATCHDOG,)),
    ("drive command stale in TELEOP: ramp to stop, 500 ms", (scenarios.STALE,)),
    ("no valid operator message: STOPPED, 1.6 s", (scenarios.SILENT,)),
    ("alert in SWEEP: duty 0, CONTACT, 25 ms", (scenarios.ALERT,)),
    ("detector cannot see: STOPPED, 100 ms", (scenarios.BLIND, scenarios.FROZEN)),
    ("motor driven and encoder still, or moving undriven: FAULT, 250 ms", (scenarios.ENCODER,)),
    ("supply low / critical: no arming / STOPPED, 1 s", (scenarios.LOW, scenarios.SUPPLY)),
    ("Ctrl-C, soft reset, USB unplugged or not read: motors off or unaffected, 60 ms", (scenarios.HOST,)),
)


def used(fault: str) -> tuple[str, ...]:
    """The states this fault is put in in, in the order of the scenarios."""
    return tuple(dict.fromkeys(scenario.state for scenario in SCENARIOS if scenario.fault == fault))


def markdown() -> str:
    """Both tables, as docs/safety.md shows them."""
    out = ["| fault | put in as | in |", "|---|---|---|"]
    for words, faults in ASKED:
        for fault in faults:
            why = f" ({ELSEWHERE[fault].partition(': ')[2]})" if fault in ELSEWHERE else ""
            out.append(f"| {words} | `{fault}` | {', '.join(used(fault))}{why} |")
            words = ""
    out += ["", "| the design's line | rows of `make safety` |", "|---|---|"]
    for line, requirements in DESIGN:
        count = sum(scenario.requirement in requirements for scenario in SCENARIOS)
        out.append(f"| {line} | {count}: " + "; ".join(requirements) + " |")
    return "\n".join(out)


if __name__ == "__main__":
    print(markdown())
