"""Curves of share found by size: the half that was put in comes out, and shift of the objects shifts it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special

from hil.prove.detector_lab.curves import Curve, Object, chosen, curve_of, fit, half_interval, objects
from hil.prove.detector_lab.found import find
from tests.hil.prove.detector_lab.white_lane import white_lane

pytestmark = pytest.mark.unit

SIZES = np.geomspace(1, 12, 400)


def drawn(half: float, steep: float) -> list[float]:
    chance = special.expit(steep * (np.log(SIZES) - np.log(half)))
    return (np.random.default_rng(4).uniform(size=len(SIZES)) < chance).astype(float).tolist()


@pytest.mark.parametrize("half", [2.5, 4.4])
def test_the_half_that_was_put_in_comes_out_within_its_interval(half: float) -> None:
    hits = drawn(half, 5.0)
    assert fit(SIZES.tolist(), hits).half == pytest.approx(half, rel=0.1)
    low, high = half_interval(SIZES.tolist(), hits)
    assert low < half < high and high / low < 1.4


def test_a_curve_gives_the_size_for_a_share_and_back() -> None:
    curve = Curve(3.0, 4.0)
    assert curve.at(0.5) == pytest.approx(3.0)
    assert curve.share(np.array([curve.at(0.9)]))[0] == pytest.approx(0.9)


def test_a_deaf_detector_has_its_half_at_the_largest_and_one_that_finds_all_at_the_least() -> None:
    assert fit([1.0, 2.0, 8.0], [0.0, 0.0, 0.0]).half == pytest.approx(8.0)
    assert fit([1.0, 2.0, 8.0], [1.0, 1.0, 1.0]).half == pytest.approx(1.0)


def test_chances_are_fitted_as_finds_are() -> None:
    chances = special.expit(5 * (np.log(SIZES) - np.log(3.2)))
    assert fit(SIZES.tolist(), chances.tolist()).half == pytest.approx(3.2, rel=0.01)


def test_objects_are_of_their_ground_and_speed_with_what_became_of_them() -> None:
    lane = white_lane(1, (4.0, 8.0, 12.0), times=2.0)
    every = objects("ladder", [find(lane)], 0.03)
    assert len(every) == 3 and all(one.contact and one.alert and one.chance > 0.99 for one in every)
    assert chosen(every, "nominal soil", 0.3) == every
    assert chosen(every, "nominal soil", 0.4) == chosen(every, "mineral soil", 0.3) == []
    assert isinstance(every[0], Object) and every[0].snr == 2.0
    assert curve_of(every, "contact").half == pytest.approx(every[0].size)
