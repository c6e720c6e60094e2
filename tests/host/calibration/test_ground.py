"""The soil's ratio is found with its uncertainty, and ground that it cannot be found on is told, not calibrated on."""

from __future__ import annotations

from typing import Any

import pytest

from hil.traces.carried import AIR, BOB, GROUND, day, place_m
from hil.world.front_end import soil_shares
from hil.world.world_spec import FrontEnd
from sapper.shared.settings import TABLE
from sapper_host.calibration import ground
from sapper_host.calibration.frames import Frames
from sapper_host.calibration.ground import Ground

pytestmark = pytest.mark.unit

DEFAULTS = {row[0]: row[1] for row in TABLE}
SOIL = {"strength_mv": 100.0, "height_mm": 1.0}
# Another front end: its last gate comes so much earlier that soil stands 6 % higher in it.
OTHER = {"delay_us": [6.8, 10.12, 11.06]}


def found(seed: int = 1, soil_mv: float = 100.0, front_end: dict[str, Any] | None = None, **tables: Any) -> Ground:
    changes = {GROUND: {"soil": SOIL | {"strength_mv": soil_mv}, "swing": BOB} | tables}
    traces = day(seed, front_end=front_end, changes=changes)
    air, over = (Frames(traces[step].t_s[:n], traces[step].gates_mv[:n]) for step, n in ((AIR, 1000), (GROUND, 2500)))
    return ground.fit(air, over, DEFAULTS)


def late_of(delay_us: list[float] | None = None) -> float:
    shares = soil_shares(FrontEnd(delay_us=tuple(delay_us)) if delay_us else FrontEnd())
    return float(shares[2] / shares[1])


def test_the_ratio_is_right_within_what_it_says_of_itself() -> None:
    each = [found(seed) for seed in range(12)]
    assert all(one.fit and not one.findings for one in each)
    off = [(one.late - late_of()) / one.late_sigma for one in each]
    assert sum(abs(sigmas) < 2 for sigmas in off) >= 10 and max(map(abs, off)) < 4
    assert all(one.late_sigma < 0.005 for one in each)


@pytest.mark.parametrize("seed", range(4))
def test_another_front_end_s_ratio_is_set_and_the_noisy_gate_s_left_where_it_may_be_right(seed: int) -> None:
    settings = found(seed, front_end=OTHER).settings
    assert abs(settings["det_ground2_pm"] / settings["det_ground1_pm"] / late_of(OTHER["delay_us"]) - 1) < 0.01
    assert settings["det_ground1_pm"] == DEFAULTS["det_ground1_pm"]


def test_a_first_gate_that_cannot_be_right_is_set_too() -> None:
    delays = [5.2, 10.12, 11.656]
    settings = found(front_end={"delay_us": delays}).settings
    assert abs(settings["det_ground1_pm"] / (1000 * soil_shares(FrontEnd(delay_us=tuple(delays)))[1]) - 1) < 0.06


@pytest.mark.parametrize("soil_mv", [0.0, 3.0, 10.0])
def test_ground_too_weak_to_tell_leaves_what_is_set_and_says_so(soil_mv: float) -> None:
    weak = found(soil_mv=soil_mv)
    assert weak.fit and weak.settings == {}
    [told] = weak.findings
    assert told.name == "weak" and "stays" in told.remedy


METAL = [(material, radius) for material in ("steel", "copper", "aluminium", "brass") for radius in (0.01, 0.02)]


@pytest.mark.parametrize(("material", "radius_m"), METAL)
def test_metal_under_one_of_the_places_is_told_and_not_calibrated_in(material: str, radius_m: float) -> None:
    piece = {"material": material, "x_m": place_m(2), "depth_m": 0.04, "radius_m": radius_m}
    spoilt = found(target=[piece])
    assert not spoilt.fit and spoilt.settings == {}
    assert [each.name for each in spoilt.findings] == ["metal"] and "found clear" in spoilt.findings[0].remedy


def test_metal_too_small_to_be_told_moves_the_ratio_by_less_than_a_hundredth() -> None:
    piece = {"material": "copper", "x_m": place_m(2), "depth_m": 0.04, "radius_m": 0.005}
    assert abs(found(target=[piece]).late / late_of() - 1) < 0.01


def test_metal_under_every_place_answers_as_no_soil_does() -> None:
    pieces = [{"material": "brass", "x_m": place_m(n / 4), "depth_m": 0.04, "radius_m": 0.015} for n in range(-1, 24)]
    assert [each.name for each in found(target=pieces).findings] in (["unlike"], ["metal"])


def test_ground_that_drives_a_gate_to_its_rail_is_too_strong() -> None:
    strong = found(soil_mv=1400.0)
    assert [each.name for each in strong.findings] == ["too_strong"] and strong.settings == {}


def test_too_few_frames_are_no_ground() -> None:
    traces = day()
    air = Frames(traces[AIR].t_s[:1000], traces[AIR].gates_mv[:1000])
    with pytest.raises(ValueError, match="too few"):
        ground.fit(air, Frames(air.t_s[:500], air.gates_mv[:500]), DEFAULTS)
