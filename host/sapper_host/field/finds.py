"""Finds of a mission: told by the board, kept with place and uncertainty, judged by a person, or skirted."""

from __future__ import annotations

import math
from collections.abc import Sequence

from sapper_host.board.decoder import Event
from sapper_host.field.geometry import Geometry
from sapper_host.field.heard import Known
from sapper_host.field.mission import Kept, Mission
from sapper_host.field.people import People

HAND_OVER, SKIRT = "hand over", "skirt"
_WORDS = {"mine": "suspect", "unknown": "suspect", "clutter": "clutter", "skirt": "suspect", "removed": "removed"}
# What the board is told: of what was lifted nothing is left to stand off from.
_TO_THE_BOARD = {"skirt": "unknown", "removed": "clutter"}
# Without the event that tells a find's place it is taken to be at the coil, and so much less sure.
_UNSURE_MM = 150
_WAIT_S = 3.0
_LOG_EVENTS = 12
_SAME_MM = 400
# Finds so close to each other are one.
_ONE_MM = 150
# Numbers of finds whose events were lost.
_WITHOUT_EVENT = 1 << 20


def _find_in(line: str) -> Event | None:
    """A find of a log's line, None for all else."""
    words = line.split()
    if len(words) < 5 or words[0] != "*" or words[3] not in ("contact", "spot"):
        return None
    values = dict(word.split("=", 1) for word in words[4:] if "=" in word)
    try:
        args = {name: int(value) if value.lstrip("-").isdigit() else value for name, value in values.items()}
        event = Event(int(words[1]), int(words[2]), words[3], int(args.pop("s_mm")), args)
        return event if event.kind == "contact" or {"x_mm", "y_mm", "sigma_mm"} <= set(args) else None
    except (KeyError, ValueError):
        return None


class Finds:
    """Of one mission. policy: who judges them."""

    def __init__(self, mission: Mission, people: People, geometry: Geometry, policy: str) -> None:
        self._mission, self._people, self._geometry, self._policy = mission, people, geometry, policy
        self._class = "none"
        self._since_s: float | None = None
        self._asked = False
        self._at: Kept | None = None
        self._word: str | None = None
        self.lifted = False  # the last one was: its ground wants a sweep of its own

    def heard(self, event: Event, known: Known, board: str) -> None:
        """A `contact` or `spot` event: kept at once."""
        if event.kind == "contact":
            self._class = str(event.args.get("class", "none"))
            return
        if known.boot is None or not board:
            return
        x, y, sigma = (int(event.args[name]) for name in ("x_mm", "y_mm", "sigma_mm"))
        self._keep(Kept(board, known.boot, event.number, x, y, max(0, sigma), self._class, _heading(known), "none"))

    def to_ask(self, known: Known, now_s: float) -> str:
        """The line that makes up for a find's event that was lost, '' where none was, or it may still come."""
        self._at = self._at or self._open_one(known)
        if self._at is not None:
            return ""
        self._since_s = now_s if self._since_s is None else self._since_s
        if self._asked or now_s - self._since_s < _WAIT_S:
            return ""
        self._asked = True
        return f"log {_LOG_EVENTS}"

    def logged(self, lines: Sequence[str], known: Known, board: str) -> None:
        """The board's log: the last find in it."""
        found = [event for line in lines if (event := _find_in(line)) is not None]
        for event in found[-2:]:
            self.heard(event, known, board)

    def verdict(self, known: Known, board: str, now_s: float) -> str | None:
        """The word for the board's `verdict`, None until there is one."""
        if self._at is None:
            self._at = self._open_one(known)
        if self._at is None:
            if self._since_s is None:
                self._since_s = now_s
            if now_s - self._since_s < _WAIT_S or not self._asked or known.place is None or known.boot is None:
                return None
            x, y, heading = known.place
            ahead = self._geometry.coil_ahead_mm
            number = _WITHOUT_EVENT + len(self._mission.contacts())
            at = x + ahead * math.cos(heading / 1000), y + ahead * math.sin(heading / 1000)
            sigma = (known.sigma_mm or 0) + _UNSURE_MM
            self._keep(Kept(board, known.boot, number, round(at[0]), round(at[1]), sigma, self._class, heading, "none"))
        assert self._at is not None
        self._word = "skirt" if self._policy == SKIRT else self._people.verdict(self._at)
        return _TO_THE_BOARD.get(self._word, self._word) if self._word is not None else None

    def judged(self, word: str, ok: bool, text: str = "") -> None:
        """The board took the verdict, or not (then it is asked for again). One said again, as its answer was lost, is
        refused in the state that the first one led to."""
        ok = ok or (text.startswith("state") and "ARMED" in text)
        if not ok or self._at is None:
            return
        self._mission.judge(self._at, _WORDS[self._word or word])
        self.lifted = self._word == "removed"
        self._at = None
        self._since_s, self._asked = None, False
        self._class = "none"

    def left_open(self) -> None:
        """Those that nobody judged are taken as suspect: the plan goes round them."""
        for kept in self._mission.contacts():
            if kept.verdict == "none":
                self._mission.judge(kept, "suspect")
        self._at, self._since_s, self._asked = None, None, False

    def _keep(self, kept: Kept) -> None:
        for other in self._mission.contacts():
            if math.hypot(kept.x_mm - other.x_mm, kept.y_mm - other.y_mm) <= max(_ONE_MM, 3 * kept.sigma_mm):
                self._at = other  # found again: by another start of the board, or from another side
                return
        if self._mission.add_contact(kept):
            self._people.tell(f"a find at x {kept.x_mm / 1000:.2f}, y {kept.y_mm / 1000:.2f} m, {kept.class_name}")
        self._at = kept

    def _open_one(self, known: Known) -> Kept | None:
        """A find that was kept before, by a program that ended: near the coil, not judged."""
        if known.place is None:
            return None
        x, y, heading = known.place
        ahead = self._geometry.coil_ahead_mm
        at = x + ahead * math.cos(heading / 1000), y + ahead * math.sin(heading / 1000)
        near = [
            kept
            for kept in self._mission.contacts()
            if kept.verdict == "none" and math.hypot(kept.x_mm - at[0], kept.y_mm - at[1]) <= _SAME_MM
        ]
        return near[-1] if near else None


def _heading(known: Known) -> int:
    return known.place[2] if known.place is not None else 0
