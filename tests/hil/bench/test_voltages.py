"""Voltages become codes, neither late nor early on the mean, and their mean is as asked for."""

import numpy as np
import pytest

from hil.bench.config import GateFit
from hil.bench.voltages import Output, Voltages, Wave, outputs_of
from hil.errors import HilError

pytestmark = pytest.mark.unit

_GRID = 500_000
_LSB = 3300 / 4096


def test_a_wave_holds_or_leads_and_what_is_played_later_replaces_what_was_to_come() -> None:
    wave = Wave(5.0)
    wave.play([100, 200], [10.0, 20.0], True)
    wave.play([300, 400], [50.0, 60.0], False)
    at = np.array([0, 100, 150, 200, 250, 299, 300, 350, 400, 900], dtype=np.int64)
    assert wave.at(at).tolist() == [5.0, 10.0, 15.0, 20.0, 20.0, 20.0, 50.0, 50.0, 60.0, 60.0]
    wave.play([1000], [1.0], False)
    assert wave.at(np.array([999, 1000])).tolist() == [60.0, 1.0]
    with pytest.raises(HilError, match="fall"):
        wave.play([5, 4], [0.0, 0.0], False)


def test_each_output_is_sampled_in_the_middle_of_what_it_shows() -> None:
    voltages = Voltages([Output(delay_ns=70_000), Output(delay_ns=160_000), Output(), Output()])
    for wave in voltages.waves:
        wave.play([0, 350_000, _GRID + 350_000], [0.0, 1000.0, 2000.0], False)
    rows = voltages.frames(0, 3) * _LSB
    assert rows[:, 0] == pytest.approx([0, 1000, 2000], abs=_LSB)
    assert rows[:, 1] == pytest.approx([1000, 2000, 2000], abs=_LSB)
    assert rows[:, 2] == pytest.approx([0, 1000, 2000], abs=_LSB)


def test_a_ramp_is_neither_late_nor_early_on_the_mean() -> None:
    outputs = outputs_of({})
    voltages = Voltages(outputs)
    steps = 200
    end_ns = (steps + 1) * _GRID
    for wave in voltages.waves:
        wave.play([0, end_ns], [0.0, 3000.0], True)
    rows = voltages.frames(0, steps) * _LSB
    slope_mv_ns = 3000.0 / end_ns
    for number, output in enumerate(outputs):
        shown_from = _GRID * np.arange(steps) + output.delay_ns
        late_ns = ((shown_from + _GRID / 2) * slope_mv_ns - rows[:, number]) / slope_mv_ns
        assert abs(late_ns.mean()) < 5_000 and np.abs(late_ns).max() < 30_000


def test_the_mean_of_a_detectors_frame_is_finer_than_a_code() -> None:
    chance = np.random.default_rng(1)
    voltages = Voltages([Output()] * 4)
    asked = chance.uniform(400, 3000, 50)
    for k, millivolts in enumerate(asked):
        voltages.waves[0].play([20 * k * _GRID], [millivolts], False)
    codes = np.concatenate([voltages.frames(7 * k * _GRID, 7)[:, 0] for k in range(143)])[:1000]
    means = codes.reshape(50, 20).mean(axis=1) * _LSB
    assert np.abs(means - asked).max() <= _LSB / 20 + 1e-9
    each = np.repeat(asked, 20)
    assert np.abs(codes * _LSB - each).max() <= _LSB + 1e-9


def test_a_calibrated_output_gives_what_was_asked_and_no_code_that_there_is_not() -> None:
    outputs = outputs_of({"gate_0": GateFit(offset_mv=12.0, gain=1.02)})
    voltages = Voltages(outputs)
    voltages.waves[0].play([0, 2 * _GRID, 4 * _GRID], [1500.0, 9000.0, -50.0], False)
    codes = voltages.frames(_GRID, 4)[:, 0]
    assert 12.0 + 1.02 * codes[0] * _LSB == pytest.approx(1500.0, abs=_LSB)
    assert codes[1:3].tolist() == [4095, 4095] and codes[3] == 0
