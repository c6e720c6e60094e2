"""Long bodies, bodies that drive a gate to its rail, and small objects behind them."""

import numpy as np
import pytest
from detector_lane import STEEL, Lane, run

from sapper.detector import footprint_kernels as kernels
from sapper.detector.detector import CLASS_FERROUS, CLASS_NON_FERROUS

pytestmark = pytest.mark.unit

FAINT = (0.0, 10.0, 28.0)
# Peaks in mV: weak, strong, and beyond the range of a gate or of all
SHEETS = {
    "faint": FAINT,
    "aluminium": (-265.0, -160.0, -118.0),
    "steel": (93.0, 737.0, 1743.0),
    "railing steel": (100.0, 1500.0, 4000.0),
    "railing aluminium": (-4000.0, -2200.0, -1500.0),
    "every gate at 0 V": (-19600.0, -10200.0, -7900.0),
}
# Signatures and footprints (m) of bodies close under the coil, and of small objects
RAILING = (
    ((-2527, -1515, -1035), 0.128),
    ((-3578, -1932, -639), 0.106),
    ((67, 1388, 3211), 0.175),
    ((-4706, -2764, -1882), 0.145),
    ((102, 1489, 4159), 0.104),
    ((-803, 1198, 3765), 0.154),
)
SMALL = ((-1, 35, 101), (-130, -71, -23), (-21, 49, 147), (-52, -31, -11), (-58, -30, -21))  # the last is faint


@pytest.mark.parametrize("peak", [p for p in SHEETS.values() if p != FAINT], ids=[n for n in SHEETS if n != "faint"])
@pytest.mark.parametrize("speed", [0.2, 0.3, 0.6])
@pytest.mark.parametrize("long_m", [0.5, 1.0, 1.5, 2.0])
def test_a_long_body_is_one_contact_of_its_length_and_one_alert(peak, speed, long_m) -> None:
    made = Lane.drive([(5 + long_m, speed)], seed=3).sheet(2.5, 2.5 + long_m, peak)
    said = run(made)
    about = [c for c in said.contacts if 2000 <= c[0] <= 3000 + 1000 * long_m]
    assert len(about) == 1, said.contacts
    s_mm, extent_mm, _, _, _ = about[0]
    assert abs(s_mm - 2500 - 500 * long_m) <= 100
    assert abs(extent_mm - 1000 * long_m) <= (200 if max(map(abs, peak)) < 5000 else 400)
    assert len([a for a in said.alerts if 2000 <= a <= 3000 + 1000 * long_m]) == 1, said.alerts
    assert said.faults == []


@pytest.mark.parametrize(("peak", "hint"), [(SHEETS["railing steel"], CLASS_FERROUS), (SHEETS["every gate at 0 V"], 2)])
def test_a_body_beyond_the_range_has_the_highest_strength_and_its_class(peak, hint) -> None:
    assert CLASS_NON_FERROUS == 2
    for length in ("plate", "sheet"):
        made = Lane.drive([(6, 0.3)], seed=4)
        made = made.put(3.0, peak) if length == "plate" else made.sheet(2.5, 3.5, peak)
        (contact,) = run(made).contacts
        assert abs(contact[0] - 3000) <= 60
        assert contact[2] == 1000
        assert contact[4] == hint


@pytest.mark.parametrize("peak", SHEETS.values(), ids=SHEETS)
def test_an_object_behind_a_sheet_has_its_own_contact_and_alert(peak) -> None:
    for seed, small in enumerate(SMALL[:4]):
        made = Lane.drive([(6, 0.3)], seed=seed).sheet(2.0, 3.0, peak).put(3.6, small)
        said = run(made)
        assert [c for c in said.contacts if abs(c[0] - 3600) <= 60], (small, said.contacts)
        assert [a for a in said.alerts if 3400 <= a <= 3750], (small, said.alerts)


@pytest.mark.parametrize(("behind_m", "at_least"), [(0.35, 15), (0.5, 25), (0.65, 26), (0.9, 28)])
def test_a_small_object_behind_a_body_that_rails_raises_its_own_alert(behind_m, at_least) -> None:
    alerts = 0
    for i in range(30):
        peak, a_m = RAILING[i % len(RAILING)]
        made = Lane.drive([(5, (0.2, 0.3, 0.45, 0.6)[i % 4])], seed=i).put(2.5, peak, a_m)
        said = run(made.put(2.5 + behind_m, SMALL[i % len(SMALL)]))
        alerts += any(-0.15 <= a / 1000 - 2.5 - behind_m <= 0.1 for a in said.alerts)
    assert alerts >= at_least


@pytest.mark.parametrize("speed", [0.2, 0.3, 0.45, 0.6])
def test_the_echo_of_a_body_raises_no_alert(speed) -> None:
    """Faint to far beyond the range, narrow and wide. One faint contact behind all of them is the noise's. One of
    all may alert twice before its middle: once at its foot 0.4 m off, 11 mV of it, and again as it grows.
    """
    behind, twice = [], 0
    for peak, _ in (*RAILING, *((p, 0) for p in SMALL[:4]), (SHEETS["every gate at 0 V"], 0), (STEEL, 0)):
        for a_m in (0.10, 0.138, 0.16):
            said = run(Lane.drive([(5, speed)], seed=8).put(2.5, peak, a_m))
            alerts = [a for a in said.alerts if 2000 <= a <= 3500]
            assert alerts and max(alerts) <= 2600, (peak, a_m, alerts)
            twice += len(alerts) - 1
            contacts = [c for c in said.contacts if 2000 <= c[0] <= 3500]
            assert contacts, (peak, a_m)
            behind += contacts[1:]
    assert twice <= 1
    assert len(behind) <= 1 and all(c[3] < 45 for c in behind), behind


@pytest.mark.parametrize("times", [2, 3, 4])
def test_a_stronger_object_half_a_metre_on_raises_an_alert_though_both_are_far_above_the_level(times) -> None:
    """Strength and statistic have an end; what a bump makes of itself behind has not."""
    for speed in (0.2, 0.3, 0.45, 0.6):
        for peak in ((-400.0, -220.0, -150.0), (30.0, 180.0, 420.0)):
            for apart_m in (0.4, 0.5):
                stronger = tuple(times * v for v in peak)
                said = run(Lane.drive([(5, speed)], seed=5).put(2.5, peak).put(2.5 + apart_m, stronger))
                assert [a for a in said.alerts if -0.2 <= a / 1000 - 2.5 - apart_m <= 0.1], (speed, said.alerts)


def test_a_step_of_the_ground_hides_no_object_on_it() -> None:
    """Soil whose ratio changes stands off for metres; what is more than it is told as ever."""
    for seed in range(5):
        made = Lane.drive([(7, 0.3)], seed=seed)
        made.gates[:, 2] += 12 * np.clip((made.s_m - 2.0) / 0.05, 0, 1)
        said = run(made.put(3.5, (-60.0, -32.0, -18.0)))
        assert [a for a in said.alerts if 3300 <= a <= 3600], said.alerts
        assert [c for c in said.contacts if abs(c[0] - 3500) <= 60], said.contacts


def test_the_share_of_an_echo_is_that_of_the_kernels() -> None:
    from sapper.detector.alert import _ECHO_SHARE

    early = np.array(kernels.EARLY).reshape(len(kernels.SPEED_EDGES) + 1, -1)
    taps = np.arange(-kernels.BACK, kernels.EARLY_AHEAD + 1)
    for row, share in zip(early, _ECHO_SHARE, strict=True):
        worst = 0.0
        for a_m in (0.10, 0.138, 0.18):
            swing = [row @ (1 + ((taps + d) * 0.02 / a_m) ** 2) ** -3 for d in range(-4, 40)]
            worst = max(worst, max(swing[16:]) / max(swing[:8]))
        assert abs(share / 1024 - 1.5 * worst) <= 0.01
