"""An exception anywhere in a tick ends all motion: in whatever part, state, and even while one is dealt with."""

import pytest
from bench import Bench

from sapper.safety.supervisor import FAULT, SWEEP, TELEOP

pytestmark = pytest.mark.unit

# Object (from the bench), method: every call that a tick makes of the application's parts and the board's. Those of a
# stop are made when there is one: the key goes off.
PLACES = (
    ("app.drive", "sense"),
    ("app.drive.odometry", "step"),
    ("app.motion", "step"),
    ("app.detector", "step"),
    ("app.reporter", "step"),
    ("app.console", "handle"),
    ("app.arming", "elapse"),
    ("app.refusals", "elapse"),
    ("app.links.0", "read_line"),
    ("app.links.1", "read_line"),
    ("app.links.0", "flush"),
    ("app.log", "add"),
    ("board.inputs", "loop_closed"),
    ("board.inputs", "key_on"),
    ("board.acquisition", "take"),
    ("board.encoders.0", "delta"),
    ("board.motors.0", "drive"),
    ("board.motors.1", "release"),
    ("board.interlock", "enabled"),
    ("board.indicators", "tick"),
    ("board.usb", "read_into"),
    ("board.usb", "write"),
)


OF_A_STOP = {("app.log", "add"), ("board.motors.1", "release")}


def find(bench, path):
    thing = bench
    for name in path.split("."):
        thing = thing[int(name)] if name.isdigit() else getattr(thing, name)
    return thing


def tick_as_run_does(bench):
    """run.loop's body: what it makes of an exception. True when the loop would end (and the board be made safe)."""
    app = bench.app
    try:
        bench.tick()
    except Exception as error:
        try:
            app.fail(error)
        except Exception:
            return True
    return False


@pytest.mark.parametrize("state", [SWEEP, TELEOP])
@pytest.mark.parametrize(("path", "method"), PLACES, ids=[".".join(place) for place in PLACES])
def test_it_ends_in_fault_with_the_interlock_dropped_or_ends_the_loop(path, method, state, monkeypatch):
    bench = Bench()
    bench.arm()
    bench.say("sweep 100000" if state == SWEEP else "drive 200 0", ticks=1)
    bench.tick(10)
    assert bench.app.state == state and bench.board.interlock.up

    calls = []

    def broken(*args):
        calls.append(args)
        raise ValueError("injected")

    monkeypatch.setattr(find(bench, path), method, broken)
    feeds = bench.board.interlock.feeds
    ended = False
    for _ in range(3):
        bench.ports[0].waiting += b"ping\n"
        if (path, method) in OF_A_STOP:
            bench.board.inputs.key = 0
        ended = tick_as_run_does(bench)
        if ended or bench.app.state == FAULT:
            break
    assert calls, "no tick calls it: nothing was tried"
    assert not bench.board.interlock.up
    assert bench.board.interlock.feeds <= feeds + 1, "fed again after the exception"
    assert ended or bench.app.state == FAULT
    assert not any(motor.duty_pm for motor in bench.board.motors) or ended


def test_the_operator_is_told_and_only_disarm_and_arm_bring_it_back():
    bench = Bench()
    bench.arm()
    bench.say("sweep 100000", ticks=1)
    bench.ports[0].sent = b""
    bench.app.fail(ValueError("injected"))
    bench.tick(5)
    assert b"* exception ValueError: injected" in bench.ports[0].sent
    assert bench.app.state == FAULT
    for line in ("sweep 100", "drive 100 0", "arm", "verdict mine"):
        assert bench.last(line).startswith("err state")
    assert bench.last("disarm") == "ok state=SAFE"
    assert not any(motor.duty_pm or motor.engaged for motor in bench.board.motors)
