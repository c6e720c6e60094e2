"""Says what the arrow keys want, from a thread of its own: it waits for no answer before it says the next."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable

from sapper_host.board.answers import Answer, Pending
from sapper_host.board.link import Link
from sapper_host.board.signing import STALE
from sapper_host.errors import NoAnswerError, SapperError
from sapper_host.operate.drive_keys import DriveKeys, DriveLines

_LOOK_S = 0.01
_IDLE_S = 0.5
_GIVE_UP_S = 0.5
# No more lines to move while so many are not answered: what waits on its way is old when it arrives.
_UNANSWERED_MOST = 3
# How often the terminal is asked whether it is still there while a key is down.
ASK_TERMINAL_S = 0.05


class Driver:
    """Drives over `link` by `keys`. trouble: told the board's refusals. ask_terminal: asks the terminal for an answer,
    which is to be put to `keys.alive`."""

    def __init__(
        self,
        link: Link,
        keys: DriveKeys,
        trouble: Callable[[str], None],
        ask_terminal: Callable[[], None] = lambda: None,
    ) -> None:
        self._link = link
        self._keys = keys
        self._trouble = trouble
        self._ask_terminal = ask_terminal
        self._asked_s = 0.0
        self._lines = DriveLines(keys)
        self._waiting: list[tuple[float, Pending]] = []
        self._wake = threading.Event()
        self._closing = threading.Event()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="drive keys", daemon=True)
        self._thread.start()

    def changed(self) -> None:
        """Keys were pressed or released: look at once."""
        self._wake.set()

    def close(self, stand: bool = True, wait_s: float = 1.0) -> None:
        """Say no more; with `stand` the rover is told to stand first, when it was being driven."""
        self._keys.let_go()
        if not stand:
            self._lines.forget()
        self._closing.set()
        self._wake.set()
        if self._thread is not threading.current_thread():
            self._ended.wait(wait_s)

    def _run(self) -> None:
        try:
            while not (self._closing.is_set() and not self._lines.driving):
                self._wake.wait(self._pause_s())
                self._wake.clear()
                self._answers()
                line = self._lines.next(time.monotonic())
                if line is not None:
                    self._say(line)
                self._ask()
        finally:
            for _, pending in self._waiting:
                self._link.give_up(pending)
            self._ended.set()

    def _pause_s(self) -> float:
        now_s = time.monotonic()
        due_s = self._lines.due_s(now_s)
        pause_s = _IDLE_S if due_s is None else max(0.0, due_s - now_s)
        return min(pause_s, _LOOK_S) if self._waiting else pause_s

    def _ask(self) -> None:
        if self._keys.releases and self._lines.driving and time.monotonic() - self._asked_s >= ASK_TERMINAL_S:
            self._asked_s = time.monotonic()
            self._ask_terminal()

    def _say(self, line: str) -> None:
        standing = not self._lines.driving
        if len(self._waiting) >= _UNANSWERED_MOST and not standing:
            return
        try:
            self._waiting.append((time.monotonic(), self._link.send(line, quiet=True)))
        except SapperError as error:
            self._lines.forget()
            self._keys.block(time.monotonic())
            if not isinstance(error, NoAnswerError):  # that one gave way to a stop
                self._trouble(error.message)

    def _answers(self) -> None:
        still = []
        for at_s, pending in self._waiting:
            if not pending.done.is_set():
                if time.monotonic() - at_s < _GIVE_UP_S:
                    still.append((at_s, pending))
                else:
                    self._link.give_up(pending)
            elif pending.answer is not None and pending.command == "drive 0 0":
                self._lines.stands()
            elif pending.answer is not None and not pending.answer.ok:
                self._refused(pending.answer)
        self._waiting = still

    def _refused(self, answer: Answer) -> None:
        """What was refused once is not said again: the keys have to be let go first. (So it is told to stand, too.)"""
        self._keys.block(time.monotonic())
        if self._lines.driving:
            self._trouble(answer.last)
        if answer.error_name in STALE:
            with contextlib.suppress(SapperError):
                self._link.command("ping", 0.5, check=False, quiet=True)  # counts anew
