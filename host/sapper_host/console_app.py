"""The console: the operator types, the board answers, its events appear between in colour.

On a terminal there is line editing, history and completion of commands and settings; from a pipe the lines are simply
sent, one after the other. While the rover is armed the console says every 500 ms that the operator is there.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from sapper.commands import COMMANDS, ROWS
from sapper.settings import TABLE
from sapper_host.decoder import Event, Text
from sapper_host.errors import BoardError, NoAnswerError
from sapper_host.link import Happening, Link
from sapper_host.monitor_state import describe
from sapper_host.monitor_view import EVENT_STYLE

if TYPE_CHECKING:
    from prompt_toolkit.completion import Completer

# States that end by themselves when the operator is not heard of.
_HELD_STATES = ("ARMED", "TELEOP", "SWEEP", "CONTACT")
# Answers that take longer than the usual two seconds.
_TIMEOUT_S = {"selftest": 10.0, "save": 5.0}
_LEAVE = ("exit", "quit")


class Operator:
    """One operator at one link: follows the board's state, and keeps the link alive while it is armed."""

    def __init__(self, link: Link) -> None:
        self.link = link
        self.state = "?"
        link.listen(self._hear)

    def __enter__(self) -> Operator:
        self.version = self.link.identify()
        self._follow(self.link.command("status").values().get("state", "?"))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Leaving an armed rover stops it: there is no operator any more."""
        if self.state in _HELD_STATES and self.link.gone is None:
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
        if answer.ok and "state" in answer.values():
            self._follow(answer.values()["state"])
        return "\n".join([*(f"  {text}" for text in answer.lines), answer.last]), answer.ok

    def _hear(self, happening: Happening) -> None:
        if isinstance(happening, Event):
            if happening.kind == "state":
                self._follow(str(happening.args["to"]))
            elif happening.kind == "boot":
                self._follow("SAFE")

    def _follow(self, state: str) -> None:
        self.state = state
        self.link.keep_alive(state in _HELD_STATES)


def run_lines(link: Link, lines: Iterable[str]) -> None:
    """Send lines from a pipe and print the answers; events go to stderr. BoardError at the end when one failed."""

    def show(happening: Happening) -> None:
        if isinstance(happening, Event):
            print(happening.line(), file=sys.stderr, flush=True)

    link.listen(show)
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


def run_terminal(link: Link, history_file: Path) -> None:
    """The interactive console, until Ctrl-D or `exit`. Ctrl-C sends `stop` while the rover is armed."""
    from prompt_toolkit import PromptSession
    from prompt_toolkit.auto_suggest import AutoSuggestFromHistory
    from prompt_toolkit.formatted_text import HTML
    from prompt_toolkit.history import FileHistory
    from prompt_toolkit.patch_stdout import patch_stdout
    from rich.console import Console
    from rich.text import Text as RichText

    history_file.parent.mkdir(parents=True, exist_ok=True)
    session: PromptSession[str] = PromptSession(
        history=FileHistory(str(history_file)),
        auto_suggest=AutoSuggestFromHistory(),
        completer=_completer(),
        complete_while_typing=False,
        refresh_interval=0.5,
    )

    def out(text: RichText) -> None:
        # Through patch_stdout, which keeps the line being typed below what appears.
        Console(file=sys.stdout, force_terminal=True, highlight=False, soft_wrap=True).print(text)

    def show(happening: Happening) -> None:
        match happening:
            case Event(kind=kind, t_ms=t_ms):
                line = RichText().append(f"* {t_ms / 1000:9.2f} s  ", style="dim")
                out(line.append(describe(happening), style=EVENT_STYLE.get(kind, "")))
            case Text(line=line, garbled=garbled) if not _is_answer(line) or garbled:
                out(RichText(line, style="dim"))

    link.listen(show)
    with Operator(link) as operator, patch_stdout(raw=True):
        v = operator.version
        out(RichText(f"Sapper {v['sapper']} on board {v.get('board', '?')}; `help` lists commands, Ctrl-D leaves"))
        while link.gone is None:
            try:
                line = session.prompt(
                    lambda: HTML(f"<b>{operator.state}</b> &gt; "),
                    bottom_toolbar=lambda: _toolbar(operator),
                ).strip()
            except KeyboardInterrupt:
                if operator.state not in _HELD_STATES:
                    out(RichText("Ctrl-D leaves", style="dim"))
                    continue
                line = "stop"
            except EOFError:
                return
            if line in _LEAVE:
                return
            if line:
                text, ok = operator.say(line)
                out(RichText(text, style="green" if ok else "bold red"))
        raise link.gone


def _toolbar(operator: Operator) -> str:
    counts = operator.link.decoder.counts
    held = "keepalive on, Ctrl-C stops" if operator.state in _HELD_STATES else "not armed"
    lost = f", {counts.garbled_lines + counts.bad_frames} damaged" if counts.garbled_lines + counts.bad_frames else ""
    gone = "  LINK LOST: Enter leaves" if operator.link.gone is not None else ""
    return f" {operator.state}: {held}; {counts.lines} lines{lost}{gone}"


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
    from sapper_host.run_registry import cache_folder

    return cache_folder() / "console_history"
