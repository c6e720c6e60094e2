"""The order of lanes: each from the base line and back the way it came; what an obstacle hides, from the side.

A piece of lane that does not begin at the base line is entered from a neighbouring one that was just searched, while
the rover comes back along it: a quarter turn, a lane sideways of one swath, a quarter turn, and the piece to both its
ends. So each track stays on ground that was searched before: the turns need a disc of `Geometry.turn_mm` within one
swath, and the coil `Geometry.swing_mm` free of obstacles. Pieces too short for a turn are searched by lanes sideways.
Entered pieces have neighbours, too: the way is a tree, walked depth first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from sapper_host.field.geometry import Geometry
from sapper_host.field.lanes import Lanes, Piece, Span, within, without
from sapper_host.field.moves import AHEAD, Move, Pose

Task = Callable[[], None]
_LEFT, _RIGHT = 1, 3
# From further away nothing is entered: another lane is closer, or it is not worth it.
_FAR_MM = 2000


@dataclass(frozen=True)
class Route:
    """start: where the first move begins. reasons: of each piece that is not reached, by its number, why."""

    start: Pose
    moves: tuple[Move, ...]
    reasons: dict[int, str]


@dataclass(frozen=True)
class _Side:
    """A neighbour to be searched from the side, at these places along x; whether the rover turns in it."""

    at: tuple[int, ...]
    piece: Piece
    entered: bool


def route_of(lanes: Lanes, geometry: Geometry, approach_mm: int) -> Route:
    """The moves that search every piece that can be reached. approach_mm: see `Area`, for the reasons."""
    return _Router(lanes, geometry, approach_mm).run()


class _Router:
    def __init__(self, lanes: Lanes, geometry: Geometry, approach_mm: int) -> None:
        self._approach_mm = approach_mm
        self._lanes = lanes
        self._g = geometry
        self._by_lane: dict[int, list[Piece]] = {}
        self._skirts = [piece for piece in lanes.pieces if piece.skirts]
        for piece in lanes.pieces:
            if not piece.skirts:
                self._by_lane.setdefault(piece.lane, []).append(piece)
        self._done: set[int] = set()
        self._moves: list[Move] = []
        self._tasks: list[Task] = []
        self._pose = Pose(0, 0)
        self._lane = 0

    def run(self) -> Route:
        roots = [piece for piece in self._lanes.pieces if piece.from_base]
        y_mm = roots[0].y_mm if roots else self._lanes.y_mm[0]
        start = self._pose = Pose(self._g.base_x_mm, y_mm)
        for root in roots:
            if root.to_mm - self._g.coil_ahead_mm <= self._g.base_x_mm:
                continue
            self._done.add(root.number)
            self._root(root)
            while self._tasks:
                self._tasks.pop()()
        reasons = {
            piece.number: self._why(piece)
            for piece in self._lanes.pieces
            if not piece.skirts and piece.number not in self._done
        }
        return Route(start, tuple(self._moves), reasons)

    # Each of these appends moves at once, or puts tasks on the stack, the first on top.

    def _then(self, *tasks: Task) -> None:
        self._tasks.extend(reversed(tasks))

    def _root(self, piece: Piece) -> None:
        self._lane = piece.lane
        self._move("shift", piece.y_mm - self._pose.y_mm, -1)
        self._go(piece.to_mm - self._g.coil_ahead_mm, piece.number)
        low, high = max(0, self._g.base_x_mm), piece.to_mm - self._g.reach_mm
        self._sides(piece, (low, high), back_to=self._g.base_x_mm)

    def _sides(self, piece: Piece, span: Span, back_to: int) -> None:
        """Back along x to `back_to`, with the neighbours on the way."""
        tasks: list[Task] = []
        heading = self._pose.heading
        found = [] if self._g.no_turn() else self._neighbours(piece, span)
        found.sort(key=lambda side: -side.at[-1] if heading == 0 else side.at[0])
        for side in found:
            self._done.add(side.piece.number)
            for at in side.at if heading == 2 else reversed(side.at):
                tasks.append(partial(self._reach, at, piece.number))
                if side.entered:
                    tasks.append(partial(self._enter, piece, side.piece))
                else:
                    tasks.append(partial(self._comb, piece, side.piece))
        self._then(*tasks, lambda: self._reach(back_to, piece.number))

    def _enter(self, parent: Piece, piece: Piece) -> None:
        """From beside it, into it, to both its ends, and back to where it was, heading as before."""
        g, x_mm, heading = self._g, self._pose.x_mm, self._pose.heading
        sideways = _LEFT if piece.y_mm > parent.y_mm else _RIGHT
        out = 1 if sideways == _LEFT else -1
        number, lane = piece.number, self._lane
        self._lane = piece.lane
        self._turn(sideways, number)
        self._reach(parent.y_mm - out * g.set_back_mm, number)
        self._reach(piece.y_mm + out * (g.reach_mm - g.coil_ahead_mm), number)
        self._reach(piece.y_mm, number)
        tasks: list[Task] = []
        half = g.swath_mm // 2
        if x_mm - half > piece.from_mm:
            low = piece.from_mm + g.coil_ahead_mm
            span = (piece.from_mm + g.reach_mm, x_mm)
            tasks += [
                lambda: self._turn(2, number),
                lambda: self._reach(x_mm + g.set_back_mm, number),
                lambda: self._go(low, number),
                lambda: self._sides(piece, span, back_to=x_mm),
            ]
        if x_mm + half < piece.to_mm:
            high = piece.to_mm - g.coil_ahead_mm
            ahead = (x_mm, piece.to_mm - g.reach_mm)
            tasks += [
                lambda: self._turn(0, number),
                lambda: self._reach(x_mm - g.set_back_mm, number),
                lambda: self._go(high, number),
                lambda: self._sides(piece, ahead, back_to=x_mm),
            ]
        tasks += [
            lambda: self._turn(sideways, number),
            lambda: self._reach(parent.y_mm - out * g.set_back_mm, number),
            lambda: self._reach(parent.y_mm, number),
            lambda: self._turn(heading, number),
            lambda: setattr(self, "_lane", lane),
        ]
        self._then(*tasks)

    def _comb(self, parent: Piece, piece: Piece) -> None:
        """One lane sideways over a piece, without a turn in it."""
        g, heading, lane = self._g, self._pose.heading, self._lane
        sideways = _LEFT if piece.y_mm > parent.y_mm else _RIGHT
        out = 1 if sideways == _LEFT else -1
        self._lane = piece.lane
        self._turn(sideways, piece.number)
        self._reach(parent.y_mm - out * g.set_back_mm, piece.number)
        self._reach(piece.y_mm + out * (g.swath_mm // 2 - g.coil_ahead_mm), piece.number)
        self._reach(parent.y_mm - out * g.set_back_mm, piece.number)
        self._reach(parent.y_mm, piece.number)
        self._turn(heading, piece.number)
        self._lane = lane

    def _neighbours(self, piece: Piece, span: Span) -> list[_Side]:
        """What can be searched from the side of a lane's piece, on this span of it."""
        if piece.skirts:
            return []
        beside = [other for lane in (piece.lane - 1, piece.lane + 1) for other in self._by_lane.get(lane, ())]
        beside += [other for other in self._skirts if 0 < abs(other.y_mm - piece.y_mm) < self._g.swath_mm]
        open_ones = [other for other in beside if not other.from_base and other.number not in self._done]
        return [side for other in open_ones if (side := self._side(piece, span, other))]

    def _side(self, piece: Piece, span: Span, other: Piece) -> _Side | None:
        low, high = max(span[0], other.room[0]), min(span[1], other.room[1])
        here = without((low, high), self._no_swing(piece)) if low <= high else []
        both = [part for each in here for part in without(each, self._no_swing(other))]
        if both:
            at = _nearest(both, other)
            far = max(other.from_mm - at, at - other.to_mm)
            return None if far > _FAR_MM else _Side((at,), other, True)
        if other.skirts:
            return None
        half, step = self._g.swath_mm // 2, self._g.swath_mm - self._g.overlap_mm
        first, last = other.from_mm + half, other.to_mm - half
        if first > last:
            return None
        count = -(-(last - first) // step)
        places = [first + (last - first) * i // max(1, count) for i in range(count + 1)]
        free = [x for x in places if span[0] <= x <= span[1] and not within(x, self._no_swing(piece))]
        return _Side(tuple(free), other, False) if free else None

    def _no_swing(self, piece: Piece) -> Sequence[Span]:
        return self._lanes.no_swing[piece.y_mm]

    def _why(self, piece: Piece) -> str:
        beside = [o for lane in (piece.lane - 1, piece.lane + 1) for o in self._by_lane.get(lane, ())]
        near = [o for o in beside if o.number in self._done and o.from_mm < piece.to_mm and piece.from_mm < o.to_mm]
        if piece.from_base:
            return "it is shorter than the coil is ahead"
        if (
            piece.from_mm > self._approach_mm
            and piece == self._by_lane[piece.lane][0]
            and (not near or self._g.no_turn())
        ):
            begins, most = piece.from_mm / 1000, self._approach_mm / 1000
            return f"it begins {begins:.1f} m from the base line: a lane crosses {most:.1f} m at most (approach_m)"
        if why := self._g.no_turn():
            return why
        if not near:
            return "no lane that is searched lies beside it"
        return f"obstacles leave no room to turn beside it: {2 * self._g.swing_mm} mm"

    def _move(self, kind: str, value: int, piece: int) -> None:
        if value:
            self._moves.append(Move(kind, value, self._lane, piece))
            dx, dy = (0, 1) if kind == "shift" else AHEAD[self._pose.heading]
            mm = {"shift": value, "lane": value, "back": -value, "turn": 0}[kind]
            turned = value if kind == "turn" else 0
            pose = Pose(self._pose.x_mm + dx * mm, self._pose.y_mm + dy * mm, self._pose.heading)
            self._pose = pose.turned(turned)

    def _turn(self, heading: int, piece: int) -> None:
        quarters = (heading - self._pose.heading + 1) % 4 - 1
        self._move("turn", quarters, piece)

    def _reach(self, place: int, piece: int) -> None:
        """Along the heading to this x or y, ahead or back."""
        dx, dy = AHEAD[self._pose.heading]
        mm = (place - self._pose.x_mm) * dx + (place - self._pose.y_mm) * dy
        self._move("lane" if mm > 0 else "back", abs(mm), piece)

    def _go(self, place: int, piece: int) -> None:
        """The same, ahead or not at all."""
        dx, dy = AHEAD[self._pose.heading]
        if (place - self._pose.x_mm) * dx + (place - self._pose.y_mm) * dy > 0:
            self._reach(place, piece)


def _nearest(spans: Sequence[Span], piece: Piece) -> int:
    """The place in spans that is nearest to a piece, or the first that is beside it."""

    def away(x_mm: int) -> tuple[int, int]:
        return max(piece.from_mm - x_mm, x_mm - piece.to_mm, 0), x_mm

    return min((min(max(x, a), b) for a, b in spans for x in (piece.from_mm, piece.to_mm)), key=away)
