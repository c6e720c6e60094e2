"""One who hears what a link tells, in a thread of its own: slow or broken, it costs itself and nobody else."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Callable
from typing import Any

# What waits for a consumer: ten minutes of telemetry. One that is further behind loses the newest, and is told so.
WAITING_MOST = 20_000
CLOSE_WAIT_S = 5.0


class Consumer:
    """Calls `take` with all that was `put`, in order, from one thread.

    An error of `take` ends this consumer: `trouble` says so from then on, and `told` is called with it once, as it is
    when the consumer falls behind for good. `name` is how people call it ('recording').
    """

    def __init__(
        self, name: str, take: Callable[[Any], None], told: Callable[[str], None], most: int = WAITING_MOST
    ) -> None:
        self.name = name
        self.take = take
        self.lost = 0
        self._told = told
        self._most = most
        self._error = ""
        # Its put never waits and may be interrupted by a put: signal handlers, too, are heard.
        self._waiting: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"{name} consumer", daemon=True)
        self._thread.start()

    def put(self, item: Any) -> None:
        """Have `take(item)` called later. Never waits, never raises; from any thread, from a signal's handler too."""
        if self._ended.is_set():
            return
        if self._waiting.qsize() >= self._most:
            self.lost += 1
        else:
            self._waiting.put((item,))

    @property
    def trouble(self) -> str:
        """What is wrong with it, for people; '' while it is well."""
        if not self._error and self.lost:
            return f"{self.name}: too slow, {self.lost} lost"
        return self._error

    def close(self, wait_s: float = CLOSE_WAIT_S) -> None:
        """No more will come; waits for what is still to be taken, no longer than `wait_s`."""
        self._waiting.put(())
        # Not Thread.join: interrupted by Ctrl-C it takes a running thread for ended (bugs.python.org/issue45274).
        if self._thread is not threading.current_thread():
            self._ended.wait(wait_s)

    def _run(self) -> None:
        said_lost = False
        try:
            while entry := self._waiting.get():
                self.take(*entry)
                if self.lost and not said_lost:
                    said_lost = True
                    self._tell()
        except Exception as error:  # whatever it is, it is this consumer's alone
            self._error = f"{self.name}: {error or type(error).__name__}"
        finally:
            self._ended.set()
        if self._error:
            self._tell()

    def _tell(self) -> None:
        with contextlib.suppress(Exception):
            self._told(self.trouble)
