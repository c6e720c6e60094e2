"""A detector that cannot see says so, by name and in time, until the operator clears it; one that sees does not."""

import numpy as np
import pytest
from detector_lane import COPPER, Lane, Tuning, run

from sapper.detector.detector import Detector
from sapper.shared.events import FAULTS

pytestmark = pytest.mark.unit

START_MS = 5000
ADC_NOISE_LSB = (0.97, 1.36)
MV_PER_LSB = 3300 / 4096


def lane(**more) -> Lane:
    return Lane.drive([(4, 0.3)], seed=31, **more)


def first(said, start_ms: int = START_MS) -> tuple[str, int]:
    """Name of the first fault and how long after start_ms it came."""
    assert said.faults, "no fault"
    t_ms, code = said.faults[0]
    return FAULTS[code], t_ms - start_ms


def after(made: Lane):
    return made.t_ms >= START_MS


def test_a_sound_detector_has_no_fault() -> None:
    for seed in range(5):
        assert run(Lane.drive([(20, 0.6)], seed=seed)).faults == []


@pytest.mark.parametrize("gate", [0, 1, 2])
def test_a_stuck_gate_within_a_second(gate) -> None:
    made = lane()
    made.gates[after(made), gate] = made.gates[np.argmax(after(made)), gate]
    name, late_ms = first(run(made))
    assert name == f"stuck_gate{gate}"
    assert late_ms <= 600


@pytest.mark.parametrize("gate", [0, 1, 2])
@pytest.mark.parametrize("lsb", ADC_NOISE_LSB)
def test_a_stuck_gate_is_told_through_the_noise_of_the_converter(gate, lsb) -> None:
    """A front end that stands still still comes through an ADC with about 1 LSB of noise, twenty samples a frame."""
    for seed in range(10):
        made = Lane.drive([(4, 0.3)], seed=seed)
        made.gates[after(made), gate] = made.gates[np.argmax(after(made)), gate]
        made.gates += np.random.default_rng(seed).normal(0, lsb * MV_PER_LSB / 20**0.5, made.gates.shape)
        name, late_ms = first(run(made))
        assert name == f"stuck_gate{gate}"
        assert late_ms <= 900


@pytest.mark.parametrize("gate", [0, 1, 2])
def test_a_gate_that_sticks_soon_after_a_fault_was_cleared_is_told_through_the_noise(gate) -> None:
    """What is usual was learned anew from nothing: two seconds must do."""
    for seed in range(10):
        made = Lane.drive([(4, 0.3)], seed=seed)
        at = (made.t_ms >= START_MS - 2200) & (made.t_ms < START_MS - 2000)
        made.gates[at, 2] = 3299.0
        made.gates[after(made), gate] = made.gates[np.argmax(after(made)), gate]
        made.gates += np.random.default_rng(seed).normal(0, ADC_NOISE_LSB[1] * MV_PER_LSB / 20**0.5, made.gates.shape)

        def clear(detector, i):
            if i * 10 == START_MS - 2000:
                assert detector.health.blind
                detector.health.clear()

        told = [(FAULTS[code], t_ms - START_MS) for t_ms, code in run(made, hook=clear).faults]
        assert [name for name, _ in told] == ["saturated", f"stuck_gate{gate}"], seed
        assert told[1][1] <= 900


@pytest.mark.parametrize("lsb", ADC_NOISE_LSB)
def test_gates_that_lose_their_noise_together_are_told_through_that_of_the_converter(lsb) -> None:
    for seed in range(10):
        made = Lane.drive([(4, 0.3)], seed=seed)
        made.gates[after(made)] = made.gates[np.argmax(after(made))]
        made.gates += np.random.default_rng(seed).normal(0, lsb * MV_PER_LSB / 20**0.5, made.gates.shape)
        name, late_ms = first(run(made))
        assert name == "no_pulse"
        assert late_ms <= 450


@pytest.mark.parametrize("step_mv", [0.806, 1.61])
def test_a_coarse_quiet_gate_is_not_stuck_but_still_found_when_it_is(step_mv) -> None:
    """Noise of a third of the ADC's step repeats values often: no fault then, and within a second when it freezes."""
    made = lane(noise=0.3)
    made.gates = np.round(made.gates / step_mv) * step_mv
    assert run(made).faults == []
    made.gates[after(made), 1] = made.gates[np.argmax(after(made)), 1]
    name, late_ms = first(run(made))
    assert name == "stuck_gate1"
    assert late_ms <= 1000


def test_a_gate_that_jumps_to_a_rail_is_saturated_in_a_tenth_of_a_second() -> None:
    for rail in (0.0, 3299.0):
        made = lane()
        made.gates[after(made), 2] = rail
        name, late_ms = first(run(made))
        assert name == "saturated"
        assert late_ms <= 100


@pytest.mark.parametrize(("gates", "name"), [([2], "saturated"), ([1, 2], "no_pulse")])
@pytest.mark.parametrize("rail_mv", [0.0, 3299.0])
def test_four_frames_at_a_rail_are_borne_and_the_fifth_is_the_fault(gates, name, rail_mv) -> None:
    """Without an object in sight: 50 ms, of the 100 in which a blind detector has to stop a sweep."""
    for frames in (4, 5):
        made = lane()
        at = (made.t_ms >= START_MS) & (made.t_ms < START_MS + 10 * frames)
        made.gates[np.ix_(at, gates)] = rail_mv
        said = run(made)
        if frames == 4:
            assert said.faults == []
        else:
            assert first(said) == (name if rail_mv == 0.0 else "saturated", 40)


@pytest.mark.parametrize("peak", [(-3000, -1900, -1400), (-2000, -1000, -740)])
@pytest.mark.parametrize("speed", [0.2, 0.3, 0.6])
@pytest.mark.parametrize("width_m", [0.11, 0.138])
def test_an_object_that_drives_a_gate_to_its_end_is_an_object(peak, speed, width_m) -> None:
    said = run(Lane.drive([(5, speed)], seed=31).put(3.0, peak, width_m))
    assert said.faults == []
    assert len([c for c in said.contacts if abs(c[0] - 3000) < 60]) == 1
    assert [a for a in said.alerts if abs(a - 3000) < 500]


def test_no_pulse_when_all_gates_freeze() -> None:
    made = lane()
    made.gates[after(made)] = 1650.0
    name, late_ms = first(run(made))
    assert name == "no_pulse"
    assert late_ms <= 1000


def test_no_pulse_when_two_gates_fall_to_nothing() -> None:
    made = lane()
    made.gates[np.ix_(after(made), [1, 2])] = 5.0
    name, late_ms = first(run(made))
    assert name == "no_pulse"
    assert late_ms <= 100


def test_no_pulse_when_the_coils_noise_is_gone() -> None:
    """What is left is the ADC's own noise: values change, but there is no coil behind them."""
    made = lane()
    silent = 1650 + np.random.default_rng(1).standard_normal(made.gates.shape) * 0.1
    made.gates[after(made)] = silent[after(made)]
    name, late_ms = first(run(made))
    assert name == "no_pulse"
    assert late_ms <= 1000


def test_noise_far_above_its_limit() -> None:
    made = lane()
    made.gates[after(made), 1] += np.random.default_rng(2).standard_normal(int(after(made).sum())) * 60
    name, late_ms = first(run(made))
    assert name == "noise"
    assert late_ms <= 1000


def test_hum_and_bursts_are_no_fault() -> None:
    made = lane()
    made.gates += 6 * np.sin(2 * np.pi * 33.3 * made.t_ms / 1000)[:, None]
    made.gates[600:615] += np.random.default_rng(3).standard_normal((15, 3)) * (65, 6, 6)
    assert run(made).faults == []


@pytest.mark.parametrize("vsys_mv", [3900.0, 6000.0])
def test_supply_outside_its_limits(vsys_mv) -> None:
    made = lane()
    made.vsys_mv = vsys_mv
    name, late_ms = first(run(made), 0)
    assert name == "supply"
    assert late_ms <= 1000


def test_moving_before_it_is_warm() -> None:
    name, _ = first(run(lane(), {"det_warmup_ms": 3000}), 0)
    assert name == "warming_up"
    assert run(Lane.drive([(2, 0)], seed=33), {"det_warmup_ms": 3000}).faults == []


def test_nothing_but_clear_ends_a_fault_and_the_ground_is_learned_anew() -> None:
    made = lane()
    frozen = (made.t_ms >= 4000) & (made.t_ms < 5000)
    made.gates[frozen, 2] = made.gates[np.argmax(frozen), 2]
    made.put(3.2, COPPER)
    dirty = run(made)
    assert [FAULTS[code] for _, code in dirty.faults] == ["stuck_gate2"]
    assert dirty.detector.health.fault and dirty.contacts == [] and not dirty.searched[-1]
    assert dirty.strength[-1] == 0

    def clear(detector, i):
        if i == 560:
            detector.health.clear()

    cleared = run(made, hook=clear)
    assert not cleared.searched[561]
    assert cleared.searched[-1]
    assert [c for c in cleared.contacts if abs(c[0] - 3200) < 50]


def test_a_front_end_unplugged_and_plugged_in_again_does_not_make_the_usual_noise_look_quiet() -> None:
    detector = Detector(Tuning())
    rng = np.random.default_rng(8)
    t_ms = 0
    for _ in range(12):
        for plugged, frames in ((True, 100), (False, 20), (True, 60)):
            for _ in range(frames):
                t_ms += 10
                gates = (rng.normal(33000, 8, 3) if plugged else np.zeros(3)).astype(int)
                detector.step([*map(int, gates), 33000, 8000], t_ms, 0, 0, 0)
        assert detector.health.fault, "unplugged was seen"
        detector.health.clear()
    for _ in range(1500):
        t_ms += 10
        detector.step([*map(int, rng.normal(33000, 8, 3)), 33000, 8000], t_ms, 0, 0, 0)
        assert not detector.health.fault, FAULTS[detector.health.fault]


def test_ground_under_a_fault_is_not_searched() -> None:
    made = lane()
    made.gates[after(made), 0] = made.gates[np.argmax(after(made)), 0]
    said = run(made)
    at = int(np.argmax(made.t_ms >= said.faults[0][0]))
    assert said.searched[at - 1]
    assert not any(said.searched[at:])


def test_a_frame_of_zeros_from_the_start_is_a_fault() -> None:
    from array import array

    detector = Detector(Tuning())
    frame = array("i", [0, 0, 0, round(5000 * 65536 / 9900), 14000])
    for i in range(20):
        detector.step(frame, i * 10, 0, 0)
    assert FAULTS[detector.health.fault] == "no_pulse"
