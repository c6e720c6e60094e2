"""What goes wrong with one move, and how often; and what of it explains ground that is not searched."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sapper.shared.events import REASONS

_REFUSALS_MOST, _GROUND_MOST = 3, 3
_ON_MM, _STUCK_MOST = 100, 2
_SAID_MOST = 6
_AGAIN_MOST = 3
_SHIFTS_MOST = 2
_REMEDIES = {row[0]: row[1] for row in REASONS} | {
    "ground": "the next ground is not known as searched; nothing was touched: clear the latch, it is planned anew",
}


def remedy_of(reason: str) -> str:
    """What people do about a stop."""
    return _REMEDIES.get(reason, "") or "see `sapper monitor`"


def _covered(args: Mapping[str, Any]) -> tuple[str, str] | None:
    return None if args.get("searched") else ("blind", "the board did not count ground as searched from here on")


# Events that are kept with their place: what they say of ground.
CAUSES: dict[str, Callable[[Mapping[str, Any]], tuple[str, str] | None]] = {
    "covered": _covered,
    "fault": lambda args: ("blind", f"detector or tracks: {args.get('fault')}"),
    "ground": lambda args: ("stopped: ground", f"{args.get('ground')} at {args.get('x_mm')}, {args.get('y_mm')}"),
    "release": lambda args: ("release", f"ground check waived for {args.get('ms')} ms"),
    "sensor": lambda args: ("place", f"{args.get('sensor')}: {args.get('sensor_how')}"),
    "link": lambda args: None if args.get("up") else ("no telemetry", "the board lost its operator's link"),
}


class Troubles:
    """Counted by the line that a move is told by: plans are made anew, and the same line comes again.

    given_up: lines that are not tried any more in this run."""

    def __init__(self) -> None:
        self._refusals: dict[str, int] = {}
        self._said: dict[str, list[int]] = {}
        self._ground: dict[str, int] = {}
        self._met: dict[str, int] = {}
        self._backed: dict[str, int] = {}
        self._shifted: dict[str, int] = {}
        self._work: list[int] = []
        self._stuck = 0
        self.given_up: set[str] = set()

    def refused(self, line: str, text: str) -> None:
        """The board did not take it."""
        self._refusals[line] = self._refusals.get(line, 0) + 1
        if text.startswith("ground"):
            self.ground(line)

    def said(self, line: str, at_mm: int) -> None:
        """It took it, from here."""
        self._said.setdefault(line, []).append(at_mm)
        self._shifted.pop(line, None)

    def met_ground(self, line: str) -> bool:
        """Whether the ground check refused or stopped it before."""
        return line in self._met

    def may_shift(self, line: str) -> bool:
        """Whether the rover is put onto this lane's line once more before it begins."""
        self._shifted[line] = self._shifted.get(line, 0) + 1
        return self._shifted[line] <= _SHIFTS_MOST

    def ground(self, line: str, unsure: bool = False) -> None:
        """The ground check refused or stopped it. unsure: as the place was not known well, which will be better."""
        self._met[line] = self._met.get(line, 0) + 1
        if not unsure:
            self._ground[line] = self._ground.get(line, 0) + 1

    def done(self, line: str) -> None:
        """It came to its end: what it took does not count any more."""
        if self._said.pop(line, None):
            self._stuck = 0
        self._refusals.pop(line, None)

    def forgive(self) -> None:
        """All else is driven: what was given up is tried once more."""
        for each in (self._refusals, self._said, self._ground, self._met, self._backed):
            each.clear()
        self.given_up.clear()

    def stuck(self) -> bool:
        """Whether planning anew has not helped: called before each time."""
        self._stuck += 1
        return self._stuck > _STUCK_MOST

    def many(self, line: str) -> bool:
        """Whether it is given up: refused over and over, stopped by the ground over and over, or taken over and over
        without the rover getting on."""
        said = self._said.get(line, [])[-_SAID_MOST:]
        still = len(said) >= _SAID_MOST and max(said) - min(said) < _ON_MM
        if self._refusals.get(line, 0) >= _REFUSALS_MOST or self._ground.get(line, 0) >= _GROUND_MOST or still:
            self.given_up.add(line)
        return line in self.given_up

    def backs_up(self, line: str) -> bool:
        """Whether a lane needs its lead-in once more: once for each time that it met ground not searched."""
        if self._met.get(line, 0) > self._backed.get(line, 0):
            self._backed[line] = self._met[line]
            return True
        return False

    def worth(self, work_mm: int) -> bool:
        """Whether what is left is tried once more: while it becomes less, and a few times at most."""
        self._work.append(work_mm)
        return len(self._work) <= _AGAIN_MOST and (len(self._work) < 2 or work_mm < 0.9 * self._work[-2])
