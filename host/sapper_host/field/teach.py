"""An area taught by driving along its edge: corners from the place that the board tells, into a TOML of metres."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sapper_host.field.area import Area, check_area, checked_polygon, checked_ring
from sapper_host.field.errors import FieldError
from sapper_host.field.heard import Known

SIGMA_MOST_MM = 100
_POSTS_M = 1.0


@dataclass(frozen=True)
class Corner:
    """In field metres, with the sigma of its place."""

    x_m: float
    y_m: float
    sigma_m: float


def corner_of(status: Mapping[str, int]) -> Corner:
    """The middle of the tracks, from a STATUS frame's fields. FieldError while the place is not known well enough."""
    known = Known()
    known.status(status)
    place, sigma = known.place, known.sigma_mm
    if place is None or sigma is None:
        raise FieldError(
            "the corner",
            "the board does not know where it is",
            "wait for GNSS, or stand it against the posts and tell it so first",
        )
    if sigma > SIGMA_MOST_MM:
        raise FieldError(
            "the corner",
            f"its place is known to {sigma / 1000:.2f} m, one sigma; {SIGMA_MOST_MM / 1000:.2f} m is the most",
            "wait until the receiver has fixed, or place the rover against the posts again",
        )
    return Corner(place[0] / 1000, place[1] / 1000, sigma / 1000)


def taught_toml(name: str, base_length_m: float, corners: Sequence[Corner]) -> str:
    """The area's file. The base line is the field's own: from the left post, the origin, along y. FieldError when the
    corners are no area at it."""
    ring = checked_ring("the corners", [(corner.x_m, corner.y_m) for corner in corners])
    check_area(Area(name, checked_polygon("the corners", ring), base_length_m))
    rows = ", ".join(f"[{x:.3f}, {y:.3f}]" for x, y in ring)
    worst = max(corner.sigma_m for corner in corners)
    return (
        f"# Taught by driving; places are known to {worst:.3f} m, one sigma, or better.\n"
        f"[area]\nname = {json.dumps(name)}\ncorners_m = [{rows}]\n"
        f"base_line_m = [[0, 0], [0, {-base_length_m:.3f}]]\n"
    )


def as_row(corner: Corner) -> dict[str, Any]:
    """For `--json`."""
    return {"x_m": corner.x_m, "y_m": corner.y_m, "sigma_m": corner.sigma_m}
