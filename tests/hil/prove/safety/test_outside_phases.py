"""Where ticks and frames lie, told from outside: duties that change once a tick, means of frames on a ramp."""

import random

import numpy as np
import pytest

from hil.play.operator import OperatorError
from hil.prove.safety import duty_ticks, frame_phase, played
from hil.prove.safety.gates import Played
from hil.prove.safety.timeline import Timeline
from hil.rigs.rig import NS_PER_MS, TICK_NS
from sapper.hardware.frame import INPUTS, SAMPLES

pytestmark = pytest.mark.unit

_FIRST_NS = 7_300_000
_UNITS_PER_MV = 65536 / 3300


def driven(ticks, seed=1, late=()):
    """Both duties change in most ticks, left first; in those of `late` a millisecond later."""
    chance, line = random.Random(seed), Timeline()
    for tick in range(ticks):
        at = tick * TICK_NS + _FIRST_NS + chance.randrange(100_000) + (NS_PER_MS if tick in late else 0)
        for side in (0, 1):
            if chance.random() < 0.7:
                line.duty[side].append((at + side * 100_000, chance.random()))
    return line


@pytest.mark.parametrize("late", [(), (97, 93)], ids=["", "two late ticks"])
def test_the_phase_of_duties_is_that_of_their_first_changes(late):
    line = driven(100, late=late)
    assert 0 <= duty_ticks.phase_ns(line, 100 * TICK_NS) - _FIRST_NS < 60_000


def test_duties_that_keep_to_no_tick_have_no_phase():
    chance, line = random.Random(2), Timeline()
    line.duty[0].extend((t, 0.5) for t in sorted(chance.randrange(10, 600 * NS_PER_MS) for _ in range(80)))
    with pytest.raises(OperatorError, match="at any time"):
        duty_ticks.phase_ns(line, 600 * NS_PER_MS)
    with pytest.raises(OperatorError, match="only 0 changes"):
        duty_ticks.phase_ns(Timeline(), 600 * NS_PER_MS)


def test_a_tick_that_must_have_ended_is_told_by_its_own_change_or_not_at_all():
    line = driven(100)
    phase = duty_ticks.phase_ns(line, 100 * TICK_NS)
    end = duty_ticks.end_after(line, 100 * TICK_NS, 90 * TICK_NS)
    assert end >= 90 * TICK_NS and (end - phase - duty_ticks.ENDED_NS) % TICK_NS == 0
    told = 0
    for after_ns in range(0, 3 * TICK_NS, NS_PER_MS):
        at_ns = end + after_ns - 3 * TICK_NS
        seen = duty_ticks.ended_before(line, phase, at_ns)
        if seen is not None:
            told += 1
            assert at_ns - duty_ticks.ENDED_NS - TICK_NS < seen <= at_ns - duty_ticks.ENDED_NS + 300_000
    assert told > 15
    for row in line.duty:
        row[:] = [change for change in row if change[0] < 50 * TICK_NS]
    assert duty_ticks.ended_before(line, phase, end) is None


class OnRamp:
    """A stage whose converter is off by a line, and noisy; its frames begin at phase_ns."""

    def __init__(self, phase_ns, off_mv=0.0, gain=1.0, noise_mv=0.2):
        self.now_ns = self._start_ns = 123_456_789
        self._phase_ns, self._off_mv, self._gain, self._noise_mv = phase_ns, off_mv, gain, noise_mv
        self.gates = self
        self.operator = self
        self.heard = self
        self.frames = []

    def trace(self, gate, start_ns, step_ns, values_mv):
        self._played = Played(0.0)
        self._played.add(start_ns + step_ns * np.arange(len(values_mv), dtype=float), values_mv)

    def look(self, duration_ns):
        noise = np.random.default_rng(5)
        first = self.now_ns + (self._phase_ns - self.now_ns) % TICK_NS
        for start in range(first, self.now_ns + duration_ns, 5 * TICK_NS):
            times = start + (np.arange(SAMPLES) * INPUTS + 2) * 100_000.0
            mean = self._played.at(times).mean() * self._gain + self._off_mv + noise.normal(0, self._noise_mv)
            self.frames.append(type("Frame", (), {"name": "DETECT", "fields": {"gate2": round(mean * _UNITS_PER_MV)}}))


@pytest.mark.parametrize("phase_ns", [0, 1_000_000, 1_240_000, 1_370_000, 1_499_000, 4_950_000, 9_900_000])
@pytest.mark.parametrize(("off_mv", "gain"), [(0.0, 1.0), (4.0, 1.009), (-30.0, 0.98)])
def test_where_frames_begin_is_told_whatever_the_converter_is_off_by(phase_ns, off_mv, gain):
    told = frame_phase.measure_ns(OnRamp(phase_ns, off_mv, gain))
    off = (told - phase_ns + TICK_NS // 2) % TICK_NS - TICK_NS // 2
    assert abs(off) <= 100_000


def test_frames_of_no_ramp_tell_no_phase():
    with pytest.raises(OperatorError, match="no level before a ramp"):
        frame_phase.measure_ns(OnRamp(0, gain=0.0, off_mv=1600.0))
    with pytest.raises(OperatorError):
        frame_phase.measure_ns(OnRamp(0, noise_mv=30.0))


def test_what_was_played_is_what_was_not_replaced():
    gate = Played(5.0)
    assert gate.at(np.array([0.0, 9.0])).tolist() == [5.0, 5.0]
    gate.add(np.array([10.0, 20.0, 30.0]), np.array([1.0, 2.0, 3.0]))
    gate.add(np.array([20.0]), np.array([7.0]))
    assert gate.at(np.array([9.0, 10.0, 19.9, 20.0, 99.0])).tolist() == [5.0, 1.0, 1.0, 7.0, 7.0]
    gate.forget_before(15)
    assert gate.at(np.array([15.0, 25.0])).tolist() == [1.0, 7.0]


def test_the_earliest_frame_may_have_begun_earlier_than_where_it_was_seen(monkeypatch):
    # A find at a frame's end: at the earliest place of the frames it is in the next one.
    def frames_of(stage, frame_ns, *rest):
        return iter([frame_ns + (TICK_NS if frame_ns < 0 else 0)] * 3)

    monkeypatch.setattr(played, "_frames_of", frames_of)
    earliest_ns, latest_ns = played.window_of(None, 0, 0, 0, 0, 0)
    assert earliest_ns <= -350_000 and TICK_NS <= latest_ns <= TICK_NS + NS_PER_MS


@pytest.mark.parametrize("off_ns", [-900_000, -200_000, 0, 300_000, 900_000])
def test_a_frame_is_taken_by_the_tick_at_its_end_however_its_place_is_told(off_ns):
    wakes_ns, duty_ns = 140_000, 1_590_000  # after a frame's end
    for number in (1, 700):
        whole_ns = number * TICK_NS
        assert abs(played.tick_of(whole_ns + off_ns, duty_ns) - whole_ns - wakes_ns) < NS_PER_MS
