"""The operator at a terminal, for a mission that runs: questions are printed once, answers come as they are typed."""

from __future__ import annotations

import queue
import sys
import threading
from collections.abc import Callable, Iterable

from sapper_host.field.geometry import Geometry
from sapper_host.field.mission import Kept
from sapper_host.field.people import Placed

_VERDICTS = {
    **{word[0]: word for word in ("mine", "clutter", "unknown", "removed")},
    **{word: word for word in ("mine", "clutter", "unknown", "removed")},
}
_YES = ("y", "yes")


class TerminalPeople:
    """yes: agrees to everything by itself, and places the rover where the mission begins: for rigs. say: prints a line.
    typed: lines of the operator's."""

    def __init__(
        self, geometry: Geometry, start_y_mm: int, say: Callable[[str], None], yes: bool = False,
        typed: Iterable[str] = sys.stdin,
    ) -> None:  # fmt: skip
        self._usual = Placed(geometry.base_x_mm, start_y_mm)
        self._say, self._yes = say, yes
        self._typed: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._question = ""
        if not yes:
            threading.Thread(target=self._read, args=(typed,), name="operator's lines", daemon=True).start()

    def place(self, why: str) -> Placed | None:
        """See people.py: metres and degrees are typed, an empty line for the place where the mission begins."""
        if self._yes:
            return self._usual
        x, y = self._usual.x_mm / 1000, self._usual.y_mm / 1000
        line = self._asked(
            f"{why}. Stand it before the base line, heading into the area, and type where the middle of its tracks is: "
            f"X Y, metres from the left post (before the line X is negative, to the right Y is). Enter: {x:.2f} {y:.2f}"
        )
        if line is None:
            return None
        if not line:
            return self._usual
        try:
            x, y, *more = (float(word.replace(",", ".")) for word in line.split())
            degrees = more[0] if more else 0.0
        except ValueError:
            self._question = ""
            self._say(f"'{line}' is no place: two numbers, like -1.00 -0.35")
            return None
        return Placed(round(x * 1000), round(y * 1000), round(degrees * 17.4533))

    def consent(self, what: str, why: str) -> bool:
        """See people.py."""
        if self._yes:
            return True
        line = self._asked(f"{why}. Stand clear; {what}? yes")
        if line is not None and line.lower() not in _YES:
            self._question = ""
        return line is not None and line.lower() in _YES

    def verdict(self, contact: Kept) -> str | None:
        """See people.py."""
        if self._yes:
            return "unknown"
        line = self._asked(
            f"find at x {contact.x_mm / 1000:.2f}, y {contact.y_mm / 1000:.2f} +- {3 * contact.sigma_mm / 1000:.2f} m, "
            f"{contact.class_name}: mine, clutter, unknown (it is gone round), or removed (it is searched again)?"
        )
        word = _VERDICTS.get(line.lower()) if line is not None else None
        if line is not None and word is None:
            self._question = ""
        return word

    def tell(self, text: str) -> None:
        """See people.py."""
        self._say(text)

    def _asked(self, question: str) -> str | None:
        """The line typed since this question was printed, None until there is one."""
        if question != self._question:
            while not self._typed.empty():
                self._typed.get()  # typed before it was asked: for another question
            self._question = question
            self._say(question)
            return None
        if self._typed.empty():
            return None
        self._question = ""
        return self._typed.get().strip()

    def _read(self, typed: Iterable[str]) -> None:
        for line in typed:
            self._typed.put(line)
