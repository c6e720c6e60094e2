"""What a plan would search: exactly what the coil goes over, what of the area it can reach, and each gap's cause."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry import Polygon, box
from shapely.geometry.base import BaseGeometry

from sapper_host.field.area import Area
from sapper_host.field.geometry import Geometry
from sapper_host.field.lanes import Lanes
from sapper_host.field.moves import AHEAD, Leg

# Less is what rounding to whole mm leaves.
GAP_LEAST_M2 = 1e-4
STAND_OFF, NO_FIT, BETWEEN = "stand-off", "the coil does not fit", "lanes end square before what they meet"
# Ground counts only once the coil is so far beyond it, and there it cannot go.
CLOSE = "too close to a stand-off for the detector to settle"


@dataclass(frozen=True)
class Gap:
    """Ground of the area that is not searched. shape: field metres. cause: one line; reachable: see `Coverage`."""

    shape: Polygon
    cause: str
    reachable: bool

    @property
    def area_m2(self) -> float:
        return float(self.shape.area)

    def as_dict(self) -> dict[str, object]:
        """For `--json`: with a place that is in it."""
        at = self.shape.representative_point()
        return {
            "cause": self.cause,
            "area_m2": round(self.area_m2, 4),
            "x_m": round(at.x, 3),
            "y_m": round(at.y, 3),
            "reachable": self.reachable,
        }


@dataclass(frozen=True)
class Coverage:
    """searched: what the coil goes over, inside the area and out. reachable_m2: of the area, where a coil of this width
    lies clear of every stand-off, and goes on until the detector settles, on ground joined with the base line; of that,
    `share` is searched. beyond_m2: searched outside the area."""

    searched: BaseGeometry
    area_m2: float
    searched_m2: float
    reachable_m2: float
    share: float
    beyond_m2: float
    gaps: tuple[Gap, ...]


def sweep(leg: Leg, geometry: Geometry) -> Polygon | None:
    """What the coil searches in a leg that goes ahead, field metres: from behind the lead-in up to so far behind the
    coil as ground counts; None when it is too short for any."""
    if leg.mm <= geometry.lead_in_mm + geometry.settle_mm:
        return None
    (ax, ay), half = AHEAD[leg.start.heading], geometry.swath_mm / 2
    first = leg.start.gone(geometry.coil_ahead_mm + geometry.lead_in_mm)
    last = leg.end.gone(geometry.coil_ahead_mm - geometry.settle_mm)
    xs = [pose.x_mm + side * ay * half for pose in (first, last) for side in (-1, 1)]
    ys = [pose.y_mm + side * ax * half for pose in (first, last) for side in (-1, 1)]
    return box(min(xs) / 1000, min(ys) / 1000, max(xs) / 1000, max(ys) / 1000)


def coverage_of(
    area: Area, geometry: Geometry, lanes: Lanes, reasons: Mapping[int, str], legs: Iterable[Leg]
) -> Coverage:
    """Of a plan's legs. reasons: of pieces that are not reached."""
    swept = [sweep(leg, geometry) for leg in legs if leg.searches and leg.kind == "ahead"]
    searched = shapely.union_all([shape for shape in swept if shape is not None])
    inside = searched.intersection(area.polygon)
    kept_clear = shapely.union_all(area.kept_clear)
    close = kept_clear.buffer(geometry.settle_mm / 1000, quad_segs=4)
    reachable = reachable_of(area, geometry, close)
    got = float(reachable.intersection(searched).area)
    left = area.polygon.difference(searched)
    gaps = list(_gaps(left.intersection(kept_clear), STAND_OFF, False))
    left = left.difference(kept_clear)
    gaps += _gaps(left.intersection(close), CLOSE, False)
    left = left.difference(close)
    gaps += _gaps(left.difference(reachable), NO_FIT, False)
    left = left.intersection(reachable)
    half = geometry.swath_mm / 2
    for number, reason in reasons.items():
        piece = lanes.pieces[number]
        strip = box(*(v / 1000 for v in (piece.from_mm, piece.y_mm - half, piece.to_mm, piece.y_mm + half)))
        if left.intersects(strip):
            gaps += _gaps(left.intersection(strip), reason, True)
            left = left.difference(strip)
    gaps += _gaps(left, BETWEEN, True)
    return Coverage(
        searched=searched,
        area_m2=float(area.polygon.area),
        searched_m2=float(inside.area),
        reachable_m2=float(reachable.area),
        share=got / reachable.area if reachable.area else 0.0,
        beyond_m2=float(searched.difference(shapely.union(area.polygon, area.safe_ground)).area),
        gaps=tuple(sorted(gaps, key=lambda gap: -gap.area_m2)),
    )


def reachable_of(area: Area, geometry: Geometry, kept_clear: BaseGeometry) -> BaseGeometry:
    """Of the area, what a coil can lie over, along the base line or square to it, with no end in a stand-off, and go to
    from the base line without leaving the area by more than a swath. It owes nothing to the plan."""
    swath = geometry.swath_mm / 1000
    base = box(-0.01, -area.base_length_m, area.approach_m, 0)
    ground = shapely.union(shapely.Polygon(area.polygon.exterior).buffer(swath), base)
    open_ground = shapely.union(*(_opened(ground, kept_clear, v) for v in ((0, swath), (swath, 0))))
    line = box(-0.02, -area.base_length_m, 0.0, 0)
    joined = [part for part in shapely.get_parts(open_ground) if part.intersects(line)]
    return shapely.union_all(joined).intersection(area.polygon).difference(kept_clear)


def _opened(ground: BaseGeometry, kept_clear: BaseGeometry, v: tuple[float, float]) -> BaseGeometry:
    """The ground that segments `v` cover which lie clear of the stand-offs: an opening, as in image processing."""
    centres = ground.difference(_dragged(kept_clear, v))
    return _dragged(centres, v).intersection(ground).difference(kept_clear)


def _dragged(shape: BaseGeometry, v: tuple[float, float]) -> BaseGeometry:
    """The shape moved from -v/2 to v/2: its Minkowski sum with that segment."""
    dx, dy = v
    rings = [
        shapely.get_coordinates(ring) for part in shapely.get_parts(shape) for ring in (part.exterior, *part.interiors)
    ]
    bands: list[BaseGeometry] = []
    half = np.array([dx / 2, dy / 2])
    for ring in rings:
        first, second = ring[:-1], ring[1:]
        corners = np.stack([first - half, second - half, second + half, first + half, first - half], axis=1)
        made = shapely.polygons(corners)
        bands += made[shapely.area(made) > 0].tolist()
    ends = [shapely.affinity.translate(shape, s * dx / 2, s * dy / 2) for s in (-1, 1)] if rings else []
    return shapely.union_all([*bands, *ends])


def _gaps(shape: BaseGeometry, cause: str, reachable: bool) -> list[Gap]:
    parts = (part for part in shapely.get_parts(shape) if isinstance(part, Polygon))
    return [Gap(part, cause, reachable) for part in parts if part.area >= GAP_LEAST_M2]
