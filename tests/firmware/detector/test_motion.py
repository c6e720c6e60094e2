"""However the coil moves, noise is no object: stops, a crawl, going back and swinging make no more false alarms than a
steady sweep does, and hide nothing.
"""

import numpy as np
import pytest
from detector_lane import COPPER, SOIL, STEEL, Lane, run

pytestmark = pytest.mark.unit


def stops() -> list[tuple[float, float]]:
    """14 m in stops of 0.6 to 3 s every 0.3 to 0.8 m, and speeds that swing."""
    legs: list[tuple[float, float]] = []
    for i in range(26):
        legs += [(0.1, 0.15), (0.1 + 0.07 * (i * 7 % 8), (0.25, 0.45, 0.6)[i % 3]), (0.1, 0.15)]
        legs.append(((0.6, 1.0, 1.7, 3.0)[i % 4], 0))
    return legs


def crawl() -> list[tuple[float, float]]:
    """11 m, 3 of them at 0.02 m/s."""
    return [(2, 0.4), (1, 0.02), (2, 0.3), (1, 0.02), (2, 0.5), (1, 0.02), (2, 0.3)]


def turns() -> list[tuple[float, float]]:
    """14 m, back 0.6 m at every second one."""
    return [(2, 0.45)] + [(0.5, 0), (-0.6, 0.2), (0.5, 0), (2.6, 0.45)] * 6


# What the rate set, 3 in 100 m2, gives in so much ground: no more than that at the upper end of its interval (Poisson).
@pytest.mark.slow
@pytest.mark.parametrize(("legs", "seeds", "at_most"), [(stops, 16, 8), (crawl, 12, 7), (turns, 12, 7)])
def test_motion_makes_no_false_alarms(legs, seeds, at_most) -> None:
    contacts = alerts = 0
    for seed in range(seeds):
        said = run(Lane.drive(legs(), seed=500 + seed), {"det_far_per_100m2": 3})
        contacts += len(said.contacts)
        alerts += len(said.alerts)
    assert contacts <= at_most, f"{contacts} contacts"
    assert alerts <= at_most, f"{alerts} alerts"


@pytest.mark.parametrize("speed", [0.008, 0.02, 0.05])
def test_an_object_that_is_crept_over_is_one_contact_at_its_place(speed) -> None:
    said = run(Lane.drive([(2.4, 0.3), (1.2, speed), (1.4, 0.3)], seed=3).put(3.0, STEEL))
    found = [contact for contact in said.contacts if abs(contact[0] - 3000) <= 500]
    assert len(found) == 1, said.contacts
    assert abs(found[0][0] - 3000) <= 40
    assert found[0][3] > 50
    assert len([s_mm for s_mm in said.alerts if abs(s_mm - 3000) <= 500]) == 1


@pytest.mark.slow
def test_a_coil_that_swings_over_mineral_soil_sees_copper_and_nothing_else() -> None:
    """The soil's answer comes and goes by 35 and 60 mV at 1 to 2 Hz; the copper's is 23 mV at the middle gate: three of
    four are found. 432 m2, and a hot rock in the soil's ratio in each lane: no more false alarms than the upper end of
    the rate set, 3 in 100 m2 (Poisson).
    """
    found = others = 0
    for seed in range(48):
        for swing_mv in (35.0, 60.0):
            lane = Lane.drive([(9, 0.3)], seed=seed)
            angle = 2 * np.pi * (1 + seed % 5 / 4) * lane.t_ms / 1000
            lane.gates += (swing_mv * np.sin(angle))[:, None] * SOIL
            lane.put(6.0, [0.35 * mv for mv in COPPER]).put(7.6, -60 * SOIL)
            contacts = [contact[0] for contact in run(lane).contacts]
            found += any(abs(s_mm - 6000) <= 150 for s_mm in contacts)
            others += sum(abs(s_mm - 6000) > 500 for s_mm in contacts)
    assert found >= 72
    assert others <= 20, f"{others} false alarms"
