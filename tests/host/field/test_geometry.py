"""A rover that cannot keep its tracks on searched ground is refused, with the numbers."""

from __future__ import annotations

import pytest

from sapper_host.field.errors import FieldError
from sapper_host.field.geometry import MEASURES, geometry_of

pytestmark = pytest.mark.unit


def test_the_usual_rover_can() -> None:
    usual = geometry_of({})
    assert usual.swath_mm >= usual.swath_least_mm == 620
    assert usual.overlap_mm >= usual.overlap_least_mm == 64
    assert usual.no_turn() == ""


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"swath_mm": 500}, r"swath_mm is 500, and the tracks' outer width 500 \+ 2 x margin 60 is 620"),
        ({"swath_mm": 619}, "is 620"),
        ({"track_breadth_mm": 200}, r"outer width 620 \+ 2 x margin 60 is 740"),
        ({"coil_ahead_mm": 180}, "the coil is 50 mm ahead of the foremost ground"),
        ({"overlap_mm": 63}, "with a sigma of 15 mm it takes 64 mm"),
        ({"sigma_mm": 60}, "with a sigma of 60 mm it takes 255 mm"),
        ({"overlap_mm": 400}, "more than half of the swath"),
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
    assert geometry_of({"swath_mm": 620, "overlap_mm": 64}).swath_mm == 620


def test_the_measures_lie_within_their_bounds() -> None:
    assert all(least <= usual <= most for _, usual, least, most, _ in MEASURES)


def test_a_larger_uncertainty_takes_a_larger_overlap_and_reaches_further() -> None:
    sure, unsure = geometry_of({"sigma_mm": 5}), geometry_of({"sigma_mm": 40, "overlap_mm": 200})
    assert sure.overlap_least_mm < unsure.overlap_least_mm and sure.edge_mm < unsure.edge_mm
