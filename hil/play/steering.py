"""What the operator says so that the rover does what the tracks of a tape do: open loop, yet duties and counts agree.

Ahead is a sweep that ends where the tracks stand next; standing the board is ARMED; back is driven by hand. So is all
that comes after that, as a sweep would then begin with a detector that has forgotten the ground.
"""

from __future__ import annotations

import math

from hil.play.course import AHEAD, BACK, STAND, Piece
from hil.play.operator import Operator, OperatorError
from hil.play.tape import Tape
from hil.rigs.rig import NS_PER_S
from sapper.shared.settings import row_of

GOING = ("ARMED", "TELEOP", "SWEEP")  # the states of a board that has not ended by itself
_BEFORE_S = 0.05  # a piece is said so long before it begins
_LET_GO_S = 0.1  # a sweep ends so long before the tracks go back ...
_ROUNDED_MM = 2  # ... and in any case so much before they stand, so that it ends
_HOLD_S = 0.2  # a drive command is said again after so long, before it is stale
_STEPS_LEAST = 2  # fewer ticks in that time are a track that stands
_BEYOND_MM = 100_000  # of a sweep that goes on to the tape's end


class Steering:
    """`begin` when armed, then `say` whenever `due_ns` has passed. ticks_per_m: as set on the board."""

    def __init__(self, operator: Operator, tape: Tape, ticks_per_m: int) -> None:
        self._operator = operator
        self._tape = tape
        self._per_m = ticks_per_m
        self._next = 0  # the piece that is said next
        self._again_s: float | None = None  # when what is driven by hand is said again
        self.by_hand = False
        # (time of the tape, how) of every change: sweep, stand, drive (by hand), stopped (by itself, or let go)
        self.driven: list[tuple[float, str]] = []

    def begin(self) -> None:
        """The board has been armed: what was before does not count."""
        self._rest()
        self._next = sum(piece.to_s <= self._tape.at_s for piece in self._tape.pieces)
        if self._next < len(self._tape.pieces):
            self._say_next()

    def end(self) -> None:
        """The board has stopped: say nothing more, until it begins anew."""
        self._rest()
        self._note(self._tape.at_s, "stopped")

    def let_go(self) -> None:
        """Stand at once, where it is driven by hand, and say nothing more."""
        self._rest()
        self._say("drive 0 0")

    def _rest(self) -> None:
        self.by_hand = False
        self._again_s = None
        self._next = len(self._tape.pieces)

    def due_ns(self, most_ns: int) -> int:
        """From now to when something is to be said, most_ns at most; 0 is now."""
        at_s = self._again_s if self._again_s is not None else self._next_s()
        return max(0, round(min(most_ns, (at_s - self._tape.at_s) * NS_PER_S)))

    def say(self) -> None:
        """Say what is due."""
        if self._again_s is not None:
            self._drive(self._tape.pieces[self._next - 1])
        else:
            self._say_next()

    def _next_s(self) -> float:
        """When the next piece is to be said."""
        pieces = self._tape.pieces
        return pieces[self._next].from_s - _BEFORE_S if self._next < len(pieces) else math.inf

    def _say_next(self) -> None:
        piece = self._tape.pieces[self._next]
        self._next += 1
        self._again_s = None
        self.by_hand = self.by_hand or piece.how == BACK
        if self.by_hand:
            self._drive(piece)
        elif piece.how == AHEAD:
            self._note(piece.from_s, "sweep")
            self._say(f"sweep {self._way_mm(piece)}")
        else:
            self._note(piece.from_s, "stand")

    def _way_mm(self, piece: Piece) -> int:
        """Of a sweep that is over shortly before the piece is."""
        if self._next == len(self._tape.pieces):
            return int(self._tape.length_m * 1000) + _BEYOND_MM
        to_s = piece.to_s - (_LET_GO_S if self._tape.pieces[self._next].how == BACK else 0)
        return max(1, int(sum(self._tape.ticks_between(self._tape.at_s, to_s)) * 500 / self._per_m) - _ROUNDED_MM)

    def _drive(self, piece: Piece) -> None:
        """The speeds of the next moment; it is said again while the piece lasts."""
        self._note(piece.from_s, "drive")
        from_s = max(self._tape.at_s, piece.from_s)
        to_s = min(from_s + _HOLD_S, piece.to_s)
        ticks = self._tape.ticks_between(from_s, to_s)
        if piece.how == STAND or max(map(abs, ticks)) < _STEPS_LEAST:
            self._say("drive 0 0")
        else:
            left, right = (each * 1000 / self._per_m / (to_s - from_s) for each in ticks)
            speed_mm_s = _within((left + right) / 2, "speed_max_mm_s")
            turn_mrad_s = _within((right - left) * 1000 / row_of("track_width_mm")[1], "turn_max_mrad_s")
            self._say(f"drive {speed_mm_s} {turn_mrad_s}")
        self._again_s = to_s if piece.how != STAND and to_s < self._next_s() else None

    def _note(self, from_s: float, how: str) -> None:
        if not self.driven or self.driven[-1][1] != how:
            self.driven.append((max(from_s, self._tape.at_s), how))

    def _say(self, line: str) -> None:
        """OperatorError when it is refused, other than by a board that has just ended by itself."""
        answer, before = self._operator.ask(line)
        if not answer.startswith("ok") and self._operator.state in GOING:
            raise OperatorError(f"'{line}' was refused: {answer} {before}")


def _within(value: float, setting: str) -> int:
    """Rounded, and no more than the setting's default allows, either way."""
    most = row_of(setting)[1]
    return max(-most, min(most, round(value)))
