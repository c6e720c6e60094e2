"""What is known of a board from what was heard of it: its state, its place, and whether it stands at a move's end.
What it did not tell is None."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sapper.shared.events import REASONS, STATES
from sapper_host.field.moves import AHEAD
from sapper_host.field.orders import Order, heading_mrad

UNKNOWN_MM = 65535
# `aid`, bits of STATUS.
PLACED, CHECKS_GROUND = 1 << 0, 1 << 6
HELD_STATES = ("ARMED", "TELEOP", "SWEEP", "CONTACT")
# Within which a move's end is reached. The board refuses what is 100 mm or 200 mrad off its line.
AT_MM, AT_MRAD = 60, 80
ASIDE_MM, ASIDE_MRAD = 100, 200
_HALF_TURN = 3142


@dataclass
class Known:
    """fields: of the last STATUS, by name. state, reason: as last told by frame or event."""

    fields: Mapping[str, int] = field(default_factory=dict)
    state: str = "?"
    reason: str = ""
    boot: int | None = None
    fresh: bool = False  # since the last line was said

    def status(self, fields: Mapping[str, int]) -> None:
        """Take a STATUS frame."""
        self.fields, self.fresh = dict(fields), True
        before = self.state
        if 0 <= fields.get("state", -1) < len(STATES):
            self.state = STATES[fields["state"]]
        reason = fields.get("reason", 0)
        # A firmware may know reasons that these tables do not: then what its event said stays.
        if 0 < reason < len(REASONS) or self.state != before:
            self.reason = REASONS[reason][0] if reason < len(REASONS) else str(reason)

    @property
    def placed(self) -> bool:
        return bool(self.fields.get("aid", 0) & PLACED) and self.sigma_mm is not None

    @property
    def checks_ground(self) -> bool:
        return bool(self.fields.get("aid", 0) & CHECKS_GROUND)

    @property
    def sigma_mm(self) -> int | None:
        sigma = self.fields.get("sigma_mm", UNKNOWN_MM)
        return None if sigma == UNKNOWN_MM else sigma

    @property
    def moving(self) -> bool:
        """Whether one of the moves is under way."""
        return bool(self.fields.get("move", 0)) or self.state in ("SWEEP", "TELEOP")

    @property
    def place(self) -> tuple[int, int, int] | None:
        """x, y, heading of the tracks' middle in the field; None while it is not known."""
        names = ("field_x_mm", "field_y_mm", "field_heading_mrad")
        if not self.placed or any(name not in self.fields for name in names):
            return None
        return self.fields[names[0]], self.fields[names[1]], self.fields[names[2]]


def turned_mrad(a: int, b: int) -> int:
    """From one heading to another, within half a turn."""
    return (b - a + _HALF_TURN) % (2 * _HALF_TURN) - _HALF_TURN


def reached(order: Order, place: tuple[int, int, int]) -> bool:
    """Whether a place is the end of a move."""
    x, y, heading = place
    end = order.end
    turns = order.move.kind in ("turn", "shift")
    if abs(turned_mrad(heading, heading_mrad(end.heading))) > (AT_MRAD if turns else ASIDE_MRAD):
        return False
    if order.move.kind == "turn":
        return True
    if order.move.kind == "shift":
        return abs(y - end.y_mm) <= AT_MM
    dx, dy = AHEAD[end.heading]
    left = (end.x_mm - x) * dx + (end.y_mm - y) * dy
    return (-left if order.move.kind == "back" else left) <= AT_MM


def gone_mm(order: Order, place: tuple[int, int, int]) -> int:
    """How far of a move a place is, 0 to its length; turns have none."""
    x, y, _ = place
    if order.move.kind == "turn":
        return 0
    along = (order.end.x_mm - order.start.x_mm, order.end.y_mm - order.start.y_mm)
    length = abs(order.move.value)
    if not length:
        return 0
    done = ((x - order.start.x_mm) * along[0] + (y - order.start.y_mm) * along[1]) / length
    return max(0, min(length, round(done)))


def on_line(order: Order, place: tuple[int, int, int]) -> bool:
    """Whether the board would take this move from a place."""
    x, y, heading = place
    dx, dy = AHEAD[order.start.heading]
    if order.move.kind == "shift":
        return abs(x - order.start.x_mm) <= 2 * ASIDE_MM
    if order.move.kind == "turn":
        return abs(x - order.start.x_mm) <= ASIDE_MM and abs(y - order.start.y_mm) <= ASIDE_MM
    aside = abs((x - order.start.x_mm) * dy - (y - order.start.y_mm) * dx)
    return aside <= ASIDE_MM and abs(turned_mrad(heading, heading_mrad(order.start.heading))) <= ASIDE_MRAD
