"""The console on a terminal: the prompt, its keys, the toolbar, and what appears above it.

Nothing here stands between the operator and the line: Ctrl-C and the drive keys are read by a thread of their own
(keyboard.py), and an error of what is drawn stops a rover that is armed from here before it is told.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from prompt_toolkit import PromptSession
from prompt_toolkit.application import get_app
from prompt_toolkit.auto_suggest import AutoSuggestFromHistory
from prompt_toolkit.formatted_text import ANSI, HTML
from prompt_toolkit.patch_stdout import patch_stdout
from prompt_toolkit.styles import Style
from rich.console import Console
from rich.text import Text as RichText

from sapper_host.board.decoder import Event, Item, Text
from sapper_host.board.link import Happening
from sapper_host.board.signing import watching_only
from sapper_host.errors import SapperError
from sapper_host.operate.bell import Bell
from sapper_host.operate.console_toolbar import Toolbar
from sapper_host.operate.drive_keys import DriveKeys
from sapper_host.operate.driver import Driver
from sapper_host.operate.figures_source import FiguresSource
from sapper_host.operate.line_editing import History, completer
from sapper_host.operate.monitor_state import MonitorState, describe
from sapper_host.operate.monitor_view import event_style
from sapper_host.operate.once import Once
from sapper_host.operate.operator import HELD_STATES, LEAVE, Operator

if TYPE_CHECKING:
    from sapper_host.operate.keyboard import Keyboard
    from sapper_host.operate.terminal_modes import TerminalModes
    from sapper_host.recordings.recorder import Recorder

DRIVING_HELP = (
    "driving by keys: arrows drive while held, + - change the speed, space stands, F2 or Escape ends.\n"
    "Letting go stops. This terminal {how}."
)
# So that a line that falls silent is seen within a second (monitor_state.SILENT_S).
REFRESH_S = 0.1
_NUDGES = "does not tell when a key is let go: a held key nudges, pauses, then drives"
_RELEASES = "tells when a key is let go"


class ConsoleScreen:
    """One session of the console. The threads of keyboard, driver and link call it, too."""

    def __init__(
        self, operator: Operator, history_file: Path, recorder: Recorder | None = None, bell: bool = True
    ) -> None:
        self._operator = operator
        self._link = operator.link
        self._state = MonitorState()
        self._once = Once()
        self._bell = Bell(bell)
        self._keys = DriveKeys()
        self._lock = threading.RLock()  # of the drive mode
        self._driver: Driver | None = None
        self._told_how = ""
        self._figures = FiguresSource(operator, self._state)
        self._failure: Exception | None = None
        self._modes: TerminalModes | None = None
        self._keyboard: Keyboard | None = None
        self._bar = Toolbar(operator, self._state, self._keys, recorder)
        self._history_file = history_file
        self._session: PromptSession[str] | None = None

    def run(self) -> None:
        """Until the operator leaves; raises what ended the link or the screen, if one ended."""
        self._state.found(self._operator.version)
        self._state.take(Text(self._operator.first_status), self._link.decoder.counts)
        with ExitStack() as stack:
            stack.callback(self._link.unlisten, self._print)
            self._session = stack.enter_context(self._prompt())
            stack.enter_context(patch_stdout(raw=True))
            self._link.hearers.told = lambda text: self._out(RichText(text, "bold red"))
            self._link.tap(self._hear)
            self._link.listen(self._print, "screen")
            if self._link.watches_only is not None:
                self._out(RichText(watching_only(self._link.watches_only), "bold yellow"))
            stack.enter_context(self._figures)
            try:
                self._lines()
            finally:
                self._operator.leave()  # before anything else
                self._drive_mode(False, stand=False)
                if self._link.gone is None:
                    with contextlib.suppress(SapperError):
                        self._link.command("telemetry off", timeout_s=0.5, quiet=True)

    @contextlib.contextmanager
    def _prompt(self) -> Any:
        """The line editor, behind our own keyboard where the system has terminals as Unix has them."""
        options: dict[str, Any] = {
            "history": History(self._history_file),
            "auto_suggest": AutoSuggestFromHistory(),
            "completer": completer(),
            "complete_while_typing": False,
            "refresh_interval": REFRESH_S,
            "style": Style.from_dict({"bottom-toolbar": "noreverse"}),  # it has colours of its own
        }
        if os.name != "posix":
            yield PromptSession(**options)
            return
        from prompt_toolkit.input import create_pipe_input

        from sapper_host.operate.keyboard import Keyboard
        from sapper_host.operate.terminal_modes import TerminalModes

        with create_pipe_input() as pipe, TerminalModes(0, self._operator.stop_if_held, self._resumed) as modes:
            into: int = pipe.pipe.write_fd  # type: ignore[attr-defined]
            os.set_blocking(into, False)

            def edit(data: bytes) -> None:
                with contextlib.suppress(OSError):  # an editor that does not read holds nobody up
                    os.write(into, data)

            self._modes = modes
            self._close_editor = pipe.close
            self._keyboard = Keyboard(0, self, self._keys, edit)
            self._bar.driving = False
            self._keyboard.start()
            try:
                yield PromptSession(input=pipe, **options)
            finally:
                self._operator.leave()
                self._keyboard.close()

    def _lines(self) -> None:
        version = self._operator.version
        board = version.get("board", "?")
        self._out(RichText(f"Sapper {version['sapper']} on board {board}; `help` lists commands, Ctrl-D leaves"))
        while self._link.gone is None:
            line = self._ask()
            if self._failure is not None:
                raise SapperError(f"the screen failed: {self._failure!r}", "start the console again") from self._failure
            if line is None or line in LEAVE:
                return
            if line:
                self._say(line)
        raise self._link.gone

    def _say(self, line: str) -> None:
        text, ok = self._operator.say(line)
        self._out(RichText(text, "green" if ok else "bold red"))

    def _ask(self) -> str | None:
        """A line; '' after Ctrl-C (which stops the rover), None for Ctrl-D, and when the screen has failed."""
        assert self._session is not None
        try:
            return self._session.prompt(
                lambda: HTML("<b>{}{}</b> &gt; ").format(self._operator.state, "" if self._bar.heard else "?"),
                bottom_toolbar=self._toolbar,
                # No 'Press ENTER to continue', and no handler in the place of ours.
                set_exception_handler=False,
                handle_sigint=False,
                pre_run=self._watch_the_screen,
            ).strip()
        except KeyboardInterrupt:
            # It was written when the key was read. Now it is said so that there is an answer, and once more if there
            # was none.
            was = self._operator.state
            if was in HELD_STATES or was == "STOPPED":
                self._say("stop")
            else:
                self._operator.stop_now()
                self._out(RichText("Ctrl-D leaves", "dim"))
            self._drive_mode(False, stand=False)
            return ""
        except EOFError:
            return None
        except Exception as error:
            self._failed(error)
            return None

    # Called by the keyboard's thread

    def stop(self) -> None:
        """Ctrl-C."""
        self._operator.stop_now()

    def toggle_driving(self) -> None:
        """F2."""
        if self._driver is None and self._link.watches_only is not None:
            self._out_later(f"no driving from here: {self._link.watches_only}")
            return
        self._drive_mode(self._driver is None)

    def keys_changed(self) -> None:
        """Drive keys were pressed or let go."""
        driver = self._driver
        if driver is not None:
            driver.changed()

    def terminal_answered(self, flags: int) -> None:
        """The terminal speaks the kitty keyboard protocol."""
        if self._driver is not None and self._modes is not None:
            self._keys.tells_releases(self._modes.speaks(flags), time.monotonic())
            self._tell_how()

    def gone(self) -> None:
        """The terminal is gone."""
        self._operator.stop_if_held()
        self._close_editor()

    def _resumed(self) -> None:
        """The program was suspended, and the terminal had its keyboard back meanwhile."""
        self._drive_mode(False, stand=False)

    def _drive_mode(self, on: bool, stand: bool = True) -> None:
        if self._keyboard is None or self._modes is None:
            return
        with self._lock:
            self._keys.block(time.monotonic())
            if on and self._driver is None:
                self._modes.drive(True)
                refused = self._out_later
                self._driver = Driver(self._link, self._keys, refused, self._modes.ask)
                self._keyboard.driving = self._bar.driving = True
                threading.Timer(0.5, self._tell_how).start()
            elif not on and self._driver is not None:
                self._keyboard.driving = self._bar.driving = False
                driver, self._driver = self._driver, None
                driver.close(stand, wait_s=0.0)  # it may be the keyboard's thread that is here
                self._modes.drive(False)
                self._keys.tells_releases(False, time.monotonic())
                self._told_how = ""

    def _tell_how(self) -> None:
        """Say once what to expect of the keys, when the terminal has had the time to tell what it can."""
        how = _RELEASES if self._keys.releases else _NUDGES
        if self._driver is not None and self._told_how != how:
            self._told_how = how
            self._out(RichText(DRIVING_HELP.format(how=how), "dim"))

    # What is shown

    def _hear(self, item: Item) -> None:
        self._state.take(item, self._link.decoder.counts)
        if isinstance(item, Event) and item.kind == "boot":
            self._figures.again()

    def _print(self, happening: Happening) -> None:
        match happening:
            case Event(t_ms=t_ms) if self._once.new(happening):
                line = RichText().append(f"* {t_ms / 1000:9.2f} s  ", style="dim")
                self._out(line.append(describe(happening), event_style(happening)), self._bell.rings(happening))
            case Text(line=text, garbled=garbled) if not _is_answer(text) or garbled:
                self._out(RichText(text, "dim"))

    def _out(self, text: RichText, bell: bool = False) -> None:
        """Print above the line being typed: patch_stdout keeps that line below."""
        console = Console(file=sys.stdout, force_terminal=True, highlight=False, soft_wrap=True)
        if bell:
            console.bell()
        console.print(text)

    def _out_later(self, text: str) -> None:
        threading.Thread(target=self._out, args=(RichText(text, "bold red"),), name="told", daemon=True).start()

    def _watch_the_screen(self) -> None:
        asyncio.get_running_loop().set_exception_handler(self._loop_failed)

    def _loop_failed(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        self._failed(context.get("exception") or RuntimeError(str(context.get("message"))))
        if self._session is not None and self._session.app.is_running:
            with contextlib.suppress(Exception):  # it is leaving already
                self._session.app.exit(exception=EOFError)

    def _failed(self, error: BaseException) -> None:
        """Something on the screen failed: first the rover, then the rest."""
        self._operator.stop_if_held()
        if self._failure is None:
            self._failure = error if isinstance(error, Exception) else RuntimeError(repr(error))

    def _toolbar(self) -> ANSI:
        try:
            return ANSI(self._bar.text(get_app().output.get_size().columns))
        except Exception as error:
            self._failed(error)
            return ANSI(f" THE SCREEN FAILED ({error!r}): the rover was stopped, Enter leaves")


def _is_answer(line: str) -> bool:
    """Lines that `say` prints itself."""
    return line.startswith(("ok", "err ", "  ", "> "))
