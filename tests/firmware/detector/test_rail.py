"""A gate at the end of its range: what a large body in the ground does, and what a broken front end does."""

import numpy as np
import pytest
from detector_lane import Lane, run

from sapper.shared.events import FAULTS

pytestmark = pytest.mark.unit

ALUMINIUM = (-4000.0, -2200.0, -1500.0)
STEEL = (100.0, 1500.0, 4000.0)
PLATE = (-19600.0, -10200.0, -7900.0)  # every gate at 0 V


def over_sheet(peak=STEEL, speed=0.3, long_m=1.5, stand_s=0.0, seed=31) -> Lane:
    """Two metres of ground, a sheet with a stand over its middle, and two metres of ground."""
    middle_m = 2 + long_m / 2
    legs = [(middle_m, speed), (stand_s, 0), (middle_m, speed)] if stand_s else [(2 * middle_m, speed)]
    return Lane.drive(legs, seed=seed).sheet(2.0, 2.0 + long_m, peak)


def reaches(made: Lane, s_m: float) -> int:
    """The first frame with the coil at s_m."""
    return int(np.argmax(made.s_m >= s_m))


def first(said, frame: int) -> tuple[str, int]:
    """Name of the first fault and how long (ms) after a frame it came."""
    assert said.faults, "no fault"
    t_ms, code = said.faults[0]
    return FAULTS[code], t_ms - frame * 10


def railed(made: Lane):
    """Frames with a gate beyond the range."""
    return ((made.gates <= 0) | (made.gates >= 3290)).any(axis=1)


@pytest.mark.parametrize("speed", [0.15, 0.3, 0.6])
@pytest.mark.parametrize("peak", [ALUMINIUM, STEEL, PLATE])
def test_a_long_sheet_is_no_fault_of_the_front_end(peak, speed) -> None:
    assert run(over_sheet(peak, speed)).faults == []


@pytest.mark.parametrize("peak", [ALUMINIUM, STEEL, PLATE])
def test_standing_over_a_sheet_for_a_minute_is_no_fault_and_the_strength_stays(peak) -> None:
    made = over_sheet(peak, stand_s=60.0)
    said = run(made)
    assert said.faults == []
    at = railed(made)
    assert at.sum() > 6000
    begun = int(np.argmax(at)) + 10
    end = begun + int(np.argmin(at[begun:])) - 1
    assert set(said.strength[begun:end]) == {1000}
    assert not any(said.searched[begun:end])
    assert len([s_mm for s_mm in said.alerts if 1500 <= s_mm <= 4200]) == 1


def test_what_the_front_end_usually_does_is_not_forgotten_at_a_rail() -> None:
    """After a minute over a sheet a gate that freezes is told in time, and so is the coil's noise gone."""
    for gates, name in (([1], "stuck_gate1"), ([0, 1, 2], "no_pulse")):
        made = over_sheet(PLATE, stand_s=60.0)
        at = reaches(made, 4.2)
        made.gates[np.ix_(range(at, len(made.gates)), gates)] = made.gates[at, gates]
        told, late_ms = first(run(made), at)
        assert told == name
        assert 0 <= late_ms <= 600


@pytest.mark.parametrize("gate", [0, 1, 2])
@pytest.mark.parametrize("rail_mv", [0.0, 3299.0])
def test_a_gate_that_stays_at_its_rail_behind_the_body_is_saturated(gate, rail_mv) -> None:
    """It was driven there by the body, and the others came back from it without it."""
    peak = [0.0, 0.0, 0.0]
    sign = 1 if rail_mv else -1
    peak[gate] = 4000.0 * sign
    peak[1] = peak[1] or 1500.0 * sign
    if gate == 1:
        peak[2] = 1500.0 * sign
    made = over_sheet(tuple(peak), long_m=0.5)
    at = int(np.argmax((made.gates[:, gate] <= 0) | (made.gates[:, gate] >= 3290)))
    made.gates[at:, gate] = rail_mv
    told, late_ms = first(run(made), reaches(made, 2.8))
    assert told == "saturated"
    assert late_ms <= 100


@pytest.mark.parametrize("moving", [True, False])
def test_a_front_end_unplugged_over_a_sheet_is_told_in_a_tenth_of_a_second(moving) -> None:
    made = over_sheet((-1000.0, -500.0, -350.0), stand_s=2.0)
    at = reaches(made, 2.4 if moving else 2.75) + 20
    made.gates[at:] = 0.0
    told, late_ms = first(run(made), at)
    assert told == "no_pulse"
    assert late_ms <= 100


@pytest.mark.parametrize("gate", [0, 1])
def test_another_gate_that_jumps_to_its_rail_over_a_railing_sheet_is_told_in_a_tenth_of_a_second(gate) -> None:
    made = over_sheet((100.0, 700.0, 4000.0), stand_s=2.0)
    at = reaches(made, 2.7) + 50
    made.gates[at:, gate] = 0.0
    told, late_ms = first(run(made), at)
    assert told == "saturated"
    assert late_ms <= 100


def test_a_gate_that_falls_from_one_rail_to_the_other_is_told_in_a_tenth_of_a_second() -> None:
    made = over_sheet(stand_s=2.0)
    at = reaches(made, 2.7) + 50
    made.gates[at:, 2] = 0.0
    told, late_ms = first(run(made), at)
    assert told == "saturated"
    assert late_ms <= 100


def test_a_gate_that_freezes_over_a_sheet_is_stuck_within_a_second() -> None:
    for stand_s in (0.0, 2.0):
        made = over_sheet((-1000.0, -500.0, -350.0), stand_s=stand_s)
        at = reaches(made, 2.5)
        made.gates[at:, 1] = made.gates[at, 1]
        told, late_ms = first(run(made), at)
        assert told == "stuck_gate1"
        assert late_ms <= 1000


def test_a_rail_that_no_body_is_as_long_as_is_saturated() -> None:
    made = over_sheet(long_m=6.0)
    told, late_ms = first(run(made), reaches(made, 2.0))
    assert told == "saturated"
    assert late_ms <= 10000


@pytest.mark.parametrize("moving", [True, False])
@pytest.mark.parametrize("ramp_ms", [200, 1000])
def test_a_gate_that_drifts_to_its_rail_alone_is_saturated(moving, ramp_ms) -> None:
    """No metal moves one gate alone."""
    made = Lane.drive([(3, 0.3), (2, 0)] if not moving else [(5, 0.3)], seed=31)
    t_ms = 10500
    made.gates[:, 2] += np.interp(made.t_ms, (t_ms, t_ms + ramp_ms), (0, 3000))
    told, late_ms = first(run(made), (t_ms + ramp_ms) // 10)
    assert told == "saturated"
    assert late_ms <= 100


def test_a_supply_that_dips_over_a_sheet_is_told() -> None:
    made = over_sheet(stand_s=3.0)
    made.vsys_mv = 4000.0
    told, late_ms = first(run(made), 0)
    assert told == "supply"
    assert late_ms <= 1000
