"""The detector model keeps the laws it is built on: coil field, dipole fall-off, sphere decay, 1/t soil."""

from dataclasses import replace

import numpy as np
import pytest

from hil.world.coil import coupling, demagnetising_factors, field_per_ampere, ground_coupling, polarisability_m3
from hil.world.front_end import metal_response_mv, soil_shares
from hil.world.materials import MATERIALS, MU0, Material, decay_rates_per_us, sphere_modes, static_polarisability
from hil.world.world_spec import FrontEnd, Target

pytestmark = pytest.mark.unit


def buried(**keys: object) -> Target:
    values: dict[str, object] = {"material": "copper", "x_m": 1.0, "depth_m": 0.1}
    return Target(**(values | keys))  # type: ignore[arg-type]


def test_soil_divides_over_the_gates_as_one_over_t() -> None:
    shares = soil_shares(FrontEnd())
    assert shares == pytest.approx([1.0, 0.882, 0.917], abs=1e-3)


def test_soil_shares_follow_a_long_pulse_to_plain_one_over_t() -> None:
    end = FrontEnd(pulse_us=(1000.0, 1000.0, 1000.0), delay_us=(6.0, 12.0, 24.0))
    assert soil_shares(end) == pytest.approx([1, 0.5, 0.25], rel=0.03)


def test_coil_field_on_its_axis_is_that_of_a_loop() -> None:
    radius, heights = 0.1, np.array([0.02, 0.1, 0.4])
    points = np.stack([0 * heights, 0 * heights, -heights], axis=1)
    expected = radius**2 / (2 * (radius**2 + heights**2) ** 1.5)
    assert field_per_ampere(radius, points)[:, 2] == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("direction", [(0.0, 0.0, -1.0), (0.6, 0.0, -0.8), (0.3, 0.5, -0.81)])
def test_coupling_falls_as_the_sixth_power_far_away(direction: tuple[float, float, float]) -> None:
    tensor = polarisability_m3(buried(radius_m=0.02), ferrous=False)
    unit = np.array(direction)
    near, far = coupling(0.085, np.stack([1.5 * unit, 3.0 * unit]), tensor)
    assert near / far == pytest.approx(64, rel=0.03)


def test_coupling_grows_with_the_cube_of_a_sphere() -> None:
    at = np.array([[0.0, 0.0, -0.1]])
    small = coupling(0.085, at, polarisability_m3(buried(radius_m=0.01), ferrous=False))
    large = coupling(0.085, at, polarisability_m3(buried(radius_m=0.03), ferrous=False))
    assert large[0] / small[0] == pytest.approx(27)


@pytest.mark.parametrize("mu_r", [1.0, 1.3, 2.2, 20.0])
def test_sphere_modes_add_up_to_what_leaves_when_the_field_does(mu_r: float) -> None:
    """At once after the step nothing has changed inside, so the modes hold 1 + the static moment (in 2 pi a^3 H)."""
    weights, squared = sphere_modes(mu_r)
    assert weights.sum() == pytest.approx(1 + static_polarisability(mu_r), rel=0.13 if mu_r > 10 else 0.02)
    assert 1 + static_polarisability(mu_r) == pytest.approx(3 * mu_r / (mu_r + 2))
    assert np.all(np.diff(squared) > 0)


def test_slowest_mode_of_a_copper_ball_has_its_textbook_time_constant() -> None:
    _, rates = decay_rates_per_us(MATERIALS["copper"], 0.02)
    assert 1 / rates[0] == pytest.approx(1e6 * MU0 * 5.96e7 * 0.02**2 / np.pi**2)


def test_a_perfect_conductor_only_speeds_the_coil_up() -> None:
    """No decay inside: all three gates are down, in the ratio of air level times time, and the size no longer
    matters.
    """
    perfect = Material(1e14, 1.0, 0.0, False, "superconductor")
    end = FrontEnd()
    response = metal_response_mv(end, perfect, 0.02)
    assert np.all(response < 0)
    expected = np.array(end.air_mv) * (np.array(end.delay_us) - 4.41)
    assert response / response[0] == pytest.approx(expected / expected[0], rel=1e-3)
    assert metal_response_mv(end, perfect, 0.05) == pytest.approx(response, rel=1e-3)


def test_a_bad_conductor_is_not_seen() -> None:
    wet_clay = Material(1.0, 1.0, 0.0, False, "clay")
    metal = np.abs(metal_response_mv(FrontEnd(), MATERIALS["copper"], 0.02)).max()
    assert np.abs(metal_response_mv(FrontEnd(), wet_clay, 0.02)).max() < 1e-2 * metal


@pytest.mark.parametrize("name", [n for n, m in MATERIALS.items() if m.ferrous])
def test_iron_raises_the_late_gates(name: str) -> None:
    response = metal_response_mv(FrontEnd(), MATERIALS[name], 0.02)
    assert response[2] > response[1] > 0
    assert abs(response[0]) < 0.3 * response[2]


@pytest.mark.parametrize("name", ["copper", "aluminium", "silver", "brass"])
def test_good_conductors_pull_gate_0_down_most(name: str) -> None:
    response = metal_response_mv(FrontEnd(), MATERIALS[name], 0.03)
    assert response[0] < 0 and abs(response[0]) > abs(response[1]) > abs(response[2])


def test_response_is_linear_in_the_gain() -> None:
    end = FrontEnd()
    once = metal_response_mv(end, MATERIALS["brass"], 0.02)
    assert metal_response_mv(replace(end, gain=60.0), MATERIALS["brass"], 0.02) == pytest.approx(2 * once)


def test_demagnetising_factors_add_up_and_have_their_limits() -> None:
    for aspect in (0.05, 0.5, 1.0, 2.0, 20.0):
        along, across = demagnetising_factors(aspect)
        assert along + 2 * across == pytest.approx(1)
    assert demagnetising_factors(0.01)[0] > 0.97 and demagnetising_factors(50.0)[0] < 0.002


def test_a_rod_of_unit_proportions_is_a_sphere() -> None:
    rod = buried(shape="rod", radius_m=0.02, length_m=0.04)
    volume = np.pi * 0.02**2 * 0.04
    assert np.trace(polarisability_m3(rod, ferrous=False)) / 3 == pytest.approx(1.5 * volume, rel=1e-3)


def test_an_iron_rod_along_the_lane_shows_two_lobes_and_one_across_a_single() -> None:
    x = np.arange(-0.3, 0.301, 0.01)
    offsets = np.stack([x, 0 * x, 0 * x - 0.09], axis=1)
    rod = buried(material="steel", shape="rod", radius_m=0.004, length_m=0.16)
    along = coupling(0.085, offsets, polarisability_m3(rod, ferrous=True))
    across = coupling(0.085, offsets, polarisability_m3(replace(rod, heading_deg=90.0), ferrous=True))
    middle = len(x) // 2
    assert along.max() > 1.15 * along[middle] and np.abs(x[along.argmax()]) > 0.03
    assert across.argmax() == middle


def test_ground_answers_less_when_the_coil_rises() -> None:
    reach = ground_coupling(0.085, np.array([0.02, 0.04, 0.08, 0.16]))
    assert reach[0] == pytest.approx(1) and np.all(np.diff(reach) < 0) and reach[-1] < 0.1
