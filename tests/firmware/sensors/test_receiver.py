"""A receiver on its line: what is stale, what is silent, what it speaks, what was spoilt; and moments made whole."""

import pytest
from gnss_messages import gga, gst, pvt, rmc

from sapper.sensors import fix as f
from sapper.sensors.epoch import NO_KEY, Epoch
from sapper.sensors.fix import Fix
from sapper.sensors.receiver import STALE_MS, Receiver
from sapper.shared.limits import TIME_WRAP_MS

pytestmark = pytest.mark.unit


def second(n, parts=(gga, rmc, gst)):
    """The sentences of one second of a day."""
    return b"".join(part(f"{n // 3600:02}{n // 60 % 60:02}{n % 60:02}.00") for part in parts)


def taken(receiver, data, now_ms):
    receiver.elapse(now_ms)
    return receiver.take(data, len(data), now_ms)


def test_before_anything_came_it_is_stale_and_silent():
    receiver = Receiver()
    assert receiver.stale and receiver.silent and not receiver.fix.valid and receiver.number == 0


@pytest.mark.parametrize("start_ms", [0, TIME_WRAP_MS - 1500])
def test_it_is_stale_when_no_fix_came_for_so_long(start_ms):
    receiver = Receiver()
    assert taken(receiver, second(1), start_ms)
    for later_ms in range(0, STALE_MS + 1, 100):
        receiver.elapse((start_ms + later_ms) % TIME_WRAP_MS)
        assert not receiver.stale and not receiver.silent
    receiver.elapse((start_ms + STALE_MS + 1) % TIME_WRAP_MS)
    assert receiver.stale and receiver.silent
    # Nor is it fresh again when time has gone once round.
    receiver.elapse(start_ms)
    assert receiver.stale
    assert taken(receiver, second(2), start_ms) and not receiver.stale and not receiver.silent


def test_bytes_that_are_no_fix_are_stale_and_not_silent():
    receiver = Receiver()
    taken(receiver, second(1), 0)
    for now_ms in range(0, 9000, 100):
        taken(receiver, b"\xff\x00$GN", now_ms)
    assert receiver.stale and not receiver.silent and receiver.spoilt()


def test_a_fix_that_is_not_valid_is_none_the_less_told():
    receiver = Receiver()
    taken(receiver, second(1), 0)
    assert taken(receiver, rmc("000002.00", "V") + gga("000002.00") + gst("000002.00"), 1000)
    assert not receiver.fix.valid and not receiver.stale


def test_a_fix_knows_when_its_first_sentence_came():
    receiver = Receiver()
    taken(receiver, second(1), 0)
    taken(receiver, gga("000002.00"), 1000)
    taken(receiver, rmc("000002.00"), 1010)
    assert receiver.number == 1
    taken(receiver, gst("000002.00"), 1020)
    assert receiver.number == 2 and receiver.fix.received_ms == 1000


def test_the_other_language_is_heard_when_the_first_is_stale():
    receiver = Receiver()
    taken(receiver, second(1), 0)
    for now_ms in range(0, STALE_MS + 1, 500):
        assert not taken(receiver, pvt(itow=now_ms), now_ms)
    assert taken(receiver, pvt(itow=99_000), STALE_MS + 1)
    assert receiver.fix.satellites == 17
    assert not taken(receiver, second(9), STALE_MS + 2)


def test_a_part_that_is_lost_delays_its_own_moment_alone():
    receiver = Receiver()
    for n in (1, 2):
        taken(receiver, second(n), n)
    assert receiver.number == 2
    assert not taken(receiver, second(3, (gga, rmc)), 3)
    taken(receiver, gga("000004.00"), 4)
    assert receiver.number == 3 and not receiver.fix.told & f.SIGMA
    taken(receiver, rmc("000004.00") + gst("000004.00"), 4)
    assert receiver.number == 4 and receiver.fix.told & f.SIGMA


def test_a_part_that_stops_coming_is_not_waited_for_for_ever():
    receiver = Receiver()
    taken(receiver, second(1), 1)
    late = [n for n in range(2, 9) if not taken(receiver, second(n, (gga, rmc)), n) or receiver.fix.time_ms != n * 1000]
    assert late == [2, 3, 4]


def test_a_part_that_begins_to_come_is_waited_for():
    receiver = Receiver()
    for n in range(1, 5):
        taken(receiver, second(n, (gga, rmc)), n)
    taken(receiver, second(5), 5)
    assert receiver.fix.time_ms == 5000 and not receiver.fix.told & f.SIGMA
    taken(receiver, second(6), 6)
    assert receiver.fix.time_ms == 6000 and receiver.fix.told & f.SIGMA


def test_what_was_told_is_not_changed_by_what_comes_late():
    epoch = Epoch(3, 1)
    for key in (1, 2):
        epoch.open(1, key, 0)
        epoch.close()
    told = epoch.fix
    assert epoch.number == 1 and epoch.open(2, 2, 0) is None
    assert epoch.open(1, 3, 0) is not told


def test_the_same_message_twice_is_two_moments():
    epoch = Epoch(3, 1)
    for _ in range(3):
        epoch.open(1, 7, 0)
        epoch.close()
    assert epoch.number == 2


def test_without_time_each_message_is_a_moment_and_expects_nothing():
    epoch = Epoch(3, 1)
    for _ in range(5):
        epoch.open(1, NO_KEY, 0)
        epoch.close()
    assert epoch.number == 5
    epoch.open(1, 7, 0)
    epoch.close()
    assert epoch.number == 5  # the first with a time is learned from


def test_a_guess_is_never_a_small_number_for_a_bad_kind():
    guesses = []
    for kind in (f.FIXED, f.FLOAT, f.DIFFERENTIAL, f.SINGLE, f.DEAD_RECKONING):
        fix = Fix()
        fix.kind, fix.told, fix.dop_x100 = kind, f.PLACE, 100
        fix.settle()
        guesses.append(fix.horizontal_mm)
    assert guesses == sorted(guesses) and guesses[0] >= 20


@pytest.mark.parametrize("pair", [(0, 0), (0, 1), (3, 4), (9, 21), (99_999, 1), (30_000, 40_000), (10**8, 10**8)])
def test_the_root_of_squares_is_not_too_small(pair):
    exact = (pair[0] ** 2 + pair[1] ** 2) ** 0.5
    assert exact <= f.root_of_squares(*pair) <= exact * 1.0003 + 1


def test_every_kind_has_a_name():
    assert f.KINDS[f.FIXED] == "fixed" and f.KINDS[f.NONE] == "none" and len(f.KINDS) == f.FIXED + 1
