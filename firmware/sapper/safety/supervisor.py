"""The safety supervisor: a table and a pure function. Every state x every event is defined: the first row that fits,
or stay.

RULES rows, most urgent first: event (of events.TRIGGERS), states it acts in (initials: commands.STATE_LETTERS), next
state, reason. What a state lets the rover do is in GRANTS. Nothing but `disarm` leaves STOPPED or FAULT, and it goes to
SAFE, where nothing moves; nothing but `arm` leaves SAFE.
"""

from sapper.shared.events import REASON_NAMES, STATES, TRIGGERS

SAFE, ARMED, TELEOP, SWEEP, CONTACT, STOPPED, FAULT = range(len(STATES))
LETTERS = "SATWCPF"

RULES = (
    ("exception", "SATWCP", FAULT, "exception"),
    ("encoder", "ATWC", FAULT, "encoder"),
    ("estop_open", "ATWC", STOPPED, "estop_open"),
    ("interlock", "ATWC", STOPPED, "interlock"),
    ("overrun", "ATWC", STOPPED, "overrun"),
    ("acquisition", "ATWC", STOPPED, "acquisition"),
    ("supply", "ATWC", STOPPED, "supply"),
    ("key_off", "ATWC", STOPPED, "key_off"),
    ("cmd_stop", "SATWC", STOPPED, "operator"),
    ("cmd_disarm", "ATWCPF", SAFE, "operator"),
    ("blind", "W", STOPPED, "blind"),
    ("blind_teleop", "T", STOPPED, "blind"),
    ("link_lost", "TW", STOPPED, "link_lost"),
    ("pings_lost", "AC", STOPPED, "link_lost"),
    ("alert", "W", CONTACT, "alert"),
    ("look_lost", "W", STOPPED, "look_lost"),
    ("swept", "W", ARMED, "done"),
    ("drive_stale", "T", ARMED, "drive_stale"),
    ("rested", "T", ARMED, "rested"),
    ("idle", "AC", SAFE, "idle"),
    ("cmd_arm", "S", ARMED, "operator"),
    ("cmd_drive", "A", TELEOP, "operator"),
    ("cmd_sweep", "A", SWEEP, "operator"),
    ("cmd_verdict", "C", ARMED, "operator"),
)

EVENT_BIT = {name: 1 << i for i, name in enumerate(TRIGGERS)}
OPERATOR_EVENTS = ("cmd_stop", "cmd_disarm", "cmd_arm", "cmd_drive", "cmd_sweep", "cmd_verdict")

ENABLED, MOVES = 1, 2
# What each state grants: MOTOR_EN may be held; the motors may have a duty.
GRANTS = (0, ENABLED, ENABLED | MOVES, ENABLED | MOVES, ENABLED, 0, 0)

# Compiled: (bit, mask of states, next state << 8 | reason), so that a tick allocates nothing.
_COMPILED = tuple(
    (EVENT_BIT[row[0]], sum(1 << LETTERS.index(letter) for letter in row[1]), row[2] << 8 | REASON_NAMES.index(row[3]))
    for row in RULES
)


def decide(state, events):
    """(state, event bits) -> next state << 8 | reason of the most urgent event that acts in `state`; -1: stay."""
    if not events:
        return -1
    here = 1 << state
    for row in _COMPILED:
        if events & row[0] and here & row[1]:
            return row[2]
    return -1
