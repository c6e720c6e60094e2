"""Intervals, against values worked out by hand."""

import pytest

from hil.intervals import poisson, wilson

pytestmark = pytest.mark.unit

Z2 = 1.9599639845400545**2  # of 95 %


def test_wilsons_interval_is_the_formulas() -> None:
    # 8 of 10: middle (0.8 + z2/20) / (1 + z2/10), half z sqrt(0.016 + z2/400) / (1 + z2/10)
    assert wilson(8, 10) == pytest.approx((0.716740 - 0.226578, 0.716740 + 0.226578), abs=2e-6)
    # None and all of n: z2 / (n + z2) from the end.
    assert wilson(0, 10) == pytest.approx((0.0, Z2 / (10 + Z2)), abs=1e-12)
    assert wilson(10, 10) == pytest.approx((10 / (10 + Z2), 1.0), abs=1e-12)
    # 1 of 2 at 90 %: half of z / sqrt(2 + z2) about a half, z = 1.644854
    assert wilson(1, 2, 0.9) == pytest.approx((0.5 - 0.379134, 0.5 + 0.379134), abs=2e-6)


def test_nothing_tried_says_nothing_and_no_end_lies_outside() -> None:
    assert wilson(0, 0) == (0.0, 1.0)
    for trials in range(1, 40):
        for hits in range(trials + 1):
            low, high = wilson(hits, trials)
            assert 0 <= low <= hits / trials <= high <= 1


def test_garwoods_interval_is_the_published_one() -> None:
    assert poisson(0, 1.0) == pytest.approx((0.0, 3.6889), abs=1e-4)
    assert poisson(10, 2.0) == pytest.approx((4.7954 / 2, 18.3904 / 2), abs=1e-4)
