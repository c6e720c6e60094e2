"""Tells the board every half a second that its operator is there, as long as the operator can hear the board."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from sapper_host.errors import LinkError, NoAnswerError, SapperError

KEEP_ALIVE_S = 0.5
# The board needs to hear from its operator every 1.5 s. Who has heard nothing for so long cannot tell what it does.
DEAF_S = 4.0


class KeepAlive:
    """One link's. ping: says it and waits for the answer; lose: ends the link. Its thread starts when first kept."""

    def __init__(self, ping: Callable[[], None], lose: Callable[[LinkError], None]) -> None:
        self._ping = ping
        self._lose = lose
        self._wanted = threading.Event()
        self._ended = threading.Event()
        self._heard_at_s = 0.0
        self.thread: threading.Thread | None = None

    def keep(self, on: bool) -> None:
        """From now on, or no longer."""
        if not on:
            if not self._ended.is_set():
                self._wanted.clear()
        elif not self._ended.is_set():
            self._wanted.set()
            if self.thread is None:
                self.thread = threading.Thread(target=self._run, name="link keepalive", daemon=True)
                self.thread.start()

    def heard(self) -> None:
        """Something that makes sense came from the board."""
        self._heard_at_s = time.monotonic()

    def end(self) -> None:
        """The link is of no use any more: nothing is said from now on."""
        self._ended.set()
        self._wanted.set()  # wakes the thread, which ends

    def _run(self) -> None:
        unanswered_since_s: float | None = None
        while True:
            self._wanted.wait()
            if self._ended.is_set():
                return
            asked_at_s = time.monotonic()
            try:
                self._ping()
            except NoAnswerError:
                unanswered_since_s = unanswered_since_s or asked_at_s
                silent_s = time.monotonic() - max(self._heard_at_s, unanswered_since_s)
                if silent_s > DEAF_S:
                    # To go on would keep a rover going that nobody sees.
                    remedy = "look at the cable or the radio, then open it again"
                    self._lose(LinkError(f"nothing was heard from the board for {silent_s:.0f} s", remedy))
            except LinkError as error:
                self._lose(error)
            except SapperError as error:
                # On a radio somebody else may have answered: the next one may get through.
                unanswered_since_s = unanswered_since_s or asked_at_s
                if time.monotonic() - unanswered_since_s > DEAF_S:
                    self._lose(LinkError(f"no keepalive: {error.message}"))
                self._ended.wait(KEEP_ALIVE_S)
            else:
                unanswered_since_s = None
                self._ended.wait(KEEP_ALIVE_S)
