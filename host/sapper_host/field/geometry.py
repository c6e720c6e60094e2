"""The rover's measures that a plan stands on, and whether they can keep its promise: no track on ground not searched.

The coil searches a line `swath_mm` long, square to the rover's heading, `coil_ahead_mm` in front of the middle between
the tracks. Whatever is told of turning is about that middle.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property

from sapper_host.field.errors import FieldError

# Name, usual value, least, most (all mm), meaning.
MEASURES = (
    ("track_width_mm", 420, 100, 2000, "between the middles of the tracks"),
    ("track_breadth_mm", 80, 10, 600, "across one track"),
    ("track_length_mm", 300, 20, 2000, "of the ground that a track touches, half of it ahead of the middle"),
    ("coil_ahead_mm", 520, 20, 2500, "the coil's centre ahead of the tracks' middle"),
    ("swath_mm", 900, 100, 4000, "what the coil searches across"),
    ("ground_margin_mm", 30, 20, 500, "kept between a track and ground that was not searched"),
    ("overlap_mm", 200, 0, 1000, "of one lane's swath with the next one's"),
    ("sigma_mm", 15, 0, 300, "one sigma of where the coil is, across and along a lane"),
    ("lead_in_mm", 450, 0, 2000, "driven straight ahead before the detector's ground counts as searched"),
    ("settle_mm", 180, 0, 500, "so far behind the coil's centre ground counts as searched, whole cells of it"),
    ("cell_mm", 50, 10, 200, "of the board's map of the ground; lanes' middles are multiples of it"),
)
# How many sigmas a lane may be off before ground between two lanes, or at the edge, is left out.
SIGMAS = 3
# How far before the base line, and within searched ground, a lead-in begins at the least.
_BEFORE_MM = 85
# What the board takes off a mark for its rounding, and by what it grows the tracks of a rover that turns: it looks at
# outlines 125 mrad apart (ground/permission.py).
_ROUNDING_MM = 3
_TURNING_MM = 22


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
    lead_in_mm: int
    settle_mm: int
    cell_mm: int

    @cached_property
    def outer_mm(self) -> int:
        """From the outer edge of one track to that of the other."""
        return self.track_width_mm + self.track_breadth_mm

    @cached_property
    def edge_mm(self) -> int:
        """How far lanes reach beyond the area's edge, so that the edge is searched although the rover is off."""
        return SIGMAS * self.sigma_mm

    @cached_property
    def half_mm(self) -> int:
        """Half of the swath."""
        return self.swath_mm // 2

    @cached_property
    def marked_mm(self) -> int:
        """To either side of a lane's middle, what the board marks: whole cells within the swath, less what the place
        may be off."""
        return max(0, self.swath_mm // 2 - self.edge_mm - _ROUNDING_MM) // self.cell_mm * self.cell_mm

    @cached_property
    def tracks_mm(self) -> int:
        """To either side of a rover's middle, what the board wants marked: whole cells."""
        return self._cells(self.outer_mm / 2 + self.ground_margin_mm + self.edge_mm + 2)

    @cached_property
    def swath_least_mm(self) -> int:
        """The swath of which the board marks as much as both tracks need."""
        return 2 * (self.tracks_mm + self.edge_mm + _ROUNDING_MM)

    @cached_property
    def overlap_least_mm(self) -> int:
        """What the board marks of neighbouring lanes has to meet."""
        return self.swath_mm - 2 * self.marked_mm

    @cached_property
    def pitch_mm(self) -> int:
        """From lane to lane at the most: whole cells."""
        return max(self.cell_mm, (self.swath_mm - self.overlap_mm) // self.cell_mm * self.cell_mm)

    @cached_property
    def turn_mm(self) -> int:
        """Radius of the ground that has to be clear for a turn on the spot: the tracks' corners, margin and all."""
        more = self.ground_margin_mm + self.edge_mm + _TURNING_MM
        return math.ceil(math.hypot(self.track_length_mm / 2 + more, self.outer_mm / 2 + more))

    @cached_property
    def behind_mm(self) -> int:
        """From the tracks' middle back to the end of the ground that they need."""
        return self._cells(self.track_length_mm / 2 + self.ground_margin_mm + self.edge_mm + 2)

    @cached_property
    def swing_mm(self) -> int:
        """Radius that has to be free of obstacles where the rover turns: the outermost of the coil."""
        return math.ceil(math.hypot(self.coil_ahead_mm, self.swath_mm / 2))

    @cached_property
    def run_up_mm(self) -> int:
        """From the tracks' middle, where a lane begins, to the first ground that it can search."""
        return self.coil_ahead_mm + self.lead_in_mm + max(_BEFORE_MM, self.edge_mm)

    @cached_property
    def base_x_mm(self) -> int:
        """Where the rover stands and turns before the base line: the whole turn, and the lead-in, before the line."""
        return -self._cells(max(self.turn_mm, self.run_up_mm))

    @cached_property
    def safe_depth_mm(self) -> int:
        """Safe ground that a turn takes before the base line."""
        return self.turn_mm - self.base_x_mm

    def _cells(self, mm: float) -> int:
        """Up to whole cells."""
        return math.ceil(mm / self.cell_mm) * self.cell_mm

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
            f"width {made.outer_mm}, 2 x margin {made.ground_margin_mm}, 4 x 3 sigma and whole cells take "
            f"{made.swath_least_mm}",
            f"a head that searches {made.swath_least_mm} mm, a narrower rover, or a better known place",
        )
    ahead = made.coil_ahead_mm - made.settle_mm - math.ceil(made.track_length_mm / 2)
    if ahead < max(made.ground_margin_mm, 1):
        raise FieldError(
            "the rover",
            f"ground counts as searched {ahead} mm ahead of the foremost that a track touches, {made.settle_mm} behind "
            f"the coil, and the margin is {made.ground_margin_mm} mm",
            "mount the coil further ahead: coil_ahead_mm",
        )
    if made.overlap_mm < made.overlap_least_mm:
        raise FieldError(
            "the lanes",
            f"an overlap of {made.overlap_mm} mm leaves gaps: with a sigma of {made.sigma_mm} mm and cells of "
            f"{made.cell_mm} it takes {made.overlap_least_mm} mm",
            f"plan with --overlap-mm {made.overlap_least_mm}, or a better known place",
        )
    if 2 * made.overlap_mm > made.swath_mm:
        raise FieldError(
            "the lanes",
            f"an overlap of {made.overlap_mm} mm is more than half of the swath, {made.swath_mm} mm",
            f"plan with --overlap-mm {made.swath_mm // 2} at most",
        )
