"""Areas for tests: fields as teams have them, and others that no two-legged person would draw."""

from __future__ import annotations

import math
import random

import shapely
from shapely.geometry import Point, Polygon

from sapper_host.field.area import Area, Obstacle, check_area
from sapper_host.field.geometry import Geometry, geometry_of

USUAL: Geometry = geometry_of({})


def rectangle(long_m: float = 10.0, wide_m: float = 6.0, obstacles: tuple[Obstacle, ...] = (), **more: float) -> Area:
    """An area whose near edge is the base line."""
    corners = [(0, 0), (long_m, 0), (long_m, -wide_m), (0, -wide_m)]
    return check_area(Area("meadow", Polygon(corners), wide_m, obstacles, **more))


def round_obstacle(x_m: float, y_m: float, radius_m: float, name: str = "tree") -> Obstacle:
    return Obstacle(name, Point(x_m, y_m).buffer(radius_m))


def usual_field(seed: int) -> Area:
    """Four to eight corners, the near edge on the base line, up to four obstacles that leave a way beside them."""
    chance = random.Random(seed)
    wide, long = chance.uniform(5, 10), chance.uniform(8, 16)
    far = sorted(-chance.uniform(0, wide) for _ in range(chance.randint(0, 3)))
    corners = [(0.0, -wide), (0.0, 0.0), (long * chance.uniform(0.8, 1), 0.0)]
    corners += [(long * chance.uniform(0.8, 1), y) for y in reversed(far)]
    corners.append((long * chance.uniform(0.8, 1), -wide))
    obstacles: list[Obstacle] = []
    for _ in range(50):
        made = round_obstacle(chance.uniform(2, long - 1), -chance.uniform(0, wide), chance.uniform(0.05, 0.3))
        if len(obstacles) < chance.randint(0, 4) and all(made.shape.distance(o.shape) > 2 for o in obstacles):
            obstacles.append(made)
    return check_area(Area(f"field {seed}", Polygon(corners), wide, tuple(obstacles)))


def odd_field(seed: int) -> Area:
    """Convex, concave and jagged ones, slivers among them, with obstacles anywhere that is not before the base line."""
    chance = random.Random(seed)
    radius, jagged = chance.uniform(2, 6), chance.choice([0.0, 0.3, 0.7])
    angles = sorted(chance.uniform(0, 2 * math.pi) for _ in range(chance.randint(4, 14)))
    rays = [(angle, radius * (1 + jagged * chance.uniform(-1, 1))) for angle in angles]
    drawn = Polygon([(r * math.cos(a) * chance.uniform(0.3, 1), r * math.sin(a)) for a, r in rays]).buffer(0)
    whole = max(shapely.get_parts(drawn), key=lambda part: part.area)
    left, low, right, high = whole.bounds
    whole = shapely.affinity.translate(whole, chance.uniform(0, 0.5) - left, -high)
    wide, long = high - low, right - left
    obstacles = tuple(
        round_obstacle(chance.uniform(0.9, long + 1), -chance.uniform(0, wide), chance.uniform(0.05, 0.6), f"tree {i}")
        for i in range(chance.randint(0, 6))
    )
    return check_area(Area(f"odd {seed}", whole, max(wide, 1.0), obstacles))
