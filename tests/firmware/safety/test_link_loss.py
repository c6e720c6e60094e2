"""The operator's link is lost and comes back: what the rover does meanwhile, and what the operator is told of it."""

import pytest
from bench import Bench

from sapper.crypto.signing import Signer
from sapper.safety.supervisor import ARMED, SAFE, STOPPED, SWEEP, TELEOP

pytestmark = pytest.mark.unit

USB, RADIO = 0, 1
KEY = bytes(range(32))
MINUTES_90_MS = 90 * 60 * 1000


class Operator:
    """Signs on the radio; `lose` is a link on which nothing passes in either direction."""

    def __init__(self, bench, port):
        self.bench, self.port, self.counter = bench, port, 0
        bench.app.gate.set_key(KEY)
        bench.board.inputs.key = 1
        bench.tick(300)

    def say(self, line):
        if self.port == RADIO:
            self.counter += 1
            line = Signer(KEY, self.bench.app.gate.nonce).sign(self.counter, line)
        return self.bench.say(line, self.port, 12)

    def to(self, state):
        code = self.say("arm").split("code=")[1][:4]
        assert "ok state=ARMED" in self.say("arm " + code)
        self.say("ping")
        if state == SWEEP:
            self.say("sweep 1000000")
        if state == TELEOP:
            self.say("drive 200 0")
        assert self.bench.app.state == state

    def lose(self, duration_ms):
        """Time passes; once the rover has stopped, in steps of a second."""
        app, left = self.bench.app, duration_ms
        while left > 0:
            step = 1000 if app.state in (STOPPED, SAFE) and left >= 1000 else 10
            self.bench.tick(1, step)
            left -= step
        self.bench.ports[self.port].sent = b""


@pytest.fixture(params=[USB, RADIO], ids=["usb", "radio"])
def operator(request):
    return Operator(Bench(), request.param)


def test_a_second_is_ridden_out_in_a_sweep(operator):
    operator.to(SWEEP)
    operator.lose(1000)
    assert "ok t_ms" in operator.say("ping")
    assert operator.bench.app.state == SWEEP


def test_a_second_in_teleop_lets_the_tracks_rest_and_the_operator_drives_on(operator):
    operator.to(TELEOP)
    operator.lose(1000)
    assert operator.bench.app.state == ARMED
    assert "ok state=TELEOP" in operator.say("drive 200 0")


@pytest.mark.parametrize("state", [SWEEP, TELEOP, ARMED], ids=["SWEEP", "TELEOP", "ARMED"])
@pytest.mark.parametrize("duration_ms", [60_000, MINUTES_90_MS], ids=["60 s", "90 min"])
def test_after_longer_it_has_stopped_and_tells_all_that_happened_since_it_last_heard(operator, state, duration_ms):
    operator.to(state)
    app = operator.bench.app
    operator.lose(duration_ms)
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
    operator.to(SWEEP)


def test_what_was_told_before_is_not_told_again(operator):
    operator.to(SWEEP)
    operator.lose(1000)
    assert "to=SWEEP" not in operator.say("ping")
