"""The supervisor keeps its promises: exhaustively over every state and event, and along any history of events."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sapper.safety import supervisor
from sapper.safety.rules import LETTERS, RULES
from sapper.safety.supervisor import (
    ARMED,
    CONTACT,
    ENABLED,
    EVENT_BIT,
    FAULT,
    GRANTS,
    MOVES,
    OPERATOR_EVENTS,
    SAFE,
    STOPPED,
    SWEEP,
    TELEOP,
    decide,
)
from sapper.shared.commands import ROWS, STATE_LETTERS
from sapper.shared.events import REASON_NAMES, STATES, TRIGGERS

pytestmark = pytest.mark.unit

ALL = range(len(STATES))
NAMES = [row[0] for row in RULES]
HAZARDS = [name for name in NAMES if name not in OPERATOR_EVENTS]

# The table of docs/safety.md, written out by hand: what each event does in each state it acts in.
EXPECTED = {
    "exception": {state: FAULT for state in (SAFE, ARMED, TELEOP, SWEEP, CONTACT, STOPPED)},
    "encoder": {state: FAULT for state in (ARMED, TELEOP, SWEEP, CONTACT)},
    "estop_open": {state: STOPPED for state in (ARMED, TELEOP, SWEEP, CONTACT)},
    "interlock": {state: STOPPED for state in (ARMED, TELEOP, SWEEP, CONTACT)},
    "overrun": {state: STOPPED for state in (ARMED, TELEOP, SWEEP, CONTACT)},
    "acquisition": {state: STOPPED for state in (ARMED, TELEOP, SWEEP, CONTACT)},
    "supply": {state: STOPPED for state in (ARMED, TELEOP, SWEEP, CONTACT)},
    "key_off": {state: STOPPED for state in (ARMED, TELEOP, SWEEP, CONTACT)},
    "cmd_stop": {state: STOPPED for state in (SAFE, ARMED, TELEOP, SWEEP, CONTACT)},
    "cmd_disarm": {state: SAFE for state in (ARMED, TELEOP, SWEEP, CONTACT, STOPPED, FAULT)},
    "blind": {SWEEP: STOPPED},
    "blind_teleop": {TELEOP: STOPPED},
    "ground": {TELEOP: STOPPED, SWEEP: STOPPED},
    "link_lost": {TELEOP: STOPPED, SWEEP: STOPPED},
    "pings_lost": {ARMED: STOPPED, CONTACT: STOPPED},
    "alert": {SWEEP: CONTACT},
    "look_lost": {SWEEP: STOPPED},
    "swept": {SWEEP: ARMED},
    "drive_stale": {TELEOP: ARMED},
    "moved": {TELEOP: ARMED},
    "rested": {TELEOP: ARMED},
    "idle": {ARMED: SAFE, CONTACT: SAFE},
    "cmd_arm": {SAFE: ARMED},
    "cmd_drive": {ARMED: TELEOP},
    "cmd_sweep": {ARMED: SWEEP},
    "cmd_verdict": {CONTACT: ARMED},
}


def after(state, *names):
    """The state that these events, all at once, lead to."""
    decision = decide(state, sum(EVENT_BIT[name] for name in names))
    return state if decision < 0 else decision >> 8


def test_every_state_and_event_is_defined_as_the_table_says():
    assert set(EXPECTED) == set(NAMES)
    for state in ALL:
        for name in NAMES:
            assert after(state, name) == EXPECTED[name].get(state, state), (STATES[state], name)


def test_every_trigger_has_one_row_and_a_bit_of_its_own():
    assert sorted(NAMES) == sorted(TRIGGERS)
    assert sorted(EVENT_BIT.values()) == [1 << i for i in range(len(RULES))]


def test_every_reason_has_a_name_and_every_pair_one_reason():
    for state in ALL:
        for row in RULES:
            decision = decide(state, EVENT_BIT[row[0]])
            if decision >= 0:
                assert REASON_NAMES[decision & 255] == row[3]


def test_of_two_events_the_more_urgent_row_decides_in_every_state():
    for state in ALL:
        for i, first in enumerate(NAMES):
            for second in NAMES[i + 1 :]:
                acting = first if LETTERS[state] in RULES[i][1] else second
                assert decide(state, EVENT_BIT[first] | EVENT_BIT[second]) == decide(state, EVENT_BIT[acting])


def test_no_event_at_all_stays():
    assert all(decide(state, 0) == -1 for state in ALL)


def test_hazards_come_before_everything_that_enables_or_moves():
    """A hazard and an operator's command in the same tick: the hazard wins."""
    last_stop = max(i for i, row in enumerate(RULES) if row[2] in ("STOPPED", "FAULT"))
    for i, row in enumerate(RULES):
        if row[0] in ("cmd_arm", "cmd_drive", "cmd_sweep", "cmd_verdict"):
            assert i > last_stop


def test_motion_only_in_teleop_and_sweep_and_enable_only_beyond_armed():
    assert [state for state in ALL if GRANTS[state] & MOVES] == [TELEOP, SWEEP]
    assert [state for state in ALL if GRANTS[state] & ENABLED] == [ARMED, TELEOP, SWEEP, CONTACT]
    assert all(GRANTS[state] & ENABLED for state in ALL if GRANTS[state] & MOVES)


def test_letters_are_those_of_the_command_table():
    assert LETTERS == STATE_LETTERS == "".join({"STOPPED": "P", "SWEEP": "W"}.get(name, name[0]) for name in STATES)


def test_enabling_takes_the_operators_arm_and_moving_the_operators_drive_or_sweep():
    """Over every state and every single event: the only edges into a grant."""
    for state in ALL:
        for name in NAMES:
            new = after(state, name)
            if GRANTS[new] & ENABLED and not GRANTS[state] & ENABLED:
                assert name == "cmd_arm" and state == SAFE and new == ARMED
            if GRANTS[new] & MOVES and not GRANTS[state] & MOVES:
                assert name in ("cmd_drive", "cmd_sweep") and state == ARMED


def test_only_disarm_leaves_a_latch_and_it_leads_to_safe():
    for latch in (STOPPED, FAULT):
        for name in NAMES:
            new = after(latch, name)
            if new != latch and not (latch == STOPPED and name == "exception"):
                assert name == "cmd_disarm" and new == SAFE
    assert GRANTS[SAFE] == 0


def test_stop_is_taken_in_every_state():
    for state in ALL:
        assert not GRANTS[after(state, "cmd_stop")], STATES[state]
    assert "stop" in ROWS and ROWS["stop"][2] == STATE_LETTERS and ROWS["stop"][3] == "any"


events_at_once = st.sets(st.sampled_from(NAMES), max_size=4)


@given(st.lists(events_at_once, max_size=60))
def test_along_any_history_motion_follows_arming_and_latches_hold(history):
    """From reset: count what the operator did since the last state without grants, and check each step against it."""
    state = SAFE
    armed_by_operator = moved_by_operator = False
    for names in history:
        old = state
        state = after(state, *names)
        if old in (STOPPED, FAULT) and state not in (STOPPED, FAULT):
            assert "cmd_disarm" in names
            assert state == SAFE
        if not GRANTS[old] and GRANTS[state]:
            assert "cmd_arm" in names and old == SAFE
            armed_by_operator = True
        if not GRANTS[state]:
            armed_by_operator = moved_by_operator = False
        if state in (TELEOP, SWEEP) and old == ARMED:
            moved_by_operator = bool(names & {"cmd_drive", "cmd_sweep"})
        if GRANTS[state] & ENABLED:
            assert armed_by_operator
        if GRANTS[state] & MOVES:
            assert armed_by_operator and moved_by_operator
        if state == ARMED:
            moved_by_operator = False


@given(st.sampled_from([SAFE, STOPPED, FAULT]), st.lists(st.sampled_from(HAZARDS + ["cmd_disarm", "cmd_stop"])))
def test_without_arm_nothing_ever_enables(state, names):
    for name in names:
        state = after(state, name)
        assert not GRANTS[state]


@given(st.integers(0, len(STATES) - 1), st.integers(0, (1 << len(NAMES)) - 1))
def test_any_set_of_events_gives_a_state_that_some_single_event_of_it_gives(state, bits):
    names = [name for name in NAMES if bits & EVENT_BIT[name]]
    decision = decide(state, bits)
    singles = [decide(state, EVENT_BIT[name]) for name in names]
    acting = [single for single in singles if single >= 0]
    assert decision == (acting[0] if acting else -1)


def test_compiled_masks_hold_no_state_twice():
    for row, mask in zip(RULES, supervisor._COMPILED[1::3], strict=True):
        assert bin(mask).count("1") == len(row[1]) == len(set(row[1]))
