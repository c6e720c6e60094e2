"""The rover's measures that a plan stands on, and whether they can keep its promise: no track on ground not searched.

The coil searches a line `swath_mm` long, square to the rover's heading, `coil_ahead_mm` in front of the middle between
the tracks. Whatever is told of turning is about that middle.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from sapper_host.field.errors import FieldError

# Name, usual value, least, most (all mm), meaning.
MEASURES = (
    ("track_width_mm", 420, 100, 2000, "between the middles of the tracks"),
    ("track_breadth_mm", 80, 10, 600, "across one track"),
    ("track_length_mm", 260, 20, 2000, "of the ground that a track touches, half of it ahead of the middle"),
    ("coil_ahead_mm", 400, 20, 2500, "the coil's centre ahead of the tracks' middle"),
    ("swath_mm", 700, 100, 4000, "what the coil searches across"),
    ("ground_margin_mm", 60, 20, 500, "kept between a track and ground that was not searched"),
    ("overlap_mm", 70, 0, 1000, "of one lane's swath with the next one's"),
    ("sigma_mm", 15, 0, 300, "one sigma of where the coil is, across and along a lane"),
)
# How many sigmas a lane may be off before ground between two lanes, or at the edge, is left out.
SIGMAS = 3
# How far before the base line, and within searched ground, the coil begins at the least.
_BEFORE_MM = 20


@dataclass(frozen=True)
class Geometry:
    """The measures by name, in mm. Made by `geometry_of`, which refuses what cannot keep the promise."""

    track_width_mm: int
    track_breadth_mm: int
    track_length_mm: int
    coil_ahead_mm: int
    swath_mm: int
    ground_margin_mm: int
    overlap_mm: int
    sigma_mm: int

    @property
    def outer_mm(self) -> int:
        """From the outer edge of one track to that of the other."""
        return self.track_width_mm + self.track_breadth_mm

    @property
    def swath_least_mm(self) -> int:
        """The swath on which both tracks stand, with the margin at either side."""
        return self.outer_mm + 2 * self.ground_margin_mm

    @property
    def overlap_least_mm(self) -> int:
        """Two neighbouring lanes are off by sigma each, so their distance is by sigma times the root of two."""
        return math.ceil(SIGMAS * math.sqrt(2) * self.sigma_mm)

    @property
    def edge_mm(self) -> int:
        """How far lanes reach beyond the area's edge, so that the edge is searched although the rover is off."""
        return SIGMAS * self.sigma_mm

    @property
    def turn_mm(self) -> int:
        """Radius of the ground that has to be clear for a turn on the spot: the tracks' corners and the margin."""
        return math.ceil(math.hypot(self.track_length_mm, self.outer_mm) / 2) + self.ground_margin_mm

    @property
    def reach_mm(self) -> int:
        """How far the coil's centre goes beyond a place on which the rover then turns."""
        return max(self.coil_ahead_mm, self.turn_mm, math.ceil(self.swath_mm / 2))

    @property
    def swing_mm(self) -> int:
        """Radius that has to be free of obstacles where the rover turns: the outermost of the coil."""
        return math.ceil(math.hypot(self.reach_mm, self.swath_mm / 2))

    @property
    def set_back_mm(self) -> int:
        """How far the rover backs after a quarter turn in a swath, so that the coil begins on searched ground."""
        return max(0, self.coil_ahead_mm - self.swath_mm // 2 + max(_BEFORE_MM, self.edge_mm))

    @property
    def base_x_mm(self) -> int:
        """Where the rover stands and turns before the base line: the whole turn, and the coil, before the line."""
        return -max(self.turn_mm, self.coil_ahead_mm + max(_BEFORE_MM, self.edge_mm))

    @property
    def safe_depth_mm(self) -> int:
        """Safe ground that a turn takes before the base line."""
        return self.turn_mm - self.base_x_mm

    def no_turn(self) -> str:
        """Why the rover cannot turn within one swath, '' when it can: pockets then are not entered from the side."""
        across = 2 * self.turn_mm
        along = (
            self.coil_ahead_mm
            + math.ceil(self.track_length_mm / 2)
            + self.ground_margin_mm
            + max(_BEFORE_MM, self.edge_mm)
        )
        if max(across, along) > self.swath_mm:
            return f"to turn on searched ground takes a swath of {max(across, along)} mm; it is {self.swath_mm} mm"
        return ""

    def as_dict(self) -> dict[str, int]:
        """For files and `--json`."""
        return asdict(self)


def geometry_of(given: Mapping[str, int]) -> Geometry:
    """The usual measures with those given. FieldError when one is unknown or out of bounds, or when they cannot keep
    the tracks on searched ground, or lanes without gaps."""
    values = {name: usual for name, usual, *_ in MEASURES}
    for name in given:
        if name not in values:
            raise FieldError("the rover", f"there is no measure '{name}'", f"there are {', '.join(values)}")
    for name, _, least, most, meaning in MEASURES:
        value = given.get(name, values[name])
        if not least <= value <= most:
            raise FieldError("the rover", f"{name} is {value}", f"give {least} to {most} mm: {meaning}")
        values[name] = value
    made = Geometry(**values)
    _check(made)
    return made


def _check(made: Geometry) -> None:
    if made.swath_mm < made.swath_least_mm:
        raise FieldError(
            "the rover",
            f"its tracks leave the ground that the coil searches: swath_mm is {made.swath_mm}, and the tracks' outer "
            f"width {made.outer_mm} + 2 x margin {made.ground_margin_mm} is {made.swath_least_mm}",
            f"a head that searches {made.swath_least_mm} mm, or a narrower rover",
        )
    ahead = made.coil_ahead_mm - math.ceil(made.track_length_mm / 2)
    if ahead < max(made.ground_margin_mm, 1):
        raise FieldError(
            "the rover",
            f"the coil is {ahead} mm ahead of the foremost ground that a track touches, and the margin is "
            f"{made.ground_margin_mm} mm",
            "mount the coil further ahead: coil_ahead_mm",
        )
    if made.overlap_mm < made.overlap_least_mm:
        raise FieldError(
            "the lanes",
            f"an overlap of {made.overlap_mm} mm leaves gaps: with a sigma of {made.sigma_mm} mm it takes "
            f"{made.overlap_least_mm} mm",
            f"plan with --overlap-mm {made.overlap_least_mm}, or a better known place",
        )
    if 2 * made.overlap_mm > made.swath_mm:
        raise FieldError(
            "the lanes",
            f"an overlap of {made.overlap_mm} mm is more than half of the swath, {made.swath_mm} mm",
            f"plan with --overlap-mm {made.swath_mm // 2} at most",
        )
