"""The firmware's drive on the world's rover, an encoder broken: a fault in its time, and never far on a false speed."""

import pytest
from driven import Driven, Told

from hil.world.wiring import Held, Missing, Slipping, Spiked, Together, Unplugged, Wiring
from sapper_host.limits import limit

pytestmark = pytest.mark.unit

MS = 1_000_000
STOP_MS = limit("ENCODER_STOP_MS").value
MISLED_MM = limit("MISLED_MM").value
UNTOLD_MM_S = limit("UNTOLD_MM_S").value
WIRES = {
    "cut": (Unplugged,),
    "A cut": (Held, 0, 1),
    "B cut": (Held, 1, 1),
    "A to ground": (Held, 0, 0),
    "B to ground": (Held, 1, 0),
}
# Every other magnet; its phase A alone; three of six.
HALF = ((lambda cycle: cycle % 2 == 0, "ab"), (lambda cycle: cycle % 2 == 0, "a"), (lambda cycle: cycle % 6 < 3,))
LEAST_TOLD_MM_S = 100
COURSES = {"sweep": None, "ahead": (250, 0), "backwards": (-250, 0), "turning": (0, 1000), "fast": (600, 0)}


def go(rover: Driven, course: str, seconds: float) -> Told | None:
    way = COURSES[course]
    return rover.drive_for(seconds, *way) if way else rover.sweep_for(seconds)


def broken(course: str, side: int, run_up_s: float, *how) -> tuple[Told | None, Driven]:
    rover = Driven(seed=side + 1)
    assert go(rover, course, run_up_s) is None
    rover.forget()
    rover.broken(side, *how)
    return go(rover, course, 3.0), rover


@pytest.mark.parametrize("course", COURSES)
@pytest.mark.parametrize("name", WIRES)
@pytest.mark.parametrize("run_up_s", [0.0, 0.33, 1.5])
def test_a_broken_wire_is_a_fault_within_its_time_and_the_track_does_not_run_on(name, course, run_up_s):
    for side in (0, 1):
        told, rover = broken(course, side, run_up_s, *WIRES[name])
        # From rest the track has to be driven first: what counts then is the way.
        assert told and told.side == side and told.ms <= STOP_MS + (100 if not run_up_s else 0)
        assert told.how in ("still", "alternating", "too_few")
        assert rover.astray_mm <= MISLED_MM


@pytest.mark.parametrize("course", ["sweep", "ahead", "fast"])
def test_wires_that_touch_are_a_fault_ahead_and_count_true_backwards(course):
    for side in (0, 1):
        told, rover = broken(course, side, 1.5, Together)
        assert told and told.side == side and told.ms <= STOP_MS
        assert rover.astray_mm <= MISLED_MM
        told, rover = broken("backwards", side, 1.5, Together)
        assert told is None and rover.astray_mm < 10
        told = rover.drive_for(1.0, 250)
        assert told and told.side == side


@pytest.mark.parametrize("course", ["sweep", "ahead", "backwards", "fast"])
@pytest.mark.parametrize("run_up_s", [0.33, 1.5])
def test_half_the_counts_lost_is_a_fault_within_its_time(course, run_up_s):
    for side in (0, 1):
        for how in HALF:
            told, rover = broken(course, side, run_up_s, Missing, *how)
            assert told and (told.side, told.how) == (side, "too_few") and told.ms <= STOP_MS
            assert rover.astray_mm <= MISLED_MM


@pytest.mark.parametrize("mm_s", [100, -100, 110, 120, -120, 150, -150, 200])
@pytest.mark.parametrize("run_up_s", [0.33, 1.5, 1.63])
def test_half_the_counts_lost_at_a_slow_speed_is_a_fault_before_the_rover_is_far(mm_s, run_up_s):
    """Slower than `LEAST_TOLD_MM_S` it looks as loose ground under one track does, to the last count."""
    for side in (0, 1):
        for how in HALF:
            rover = Driven(seed=side + 1)
            assert rover.drive_for(run_up_s, mm_s) is None
            rover.forget()
            rover.broken(side, Missing, *how)
            told = rover.drive_for(3.0, mm_s)
            assert told and (told.side, told.how) == (side, "too_few")
            assert rover.astray_mm <= MISLED_MM


@pytest.mark.parametrize("turn", [1000, -1000, 300])
@pytest.mark.parametrize("run_up_s", [0.33, 1.5])
def test_half_the_counts_of_the_outer_track_lost_is_a_fault_before_the_rover_is_far(turn, run_up_s):
    side = int(turn > 0)
    for how in HALF:
        rover = Driven(seed=side + 1)
        assert rover.drive_for(run_up_s, 250, turn) is None
        rover.forget()
        rover.broken(side, Missing, *how)
        told = rover.drive_for(3.0, 250, turn)
        assert told and told.side == side and rover.astray_mm <= MISLED_MM


@pytest.mark.parametrize("mm_s", [60, -60, 80, -80, 95])
def test_half_the_counts_lost_at_a_slower_speed_is_told_or_leaves_a_track_twice_as_fast(mm_s):
    assert abs(mm_s) < LEAST_TOLD_MM_S
    for side in (0, 1):
        for how in HALF:
            rover = Driven(seed=side + 1)
            assert rover.drive_for(1.5, mm_s) is None
            rover.forget()
            rover.broken(side, Missing, *how)
            told = rover.drive_for(6.0, mm_s)
            # Over 200 ms, as counts come in gusts: a gap of half a cycle's magnets lets the loop swing.
            assert (told and told.side == side) or rover.faster_mm_s <= 1.25 * abs(mm_s)
            assert rover.faster_mm_s < UNTOLD_MM_S


@pytest.mark.parametrize("course", COURSES)
def test_an_encoder_that_slips_is_a_fault_before_the_rover_is_far(course):
    for side in (0, 1):
        for seed in range(4):
            told, rover = broken(course, side, 1.5, Slipping, seed)
            assert told and told.side == side and rover.astray_mm <= MISLED_MM


@pytest.mark.parametrize("course", [*COURSES, "slow"])
@pytest.mark.parametrize("of", [2, 3, 4, 6, 12])
def test_what_is_not_told_leaves_the_speed_within_its_bound(course, of):
    """A magnet of so many is missing: a fault, or a track that is not much faster than asked."""
    COURSES["slow"] = (100, 0)
    try:
        for side in (0, 1):
            told, rover = broken(course, side, 1.5, Missing, lambda cycle: cycle % of == 0)
            asked = max(abs(mm_s) for mm_s in rover.asked)
            if told is None:
                assert (rover.fastest - 1) * asked <= UNTOLD_MM_S
    finally:
        del COURSES["slow"]


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("phases", ["a", "b", "ab"])
def test_spikes_as_the_motors_start_do_not_set_the_rover_going(seed, phases):
    """A fault, or ignored; never far."""
    for skew_ns in (0, 1500, -1500):
        rover = Driven(seed=seed)
        windows = [(0, 120 * MS)]
        rover.broken(seed % 2, lambda levels, w=windows, s=skew_ns: Spiked(Wiring(levels), seed, w, 0.5, phases, s))
        rover.drive_for(1.5, 250)
        assert rover.astray_mm <= MISLED_MM


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("course", ["sweep", "ahead", "backwards"])
def test_spikes_do_not_hide_a_cut_wire(seed, course):
    rover = Driven(seed=seed)
    assert go(rover, course, 1.5) is None
    rover.forget()
    windows = [(rover.t_ns, rover.t_ns + 3000 * MS)]
    for phase in (0, 1):
        rover.broken(0, lambda levels, p=phase: Spiked(Held(levels, p, 1), seed, windows, 0.5, "ab"[p]))
        told = go(rover, course, 3.0)
        assert told and told.ms <= STOP_MS and rover.astray_mm <= MISLED_MM
