"""Which start of the board each message of a recording, or line of a log, is of: times and places of two starts are two
things."""

from __future__ import annotations

from collections.abc import Sequence

from sapper.shared.limits import TIME_WRAP_MS

# Why places begin again.
ANEW = "the board started anew"
ARMED_ANEW = "armed anew, and this older firmware's places begin again at each arming"
# Events may be told a little after later frames; a second back is a restart.
BACK_MS = 1000


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
                anew = t_ms < self._t_ms - BACK_MS or (boot is None) != (known is None)
            if anew:
                self._next()
        if boot is not None:
            self.now = self._of_boot.setdefault(boot, self.now)
            self.boots[self.now] = boot
        self._t_ms = self.unwrapped(t_ms)
        return self.now

    def unwrapped(self, t_ms: float) -> float:
        """Board time that goes on where the board's wraps: the one nearest to the newest STATUS of this start. Older
        firmware, without boot numbers, does not wrap."""
        if self._t_ms is None or self.boots[self.now] is None:
            return t_ms
        return t_ms + TIME_WRAP_MS * round((self._t_ms - t_ms) / TIME_WRAP_MS)

    def event(self, kind: str) -> int:
        """An event of that kind."""
        if kind == "boot" and self._t_ms is not None:
            self._next()
        return self.now

    def _next(self) -> None:
        self.boots.append(None)
        self.now = len(self.boots) - 1
        self._t_ms = None


def parts_begin(lines: Sequence[str]) -> list[str]:
    """For each line of a board's log (`NUMBER T_MS KIND s_mm=S name=value ...`), oldest first, why a part begins with
    it; '' where none does, as with the first. An arming of older firmware shows by its place, which falls to 0."""
    out, before = [], "s_mm=0"
    for i, line in enumerate(lines):
        words = line.split()
        kind, place = (words[2:4] + ["", ""])[:2]
        why = ""
        if kind == "boot":
            why = ANEW
        elif {"state", "to=ARMED", "from=SAFE"} <= set(words) and place == "s_mm=0" != before:
            why = ARMED_ANEW
        out.append(why if i else "")
        before = place
    return out
