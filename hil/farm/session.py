"""One end of a session with a bench's server: calls, and the end of the bench told wherever one waits for it.

Needs nothing but Python: labgrid's drivers use it as well as the rig of place.py.
"""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from typing import Any

from hil.errors import HilError
from hil.farm import wire

CONNECT_S = 5.0
ONCE_POSTED = 64  # calls that bring nothing are sent along with the next that does, or when there are so many

RUN = "run"  # alone at the bench
HAND = "hand"  # beside others by hand: power, reset and console are told one by one


class BenchLostError(HilError):
    """The bench is not there any more: the run is void, nothing is known of the board."""


class RefusedError(HilError):
    """The bench's server does not take this session."""


class RemoteError(HilError):
    """The rig at the bench raised it; `kind` is the class's name there."""

    def __init__(self, kind: str, text: str) -> None:
        super().__init__(text)
        self.kind = kind


class Session:
    """A connection to the bench at an address. `welcome`: what its server told of the rig."""

    def __init__(self, host: str, port: int, token: str, who: str, kind: str, place: str) -> None:
        """RefusedError when the bench is in use or the token is not that of its holder; BenchLostError when nobody
        is there."""
        self._place = place
        self._why: str | None = None
        self._told = threading.Event()
        self.patience_s = 0.0  # for `lost` to say why, when the bench is suddenly gone
        self._posted: list[list[Any]] = []
        self._lock = threading.Lock()
        self.now_ns = 0
        self.answers = 0  # so far
        try:
            connection = socket.create_connection((host, port), CONNECT_S)
        except OSError as error:
            raise BenchLostError(
                f"{place}: nobody answers at {host}:{port} ({error}); see whether its exporter runs"
            ) from error
        self._channel = wire.Channel(connection)
        try:
            self._channel.send({"version": wire.VERSION, "token": token, "who": who, "kind": kind})
            self.welcome = self._answer()
        except BaseException:
            self._channel.close()
            raise

    def lost(self, why: str) -> None:
        """Told by somebody else, from any thread: whoever waits for the bench hears of it at once."""
        self._why = self._why or why
        self._told.set()
        self._channel.shut()

    def post(self, path: list[Any], *arguments: Any, **named: Any) -> None:
        """A call that brings nothing: sent before the next that does. What goes wrong in it is told there."""
        with self._lock:
            self._posted.append([path, list(arguments), named])
            many = len(self._posted) >= ONCE_POSTED
        if many:
            self.flush()

    def ask(self, path: list[Any], *arguments: Any, **named: Any) -> Any:
        """A call, and its result."""
        return self.ask_all([[path, list(arguments), named]])[-1]

    def ask_all(self, calls: list[list[Any]]) -> list[Any]:
        """Several calls ([path, arguments, named] each) at once, and their results."""
        done = self._request(calls)
        return done[len(done) - len(calls) :]

    @property
    def settled(self) -> bool:
        """Whether nothing was posted since the last answer."""
        return not self._posted

    def flush(self) -> None:
        """Send what was posted."""
        if self._posted:
            self._request([])

    def _request(self, last: list[list[Any]]) -> list[Any]:
        with self._lock:
            calls, self._posted = [*self._posted, *last], []
            try:
                self._channel.send({"calls": calls})
            except wire.GoneError as error:
                raise self._lost_error(error) from error
            answer = self._answer()
            self.now_ns, self.answers = answer["now_ns"], self.answers + 1
            if "error" in answer:
                raise RemoteError(*answer["error"])
            return answer["done"]

    def _answer(self) -> dict[str, Any]:
        while True:
            try:
                message = self._channel.receive(wire.SILENCE_S)
            except wire.GoneError as error:
                raise self._lost_error(error) from error
            if "refused" in message:
                raise RefusedError(f"{self._place}: {message['refused']}")
            if "ended" in message:
                raise self._lost_error(HilError(message["ended"]))
            if "busy" not in message:
                return message

    def _lost_error(self, error: HilError) -> BenchLostError:
        if self._why is None:
            self._told.wait(self.patience_s)
        self.lost(str(error))
        return BenchLostError(
            f"{self._place}: the bench is lost: {self._why}; nothing of this run counts, so run it again"
        )

    def close(self) -> None:
        """Leave the bench; what was posted is still sent. Safe to call again."""
        with suppress(HilError):  # it is being left
            if self._why is None:
                self.flush()
        self._channel.close()
        self._why = self._why or "it was left"
