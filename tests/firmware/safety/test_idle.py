"""Armed, standing and unused disarms: what programs say by themselves is no use, what the operator asks for is."""

import pytest
from lane_of_finds import RADIO, USB, Lane, forms

from sapper.safety.supervisor import ARMED, CONTACT, ENABLED, GRANTS, SAFE, STOPPED, SWEEP
from sapper.shared.commands import COMMANDS, ROWS, is_use
from sapper.shared.events import REASON_NAMES

pytestmark = pytest.mark.unit

IDLE_S = 5
PORTS = (USB, RADIO)
GO = ("drive", "sweep", "lane", "back", "ahead", "turn", "shift")  # the rover does not stand
NEED_A_BASE = ("searched", "avoid", "release")


def lane(state, port=USB):
    made = Lane(port)
    made.app.settings.set("arm_idle_s", IDLE_S)
    made.app.configure()
    return made.to(state)


def passes(made, seconds, line):
    """So much time, with a line each half second, while it is armed; how long that was (s)."""
    app, begun_ms = made.app, made.app.t_ms
    while GRANTS[app.state] & ENABLED and app.t_ms < begun_ms + 1000 * seconds:
        made.say(line, 1)
        made.tick(49)
    return (app.t_ms - begun_ms) / 1000


@pytest.mark.parametrize("state", [ARMED, CONTACT], ids=["ARMED", "CONTACT"])
@pytest.mark.parametrize(
    ("line", "port"),
    [("", USB)]  # a signed line has something in it
    + [
        (line, port)
        for line in ("ping", "status", "version", "log 5", "get", "nonce", "telemetry on")
        for port in PORTS
    ],
)
def test_what_a_program_says_by_itself_does_not_keep_it_armed(state, line, port):
    made = lane(state, port)
    assert IDLE_S - 1 < passes(made, 60, line) <= IDLE_S + 1
    assert made.state == SAFE and REASON_NAMES[made.app.reason] == "idle"
    assert not made.bench.board.interlock.up


@pytest.mark.parametrize("state", [ARMED, CONTACT], ids=["ARMED", "CONTACT"])
def test_every_command_that_acts_and_leaves_it_standing_keeps_it_armed(state):
    used = 0
    for line in forms(state):
        made = lane(state)
        name = line.split()[0]
        if is_use(ROWS[name]) and name not in ("disarm", "stop", *GO):
            if name in NEED_A_BASE:
                made.do("base -6000 6000")
                made.do("avoid 2000 0 100")
            passes(made, 4, "ping")
            made.do(line)
            passes(made, 2, "ping")
            assert GRANTS[made.state] & ENABLED, line
            used += 1
    assert used >= 3


def test_a_refused_command_is_no_use():
    made = lane(ARMED)
    assert passes(made, 60, "sweep x") <= IDLE_S + 1 and made.state == SAFE


def test_what_another_link_says_is_no_use():
    made = lane(ARMED)
    other = Lane(RADIO)
    other.bench, other.app = made.bench, made.app
    begun_ms = made.app.t_ms
    while made.state == ARMED and made.app.t_ms < begun_ms + 60_000:
        other.say("mark", 1)
        made.say("ping", 40)
    assert made.state == SAFE and made.app.t_ms - begun_ms <= 1000 * (IDLE_S + 1)


def test_a_long_sweep_is_use_until_its_end():
    made = lane(ARMED)
    made.app.settings.set("sweep_mm_s", 150)
    made.app.configure()
    made.say("sweep 1500")
    made.until(lambda: made.state != SWEEP, 3000)
    assert made.state == ARMED and made.app.t_ms > 1000 * IDLE_S
    assert IDLE_S - 1 < passes(made, 60, "ping") <= IDLE_S + 1


def test_silence_after_pings_is_still_a_lost_link_first():
    made = lane(ARMED)
    made.say("ping")
    made.tick(200)
    assert made.state == STOPPED


def test_each_command_is_use_or_not_by_the_table():
    assert {row[0] for row in COMMANDS if is_use(row) and ("A" in row[2] or "C" in row[2])} == {
        "arm", "disarm", "stop", "drive", "sweep", "verdict", "mark", "pinpoint", "lane", "back", "ahead", "turn",
        "shift", "place", "origin", "base", "searched", "avoid", "release",
    }  # fmt: skip
