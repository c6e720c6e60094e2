"""While armed one link owns the rover: the other changes nothing, keeps nothing alive, and may stop it."""

import pytest
from operators import RADIO, USB, two

from sapper.safety.supervisor import ARMED, CONTACT, SAFE, STOPPED, SWEEP, TELEOP
from sapper.shared.commands import COMMANDS
from sapper.shared.events import PORTS, STATES

pytestmark = pytest.mark.unit

ENABLED = (ARMED, TELEOP, SWEEP, CONTACT)
# A line of each that is well written, where its name alone is not.
LINES = {
    "arm": "arm 0000",
    "drive": "drive 100 0",
    "sweep": "sweep 5000",
    "verdict": "verdict clutter",
    "pinpoint": "pinpoint on",
    "set": "set sweep_mm_s 310",
    "clock": "clock 1790000000",
}
VALID = ("status", "telemetry off", "ping", "get sweep_mm_s")
ports = pytest.mark.parametrize("port", [USB, RADIO], ids=PORTS)
states = pytest.mark.parametrize("state", ENABLED, ids=[STATES[state] for state in ENABLED])


def standing(app):
    """All that a link which does not own the rover must leave as it is."""
    return (
        app.state,
        app.reason,
        app.owner,
        app.leave_for,
        app.pinpointing,
        app._marks,
        app.settings.dump_lines(),
        app.watch._pinged,
        app.motion._speed,
        app.motion._goal_mm,
    )


@states
@ports
def test_while_armed_the_other_link_changes_nothing_with_any_command_that_changes_state(port, state):
    owner, other = two(port)
    owner.to(state)
    before = standing(owner.bench.app)
    for name in [row[0] for row in COMMANDS if row[3] == "link" and row[0] != "disarm"]:
        if state == TELEOP:
            owner.say("drive 200 0", 1)
        else:
            owner.say("status", 1)
        expected = f"err owner: armed over {PORTS[port]}; use that link, or `disarm`"
        assert other.last(LINES.get(name, name)) == expected, name
        assert standing(owner.bench.app) == before, name


@states
@ports
@pytest.mark.parametrize(("line", "left_in"), [("stop", STOPPED), ("disarm", SAFE)])
def test_while_armed_the_other_link_may_stop_and_disarm(port, state, line, left_in):
    owner, other = two(port)
    owner.to(state)
    assert other.last(line) == "ok state=" + STATES[left_in]
    assert owner.bench.app.state == left_in and owner.bench.still()


@ports
def test_the_owner_may_do_all_of_it(port):
    owner, _ = two(port)
    owner.to(ARMED)
    for line in ("mark", "pinpoint on", "pinpoint off", "ping", "drive 100 0", "arm"):
        if line != "arm":
            assert owner.last(line).startswith("ok"), line
    assert owner.bench.app.owner == port


@ports
def test_who_disarmed_gives_it_away(port):
    owner, other = two(port)
    owner.to(ARMED)
    owner.say("disarm")
    assert other.arm() == "ok state=ARMED" and owner.bench.app.owner == other.port
    assert owner.last("drive 100 0").startswith("err owner")


@pytest.mark.parametrize(("port", "line"), [(port, line) for port in (USB, RADIO) for line in VALID])
def test_the_other_link_does_not_keep_a_moving_rover_alive_whatever_it_says(port, line):
    owner, other = two(port)
    owner.to(SWEEP)
    owner.say("status", 1)
    for tick in range(1, 160):
        other.say(line, 1)
        if owner.bench.app.state != SWEEP:
            break
    assert (tick, owner.bench.app.state) == (150, STOPPED)
    assert owner.bench.told("state")[-1]["reason"] == "link_lost"


@pytest.mark.parametrize(("port", "line"), [(USB, ""), *((port, line) for port in (USB, RADIO) for line in VALID)])
def test_any_valid_line_of_the_owners_keeps_it_alive(port, line):
    owner, _ = two(port)
    owner.to(SWEEP)
    for _ in range(6):
        owner.say(line, 140)
        assert owner.bench.app.state == SWEEP
