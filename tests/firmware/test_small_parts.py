"""The parts that are a screen long: motor pins, arming, loop figures, frame averages, blink codes of every state."""

import sys
from collections import Counter

import machine
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sapper.hardware.frame import FRAME_SAMPLES, INPUTS, RING_SAMPLES, RingReader, average
from sapper.loop_stats import PERIOD_US, WINDOW, LoopStats
from sapper.safety.arming import Arming
from sapper.shared.limits import ARM_CODE_MOST_MS
from sapper.shared.pins import GPIO

pytestmark = pytest.mark.unit


@pytest.fixture
def motor(monkeypatch):
    """The real motor.py over the pins in memory."""
    import time

    monkeypatch.setattr(time, "sleep_us", lambda us: None, raising=False)
    machine.Pin.made.clear()
    monkeypatch.delitem(sys.modules, "sapper.hardware.motor", raising=False)
    from sapper.hardware.motor import Motor

    return Motor(0)


def pins():
    return machine.Pin.made[GPIO["MOTOR_LEFT"]], machine.Pin.made[GPIO["DIR_LEFT"]][1]


def test_a_motor_is_made_low_and_off_pwm_and_cannot_be_driven_before_it_is_engaged(motor):
    assert pins() == (("out", 0), 0)
    motor.drive(500)
    assert pins() == (("out", 0), 0) and motor.duty_pm == 0


@pytest.mark.parametrize("duty", [1, 300, 1000, -1, -300, -1000])
def test_the_first_drive_already_goes_the_right_way(motor, duty):
    motor.engage()
    motor.drive(duty)
    assert pins() == (("pwm", abs(duty) * 65535 // 1000), int(duty > 0))


@given(st.lists(st.integers(-1000, 1000), max_size=30))
def test_after_any_history_pin_and_direction_say_what_was_asked(history):
    machine.Pin.made.clear()
    from sapper.hardware.motor import Motor

    motor = Motor(0)
    motor.engage()
    for duty in history:
        motor.drive(duty)
        (function, level), forward = pins()
        assert (function, level) == ("pwm", abs(duty) * 65535 // 1000)
        assert duty == 0 or forward == int(duty > 0)


def test_release_leaves_a_plain_output_low(motor):
    motor.engage()
    motor.drive(700)
    motor.release()
    assert pins()[0] == ("out", 0) and motor.duty_pm == 0
    motor.drive(700)
    assert pins()[0] == ("out", 0)


def test_a_code_arms_once_in_time_on_its_link():
    arming = Arming()
    assert not arming.confirm(0, "0000")
    code = arming.offer(0, 0xABCDEF, ARM_CODE_MOST_MS)
    assert len(code) == 4 and code.isdigit()
    assert not arming.confirm(1, code)
    assert not arming.confirm(0, code), "spent by the wrong link's try"
    code = arming.offer(0, 7, ARM_CODE_MOST_MS)
    arming.elapse(ARM_CODE_MOST_MS - 10)
    assert arming.pending() and arming.confirm(0, code)
    assert not arming.confirm(0, code)
    code = arming.offer(0, 7, ARM_CODE_MOST_MS)
    arming.elapse(ARM_CODE_MOST_MS)
    assert not arming.pending() and not arming.confirm(0, code)


@given(st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 9000)), min_size=WINDOW, max_size=WINDOW))
def test_the_loops_figures_are_those_of_the_last_second(ticks):
    stats = LoopStats()
    whole = [stats.add(late, busy) for late, busy in ticks]
    assert whole == [0] * (WINDOW - 1) + [1]
    assert stats.load_pm == sum(busy for _, busy in ticks) * 1000 // (WINDOW * PERIOD_US)
    assert stats.tick_max_us == max(busy for _, busy in ticks)
    assert stats.jitter_max_us == max(late for late, _ in ticks)
    assert list(stats.late.counts()) == list(stats.tick.counts()) == [], "none of them in motion"


@given(st.lists(st.tuples(st.integers(0, 3000), st.integers(-10, 14_000)), max_size=300), st.integers(0, 3000))
def test_of_ticks_in_motion_all_are_counted_and_one_in_a_thousand_at_most_is_longer_than_told(ticks, often):
    stats = LoopStats()
    stats.add(9000, 20_000)  # standing: not counted
    stats.moving = 2
    ticks = ticks + [(40, 3000)] * often
    for late, busy in ticks:
        stats.add(late, busy)
    for spread, times in ((stats.late, [late for late, _ in ticks]), (stats.tick, [max(0, busy) for _, busy in ticks])):
        counts = dict(spread.counts())
        last = spread.last * spread.width_us
        assert counts == Counter(min(time - time % spread.width_us, last) for time in times)
        assert spread.worst_us() == max(times, default=0)
        rare = spread.p999_us()
        assert sum(time > rare for time in times) * 1000 <= len(times)
        assert rare == spread.worst_us() or sum(time >= rare - spread.width_us for time in times) * 1000 > len(times)


@given(st.lists(st.integers(1, 20_000), max_size=50), st.booleans())
def test_a_frame_begins_with_input_0_and_is_the_newest_whole_one_however_long_the_loop_stalled(gaps, wraps):
    """Also past 2**30 samples, where the count begins again (2**30 is no multiple of 5, so the frames are what
    counts)."""
    reader = RingReader()
    done = taken = 0
    if wraps:
        done = taken = (1 << 30) // FRAME_SAMPLES * FRAME_SAMPLES
        reader._taken = taken
    for gap in gaps:
        done += gap
        first = reader.take(done & 0x3FFFFFFF)
        if done - taken < FRAME_SAMPLES:
            assert first == -1
            continue
        newest = done // FRAME_SAMPLES * FRAME_SAMPLES - FRAME_SAMPLES
        assert newest % INPUTS == 0
        assert first == newest % RING_SAMPLES
        assert reader.skipped == (newest - taken) // FRAME_SAMPLES
        taken = newest + FRAME_SAMPLES
        assert done - newest < RING_SAMPLES, "not overwritten yet"


@given(hnp.arrays(np.uint16, RING_SAMPLES, elements=st.integers(0, 4095)), st.integers(0, RING_SAMPLES - 1))
def test_a_frame_is_the_mean_of_its_samples_wherever_it_lies_in_the_ring(ring, tail):
    out = [0] * 5
    average([int(sample) for sample in ring], tail, out)
    samples = np.take(ring, np.arange(tail, tail + FRAME_SAMPLES), mode="wrap").reshape(-1, 5)
    # 13107/2**14 is 1.2e-5 less than 16/20, which is 1.0 of the largest sum; and half a bit of rounding
    assert np.abs(np.array(out) - samples.mean(axis=0) * 16).max() <= 1.5
