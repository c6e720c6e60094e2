"""One operator at one link: follows the board's state, keeps the link alive while armed from here, and stops first."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Protocol

from sapper.shared.commands import ROWS
from sapper.shared.events import STATES
from sapper_host.board.answers import is_ok, words_of
from sapper_host.board.decoder import Event, Frame, Item, Text
from sapper_host.board.link import Link
from sapper_host.board.radio_key import shown
from sapper_host.errors import LinkError, NoAnswerError, SapperError
from sapper_host.operate.once import Once

# States that end by themselves when the operator is not heard of.
HELD_STATES = ("ARMED", "TELEOP", "SWEEP", "CONTACT")
# Answers that take longer than the usual two seconds.
_TIMEOUT_S = {"selftest": 10.0, "save": 5.0}
_LEAVE_STOP_S = 2.0
# What the operator types to leave.
LEAVE = ("exit", "quit")


class Operator:
    """A context manager: leaving stops a rover that is armed from here. Safe to use from several threads.

    telemetry: the command by which a screen asks for frames.
    """

    def __init__(self, link: Link, telemetry: str = "telemetry on") -> None:
        self.link = link
        self.telemetry = telemetry
        self.state = "?"
        self.holds = False
        self.version: dict[str, str] = {}
        self.first_status = ""  # the answer's last line
        self._once = Once()
        self._lock = threading.RLock()
        # In the order of the line: what is said last of the state is what it is.
        link.tap(self._hear)

    def __enter__(self) -> Operator:
        self.version = self.link.identify()
        status = self.link.command("status")
        self.first_status = status.last
        self._follow(status.values().get("state", "?"))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.leave()

    def leave(self) -> None:
        """There is no operator any more: a rover that is armed from here is stopped. Twice does nothing more."""
        with self._lock:
            held, self.holds = self.holds, False
        self.link.keep_alive(False)
        if held:
            with contextlib.suppress(SapperError):  # on a line that is lost it is tried, too
                self.link.stop(_LEAVE_STOP_S)

    def stop_now(self) -> bool:
        """Write `stop`, before anything else is done; from any thread or signal. Whether the line took it."""
        with contextlib.suppress(SapperError):
            self.link.give_up(self.link.stop_now())  # nobody waits for its answer here
            return True
        return False

    def stop_if_held(self) -> None:
        """As `stop_now`, if the rover is armed from here."""
        if self.holds:
            self.stop_now()

    def say(self, line: str) -> tuple[str, bool]:
        """Send one line; (what to print, whether it went well). LinkError when the board is gone."""
        word = line.split()[0] if line.split() else ""
        try:
            # No recording holds a key.
            answer = self.link.command(line, _TIMEOUT_S.get(word, 2.0), check=False, quiet=shown(line) != line)
        except NoAnswerError as error:
            return f"no answer: {error.remedy}", False
        except LinkError:
            raise
        except SapperError as error:  # it was not sent, or not signed: no reason to end the session
            return str(error), False
        if answer.ok and word in ROWS and ROWS[word][3] == "link":
            # While armed the board takes these from the link that armed and from no other: so that link is this one.
            # Whoever only looks on must not keep a rover going whose operator is gone.
            self._hold()
        return "\n".join([*(f"  {text}" for text in answer.lines), answer.last]), answer.ok

    def _hear(self, item: Item) -> None:
        match item:
            case Event() if not self._once.new(item):
                pass
            case Event(kind="state", args=args):
                self._follow(str(args["to"]))
            case Event(kind="boot"):
                self._follow("SAFE")
            case Frame(name="STATUS", fields=fields) if fields["state"] < len(STATES):
                self._follow(STATES[fields["state"]])
            case Text(line=line, garbled=False) if is_ok(line.removeprefix("> ")):
                told = words_of(line).get("state")
                if told in STATES:
                    self._follow(told)

    def _follow(self, state: str) -> None:
        with self._lock:
            self.state = state
            if self.holds and state not in HELD_STATES:
                self.holds = False
            self.link.keep_alive(self.holds)

    def _hold(self) -> None:
        """It is proven that the rover, when it is armed, is armed from here: keep the link alive."""
        with self._lock:
            self.holds = self.state in HELD_STATES
            self.link.keep_alive(self.holds)


class Stopping(Protocol):
    """Whoever can write `stop` at any moment: see Operator."""

    def stop_now(self) -> bool: ...

    def stop_if_held(self) -> None: ...


@contextmanager
def stops_first(operator: Stopping) -> Iterator[None]:
    """While the block runs (in the main thread), Ctrl-C, SIGTERM and SIGHUP write `stop` before anything else.

    Ctrl-C always does, the others if the rover is armed from here. Then KeyboardInterrupt, or SystemExit, is raised.
    """

    def interrupted(_number: int, _frame: FrameType | None) -> None:
        operator.stop_now()
        raise KeyboardInterrupt

    def ended(number: int, _frame: FrameType | None) -> None:
        operator.stop_if_held()
        raise SystemExit(128 + number)

    handlers: dict[int, Callable[[int, FrameType | None], None]] = {signal.SIGINT: interrupted, signal.SIGTERM: ended}
    if hasattr(signal, "SIGHUP"):
        handlers[signal.SIGHUP] = ended
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
