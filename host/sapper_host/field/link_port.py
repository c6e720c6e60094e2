"""A board behind a serial port, as a mission sees it (port.py): lines go out from a thread of their own, and a link
that was lost comes back by itself."""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections import deque
from types import TracebackType

from sapper_host.board.answers import Pending
from sapper_host.board.decoder import Event, Frame, Item
from sapper_host.board.link import Link
from sapper_host.board.signing import STALE
from sapper_host.connected.reconnect import SteadyLink
from sapper_host.errors import LinkError, NoAnswerError, SapperError
from sapper_host.field.port import Answer, Gone, Ground, Heard, ground_of
from sapper_host.operate.once import Once

_STOP_S = 2.0
# A mission's lines come one after the other: what nobody waits for goes when none came for so long, or after so long
# in which there was no such pause.
_PAUSE_S = 0.15
_TURN_S = 5.0


class LinkPort:
    """A context manager. Leaving stops a rover that was moved from here, and lets go of the port."""

    def __init__(self, port: str) -> None:
        self._heard: deque[Heard] = deque()
        self._lines: queue.SimpleQueue[tuple[int, str] | None] = queue.SimpleQueue()
        self._number = 0
        # Numbers of the mission's lines: the last that was said, and the last that nothing is waited for any more.
        self._said = self._over = 0
        self._over_s = self._passed_s = time.monotonic()
        self._passed: Pending | None = None
        self._leaving = False
        self._pinged = False
        self._once = Once()
        self._steady = SteadyLink(port, self._tap, self._found, self._lost, self._setup)
        self._thread = threading.Thread(target=self._run, name="mission's lines", daemon=True)
        self._thread.start()

    def __enter__(self) -> LinkPort:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._leaving = True
        self._lines.put(None)
        if self._pinged:
            self._say_stop()
        self._steady.close()

    @property
    def now_s(self) -> float:
        return time.monotonic()

    def say(self, line: str) -> int:
        """See port.py. `ping` goes at once, whatever waits for an answer."""
        self._number += 1
        if line == "ping":
            self._pinged = True
            link = self._steady.link
            if link is not None:
                with contextlib.suppress(SapperError):
                    link.give_up(link.send("ping", quiet=True))
        else:
            self._said = self._number
            self._lines.put((self._number, line))
        return self._number

    def free(self) -> bool:
        """Whether a line may go now that nobody waits for: none of the mission's waits, for the line or an answer."""
        if self._leaving or self._steady.link is None or self._said != self._over:
            return False
        now_s = time.monotonic()
        return now_s - self._over_s >= _PAUSE_S or now_s - self._passed_s >= _TURN_S

    def pass_on(self, line: str) -> Pending:
        """Send a line that nobody waits for, if `free`; its answer comes into what is returned. By one thread.

        Raises as `Link.send` does. Where the one before was signed for another start of the board, this one waits
        for its answer, which renews what is signed with.
        """
        pending = Pending(line)
        link = self._steady.link
        if link is None:
            pending.done.set()
            return pending
        self._passed_s = time.monotonic()
        before, self._passed = self._passed, None
        if before is not None and before.answer is not None and before.answer.error_name in STALE:
            pending.answer = link.command(line, check=False, quiet=True)
            pending.done.set()
        else:
            pending = link.send(line, quiet=True)
            link.give_up(pending)
        self._passed = pending
        return pending

    def hear(self) -> list[Heard]:
        """See port.py."""
        out = []
        while self._heard:
            out.append(self._heard.popleft())
        return out

    def stop_now(self) -> bool:
        """Write `stop`, before anything else is done; from any thread or signal. Whether the line took it."""
        link = self._steady.link
        if link is None:
            return False
        with contextlib.suppress(SapperError):
            link.give_up(link.stop_now())
            return True
        return False

    def stop_if_held(self) -> None:
        """As `stop_now`, if the rover was armed from here."""
        if self._pinged:
            self.stop_now()

    def _say_stop(self) -> None:
        link = self._steady.link
        if link is not None:
            with contextlib.suppress(SapperError):
                link.stop(_STOP_S)

    def _run(self) -> None:
        while entry := self._lines.get():
            self._ask(*entry)
            self._over_s = time.monotonic()
            self._over = entry[0]

    def _ask(self, number: int, line: str) -> None:
        link = self._steady.link
        if link is None:
            return
        try:
            answer = link.command(line, check=False)
        except (NoAnswerError, LinkError):
            return  # it is said again
        except SapperError as error:  # it cannot be signed here
            self._heard.append(Answer(number, False, str(error)))
            return
        self._heard.append(Answer(number, answer.ok, answer.last.partition(" ")[2], answer.lines))

    def _tap(self, item: Item) -> None:
        if (data := ground_of(item)) is not None:
            self._heard.append(Ground(data))
        elif isinstance(item, Frame) or (isinstance(item, Event) and self._once.new(item)):
            self._heard.append(item)

    def _found(self, version: dict[str, str]) -> None:
        self._heard.append(Gone("", back=True))

    def _lost(self, trouble: str) -> None:
        self._heard.append(Gone(trouble))

    def _setup(self, link: Link) -> None:
        link.command("telemetry on")
