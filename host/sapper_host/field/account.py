"""What a mission may say of its ground: claimed, doubtful, not searched; each gap with place, size and cause; and what
would have to be swept again. Of what the board told, and of nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from shapely.geometry import Point
from shapely.geometry.base import BaseGeometry

from sapper_host.field.area import Area, area_from
from sapper_host.field.coverage import CLOSE, NO_FIT, STAND_OFF, Gap, reachable_of
from sapper_host.field.geometry import Geometry, geometry_of
from sapper_host.field.journal import Journal, Note, Step, notes_of, steps_of
from sapper_host.field.mission import DONE, Kept, Mission
from sapper_host.field.orders import Order, orders_of
from sapper_host.field.rest import rest, with_finds
from sapper_host.field.searched import Searched, sigma_most_mm

# Smaller pieces of ground are what cells leave at the area's edge.
_GAP_LEAST_M2 = 0.005
_NEAR_M = 0.6
SPOT, NOT_YET, NOT_PLANNED = "stand-off of a spot", "not driven yet", "not planned"
NOT_TOLD, DOUBTFUL = "driven, and not told as searched", "place not known well enough"
# Which cause is named where several are near: the first.
_NOTED = ("blind", "stopped", "no telemetry", "place unknown", "place", "refused")


@dataclass(frozen=True)
class Account:
    """Shapes in field metres, areas in square metres. gaps: of what is not claimed, the doubtful among them, largest
    first. spots: with their numbers. again: moves that would search what is left, none while nothing can be planned."""

    name: str
    state: str
    area: Area
    geometry: Geometry
    frame: Any
    claimed: BaseGeometry
    doubtful: BaseGeometry
    gaps: tuple[Gap, ...]
    spots: tuple[Kept, ...]
    steps: tuple[Step, ...]
    notes: tuple[Note, ...]
    again: tuple[Order, ...]

    @property
    def area_m2(self) -> float:
        return float(self.area.polygon.area)

    @property
    def claimed_m2(self) -> float:
        return float(self.claimed.area)

    @property
    def doubtful_m2(self) -> float:
        return float(self.doubtful.area)

    @property
    def not_searched_m2(self) -> float:
        return self.area_m2 - self.claimed_m2 - self.doubtful_m2

    def share(self, m2: float) -> float:
        """In percent of the area."""
        return 100 * m2 / self.area_m2

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        figures = {
            name: {"m2": round(value, 3), "percent": round(self.share(value), 2)}
            for name, value in (
                ("claimed", self.claimed_m2),
                ("doubtful", self.doubtful_m2),
                ("not_searched", self.not_searched_m2),
            )
        }
        return {
            "name": self.name,
            "state": self.state,
            "area_m2": round(self.area_m2, 3),
            **figures,
            "sigma_most_mm": sigma_most_mm(self.geometry),
            "gaps": [{"number": number, **gap.as_dict()} for number, gap in enumerate(self.gaps, 1)],
            "spots": [
                {
                    "number": number,
                    "x_m": kept.x_mm / 1000,
                    "y_m": kept.y_mm / 1000,
                    "sigma_m": kept.sigma_mm / 1000,
                    "class": kept.class_name,
                    "verdict": kept.verdict,
                    "board": kept.board,
                    "boot": kept.boot,
                }
                for number, kept in enumerate(self.spots, 1)
            ],
            "again": [order.line for order in self.again],
        }


def account_of(mission: Mission) -> Account:
    """Of a mission's file, as it is. MissionError when it is spoilt."""
    about, progress = mission.about(), mission.progress()
    area, geometry = area_from(about["area"]), geometry_of(about["geometry"])
    searched = Searched(area, geometry.cell_mm)
    Journal(mission, searched)
    polygon = area.polygon
    claimed = searched.shape(searched.claimed(geometry)).intersection(polygon)
    doubtful = searched.shape(searched.doubtful(geometry)).intersection(polygon)
    spots, notes, steps = mission.contacts(), notes_of(mission), steps_of(mission)
    left = rest(area, geometry, spots, searched)
    done = progress.state == DONE
    found = with_finds(area, spots, geometry)
    planned = reachable_of(found, geometry, shapely.union_all(found.kept_clear))
    driven = _driven(mission, geometry)
    gaps = _gaps(area, geometry, claimed, doubtful, spots, notes, planned, driven, done)
    return Account(
        name=about["name"],
        state=progress.state,
        area=area,
        geometry=geometry,
        frame=about["frame"],
        claimed=claimed,
        doubtful=doubtful,
        gaps=tuple(gaps),
        spots=tuple(spots),
        steps=tuple(steps),
        notes=tuple(notes),
        again=tuple(orders_of(left.start, left.moves)) if any(m.kind == "lane" for m in left.moves) else (),
    )


def _driven(mission: Mission, geometry: Geometry) -> BaseGeometry:
    """Where the coil was on its way, searching, as the board told its place."""
    by_session: dict[int, list[tuple[float, float]]] = {}
    ahead = geometry.coil_ahead_mm / 1000
    lines: list[BaseGeometry] = []
    for step in steps_of(mission):
        if not step.searching:
            by_session.pop(step.session, None)
            continue
        heading = step.heading_mrad / 1000
        at = step.x_mm / 1000 + ahead * np.cos(heading), step.y_mm / 1000 + ahead * np.sin(heading)
        way = by_session.setdefault(step.session, [])
        way.append((float(at[0]), float(at[1])))
        if len(way) > 1:
            lines.append(shapely.LineString(way[-2:]))
    half = geometry.swath_mm / 2000
    return shapely.union_all(lines).buffer(half, cap_style="flat") if lines else shapely.Polygon()


def _gaps(
    area: Area,
    geometry: Geometry,
    claimed: BaseGeometry,
    doubtful: BaseGeometry,
    spots: Sequence[Kept],
    notes: Sequence[Note],
    planned: BaseGeometry,
    driven: BaseGeometry,
    done: bool,
) -> list[Gap]:
    """What is not claimed, cut up by cause: the ground that nobody meant to search first."""
    left = area.polygon.difference(claimed)
    out: list[Gap] = []

    def cut(shape: BaseGeometry, cause: str, reachable: bool) -> None:
        nonlocal left
        out.extend(_parts(left.intersection(shape), cause, reachable))
        left = left.difference(shape)

    cut(doubtful, DOUBTFUL, True)
    own = shapely.union_all(area.kept_clear)
    finds = shapely.union_all(
        [o.kept_clear for o in with_finds(area, spots, geometry).obstacles[len(area.obstacles) :]]
    )
    cell = geometry.cell_mm / 1000
    # What the board keeps off are whole cells.
    cut(finds.buffer(cell) if not finds.is_empty else finds, SPOT, False)
    cut(own, STAND_OFF, False)
    cut(shapely.union(own, finds).buffer(geometry.settle_mm / 1000 + cell), CLOSE, False)
    for part in _parts(left.difference(planned), NO_FIT, False):
        out.append(Gap(part.shape, _noted(part, notes) or NOT_PLANNED, False))
    left = left.intersection(planned)
    for part in _parts(left, "", True):
        out.append(
            Gap(
                part.shape,
                _noted(part, notes) or (NOT_TOLD if _mostly(part, driven) else NOT_YET if not done else NOT_PLANNED),
                True,
            )
        )  # noqa: E501
    return sorted(out, key=lambda gap: -gap.area_m2)


def _parts(shape: BaseGeometry, cause: str, reachable: bool) -> list[Gap]:
    parts = [part for part in shapely.get_parts(shape) if isinstance(part, shapely.Polygon)]
    return [Gap(part, cause, reachable) for part in parts if part.area >= _GAP_LEAST_M2]


def _mostly(gap: Gap, shape: BaseGeometry) -> bool:
    return bool(gap.shape.intersection(shape).area > 0.5 * gap.area_m2)


def _noted(gap: Gap, notes: Sequence[Note]) -> str:
    """What happened close to it that explains it."""
    near = [
        note
        for note in notes
        if note.x_mm is not None
        and note.y_mm is not None
        and gap.shape.distance(Point(note.x_mm / 1000, note.y_mm / 1000)) <= _NEAR_M
    ]
    for kind in _NOTED:
        for note in near:
            if note.kind.startswith(kind):
                return f"{note.kind}: {note.text}"
    return ""
