"""When the terminal's bell rings: once a find."""

from __future__ import annotations

from sapper_host.board.decoder import Event
from sapper_host.board.link import Happening
from sapper_host.operate.once import Once

# The contact of an alert is told within 0.66 m of it; what is told nearer than this is the same find.
_SAME_FIND_MM = 1000


class Bell:
    """Feed it what a link tells. on: whether it is to ring at all."""

    def __init__(self, on: bool = True) -> None:
        self._on = on
        self._once = Once()
        self._rung_at_mm: int | None = None

    def rings(self, happening: Happening) -> bool:
        """Whether it rings now: at each alert, and at a contact, or a stop over one, whose alert did not arrive."""
        if not self._on or not isinstance(happening, Event) or not self._once.new(happening):
            return False
        match happening.kind:
            case "detect":
                rings = True
            case "contact":
                rings = not self._rung_here(happening)
            case "state":
                rings = happening.args["to"] == "CONTACT" and not self._rung_here(happening)
            case _:
                rings = False
        if rings:
            self._rung_at_mm = happening.s_mm
        return rings

    def _rung_here(self, event: Event) -> bool:
        return self._rung_at_mm is not None and abs(event.s_mm - self._rung_at_mm) < _SAME_FIND_MM
