"""A second look as the tracks see it: duty 0 at once, rest, straight back at the slowest sweep, stand; bounded."""

import pytest

from sapper.drive.motion import LOOK_LOST, LOOKED, Motion
from sapper.safety.supervisor import SWEEP
from sapper.shared.limits import LOOK_BACK_MM, LOOK_MS, SWEEP_LEAST_MM_S, TICK_MS
from sapper.shared.settings import Settings

pytestmark = pytest.mark.unit


class Odometry:
    def __init__(self):
        self.s_mm = 0
        self.left = self.right = 0

    def fold(self):
        pass


class Tracks:
    """A drive that does what it is asked, in whole millimetres a tick."""

    def __init__(self):
        self.odometry = Odometry()
        self.speed_mm_s = 0
        self.halts = 0
        self.asked = 0
        self.jammed = False

    def halt(self):
        self.asked = 0
        self.halts += 1

    def keep_straight(self, speed_mm_s, ahead_ticks):
        self.asked = speed_mm_s
        if not self.jammed:
            self.odometry.s_mm += -2 if speed_mm_s < 0 else 3

    def resting(self):
        return self.asked == 0


def sweeping(coil_mm=5000, **changed):
    """A motion whose sweep began at 0 and has come so far."""
    settings = Settings()
    settings.set_many(tuple(changed.items()))
    tracks = Tracks()
    motion = Motion(settings, tracks)
    motion.sweep(100_000)
    tracks.odometry.s_mm = coil_mm
    return motion, tracks


def ticks(motion, most=2000):
    """Steps until one returns something: (what, how many)."""
    for count in range(1, most):
        ended = motion.step(SWEEP, TICK_MS)
        if ended:
            return ended, count
    return 0, most


def test_the_motors_are_off_at_once_and_until_the_tracks_have_come_to_rest():
    motion, tracks = sweeping()
    tracks.speed_mm_s = 300
    motion.look(4750)
    assert tracks.halts == 1 and motion.looks
    for _ in range(30):
        assert motion.step(SWEEP, TICK_MS) == 0 and tracks.asked == 0
    tracks.speed_mm_s = 20
    assert motion.step(SWEEP, TICK_MS) == 0 and tracks.asked == 0, "it rolls"
    tracks.speed_mm_s = 19
    assert motion.step(SWEEP, TICK_MS) == 0
    assert tracks.asked == -SWEEP_LEAST_MM_S


def test_it_goes_straight_back_slower_and_slower_and_stands_at_its_place():
    motion, tracks = sweeping()
    motion.look(4750)
    asked = []
    while not motion.step(SWEEP, TICK_MS):
        asked.append(tracks.asked)
    assert tracks.odometry.s_mm in (4749, 4750) and tracks.asked == 0 and motion.backed
    assert min(asked) == -SWEEP_LEAST_MM_S and asked[-1] >= -70 and asked == sorted(asked)


@pytest.mark.parametrize(
    ("place", "coil", "clear", "backs"),
    (
        (4700, 5000, 300, True),
        (4699, 5000, 300, False),  # a track may be there
        (4000, 5000 - 200, 2000, True),
        (3999, 5000 - 200, 2000, False),  # further than LOOK_BACK_MM
        (-1, 200, 300, False),  # before this sweep's ground
        (0, 200, 300, True),
    ),
)
def test_it_stands_where_it_is_where_a_track_may_be_or_the_ground_is_not_of_this_sweep(place, coil, clear, backs):
    assert LOOK_BACK_MM == 800
    motion, tracks = sweeping(coil, coil_clear_mm=clear)
    motion.look(place)
    assert ticks(motion)[0] == LOOKED
    assert motion.backed == backs
    assert tracks.odometry.s_mm == coil or backs


@pytest.mark.parametrize("rolls", (False, True))
def test_what_does_not_come_there_in_time_is_lost(rolls):
    motion, tracks = sweeping()
    tracks.jammed = True
    tracks.speed_mm_s = 100 if rolls else 0
    motion.look(4750)
    assert ticks(motion) == (LOOK_LOST, LOOK_MS // TICK_MS + 1)
    assert tracks.asked == 0


def test_a_halt_ends_it():
    motion, tracks = sweeping()
    motion.look(4750)
    motion.halt()
    motion.sweep(1000)
    motion.step(SWEEP, TICK_MS)
    assert not motion.looks and tracks.asked > 0


def test_the_slow_stretch_of_a_sweep_is_slow_and_no_longer():
    motion, tracks = sweeping(sweep_slow_mm_s=200)
    motion.slow_to(5010)
    motion.step(SWEEP, TICK_MS)
    assert tracks.asked == 200
    tracks.odometry.s_mm = 5010
    motion.step(SWEEP, TICK_MS)
    assert tracks.asked == 300


def test_a_slow_speed_above_the_sweep_makes_it_no_faster():
    motion, tracks = sweeping(sweep_slow_mm_s=600)
    motion.slow_to(6000)
    motion.step(SWEEP, TICK_MS)
    assert tracks.asked == 300
