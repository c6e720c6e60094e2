"""How a row is run on a rig: which way its fault goes in, what tells the moment it counts from, what it is judged by.

A rig with Insight is asked for the inside of its chip, one with Faults breaks the chip. On others the running image is
changed to do it itself (by_line.py), and pins, lines and what was played tell the rest.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass

from hil.prove.safety.by_line import BY_LINE
from hil.prove.safety.measures import reset
from hil.prove.safety.scenarios import OWN_DETECTOR, Scenario, goes_by_line, looks_at_pins, needs_patched
from hil.rigs.capabilities import CAPABILITIES, Capability, Insight

OF_THE_WORLD = "from outside the chip"
_STARTS = {  # with Insight, without
    "tick": ("its core fell asleep", "the last change of a duty whose tick must have ended"),
    "alert": ("the detector's arithmetic on the converter's codes", "the same on what was played: its earliest frame"),
}
_STARTS["blind"] = _STARTS["alert"]
_PINS = ("motor pins low and not on PWM", "motor pins low, and they stay low")
_RESETS = ("the chip's reset", "the transmit pulse ceases, and the board tells of its watchdog")


@dataclass(frozen=True)
class Ways:
    """In words, '' where every rig does it alike: fault, start, judged. by_line, inside: the same as flags."""

    fault: str
    start: str
    judged: str
    by_line: bool
    inside: bool

    def resets(self, scenario: Scenario) -> bool:
        """Whether the board is to be reset as part of the fault: what an image does itself may end in no other way."""
        return scenario.resets or self.by_line and BY_LINE[scenario.fault].resets

    def as_dict(self) -> dict[str, str]:
        """As in build/safety.json."""
        return {"put_in": self.fault, "counted_from": self.start, "judged_by": self.judged}


# Of a trial that nobody ran.
ANY_WAY = Ways("", "", "", False, True)


def ways_of(scenario: Scenario, offers: Set[Capability]) -> Ways:
    """On a rig that offers these, and all that the row needs there."""
    inside = Insight in offers
    line = goes_by_line(scenario, offers)
    which = 0 if inside else 1
    fault = OF_THE_WORLD
    if line:
        fault = f"by the image, set off by a line: {BY_LINE[scenario.fault].what}"
    elif needs_patched(scenario):
        fault = "by the image, set off by a register"
    elif scenario.fault in BY_LINE:
        fault = "by the rig, in its chip"
    start = _STARTS[scenario.start][which] if scenario.start in ("tick", *OWN_DETECTOR) else ""
    judged = [_RESETS[which]] if scenario.measure is reset else []
    if looks_at_pins(scenario):
        judged.append(_PINS[which])
    return Ways(fault, start, "; ".join(judged), line, inside)


def offered_by(rig: object) -> frozenset[Capability]:
    """What this opened rig offers."""
    return frozenset(each for each in CAPABILITIES if isinstance(rig, each))
