"""The board's answers, and which command each belongs to. Pure: no threads, no lines.

An answer ends with a line that starts with `ok` or `err NAME: `; lines before it start with two spaces. Answers come in
the order of the commands and carry no number, so they are matched first in, first out, with three exceptions: `stop`
goes before all others, an answer whose shape tells that it is not the first one's shows that the first one's was lost,
and one that comes after its command was given up must not be taken for the next.
"""

from __future__ import annotations

import contextlib
import re
import threading
from collections import deque
from dataclasses import dataclass, field

# An answer that comes later than this after its command was given up is taken for lost.
LATE_S = 1.0
_BODY_MAX_LINES = 2000
_PROMPT = "> "
# Answers that can be told from all others.
_SHAPES = {
    "": re.compile(r"ok"),
    "ping": re.compile(r"ok t_ms=\d+"),
    "version": re.compile(r"ok sapper=.*"),
    "stop": re.compile(r"ok state=(STOPPED|FAULT|SAFE)"),
}
# By the first word, as these take more: on their answers it depends what is signed, and which key is written.
_SHAPES_BY_WORD = {
    word: re.compile(rf"ok {name}=.*")
    for word, name in {"status": "state", "nonce": "nonce", "key": "key", "teamkey": "teamkey"}.items()
}
_ONLY_PINGS = _SHAPES["ping"]


@dataclass(frozen=True)
class Answer:
    """The board's answer to a line: `lines` before the last one (without their two spaces), and the last one."""

    command: str
    last: str
    lines: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether the board did it."""
        return is_ok(self.last)

    @property
    def text(self) -> str:
        """What follows `ok ` or `err NAME: `."""
        return self.last[3:] if self.ok else self.last.partition(": ")[2]

    @property
    def error_name(self) -> str:
        """NAME of `err NAME: ...`; '' when it went well."""
        return "" if self.ok else self.last[4:].partition(":")[0]

    def values(self) -> dict[str, str]:
        """The `name=value` words of the last line."""
        return words_of(self.text)


def words_of(line: str) -> dict[str, str]:
    """The `name=value` words of a line."""
    return dict(word.split("=", 1) for word in line.split() if "=" in word)


def is_ok(line: str) -> bool:
    """Whether a line ends an answer well."""
    return line == "ok" or line.startswith("ok ")


def is_last(line: str) -> bool:
    """Whether a line ends an answer."""
    return is_ok(line) or (line.startswith("err ") and ":" in line)


@dataclass(eq=False)
class Pending:
    """A command that waits for its answer. `quiet`: nobody else is to hear of it. `done` is set in any case."""

    command: str
    quiet: bool = False
    body: list[str] = field(default_factory=list)
    answer: Answer | None = None
    done: threading.Event = field(default_factory=threading.Event)
    given_up_at: float | None = None

    def may_be_answered_by(self, last: str) -> bool:
        """Whether such a last line can be this command's."""
        shape = _SHAPES.get(self.command) or _SHAPES_BY_WORD.get(self.command.partition(" ")[0])
        if shape is None:
            return not _ONLY_PINGS.fullmatch(last)
        return last.startswith("err ") or shape.fullmatch(last) is not None


class AnswerQueue:
    """Commands that wait, in the order they were sent. Not locked: its user does that.

    `stop` waits in a row of its own, as the board answers it before all others; `add` of a stop and `remove` of it are
    one step of a deque and need no lock, so that nobody has to wait for one before it leaves.
    """

    def __init__(self) -> None:
        self._waiting: deque[Pending] = deque()
        self._stops: deque[Pending] = deque()

    def add(self, pending: Pending) -> None:
        """A command was sent."""
        self._row_of(pending).append(pending)

    def remove(self, pending: Pending) -> None:
        """A command was not sent after all."""
        with contextlib.suppress(ValueError):
            self._row_of(pending).remove(pending)

    def _row_of(self, pending: Pending) -> deque[Pending]:
        return self._stops if pending.command == "stop" else self._waiting

    def settled(self, now_s: float) -> bool:
        """Whether no given-up command's answer may still come that could be taken for another's, as a ping's cannot.
        Forgets those for which it is too late."""
        for row in (self._waiting, self._stops):
            for pending in row.copy():
                if pending.given_up_at is not None and now_s - pending.given_up_at > LATE_S:
                    self.remove(pending)
        return not any(
            pending.given_up_at is not None and pending.command != "ping"
            for row in (self._waiting, self._stops)
            for pending in row.copy()
        )

    def fail_all(self) -> None:
        """No answer will come any more."""
        for row in (self._waiting, self._stops):
            for pending in row.copy():
                pending.done.set()

    def take(self, line: str, now_s: float) -> Pending | None:
        """Give a line to the command it belongs to, and return that; None when it is nobody's.

        When its answer is whole, the caller sets `done`, after all who have to know of it before do.
        """
        self.settled(now_s)
        line = line.removeprefix(_PROMPT)
        if is_last(line):
            return self._take_last(line)
        if self._waiting and line.startswith("  "):
            pending = self._waiting[0]
            if len(pending.body) < _BODY_MAX_LINES:
                pending.body.append(line[2:])
            return pending
        return None

    def _take_last(self, line: str) -> Pending | None:
        pending = self._stop_that_overtook(line)
        if pending is None:
            fitting = [p for p in self._waiting if p.may_be_answered_by(line)]
            if not fitting:
                return None
            pending = fitting[0]
            while self._waiting[0] is not pending:
                self._waiting.popleft().done.set()  # its answer was lost
        self.remove(pending)
        pending.answer = Answer(pending.command, line, tuple(pending.body))
        return pending

    def _stop_that_overtook(self, line: str) -> Pending | None:
        """The board carries `stop` out before all waiting lines. (`disarm` at the head may have the same answer.)"""
        if not self._stops or not _SHAPES["stop"].fullmatch(line):
            return None
        if self._waiting and self._waiting[0].command == "disarm" and self._waiting[0].may_be_answered_by(line):
            return None
        return self._stops[0]
