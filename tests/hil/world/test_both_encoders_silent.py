"""Both tracks without counts, or without motion, mid-way: neither may be the other's excuse, whatever comes first."""

import pytest
from driven import Driven, Told

from hil.world.wiring import Held, Unplugged
from sapper_host.limits import limit

pytestmark = pytest.mark.unit

STOP_MS = limit("ENCODER_STOP_MS").value
# Speed and turn of TELEOP (mm/s, mrad/s); a sweep has its speed set.
COURSES = {
    "sweep 150": (150, None),
    "sweep 300": (300, None),
    "sweep 600": (600, None),
    "ahead 150": (150, 0),
    "ahead 300": (300, 0),
    "ahead 600": (600, 0),
    "backwards 300": (-300, 0),
    "curve 250": (250, 600),
    "turning": (0, 1000),
}
SILENT = {"unplugged": (Unplugged,), "no supply": (Unplugged, 0), "A cut": (Held, 0, 1), "B cut": (Held, 1, 1)}
_JAMMED_M_S = 50.0  # friction that stands a track within a millisecond
_STANDS_M_S = 0.01
STILL = ("still", "alternating", "too_few")


def going(course: str, seed: int = 1, supply_mv: float = 5000.0) -> Driven:
    """A second and a half into it."""
    speed, turn = COURSES[course]
    settings = {"sweep_mm_s": speed} if turn is None else {}
    rover = Driven(settings=settings, seed=seed, supply_mv=supply_mv)
    assert go(rover, course, 1.5) is None
    return rover


def go(rover: Driven, course: str, seconds: float) -> Told | None:
    speed, turn = COURSES[course]
    return rover.sweep_for(seconds) if turn is None else rover.drive_for(seconds, speed, turn)


@pytest.mark.parametrize("course", COURSES)
@pytest.mark.parametrize("name", SILENT)
def test_both_encoders_silent_at_once_is_a_fault_in_its_time(course, name):
    rover = going(course)
    for side in (0, 1):
        rover.broken(side, *SILENT[name])
    start = rover.t_ns
    told = go(rover, course, 2.0)
    assert told and told.how in STILL
    assert (rover.t_ns - start) // 1_000_000 <= STOP_MS


@pytest.mark.parametrize("course", COURSES)
@pytest.mark.parametrize("apart_ms", [10, 20, 30, 50, 80, 120, 200, 300])
def test_the_second_encoder_to_fall_silent_does_not_excuse_the_first(course, apart_ms):
    for first in (0, 1):
        rover = going(course, first + 1)
        rover.broken(first, Unplugged)
        start = rover.t_ns
        told = go(rover, course, apart_ms / 1000)
        if told is None:
            rover.broken(1 - first, Unplugged)
            told = go(rover, course, 2.0)
        assert told and told.how in STILL
        assert (rover.t_ns - start) // 1_000_000 <= STOP_MS


@pytest.mark.parametrize("course", COURSES)
@pytest.mark.parametrize("supply_mv", [5000.0, 4400.0])
def test_both_motors_jammed_are_a_fault_in_their_time(course, supply_mv):
    """At the sagging battery's least, too: the supply's own limit comes below it."""
    rover = going(course, supply_mv=supply_mv)
    rover.rover.left.drag_m_s = rover.rover.right.drag_m_s = _JAMMED_M_S
    start = rover.t_ns
    told = go(rover, course, 2.0)
    assert told and told.how in STILL
    assert (rover.t_ns - start) // 1_000_000 <= STOP_MS


@pytest.mark.parametrize("course", COURSES)
def test_a_battery_that_no_longer_turns_either_motor_is_a_fault_once_they_stand(course):
    rover = going(course)
    rover.supply_mv = 200.0
    while any(abs(m_s) > _STANDS_M_S for m_s in rover.rover.speeds_m_s):
        if told := go(rover, course, 0.01):
            break
    else:
        start = rover.t_ns
        told = go(rover, course, 2.0)
        assert (rover.t_ns - start) // 1_000_000 <= STOP_MS
    assert told and told.how in STILL


@pytest.mark.parametrize("course", COURSES)
def test_a_battery_that_sags_to_the_lowest_that_is_driven_on_is_no_fault(course):
    rover = going(course)
    rover.supply_mv = 4400.0
    assert go(rover, course, 5.0) is None
