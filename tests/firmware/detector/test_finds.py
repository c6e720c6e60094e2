"""What the detector must find, where, how soon, and over what it must stay quiet."""

import numpy as np
import pytest
from detector_lane import BRASS, COPPER, SOIL, STEEL, Lane, foot, run

from sapper.detector.detector import CLASS_FERROUS, CLASS_NON_FERROUS

pytestmark = pytest.mark.unit

SPEEDS = (0.15, 0.22, 0.3, 0.45, 0.6)


def places(said) -> list[int]:
    return [contact[0] for contact in said.contacts]


def near(said, s_mm: int) -> list[tuple[int, int, int, int, int]]:
    """Contacts within half a metre; further off a false alarm may stand, at the rate that the levels allow."""
    return [contact for contact in said.contacts if abs(contact[0] - s_mm) <= 500]


@pytest.mark.parametrize("speed", SPEEDS)
@pytest.mark.parametrize(
    ("peak", "hint"), [(STEEL, CLASS_FERROUS), (COPPER, CLASS_NON_FERROUS), (BRASS, CLASS_NON_FERROUS)]
)
def test_one_contact_per_object_at_its_place_with_its_class(speed, peak, hint) -> None:
    said = run(Lane.drive([(5, speed)], seed=3).put(3.0, peak))
    found = near(said, 3000)
    assert len(found) == 1, said.contacts
    s_mm, extent_mm, strength, snr_x10, class_hint = found[0]
    assert abs(s_mm - 3000) <= 40
    assert 60 <= extent_mm <= 280
    assert strength > 100
    assert snr_x10 > 50
    assert class_hint == hint


@pytest.mark.parametrize("speed", SPEEDS)
def test_the_alert_comes_before_the_coil_is_a_decimetre_past(speed) -> None:
    said = run(Lane.drive([(5, speed)], seed=4).put(3.0, BRASS))
    alerts = [s_mm for s_mm in said.alerts if abs(s_mm - 3000) <= 500]
    assert len(alerts) == 1, said.alerts
    assert 2700 <= alerts[0] <= 3000 + 90


def test_a_faint_object_needs_no_more_than_three_sigma_of_millivolts() -> None:
    """Copper of 12 mV at the middle gate, at the speed of a sweep: 4 in 5 lanes."""
    found = 0
    for seed in range(20):
        said = run(Lane.drive([(4, 0.3)], seed=seed).put(2.5, (-20, -12, -7.5)))
        found += any(abs(p - 2500) < 100 for p in places(said))
    assert found >= 16


def test_clean_ground_is_quiet() -> None:
    """200 m^2 of noise alone: no more than the upper end of what 3 in 100 m^2 may give (Poisson, 6 expected)."""
    contacts = alerts = 0
    for seed in range(20):
        said = run(Lane.drive([(20, 0.6)], seed=100 + seed))
        contacts += len(said.contacts)
        alerts += len(said.alerts)
    assert contacts <= 12
    assert alerts <= 12


@pytest.mark.parametrize("depth_mv", [20, 60, 120])
def test_soil_that_comes_and_goes_is_no_object(depth_mv) -> None:
    flat = run(Lane.drive([(12, 0.3)], seed=6))
    said = run(Lane.drive([(12, 0.3)], seed=6).soil(lambda s: 80 + depth_mv * np.sin(2 * np.pi * s / 2.0)))
    assert len(said.contacts) <= len(flat.contacts) + 1
    assert len(said.alerts) <= len(flat.alerts) + 1


def test_a_hot_rock_in_the_soils_ratio_is_no_object() -> None:
    calls = 0
    for seed in range(12):
        said = run(Lane.drive([(4, 0.3)], seed=seed).put(2.5, tuple(-60 * SOIL)))
        calls += any(abs(p - 2500) < 500 for p in places(said))
    assert calls <= 1


def test_copper_under_a_hot_rock_is_found() -> None:
    said = run(Lane.drive([(4, 0.3)], seed=8).put(2.5, tuple(-40 * SOIL)).put(2.5, COPPER))
    found = near(said, 2500)
    assert len(found) == 1
    assert abs(found[0][0] - 2500) <= 40


def test_metal_that_bends_the_wrong_way_is_found_when_it_is_strong() -> None:
    """No such metal was measured, so it takes more; but no class of objects may be invisible."""
    said = run(Lane.drive([(4, 0.3)], seed=9).put(2.5, (-60, -60, -95)))
    assert len(said.contacts) == 1


def test_metal_whose_late_gates_look_like_soil_shows_at_the_early_gate() -> None:
    """The trap of two gates: their ratio is the soil's. The third gate tells."""
    said = run(Lane.drive([(4, 0.3)], seed=10).put(2.5, (-300, -90, -90 * SOIL[2] / SOIL[1])))
    assert len(said.contacts) == 1


def test_soil_of_another_ratio_is_learned_but_copper_is_not() -> None:
    def wavy(s):
        return 150 + 60 * np.sin(2 * np.pi * s / 1.9) + 30 * np.sin(2 * np.pi * s / 1.1)

    lane = Lane.drive([(60, 0.6)], seed=11)
    lane.gates -= wavy(lane.s_m)[:, None] * SOIL * (1, 1, 1.04)
    said = run(lane.put(50, COPPER))
    assert 5 <= said.detector.balance.tilt_pm() <= 25
    assert [p for p in places(said) if abs(p - 50000) < 40]


def test_targets_do_not_teach_the_balance() -> None:
    lane = Lane.drive([(40, 0.6)], seed=12)
    for s in range(2, 39, 2):
        lane.put(s, COPPER)
    said = run(lane)
    assert abs(said.detector.balance.tilt_pm()) <= 10
    assert all(len(near(said, s * 1000)) == 1 for s in range(2, 39, 2))


def test_objects_hardly_raise_the_noise_estimate() -> None:
    clean = run(Lane.drive([(20, 0.3)], seed=13))
    lane = Lane.drive([(20, 0.3)], seed=13)
    for s in np.arange(1.5, 19, 3.0):
        lane.put(s, STEEL)
    full = run(lane)
    assert full.detector.noise.factor_x100() <= clean.detector.noise.factor_x100() * 1.6


def test_noise_is_followed() -> None:
    usual = run(Lane.drive([(30, 0.6)], seed=14))
    loud = run(Lane.drive([(30, 0.6)], seed=14, noise=4.0), {"det_noise_max_mv": 500})
    assert 3 <= loud.detector.noise.factor_x100() / usual.detector.noise.factor_x100() <= 5
    assert len([p for p in places(loud) if p > 2000]) <= 4


def test_two_objects_half_a_metre_apart_are_two() -> None:
    said = run(Lane.drive([(5, 0.3)], seed=15).put(2.5, STEEL).put(3.0, STEEL))
    assert len(near(said, 2750)) == 2
    assert len(near(said, 2450)) == len(near(said, 3050)) == 1


def test_a_huge_object_has_one_contact() -> None:
    said = run(Lane.drive([(6, 0.3)], seed=16).put(3.0, (-1384, -759, -443), 0.17))
    assert len(near(said, 3000)) == 1
    assert said.faults == []


def test_standing_adds_nothing_and_drift_meanwhile_is_no_object() -> None:
    lane = Lane.drive([(2, 0.3), (20, 0), (3, 0.3)], seed=17)
    calm = run(lane)
    drift = np.interp(lane.t_ms, (7000, 27000), (0, 60))
    lane.gates += drift[:, None] * (1, 1, 1.5)
    said = run(lane)
    assert [p for p in places(said) if 1400 < p < 2600] == [p for p in places(calm) if 1400 < p < 2600] == []
    assert [a for a in said.alerts if 1400 < a < 2600] == []


def test_going_back_and_again_finds_the_object_once() -> None:
    said = run(Lane.drive([(2.6, 0.3), (-0.4, 0.2), (2.5, 0.3)], seed=18).put(2.2, STEEL))
    assert [p for p in places(said) if abs(p - 2200) < 50]
    assert len(said.contacts) == 1


def test_a_jump_of_the_odometer_starts_anew() -> None:
    lane = Lane.drive([(4, 0.3)], seed=19)
    lane.s_m[lane.s_m > 2] += 1.0
    said = run(lane)
    after = int(np.argmax(lane.s_m > 3))
    assert said.searched[after - 1]
    assert not said.searched[after + 5]
    assert said.searched[after + 200]


def test_ground_counts_as_searched_from_the_fourth_decimetre_on() -> None:
    lane = Lane.drive([(2, 0.3)], seed=20)
    said = run(lane)
    first = lane.s_m[said.searched.index(True)]
    assert 0.35 < first < 0.5


def test_inhibited_there_is_no_alert_but_the_contact_comes() -> None:
    from array import array

    from detector_lane import MV, Tuning

    from sapper.detector.detector import FLAG_ALERT, FLAG_CONTACT, Detector

    lane = Lane.drive([(4, 0.3)], seed=21).put(2.5, STEEL)
    detector = Detector(Tuning())
    seen = 0
    for t_ms, s_m, gates in zip(lane.t_ms, lane.s_m, lane.gates, strict=True):
        frame = array("i", [*(int(v * MV) for v in gates), 33000, 14000])
        seen |= detector.step(frame, int(t_ms), int(s_m * 1000), 300, 1)
    assert not seen & FLAG_ALERT
    assert seen & FLAG_CONTACT


def test_pinpoint_is_against_the_level_at_entry_and_does_not_creep() -> None:
    """Standing 10 s with the coil over the object: the strength stays; it ends in a contact."""
    lane = Lane.drive([(1, 0.3), (1, 0), (0.5, 0.1), (10, 0), (0.01, 0.1)], seed=22).put(1.5, STEEL)
    begin = int(np.argmax(lane.s_m >= 0.999)) + 50
    end = len(lane.s_m) - 8

    def hook(detector, i):
        if i == begin:
            detector.pinpoint_begin()
        if i == end:
            detector.pinpoint_end()

    said = run(lane, hook=hook)
    early = np.mean(said.strength[begin + 650 : begin + 750])
    late = np.mean(said.strength[end - 100 : end])
    assert early > 300
    assert abs(late - early) < 10
    assert len(said.contacts) == 1
    assert abs(said.contacts[0][0] - 1500) < 30


def test_the_rate_of_false_alarms_sets_the_levels() -> None:
    from detector_lane import Tuning

    from sapper.detector.detector import Detector

    levels = [Detector(Tuning({"det_far_per_100m2": rate})).level for rate in (1, 2, 3, 4, 5, 7, 10, 20, 30, 50)]
    assert levels == sorted(levels, reverse=True)
    assert len(set(levels)) == len(levels)
    assert Detector(Tuning({"det_alert_x100": 777})).level == 777


def test_the_footprint_is_that_of_the_kernels() -> None:
    from hil.prove.detector_lab.kernels import footprint

    x = np.linspace(-0.5, 0.5, 11)
    assert np.allclose(foot(x), footprint(x))
