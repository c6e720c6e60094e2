"""The console's lines below the prompt: first of all the state and whether the rover is heard, then why it stands and
what is to be done, then hints and figures."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from sapper_host.operate.drive_keys import DriveKeys
from sapper_host.operate.link_words import ALARM, badge, beside, link_words, wrapped
from sapper_host.operate.monitor_state import MonitorState
from sapper_host.operate.monitor_view import figures
from sapper_host.operate.operator import HELD_STATES, Operator
from sapper_host.operate.why_words import why

if TYPE_CHECKING:
    from sapper_host.recordings.recorder import Recorder

_WHY_LINES_MOST = 3
_BEFORE_DRIVING = ("SAFE", "ARMED", "TELEOP")


class Toolbar:
    """Of one console. driving: whether keys drive; None where they cannot."""

    def __init__(self, operator: Operator, state: MonitorState, keys: DriveKeys, recorder: Recorder | None) -> None:
        self._operator = operator
        self._link = operator.link
        self._state = state
        self._keys = keys
        self._recorder = recorder
        self.driving: bool | None = None

    @property
    def heard(self) -> bool:
        """Whether what is shown is the present."""
        return self._seen().heard

    def text(self, width: int) -> str:
        """All of it, `width` columns wide, with the terminal's own colours."""
        console = Console(
            file=io.StringIO(), force_terminal=True, color_system="standard", width=width, highlight=False
        )
        with console.capture() as capture:
            for line in self._lines(self._seen(), width):
                console.print(line, no_wrap=True, overflow="ellipsis", crop=True)
        return capture.get().rstrip("\n")

    def _seen(self) -> MonitorState:
        if self._link.gone is not None:
            self._state.lost(self._link.gone.message)
        return self._state.snapshot()

    def _lines(self, seen: MonitorState, width: int) -> Iterator[Text]:
        counts = self._link.decoder.counts
        left = Text(" ").append(badge(seen, self._operator.state)).append(f"  {self._hands()}")
        yield beside(left, link_words(seen, counts.bad_frames), width)
        if not seen.connected:
            yield Text(f" {seen.trouble}: Enter leaves", "bold red")
        for trouble in self._troubles():
            yield Text(f" !! {trouble}", "bold red")
        if words := why(seen):
            for line in wrapped(words, width - 2, _WHY_LINES_MOST):
                yield Text(" ").append(line)
        if hints := self._hints(seen, counts.garbled_lines + counts.bad_frames):
            yield Text(" ").append(hints)
        yield Text(f" {figures(seen)}", "" if seen.fresh else "dim")

    def _hands(self) -> str:
        """Who has the rover."""
        if self.driving:
            waits = self._keys.waits(time.monotonic())
            return "LET GO OF ALL KEYS" if waits else f"DRIVING {self._keys.speed_mm_s} mm/s"
        if self._operator.state not in HELD_STATES:
            return ""
        return "armed from here" if self._operator.holds else "armed elsewhere, looking on"

    def _hints(self, seen: MonitorState, damaged: int) -> Text:
        words = ["Ctrl-C stops"] if self._operator.state in HELD_STATES else []
        if self.driving:
            words.append("arrows drive, + - speed, space stands, F2 ends")
        elif self.driving is not None and self._link.watches_only is None and self._operator.state in _BEFORE_DRIVING:
            words.append("F2 drives by keys")
        if damaged:
            words.append(f"{damaged} damaged")
        text = Text()
        if seen.weakened:
            text.append(" STOPS WEAKENED ", ALARM).append(" `status` tells which  ")
        return text.append("; ".join(words), "dim")

    def _troubles(self) -> Iterator[str]:
        """What is wrong beside that, as long as it is."""
        if self._link.watches_only is not None:
            yield "WATCHING ONLY, no key that fits: Ctrl-C stops"
        recorded = self._recorder.problem if self._recorder is not None else ""
        if recorded:
            yield f"NOT RECORDED: {recorded}"
        for text in self._link.hearers.troubles:
            if not recorded or recorded not in text:
                yield text
