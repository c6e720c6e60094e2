"""How motion comes to its end by itself: the lane is done, the operator let go, or drive commands stopped coming. The
first two are no stops; the last is one, by its reason."""

import pytest
from bench import Bench
from hypothesis import given, settings
from hypothesis import strategies as st

from sapper.safety.supervisor import ARMED, SWEEP, TELEOP

pytestmark = pytest.mark.unit
STALE_TICKS = 30  # drive_timeout_ms
RAMP_TICKS = 15  # stop_ramp_ms


def ended(bench, most=140):
    """Ticks until it is armed at rest, the reason, and what the stops told meanwhile were for."""
    before = len(bench.told("stop"))
    ticks, state, reason = bench.until_changed(most)
    assert state == "ARMED" and bench.app.drive.resting() and bench.board.interlock.up
    assert [motor.duty_pm for motor in bench.board.motors] == [0, 0]
    assert bench.told("state")[-1]["reason"] == reason
    return ticks, reason, [(stop["reason"], stop["detail"]) for stop in bench.told("stop")[before:]]


def test_a_lane_that_is_done_leaves_it_armed_at_rest():
    bench = Bench().to(ARMED)
    bench.say("sweep 100", ticks=1)
    assert bench.app.state == SWEEP
    _, reason, stops = ended(bench)
    assert (reason, stops) == ("done", [("done", "swept")])


def test_commands_to_move_that_stop_coming_are_a_stop_by_their_reason():
    ticks, reason, stops = ended(Bench().to(TELEOP))
    assert (reason, stops) == ("drive_stale", [("drive_stale", "drive_stale")])
    assert STALE_TICKS <= ticks <= STALE_TICKS + RAMP_TICKS + 1


@pytest.mark.parametrize("before", [("drive 200 0",), ("drive 0 500", "drive -100 0"), ()], ids=len)
def test_told_to_stand_it_has_rested_when_nothing_more_comes_and_nothing_was_stopped(before):
    bench = Bench().to(ARMED)
    for line in (*before, "drive 0 0"):
        assert bench.last(line) == "ok state=TELEOP"
    assert [motor.duty_pm for motor in bench.board.motors] == [0, 0]
    ticks, reason, stops = ended(bench)
    assert (reason, stops) == ("rested", [])
    assert ticks <= STALE_TICKS


COURSES = st.sampled_from([(0, 0), (200, 0), (0, 1), (1, 0), (-1, 0), (0, -500), (600, 1000), (150, -150)])


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(COURSES, st.integers(1, STALE_TICKS - 1)), min_size=1, max_size=6))
def test_the_last_command_alone_tells_a_rest_from_a_stop(said):
    bench = Bench().to(ARMED)
    for (speed, turn), ticks in said:
        bench.say("drive %d %d" % (speed, turn), ticks=ticks)
    assert bench.app.state == TELEOP
    wanted = "rested" if said[-1][0] == (0, 0) else "drive_stale"
    _, reason, stops = ended(bench)
    assert reason == wanted and [stop[0] for stop in stops] == ["drive_stale"] * (wanted == "drive_stale")


def test_a_command_to_stand_that_is_refused_does_not_make_a_rest_of_a_stop():
    bench = Bench().to(TELEOP)
    assert bench.last("drive 0 0 0").startswith("err ") and bench.last("drive 0 x").startswith("err ")
    assert ended(bench)[1] == "drive_stale"
