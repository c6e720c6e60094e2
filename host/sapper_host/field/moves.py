"""What a plan is made of: moves that the board runs each by itself, in whole mm and quarter turns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

# A `shift` goes along the base line: a quarter turn, `value` mm (positive: to the left), and the turn back.
# `lane` searches `value` mm ahead; `ahead` goes there over ground that was searched. `back` goes `value` mm back the
# way it came. `turn` is `value` quarter turns on the spot, positive to the left, on searched ground or before the base
# line.
KINDS = ("shift", "lane", "ahead", "back", "turn")
# The x and y of headings 0 (into the area), 1 (to the left), 2, 3.
AHEAD = ((1, 0), (0, 1), (-1, 0), (0, -1))


@dataclass(frozen=True)
class Move:
    """lane, piece: of what it is a part, piece -1 for none."""

    kind: str
    value: int
    lane: int
    piece: int = -1


@dataclass(frozen=True)
class Pose:
    """The middle between the tracks, mm in the field's frame; heading in quarter turns from x, 0..3."""

    x_mm: int
    y_mm: int
    heading: int = 0

    def gone(self, mm: int) -> Pose:
        """So far ahead of it."""
        dx, dy = AHEAD[self.heading]
        return Pose(self.x_mm + dx * mm, self.y_mm + dy * mm, self.heading)

    def turned(self, quarters: int) -> Pose:
        """Turned on the spot."""
        return Pose(self.x_mm, self.y_mm, (self.heading + quarters) % 4)


@dataclass(frozen=True)
class Leg:
    """One straight stretch or turn of a move, from pose to pose."""

    kind: str  # ahead, back, turn
    start: Pose
    end: Pose
    move: int
    searches: bool = False

    @property
    def mm(self) -> int:
        """Its length."""
        return abs(self.end.x_mm - self.start.x_mm) + abs(self.end.y_mm - self.start.y_mm)


def legs(start: Pose, moves: Sequence[Move]) -> Iterator[Leg]:
    """The stretches and turns of moves, in order. ValueError for a kind that is none."""
    pose = start
    for number, move in enumerate(moves):
        for kind, value in _steps(move):
            end = pose.turned(value) if kind == "turn" else pose.gone(value if kind == "ahead" else -value)
            yield Leg(kind, pose, end, number, searches=move.kind == "lane")
            pose = end


def _steps(move: Move) -> tuple[tuple[str, int], ...]:
    match move.kind:
        case "lane" | "ahead":
            return (("ahead", move.value),)
        case "back":
            return (("back", move.value),)
        case "turn":
            return (("turn", move.value),)
        case "shift":
            side = 1 if move.value > 0 else -1
            return (("turn", side), ("ahead", abs(move.value)), ("turn", -side))
    raise ValueError(f"there is no move '{move.kind}'")
