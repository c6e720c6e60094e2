"""Moves as what the board is told: absolute targets, so that a line said again changes nothing; the way back from
anywhere; and moves without what is searched already."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from sapper_host.field.geometry import Geometry
from sapper_host.field.moves import AHEAD, Leg, Move, Pose, legs

Clear = Callable[[Pose, Pose], float]
# Shorter stretches are not worth a move of their own.
_STRETCH_LEAST_MM = 300
# A board's map is 12.8 m along x, and 6.4 m across; it reaches at least 1.6 m ahead (ground/cells.py).
_WHOLE_MOST_MM, _PART_MOST_MM, _PART_LEAST_MM = 9000, 1000, 150


@dataclass(frozen=True)
class Order:
    """A move and the poses that it goes from and to."""

    move: Move
    start: Pose
    end: Pose

    @property
    def line(self) -> str:
        """What the board is told."""
        match self.move.kind:
            case "turn":
                return f"turn {heading_mrad(self.end.heading)}"
            case "shift":
                return f"shift {self.end.y_mm}"
            case kind:
                return f"{kind} {self.end.x_mm} {self.end.y_mm}"

    @property
    def name(self) -> str:
        """By which it is remembered: a turn's line says nothing of where it is made."""
        return f"{self.line} at {self.start.x_mm} {self.start.y_mm}" if self.move.kind == "turn" else self.line


def part_of(order: Order, place: tuple[int, int, int], careful: bool = False) -> Order:
    """Of a long way over known ground, the next part: a board's map goes with the rover, and of what it is told of the
    ground ahead it keeps only what the map reaches to. careful: along x in short parts, too, as its map did not reach
    so far: where the rover came from deep in the area it lies ahead of it, and 1.6 m behind."""
    move, end = order.move, order.end
    if move.kind not in ("ahead", "back"):
        return order
    dx, dy = AHEAD[end.heading]
    sign = 1 if move.kind == "ahead" else -1
    left_mm = sign * ((end.x_mm - place[0]) * dx + (end.y_mm - place[1]) * dy)
    if left_mm <= (_PART_MOST_MM if dy or careful else _WHOLE_MOST_MM):
        return order
    # Counted from the end, so that a place that trembles does not move them.
    after_mm = int((left_mm - _PART_LEAST_MM) // _PART_MOST_MM) * _PART_MOST_MM
    return Order(replace(move, value=max(1, move.value - after_mm)), order.start, end.gone(-sign * after_mm))


def heading_mrad(quarters: int) -> int:
    """Within half a turn."""
    return round(((quarters + 1) % 4 - 1) * math.pi / 2 * 1000)


def orders_of(start: Pose, moves: Sequence[Move]) -> list[Order]:
    """Each move with its poses."""
    out: list[Order] = []
    here = start
    ends: dict[int, Pose] = {leg.move: leg.end for leg in legs(start, moves)}
    for number, move in enumerate(moves):
        out.append(Order(move, here, ends[number]))
        here = ends[number]
    return out


def shorter(moves: Iterable[Move]) -> list[Move]:
    """Without ways there and back between which nothing is searched."""
    out: list[Move] = []
    for move in moves:
        while move.value:
            last = out[-1] if out else None
            made = _joined(last, move) if last else None
            if made is None:
                out.append(move)
                break
            out.pop()
            move = made
    return out


def _joined(first: Move, second: Move) -> Move | None:
    """Two moves as one, of value 0 when they come to nothing; None when they do not go together."""
    kinds = {first.kind, second.kind}
    if kinds == {"turn"}:
        return replace(second, value=(first.value + second.value + 1) % 4 - 1)
    if kinds == {"shift"}:
        return replace(second, value=first.value + second.value)
    if kinds <= {"ahead", "back"}:
        mm = sum(move.value if move.kind == "ahead" else -move.value for move in (first, second))
        return replace(second, kind="ahead" if mm > 0 else "back", value=abs(mm))
    return None


def way_back(done: Sequence[Order]) -> list[Move]:
    """Back the way it came: the moves done since the rover last stood on the base line, the last one perhaps in part.
    Its first move leads to where the last one began, wherever in it the rover is."""
    back = {"lane": "back", "ahead": "back", "back": "ahead", "turn": "turn", "shift": "shift"}
    signed = ("turn", "shift")
    moves = [
        replace(
            order.move,
            kind=back[order.move.kind],
            value=-order.move.value if order.move.kind in signed else order.move.value,
        )  # noqa: E501
        for order in reversed(done)
    ]
    # What leads back out of the move that was broken off has to be done as it is: the rover is somewhere in it.
    return moves[:1] + shorter(moves[1:]) if moves else []


def rest_of(start: Pose, moves: Sequence[Move], geometry: Geometry, searched_mm: Clear) -> list[Move]:
    """Moves without searching what is searched, and without the ways that are not needed for the rest.

    searched_mm(first, last): of the ground that a lane between two places of the coil's line would search, how much
    is searched, from its beginning on.
    """
    out: list[Move] = []
    for leg in legs(start, moves):
        move = moves[leg.move]
        if move.kind != "lane":
            if not out or out[-1] is not move:
                out.append(move)
            continue
        first, last = span_of(leg, geometry)
        length = abs(last.x_mm - first.x_mm) + abs(last.y_mm - first.y_mm)
        got = searched_mm(first, last)
        if leg.mm <= geometry.lead_in_mm + geometry.settle_mm or got >= length - geometry.cell_mm:
            out.append(replace(move, kind="ahead"))
        elif got - geometry.cell_mm >= _STRETCH_LEAST_MM:
            skip = round(got) - geometry.cell_mm
            out += [replace(move, kind="ahead", value=skip), replace(move, value=move.value - skip)]
        else:
            out.append(move)
    return shorter(out)


def span_of(leg: Leg, geometry: Geometry) -> tuple[Pose, Pose]:
    """Between which places a lane searches ground: behind its lead-in, up to where the detector has settled."""
    return (
        leg.start.gone(geometry.coil_ahead_mm + geometry.lead_in_mm),
        leg.end.gone(geometry.coil_ahead_mm - geometry.settle_mm),
    )
