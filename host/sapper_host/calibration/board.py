"""A board as a calibration speaks to it: frames for so long, settings, its own test-piece check. Left as it was met."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Protocol

from sapper.shared.events import PIECE_STEPS
from sapper.shared.limits import PIECE_AWAY_MS, PIECE_BRING_MS, PIECE_QUIET_MS, TIME_WRAP_MS
from sapper_host.board import settings
from sapper_host.board.answers import Answer
from sapper_host.board.decoder import Event, Frame, Item
from sapper_host.board.dialog import ANSWER_S, Dialog
from sapper_host.board.settings_text import Values
from sapper_host.calibration.frames import Frames, of_rows
from sapper_host.errors import DISARM, LinkError, NoAnswerError, SapperError, Status
from sapper_host.recordings.raw_rows import RawRow, rows_of

Progress = Callable[[float], None]
_VERSION_TRIES = 3
_TURN_S = 0.25
_SPARE_S = 5.0
_ENDS = {name for name, _ in PIECE_STEPS} - {"none", "quiet", "bring", "away"}


class Place(Protocol):
    """Where the board is, and who holds its coil."""

    @property
    def dialog(self) -> Dialog:
        """The open line."""

    def clock(self) -> float:
        """Seconds, of the line's own time."""

    def show(self, step: str) -> None:
        """Returns once the coil is where this step wants it."""


class CalibratedBoard:
    """A context manager: telemetry, a check that runs, and settings that were only tried are taken back at its end."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self._dialog = place.dialog
        self._met: Values = {}
        self._tried: set[str] = set()
        self._checking = False
        self._rows: list[RawRow] = []
        self.ended: Event | None = None
        self.told: Callable[[str], None] = lambda step: None

    def __enter__(self) -> CalibratedBoard:
        self._dialog.hear = self._hear
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(SapperError):  # a line that is gone takes nothing back: the board's next start does
            self._ask("telemetry off", "telemetry=")
            if self._checking:
                self._ask("testpiece end", "testpiece=")
            for name in self._tried:
                self._ask(f"set {name} {self._met[name]}", f"{name}=")
        self._dialog.hear = None

    def _ask(self, line: str, expect: str = "", wait_s: float = ANSWER_S) -> Answer:
        return self._dialog.ask(line, wait_s, expect=expect)

    def command(self, line: str, timeout_s: float = ANSWER_S) -> Answer:
        """As a Link's, for board/settings.py."""
        word, _, rest = line.partition(" ")
        return self._ask(line, f"{rest.split()[0]}=" if word == "set" else "saved" if word == "save" else "", timeout_s)

    def identify(self) -> dict[str, str]:
        """The values of `version`. LinkError when no Sapper answers, SapperError when it is not disarmed."""
        for asked in range(1, _VERSION_TRIES + 1):
            try:
                self._dialog.write(b"\n")  # ends what another program left half said
                version = self._ask("version", "sapper=").values()
                break
            except NoAnswerError:
                self._dialog.look_for_prompt(len("version") * asked)
        else:
            raise LinkError("no Sapper answers", "`sapper doctor` tells what is connected")
        if (state := self.status()["state"]) != "SAFE":
            raise SapperError(
                f"the board is in {state}: a head is calibrated on a rover that is disarmed", DISARM, Status.REFUSED
            )
        self._met = settings.read(self)
        return version

    def status(self) -> dict[str, str]:
        """The values of `status`."""
        return self._ask("status", "state=").values()

    @property
    def met(self) -> Values:
        """The settings as they were."""
        return dict(self._met)

    def record(self, step: str, seconds: float, progress: Progress) -> Frames:
        """Every frame of so many seconds of a step."""
        self.place.show(step)
        self._begin()
        begun_s = self.place.clock()
        # One sum for both: a rig's clock stands while nothing waits for it, and differences are rounded otherwise.
        until_s = begun_s + seconds
        while (now_s := self.place.clock()) < until_s:
            progress(now_s - begun_s)
            self._dialog.quiet_until(min(now_s + _TURN_S, until_s))
        return self._end()

    def check(self, step: str, progress: Progress) -> tuple[Event | None, Frames]:
        """The board's own check of the test piece: the event that ended it, None when none came; and its frames."""
        self.place.show(step)
        self._begin()
        self.ended = None
        self._checking = True
        begun_s = self.place.clock()
        self._ask("testpiece begin", "testpiece=")
        most_s = (PIECE_QUIET_MS + PIECE_BRING_MS + PIECE_AWAY_MS) / 1000 + _SPARE_S
        while self.ended is None and (done_s := self.place.clock() - begun_s) < most_s:
            progress(done_s)
            self._dialog.quiet_until(self.place.clock() + _TURN_S)
        self._checking = self.ended is None
        return self.ended, self._end()

    def try_out(self, wanted: Values) -> None:
        """Settings for the next steps, taken back unless they are kept. SapperError when the board refuses."""
        changes = settings.in_order(self._now(), wanted)
        for name, value in changes:
            self._tried.add(name)
            self.command(f"set {name} {value}")

    def keep(self, wanted: Values) -> settings.Changes:
        """These settings, saved, and of what was tried nothing else."""
        back = {name: self._met[name] for name in self._tried if name not in wanted}
        settings.apply(self, back | wanted, save=True)
        self._tried.clear()
        rows = [(name, self._met[name], value) for name, value in wanted.items() if self._met[name] != value]
        return settings.Changes(rows, True)

    def _now(self) -> Values:
        return settings.read(self)

    def _begin(self) -> None:
        self._rows = []
        self._ask("telemetry raw", "telemetry=")

    def _end(self) -> Frames:
        self._ask("telemetry off", "telemetry=")
        return of_rows(self._rows, TIME_WRAP_MS)

    def _hear(self, item: Item) -> None:
        if isinstance(item, Frame) and item.name == "RAW":
            self._rows += rows_of(item.fields)
        elif isinstance(item, Event) and item.kind == "testpiece":
            step = str(item.args["step"])
            self.told(step)
            if step in _ENDS:
                self.ended = item
