"""The console: the operator types, the board answers, its events appear between in colour.

On a terminal there is line editing, history and completion of commands and settings; from a pipe the lines are simply
sent, one after the other. While the rover is armed the console says every 500 ms that the operator is there.
"""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from sapper.shared.commands import COMMANDS, ROWS
from sapper.shared.settings import TABLE
from sapper_host.board.decoder import Event, Text
from sapper_host.board.link import Happening, Link
from sapper_host.errors import BoardError, NoAnswerError, SapperError
from sapper_host.operate.drive_keys import KEYS, DriveKeys, Driver
from sapper_host.operate.monitor_state import STRENGTH_MAX, MonitorState, describe
from sapper_host.operate.monitor_view import EVENT_STYLE, bar_text

if TYPE_CHECKING:
    from prompt_toolkit import PromptSession
    from prompt_toolkit.completion import Completer
    from prompt_toolkit.key_binding import KeyBindings
    from rich.text import Text as RichText

    from sapper_host.recordings.recorder import Recorder

# States that end by themselves when the operator is not heard of.
_HELD_STATES = ("ARMED", "TELEOP", "SWEEP", "CONTACT")
# Answers that take longer than the usual two seconds.
_TIMEOUT_S = {"selftest": 10.0, "save": 5.0}
_LEAVE = ("exit", "quit")


class Operator:
    """One operator at one link: follows the board's state, and keeps the link alive while it is armed from here."""

    def __init__(self, link: Link) -> None:
        self.link = link
        self.state = "?"
        self.holds = False
        link.listen(self._hear)

    def __enter__(self) -> Operator:
        self.version = self.link.identify()
        self._follow(self.link.command("status").values().get("state", "?"))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Leaving a rover that is armed from here stops it: there is no operator any more."""
        if self.holds and self.link.gone is None:
            self.say("stop")

    def say(self, line: str) -> tuple[str, bool]:
        """Send one line; (what to print, whether it went well). LinkError when the board is gone."""
        word = line.split()[0] if line.split() else ""
        try:
            if word == "stop":
                answer = self.link.stop()
            else:
                answer = self.link.command(line, _TIMEOUT_S.get(word, 2.0), check=False)
        except NoAnswerError as error:
            return f"no answer: {error.remedy}", False
        if answer.ok:
            self._follow(answer.values().get("state", self.state))
            # While armed the board takes these from the link that armed and from no other: so that link is this one.
            # Whoever only looks on must not keep a rover going whose operator is gone.
            self._hold(ROWS[word][3] == "link" if word in ROWS else False)
        return "\n".join([*(f"  {text}" for text in answer.lines), answer.last]), answer.ok

    def _hear(self, happening: Happening) -> None:
        if isinstance(happening, Event):
            if happening.kind == "state":
                self._follow(str(happening.args["to"]))
            elif happening.kind == "boot":
                self._follow("SAFE")

    def _follow(self, state: str) -> None:
        self.state = state
        self._hold(False)

    def _hold(self, proven: bool) -> None:
        """Keep the link alive while the rover is armed, once it is proven to be armed from here."""
        self.holds = self.state in _HELD_STATES and (self.holds or proven)
        self.link.keep_alive(self.holds)


def run_lines(link: Link, lines: Iterable[str], recorder: Recorder | None = None) -> None:
    """Send lines from a pipe and print the answers; events go to stderr. BoardError at the end when one failed."""

    def show(happening: Happening) -> None:
        if isinstance(happening, Event):
            print(happening.line(), file=sys.stderr, flush=True)

    link.listen(show)
    if recorder is not None:
        link.listen(recorder.take)
    failed: tuple[str, str] | None = None
    with Operator(link) as operator:
        for raw in lines:
            line = raw.strip()
            if not line or line.startswith("#"):
                continue
            if line in _LEAVE:
                break
            text, ok = operator.say(line)
            print(text, flush=True)
            if not ok:
                failed = (line, text)
    if failed is not None:
        last = failed[1].splitlines()[-1]
        name, _, reason = last.removeprefix("err ").partition(": ")
        raise BoardError(failed[0], name, reason)


def run_terminal(link: Link, history_file: Path, recorder: Recorder | None = None) -> None:
    """The interactive console, until Ctrl-D or `exit`. Ctrl-C sends `stop` while the rover is armed."""
    from prompt_toolkit.patch_stdout import patch_stdout

    if recorder is not None:
        link.listen(recorder.take)
    with Operator(link) as operator, patch_stdout(raw=True), _Terminal(operator, history_file) as terminal:
        terminal.run()


class _Terminal:
    """The prompt, its keys, the toolbar, and what appears above it."""

    def __init__(self, operator: Operator, history_file: Path) -> None:
        from prompt_toolkit import PromptSession
        from prompt_toolkit.auto_suggest import AutoSuggestFromHistory
        from prompt_toolkit.history import FileHistory

        self._operator = operator
        self._link = operator.link
        self._state = MonitorState()
        self._keys = DriveKeys()
        self._driver: Driver | None = None
        history_file.parent.mkdir(parents=True, exist_ok=True)
        self._session: PromptSession[str] = PromptSession(
            history=FileHistory(str(history_file)),
            auto_suggest=AutoSuggestFromHistory(),
            completer=_completer(),
            complete_while_typing=False,
            refresh_interval=0.25,
            key_bindings=self._bindings(),
        )

    def __enter__(self) -> _Terminal:
        self._link.listen(self._hear)
        self._state.found(self._operator.version)
        # Refused over a radio without signing: then events come as text, and the toolbar has no figures.
        with contextlib.suppress(SapperError):
            self._link.command("telemetry on", quiet=True)
        return self

    def __exit__(self, *_: object) -> None:
        self._drive_mode(False)
        if self._link.gone is None:
            with contextlib.suppress(SapperError):
                self._link.command("telemetry off", timeout_s=0.5, quiet=True)

    def run(self) -> None:
        """Until the operator leaves; raises what ended the link, if it ended."""
        version = self._operator.version
        board = version.get("board", "?")
        self._out(_rich(f"Sapper {version['sapper']} on board {board}; `help` lists commands, Ctrl-D leaves"))
        while self._link.gone is None:
            line = self._ask()
            if line is None or line in _LEAVE:
                return
            if line:
                self._say(line)
        raise self._link.gone

    def _say(self, line: str) -> None:
        text, ok = self._operator.say(line)
        self._out(_rich(text, "green" if ok else "bold red"))

    def _ask(self) -> str | None:
        """A line; '' after Ctrl-C (which stops an armed rover), None for Ctrl-D."""
        from prompt_toolkit.formatted_text import HTML

        try:
            return self._session.prompt(
                lambda: HTML(f"<b>{self._operator.state}</b> &gt; "), bottom_toolbar=self._toolbar
            ).strip()
        except KeyboardInterrupt:
            if self._operator.state in _HELD_STATES:
                self._say("stop")  # before anything else
                self._drive_mode(False, stand=False)
            else:
                self._out(_rich("Ctrl-D leaves", "dim"))
            return ""
        except EOFError:
            return None

    def _bindings(self) -> KeyBindings:
        from prompt_toolkit.filters import Condition
        from prompt_toolkit.key_binding import KeyBindings

        bindings = KeyBindings()
        driving = Condition(lambda: self._driver is not None)
        for key in KEYS:
            bindings.add(key, filter=driving)(lambda event, key=key: self._keys.press(key, time.monotonic()))
        bindings.add("+", filter=driving)(lambda event: self._keys.faster(True))
        bindings.add("-", filter=driving)(lambda event: self._keys.faster(False))
        bindings.add(" ", filter=driving)(lambda event: self._keys.release())
        bindings.add("f2")(lambda event: self._drive_mode(self._driver is None))
        bindings.add("escape", filter=driving, eager=True)(lambda event: self._drive_mode(False))
        return bindings

    def _drive_mode(self, on: bool, stand: bool = True) -> None:
        if on and self._driver is None:
            self._driver = Driver(self._link, self._keys, lambda text: self._out(_rich(text, "bold red")))
        elif not on and self._driver is not None:
            driver, self._driver = self._driver, None
            driver.close(stand)

    def _hear(self, happening: Happening) -> None:
        self._state.take(happening, self._link.decoder.counts)
        match happening:
            case Event(kind=kind, t_ms=t_ms):
                line = _rich().append(f"* {t_ms / 1000:9.2f} s  ", style="dim")
                self._out(line.append(describe(happening), style=EVENT_STYLE.get(kind, "")))
            case Text(line=text, garbled=garbled) if not _is_answer(text) or garbled:
                self._out(_rich(text, "dim"))

    def _out(self, text: RichText) -> None:
        """Print above the line being typed: patch_stdout keeps that line below."""
        from rich.console import Console

        Console(file=sys.stdout, force_terminal=True, highlight=False, soft_wrap=True).print(text)

    def _toolbar(self) -> str:
        state, counts = self._operator.state, self._link.decoder.counts
        if self._link.gone is not None:
            return " LINK LOST: Enter leaves"
        held = "armed from here, keepalive on" if self._operator.holds else "armed elsewhere, looking on"
        words = [f"{state}, {held}, Ctrl-C stops" if state in _HELD_STATES else state]
        if self._driver is not None:
            speed = f"{self._keys.speed_mm_s} mm/s"
            words = [f"{state}  DRIVING {speed}: arrows drive, + - speed, space stands, F2 ends"]
        else:
            words.append("F2 drives by keys")
        if damaged := counts.garbled_lines + counts.bad_frames:
            words.append(f"{damaged} damaged")
        return f" {'; '.join(words)}\n {self._figures()}"

    def _figures(self) -> str:
        """Telemetry as one line with the detector as a bar."""
        if self._state.status is None:
            return "no telemetry on this link"
        f = self._state.status.fields
        line = f"{f['s_mm'] / 1000:7.2f} m  {f['speed_mm_s']:5d} mm/s  {f['vsys_mv'] / 1000:.2f} V"
        if self._state.detect is not None:
            strength = self._state.detect.fields["strength"]
            line += f"  {bar_text(strength, STRENGTH_MAX, 24)} {strength:4d} {self._state.detect.named('class')}"
        return line if self._state.fresh else line + "  (old)"


def _rich(text: str = "", style: str = "") -> RichText:
    from rich.text import Text as RichText

    return RichText(text, style=style)


def _is_answer(line: str) -> bool:
    """Lines that `say` prints itself."""
    return line.startswith(("ok", "err ", "  ", "> "))


def _completer() -> Completer:
    from prompt_toolkit.completion import NestedCompleter

    words: dict[str, Any] = {name: None for name in ROWS}
    words |= {"get": {row[0]: None for row in TABLE}, "set": {row[0]: None for row in TABLE}}
    words |= {"help": {row[0]: None for row in COMMANDS}}
    for row in COMMANDS:
        choices = row[1].split()[-1]
        if "|" in choices and choices.islower():
            words[row[0]] = {choice: None for choice in choices.split("|")}
    return NestedCompleter.from_nested_dict(words)


def history_path() -> Path:
    """Where typed lines are kept between sessions."""
    from sapper_host.files import folders

    return folders.cache() / "console_history"
