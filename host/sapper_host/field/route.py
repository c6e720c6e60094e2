"""The order of lanes, each from the base line and back the way it came, with the combs from the side (combs.py) on the
way back."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sapper_host.field.comb_choice import combs_of
from sapper_host.field.combs import AGAIN, Comb, Combs, visit_y_mm
from sapper_host.field.geometry import Geometry
from sapper_host.field.lanes import Lanes, Piece
from sapper_host.field.moves import AHEAD, Move, Pose

_LEFT, _RIGHT = 1, 3


@dataclass(frozen=True)
class Route:
    """start: where the first move begins. reasons: of each piece that is not reached, by its number, why."""

    start: Pose
    moves: tuple[Move, ...]
    reasons: dict[int, str]


def route_of(lanes: Lanes, geometry: Geometry, approach_mm: int, combs: bool = True) -> Route:
    """The moves that search every piece that can be reached. approach_mm: see `Area`, for the reasons. combs: not only
    what begins at the base line."""
    return _Router(lanes, geometry, approach_mm, combs).run()


class _Router:
    def __init__(self, lanes: Lanes, geometry: Geometry, approach_mm: int, combs: bool) -> None:
        self._lanes, self._g, self._approach_mm = lanes, geometry, approach_mm
        least = geometry.base_x_mm + geometry.coil_ahead_mm
        self._roots = {p.lane: p for p in lanes.pieces if p.from_base and p.to_mm - geometry.settle_mm > max(0, least)}
        self._combs = combs_of(lanes, geometry, self._roots) if combs else Combs()
        self._moves: list[Move] = []
        self._pose = Pose(0, 0)
        self._lane = 0

    def run(self) -> Route:
        order = list(self._combs.order(self._roots))
        y_mm = self._y_mm(order[0]) if order else self._lanes.y_mm[0]
        start = self._pose = Pose(self._g.base_x_mm, y_mm)
        for visit in order:
            self._root(self._roots[visit % AGAIN], visit)
        reasons = {number: self._why(self._lanes.pieces[number], why) for number, why in self._combs.reasons.items()}
        for piece in self._lanes.pieces:
            if piece.from_base and self._roots.get(piece.lane) != piece:
                reasons[piece.number] = "it is shorter than the coil has to go on behind it"
        return Route(start, tuple(self._moves), reasons)

    def _root(self, piece: Piece, visit: int) -> None:
        """From the base line, and back to it, with what is combed from it."""
        g, number = self._g, piece.number
        self._lane = piece.lane
        y_mm = self._y_mm(visit)
        self._move("shift", y_mm - self._pose.y_mm, -1)
        end = min(max(piece.to_mm, self._combs.ends.get(number, 0)) + g.settle_mm, piece.room[1])
        if visit < AGAIN:
            self._reach(end - g.coil_ahead_mm, number, "lane")
        combs = self._combs.by_host.get(visit, [])
        for comb in sorted(combs, key=lambda each: (each.rank, -each.x_mm)):
            self._reach(comb.x_mm, number)
            self._comb(y_mm, comb)
        self._reach(g.base_x_mm, number)

    def _y_mm(self, visit: int) -> int:
        return visit_y_mm(self._lanes, self._g, visit)

    def _comb(self, y_mm: int, comb: Comb) -> None:
        lane, piece = self._lane, self._lanes.pieces[comb.piece]
        number, self._lane = piece.number, piece.lane
        self._turn(_LEFT if comb.out > 0 else _RIGHT, number)
        if not comb.along:
            self._reach(comb.begin_mm, number)
            self._reach(comb.end_mm, number, "lane")
        for other, low, high in comb.along:
            entered = self._lanes.pieces[other]
            self._lane = entered.lane
            self._reach(entered.y_mm, other)
            self._both_ways(entered, low, high)
            self._turn(_LEFT if comb.out > 0 else _RIGHT, other)
        self._reach(y_mm, number)
        self._turn(0, number)
        self._lane = lane

    def _both_ways(self, piece: Piece, low: int, high: int) -> None:
        """Along a piece from where two combs have made room, the coil to either end, and back."""
        g, x_mm = self._g, self._pose.x_mm
        half = g.pitch_mm // 2 + g.marked_mm
        for heading, out, end in ((2, -1, low), (0, 1, high)):
            if out * (end - x_mm) > half:
                self._turn(heading, piece.number)
                self._reach(x_mm + out * (half - g.run_up_mm), piece.number)
                self._reach(end - out * g.coil_ahead_mm, piece.number, "lane")
                self._reach(x_mm, piece.number)

    def _why(self, piece: Piece, why: str) -> str:
        first = next(each for each in self._lanes.pieces if each.lane == piece.lane and not each.skirts)
        if piece.from_mm > self._approach_mm and piece == first:
            begins, most = piece.from_mm / 1000, self._approach_mm / 1000
            return f"it begins {begins:.1f} m from the base line: a lane crosses {most:.1f} m at most (approach_m)"
        return why

    def _move(self, kind: str, value: int, piece: int) -> None:
        if value:
            self._moves.append(Move(kind, value, self._lane, piece))
            if kind == "turn":
                self._pose = self._pose.turned(value)
            elif kind == "shift":
                self._pose = replace(self._pose, y_mm=self._pose.y_mm + value)
            else:
                self._pose = self._pose.gone(-value if kind == "back" else value)

    def _turn(self, heading: int, piece: int) -> None:
        self._move("turn", (heading - self._pose.heading + 1) % 4 - 1, piece)

    def _reach(self, place: int, piece: int, kind: str = "ahead") -> None:
        """Along the heading to this x or y: ahead, or back."""
        dx, dy = AHEAD[self._pose.heading]
        mm = (place - self._pose.x_mm) * dx + (place - self._pose.y_mm) * dy
        if mm > 0 or kind != "lane":
            self._move(kind if mm > 0 else "back", abs(mm), piece)
