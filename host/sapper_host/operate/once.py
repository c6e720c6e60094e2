"""Events that a board tells again after a lost link are known by their number and time, and count once."""

from __future__ import annotations

from collections import deque

from sapper_host.board.decoder import Event

_NUMBERS = 1 << 16  # an EVENT frame has no more of a number; a text line has all of it
_KEPT = 256  # a board's own log holds 64


class Once:
    """For one reader of one link."""

    def __init__(self) -> None:
        self._seen: deque[tuple[int, int]] = deque(maxlen=_KEPT)

    def new(self, event: Event) -> bool:
        """Whether it is told for the first time."""
        if event.kind == "boot":
            self._seen.clear()  # numbers and times may begin anew
        key = (event.number % _NUMBERS, event.t_ms)
        if key in self._seen:
            return False
        self._seen.append(key)
        return True
