"""The operator's link is lost and comes back: what the rover does meanwhile, and what the operator is told of it."""

import pytest
from bench import Bench
from operators import RADIO, USB, Operator

from sapper.safety.supervisor import ARMED, SAFE, STOPPED, SWEEP, TELEOP

pytestmark = pytest.mark.unit

MINUTES_90_MS = 90 * 60 * 1000


def to(operator, state):
    """There, by a program that pings."""
    operator.to(state)
    operator.say("ping")
    if state == TELEOP:
        operator.say("drive 200 0")


def lose(operator, duration_ms):
    """A link on which nothing passes in either direction. Time passes; once the rover has stopped, in steps of a
    second."""
    bench, left = operator.bench, duration_ms
    while left > 0:
        step = 1000 if bench.app.state in (STOPPED, SAFE) and left >= 1000 else 10
        bench.tick(1, step)
        left -= step
    bench.ports[operator.port].sent = b""


@pytest.fixture(params=[USB, RADIO], ids=["usb", "radio"])
def operator(request):
    return Operator(Bench(), request.param)


def test_a_second_is_ridden_out_in_a_sweep(operator):
    to(operator, SWEEP)
    lose(operator, 1000)
    assert "ok t_ms" in operator.say("ping")
    assert operator.bench.app.state == SWEEP


def test_a_second_in_teleop_lets_the_tracks_rest_and_the_operator_drives_on(operator):
    to(operator, TELEOP)
    lose(operator, 1000)
    assert operator.bench.app.state == ARMED
    assert "ok state=TELEOP" in operator.say("drive 200 0")


@pytest.mark.parametrize("state", [SWEEP, TELEOP, ARMED], ids=["SWEEP", "TELEOP", "ARMED"])
@pytest.mark.parametrize("duration_ms", [60_000, MINUTES_90_MS], ids=["60 s", "90 min"])
def test_after_longer_it_has_stopped_and_tells_all_that_happened_since_it_last_heard(operator, state, duration_ms):
    to(operator, state)
    app = operator.bench.app
    lose(operator, duration_ms)
    assert app.state == STOPPED and not operator.bench.board.interlock.up
    told = operator.say("ping")
    assert "to=STOPPED" in told and "reason=link_lost" in told
    lost, regained = (line for line in told.split("\r\n") if " link " in line)
    assert "up=0" in lost and "up=1" in regained
    assert duration_ms <= int(regained.split("away_ms=")[1].split()[0]) <= duration_ms + 2500
    # Nothing moves by itself, and the way back is the operator's.
    assert app.state == STOPPED and not any(motor.duty_pm for motor in operator.bench.board.motors)
    assert "ok state=SAFE" in operator.say("disarm")
    operator.bench.tick(200)
    to(operator, SWEEP)


def test_what_was_told_before_is_not_told_again(operator):
    to(operator, SWEEP)
    lose(operator, 1000)
    assert "to=SWEEP" not in operator.say("ping")
