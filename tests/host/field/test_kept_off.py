"""What a find keeps off: a box, by the stand-off and its sigma along the lane that it was found from."""

from __future__ import annotations

import pytest

from sapper_host.field.mission import Kept
from sapper_host.field.rest import kept_off, with_finds
from tests.host.field.fields import USUAL, rectangle

pytestmark = pytest.mark.unit


def found(heading_mrad: int, sigma_mm: int = 20, verdict: str = "suspect", name: str = "mixed") -> Kept:
    """A find in the midst of a meadow."""
    return Kept("board-1", 1, 1, 3000, -2000, sigma_mm, name, heading_mrad, verdict)


def test_across_the_lane_it_is_what_the_next_lanes_do_not_search() -> None:
    # 150 + 3 x 20 along, 900 / 2 - 200 across.
    assert kept_off(found(0), USUAL).bounds == pytest.approx((2.79, -2.25, 3.21, -1.75))
    assert kept_off(found(3142), USUAL).bounds == pytest.approx((2.79, -2.25, 3.21, -1.75))


@pytest.mark.parametrize("heading_mrad", [1571, -1571])
def test_found_from_the_side_it_lies_the_other_way(heading_mrad: int) -> None:
    assert kept_off(found(heading_mrad), USUAL).bounds == pytest.approx((2.75, -2.21, 3.25, -1.79))


def test_one_less_sure_keeps_off_more_and_none_less_than_20_mm_over() -> None:
    assert kept_off(found(0, 50), USUAL).bounds == pytest.approx((2.7, -2.25, 3.3, -1.75))
    assert kept_off(found(0, 0), USUAL).bounds == pytest.approx((2.83, -2.25, 3.17, -1.75))


@pytest.mark.parametrize(("verdict", "kept"), [("none", 1), ("suspect", 1), ("clutter", 0), ("removed", 0)])
def test_what_is_clutter_or_was_lifted_is_in_nobodys_way(verdict: str, kept: int) -> None:
    assert len(with_finds(rectangle(), [found(0, verdict=verdict)], USUAL).obstacles) == kept
