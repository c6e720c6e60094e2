"""The safety supervisor: the table of rules.py and a pure function."""

from array import array

import micropython
from sapper.shared.events import REASON_NAMES, STATES, TRIGGERS

SAFE, ARMED, TELEOP, SWEEP, CONTACT, STOPPED, FAULT = range(len(STATES))

EVENT_BIT = {name: 1 << i for i, name in enumerate(TRIGGERS)}
OPERATOR_EVENTS = ("cmd_stop", "cmd_disarm", "cmd_arm", "cmd_drive", "cmd_sweep", "cmd_verdict")

ENABLED, MOVES = 1, 2
# What each state grants: MOTOR_EN may be held; the motors may have a duty.
GRANTS = (0, ENABLED, ENABLED | MOVES, ENABLED | MOVES, ENABLED, 0, 0)


def _compile():
    """Of each row its event's bit, the mask of its states, next state << 8 | reason; then 0."""
    from sapper.safety.rules import LETTERS, RULES  # here: as a global, the table would stay on the heap

    compiled = array("i", [0] * (3 * len(RULES) + 1))
    for i, row in enumerate(RULES):
        compiled[3 * i] = EVENT_BIT[row[0]]
        compiled[3 * i + 1] = sum([1 << LETTERS.index(letter) for letter in row[1]])
        compiled[3 * i + 2] = STATES.index(row[2]) << 8 | REASON_NAMES.index(row[3])
    return compiled


_COMPILED = _compile()


@micropython.viper
def _decide(rules: ptr32, here: int, events: int) -> int:
    at = 0
    while rules[at]:
        if events & rules[at] and here & rules[at + 1]:
            return rules[at + 2]
        at += 3
    return -1


def decide(state, events):
    """(state, event bits) -> next state << 8 | reason of the most urgent event that acts in `state`; -1: stay."""
    return _decide(_COMPILED, 1 << state, events)
