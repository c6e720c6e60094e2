"""A rover that cannot keep its tracks on searched ground is refused, with the numbers."""

from __future__ import annotations

import pytest

from sapper_host.field.errors import FieldError
from sapper_host.field.geometry import MEASURES, geometry_of

pytestmark = pytest.mark.unit


def test_the_usual_rover_can() -> None:
    usual = geometry_of({})
    assert usual.swath_mm >= usual.swath_least_mm == 796
    assert usual.overlap_mm >= usual.overlap_least_mm == 100
    assert usual.pitch_mm == 700 <= 2 * usual.marked_mm == 800
    assert usual.tracks_mm <= usual.marked_mm


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"swath_mm": 500}, "swath_mm is 500, and the tracks' outer width 500, 2 x margin 30, .* whole cells take 796"),
        ({"swath_mm": 795}, "take 796"),
        ({"track_breadth_mm": 250}, "outer width 670, 2 x margin 30, .* take 996"),
        ({"coil_ahead_mm": 250}, "ground counts as searched -80 mm ahead of the foremost that a track touches"),
        ({"overlap_mm": 99}, "with a sigma of 15 mm and cells of 50 it takes 100 mm"),
        ({"sigma_mm": 60}, "a better known place"),
        ({"overlap_mm": 451}, "more than half of the swath"),
        ({"swath_mm": 10_000}, "give 100 to 4000 mm: what the coil searches across"),
        ({"ground_margin_mm": 0}, "give 20 to 500 mm"),
        ({"swath_mm": -1}, "swath_mm is -1"),
        ({"wheel_mm": 3}, "there is no measure 'wheel_mm'; there are track_width_mm"),
    ],
)
def test_what_cannot_keep_the_promise_is_refused(given: dict[str, int], told: str) -> None:
    with pytest.raises(FieldError, match=told):
        geometry_of(given)


def test_just_enough_is_taken() -> None:
    assert geometry_of({"swath_mm": 796, "overlap_mm": 96}).swath_mm == 796


def test_the_measures_lie_within_their_bounds() -> None:
    assert all(least <= usual <= most for _, usual, least, most, _ in MEASURES)


def test_a_larger_uncertainty_takes_a_larger_overlap_and_reaches_further() -> None:
    sure, unsure = geometry_of({"sigma_mm": 5}), geometry_of({"sigma_mm": 40, "overlap_mm": 300, "swath_mm": 1200})
    assert sure.overlap_least_mm < unsure.overlap_least_mm and sure.edge_mm < unsure.edge_mm
