"""Histograms of the ADC."""

from __future__ import annotations

import pytest

from sapper_host.silicon.at_prompt import spread

pytestmark = pytest.mark.unit


def test_mean_and_noise_of_a_histogram() -> None:
    assert spread({2000: 10}) == (2000.0, 0.0)
    assert spread({1998: 50, 2002: 50}) == (2000.0, 2.0)
