"""Those who hear what comes along a link and what goes: none can stop another, or the link.

A *listener* has a thread of its own (Consumer): it may draw, print, write files. A *tap* is called by the reading
thread itself, in the order of the line: it keeps a state or passes things on, and waits for nothing.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import Any

from sapper_host.board.consumer import Consumer

Hear = Callable[[Any], None]
Told = Callable[[str], None]


def to_stderr(text: str) -> None:
    """Where there is no screen."""
    print(text, file=sys.stderr, flush=True)


class Hearers:
    """Listeners and taps of one link. `told` is called with what goes wrong with one of them, once, never by the
    reading thread."""

    def __init__(self, told: Told) -> None:
        self.told = told
        self._lock = threading.Lock()
        # Replaced as a whole, so that whoever goes through them needs no lock.
        self._consumers: tuple[Consumer, ...] = ()
        self._taps: tuple[Hear, ...] = ()
        self._broken: tuple[str, ...] = ()

    @property
    def troubles(self) -> tuple[str, ...]:
        """What is wrong with them, for people; () while all are well."""
        return (*(consumer.trouble for consumer in self._consumers if consumer.trouble), *self._broken)

    def listen(self, listener: Hear, name: str) -> None:
        """One more listener."""
        consumer = Consumer(name, listener, lambda text: self.told(text))
        with self._lock:
            self._consumers += (consumer,)

    def unlisten(self, listener: Hear) -> None:
        """One less, once it has heard what came before."""
        with self._lock:
            leaving = [each for each in self._consumers if each.take == listener]
            self._consumers = tuple(each for each in self._consumers if each not in leaving)
        for consumer in leaving:
            consumer.close()

    def tap(self, tap: Hear) -> None:
        """One more tap."""
        with self._lock:
            self._taps += (tap,)

    def untap(self, tap: Hear) -> None:
        """One less."""
        with self._lock:
            self._taps = tuple(each for each in self._taps if each != tap)

    def came(self, item: Any) -> None:
        """Something came along the line."""
        for tap in self._taps:
            try:
                tap(item)
            except Exception as error:  # its own, and nobody else's
                self._lose(tap, error)
        self.went(item)

    def went(self, item: Any) -> None:
        """Something was said, by this end. Never waits, never raises; from a signal's handler, too."""
        for consumer in self._consumers:
            consumer.put(item)

    def close(self) -> None:
        """Nothing more comes; listeners take what they still have to."""
        for consumer in self._consumers:
            consumer.close()

    def _lose(self, tap: Hear, error: Exception) -> None:
        text = f"{getattr(tap, '__qualname__', 'a tap')}: {error or type(error).__name__}"
        self.untap(tap)
        with self._lock:
            self._broken += (text,)
        threading.Thread(target=self.told, args=(text,), name="link trouble", daemon=True).start()
