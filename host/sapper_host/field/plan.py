"""A plan: area, rover, moves in order, and what they would search."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from shapely.geometry import box

from sapper_host.field.area import Area
from sapper_host.field.coverage import Coverage, coverage_of
from sapper_host.field.errors import FieldError
from sapper_host.field.geometry import Geometry
from sapper_host.field.lanes import Lanes, lanes_of
from sapper_host.field.moves import Leg, Move, Pose, legs
from sapper_host.field.plain import plain_route
from sapper_host.field.route import Route, route_of

# So far a rover goes for a square metre more.
METRES_FOR_M2 = 100.0
# Of areas with more of them one way to lay lanes is tried.
_OBSTACLES_BOTH_WAYS = 12


@dataclass(frozen=True)
class Plan:
    """moves from `start` on. plain: made as mission planners make it, not to be driven over mines."""

    area: Area
    geometry: Geometry
    lanes: Lanes
    start: Pose
    moves: tuple[Move, ...]
    reasons: dict[int, str]
    plain: bool = False

    @cached_property
    def legs(self) -> tuple[Leg, ...]:
        """Its stretches and turns in order."""
        return tuple(legs(self.start, self.moves))

    @cached_property
    def coverage(self) -> Coverage:
        """What it would search."""
        return coverage_of(self.area, self.geometry, self.lanes, self.reasons, self.legs)

    @property
    def driven_m(self) -> float:
        """How far the rover drives."""
        return sum(leg.mm for leg in self.legs) / 1000

    @property
    def ratio(self) -> float:
        """Distance driven, as a multiple of the least that a coil of this swath needs for what is reachable."""
        least = self.coverage.reachable_m2 / (self.geometry.swath_mm / 1000)
        return self.driven_m / least if least else 0.0

    def as_dict(self) -> dict[str, Any]:
        """For files: what the rover is to do."""
        return {
            "start": [self.start.x_mm, self.start.y_mm, self.start.heading],
            "moves": [[m.kind, m.value, m.lane, m.piece] for m in self.moves],
        }

    @property
    def digest(self) -> str:
        """By which files name it."""
        text = json.dumps(self.as_dict() | {"geometry": self.geometry.as_dict()}, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


def plan_of(area: Area, geometry: Geometry, plain: bool = False) -> Plan:
    """Plan a checked area. FieldError when it is too small for a lane, or the safe ground for the rover."""
    if area.safe_depth_m * 1000 < geometry.safe_depth_mm:
        raise FieldError(
            "the safe ground",
            f"it is {area.safe_depth_m:.2f} m deep before the base line; to turn there takes "
            f"{geometry.safe_depth_mm / 1000:.2f} m",
            "make it deeper, and say so: safe_depth_m",
        )
    _check_way(area, geometry)
    approach_mm = round(area.approach_m * 1000)
    if plain:
        lanes = lanes_of(area, geometry)
        made = Plan(area, geometry, lanes, *_parts(plain_route(lanes, geometry)), plain)
    else:
        both = 0 < len(area.obstacles) <= _OBSTACLES_BOTH_WAYS
        ways = [lanes_of(area, geometry, flush) for flush in ((False, True) if both else (False,))]
        routes = [(lanes, route_of(lanes, geometry, approach_mm)) for lanes in ways]
        plans = [Plan(area, geometry, lanes, *_parts(route)) for lanes, route in routes]
        made = min(plans, key=_worth)
    if not made.moves:
        raise FieldError(
            area.name,
            "no lane can begin at the base line",
            "safe ground beyond the posts (safe_side_m), or a base line along the area's edge",
        )
    return made


def _parts(route: Route) -> tuple[Pose, tuple[Move, ...], dict[int, str]]:
    return route.start, route.moves, route.reasons


def _worth(plan: Plan) -> float:
    """What is not searched weighs more than a longer way."""
    missed = (1 - plan.coverage.share) * plan.coverage.reachable_m2
    return plan.driven_m + METRES_FOR_M2 * missed


def _check_way(area: Area, geometry: Geometry) -> None:
    """Before the base line the rover goes from lane to lane, its coil beside it, and begins each lane. What lies
    beyond the line, and only its stand-off reaches over it, is gone round."""
    half = geometry.swath_mm / 2
    low, high = ((geometry.base_x_mm + side) / 1000 for side in (-half, half))
    way, before = box(low, -area.base_length_m, high, 0), box(low, -area.base_length_m, 0, 0)
    for obstacle in area.obstacles:
        stands_before = obstacle.shape.bounds[0] < 0 and obstacle.kept_clear.intersects(before)
        if stands_before or obstacle.kept_clear.intersects(way):
            end = 0.0 if stands_before else high
            raise FieldError(
                obstacle.name,
                f"it lies, with its stand-off, in the rover's way before the base line: x {low:.2f} to {end:.2f} m",
                "remove it, or set the posts so that this way is free",
            )
