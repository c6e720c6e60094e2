"""Asks `status` once a second where telemetry is not to be had: on a radio for which this laptop cannot sign."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from types import TracebackType

from sapper_host.board.answers import Answer
from sapper_host.board.link import Link
from sapper_host.errors import SapperError

_EVERY_S = 1.0


class StatusPoll:
    """A context manager. link: the link to ask on now, or None; take: called with each answer, ValueError when it makes
    no sense. quiet: no listener of the link hears of it."""

    def __init__(self, link: Callable[[], Link | None], take: Callable[[Answer], None], quiet: bool) -> None:
        self._link = link
        self._take = take
        self._quiet = quiet
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="status poll", daemon=True)

    def __enter__(self) -> StatusPoll:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Ask no more."""
        self._closing.set()
        self._thread.join(timeout=3)

    def _run(self) -> None:
        while not self._closing.wait(_EVERY_S):
            link = self._link()
            # Unanswered: the screen shows how old its figures are.
            with contextlib.suppress(SapperError, ValueError):
                if link is not None:
                    self._take(link.command("status", quiet=self._quiet))
