"""An exception anywhere in a tick ends all motion: in whatever part, state, and even while one is dealt with."""

import pytest
from bench import Bench

from sapper.safety.supervisor import ENABLED, FAULT, GRANTS, SWEEP, TELEOP

pytestmark = pytest.mark.unit

# Object (from the bench), method: every call that a tick makes of the application's parts and the board's.
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

    def broken(*args):
        raise ValueError("injected")

    monkeypatch.setattr(find(bench, path), method, broken)
    feeds = bench.board.interlock.feeds
    raised = False
    for _ in range(3):
        bench.ports[0].waiting += b"ping\n"
        ended = tick_as_run_does(bench)
        raised = raised or ended or bench.app.state == FAULT
        if ended:
            break
    if not raised:
        # The part is not called by this tick (nothing to log, nothing to release): then nothing may have changed.
        assert bench.app.state == state
        return
    assert not bench.board.interlock.up
    assert bench.board.interlock.feeds <= feeds + 1, "fed again after the exception"
    assert ended or not GRANTS[bench.app.state] & ENABLED


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
