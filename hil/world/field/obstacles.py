"""What stands in a field, and whether the machine, tracks and head, touches it."""

import math

import numpy as np
import shapely
from numpy.typing import NDArray

from hil.world.field.field_spec import FieldFile, ObstacleSpec

Array = NDArray[np.float64]

# Breadth of what carries the head.
BOOM_M = 0.1


def shape_of(spec: ObstacleSpec) -> shapely.Polygon:
    """Its ground, field metres; a disc with corners outside of it."""
    if spec.corners_m:
        return shapely.Polygon(spec.corners_m)
    return shapely.Point(spec.x_m, spec.y_m).buffer(spec.radius_m / math.cos(math.pi / 64), quad_segs=16)


def outline(file: FieldFile) -> shapely.MultiPolygon | shapely.Polygon:
    """The machine on the ground: x ahead, y left of the tracks' middle: tracks and what is between, boom, head."""
    rover, end = file.rover, file.front_end
    half_length, half_width = rover.track_length_m / 2, (rover.track_width_m + rover.track_breadth_m) / 2
    half_head = end.across_m[-1] + end.coil_radius_m
    ahead = rover.coil_ahead_m
    body = shapely.box(-half_length, -half_width, half_length, half_width)
    boom = shapely.box(min(0.0, ahead), -BOOM_M / 2, max(0.0, ahead), BOOM_M / 2)
    head = shapely.box(ahead - end.coil_radius_m, -half_head, ahead + end.coil_radius_m, half_head)
    return shapely.union_all([body, boom, head])


class Obstacles:
    """All of a field's."""

    def __init__(self, file: FieldFile) -> None:
        self.shapes = [shape_of(each) for each in file.obstacles]
        for shape in self.shapes:
            shapely.prepare(shape)

    def touched(self, machine: shapely.Geometry, x_m: float, y_m: float, heading_rad: float) -> int:
        """The number of the first that the machine's outline meets at that pose; -1 for none."""
        placed = _placed(machine, x_m, y_m, heading_rad)
        return next((i for i, shape in enumerate(self.shapes) if shape.intersects(placed)), -1)

    def clear_m(self, machine: shapely.Geometry, x_m: float, y_m: float, heading_rad: float) -> float:
        """How far the outline is from all of them; infinity where there are none."""
        if not self.shapes:
            return math.inf
        placed = _placed(machine, x_m, y_m, heading_rad)
        return float(min(shape.distance(placed) for shape in self.shapes))


def _placed(machine: shapely.Geometry, x_m: float, y_m: float, heading_rad: float) -> shapely.Geometry:
    cos, sin = math.cos(heading_rad), math.sin(heading_rad)
    turn = np.array([[cos, sin], [-sin, cos]])
    return shapely.transform(machine, lambda at: at @ turn + (x_m, y_m))
