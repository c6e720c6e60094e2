"""Which start of the board each message of a recording is of: times and places of two starts are two things."""

from __future__ import annotations

# Events may be told a little after later frames; a second back is a restart.
_BACK_MS = 1000


class Starts:
    """Fed with messages in the order in which they came; each answer is a start's number, counted from 0.

    boots: the boot number of each, None where the firmware told none.
    """

    def __init__(self) -> None:
        self.boots: list[int | None] = [None]
        self.now = 0
        self._t_ms: float | None = None  # of the newest STATUS of this start
        self._of_boot: dict[int, int] = {}

    def status(self, t_ms: float, boot: int | None) -> int:
        """A STATUS of that board time and boot number."""
        known = self.boots[self.now]
        if self._t_ms is not None:
            if boot is not None and known is not None:
                anew = boot != known
            else:
                anew = t_ms < self._t_ms - _BACK_MS or (boot is None) != (known is None)
            if anew:
                self._next()
        if boot is not None:
            self.now = self._of_boot.setdefault(boot, self.now)
            self.boots[self.now] = boot
        self._t_ms = t_ms
        return self.now

    def event(self, kind: str) -> int:
        """An event of that kind."""
        if kind == "boot" and self._t_ms is not None:
            self._next()
        return self.now

    def _next(self) -> None:
        self.boots.append(None)
        self.now = len(self.boots) - 1
        self._t_ms = None
