"""Corrections for the board's GNSS receiver, from a base station up the link, beside a mission that runs.

They never stand in a mission's way: one line of them is under way at most, so many bytes a second, and none while
the mission waits for an answer (link_port.py). What goes wrong with their source is told, and the mission goes on: how
well the place is known decides whether the rover moves.
"""

from __future__ import annotations

import base64
import threading
import time
from collections import deque
from types import TracebackType
from typing import Protocol

from sapper_host.board.answers import Pending
from sapper_host.errors import LinkError, SapperError
from sapper_host.field.rtcm_frames import Framer
from sapper_host.field.rtcm_queue import CorrectionsQueue, Piece
from sapper_host.field.rtcm_source import Source, SourceError

# Bytes of RTCM 3 a second; as signed lines they are some 1.7 times that, of the radio's 5,760.
RATE_B_S = 400
RATES_B_S = range(100, 1001)
SILENT_S = 10.0
_AGAIN_S = 5.0
# What began like a frame is not waited for any longer.
_IDLE_S = 2.0
# A line without an answer is taken for lost.
_ANSWER_S = 1.0
# So many epochs are dropped, or lines refused in a row, before it is told.
_TELL_AFTER = 3
_NEWS_MOST = 20
_STEP_S = 0.02
# A piece that could have gone by so much earlier does not put off the next.
_LATE_S = 0.1

_GOES_ON = "the mission goes on while the place is known well enough"
# Silence by what came meanwhile: bytes, frames.
_SILENCE = {
    (False, False): "nothing comes from {name}: look at the base station, its power and its cables",
    (
        True,
        False,
    ): "what comes from {name} is no RTCM 3: is it the right port and baud rate, and does the base send it?",
    (True, True): "{name} sends no MSM4 or MSM7: have the base send 1074, 1084, 1094 and 1124, once a second",
}


class Way(Protocol):
    """What corrections go up by: link_port.py."""

    def free(self) -> bool:
        """Whether a line may go now that nobody waits for."""
        ...

    def pass_on(self, line: str) -> Pending:
        """Send it; its answer comes into what is returned, done without one where it was lost. SapperError as
        `Link.send` has it."""
        ...


class Corrections:
    """Call `hear`, then `give`, many times a second, from one thread. Times are seconds of a clock that does not go
    back. framer, queue: what they have counted. taken_s: when the board took the last whole frame of an epoch."""

    def __init__(self, source: Source, rate_b_s: int = RATE_B_S) -> None:
        self.framer, self.queue = Framer(), CorrectionsQueue()
        self.taken_s: float | None = None
        self._source, self._rate_b_s = source, rate_b_s
        self._news: deque[str] = deque(maxlen=_NEWS_MOST)
        self._open = self._ended = False
        self._again_s: float | None = None  # when to open it; None: at once
        self._trouble = ""
        self._useful_s = self._byte_s = 0.0
        self._bytes = self._frames = False
        self._idled = True
        self._sent: tuple[Pending, Piece, float] | None = None
        self._next_s = 0.0
        self._refused = 0
        self._refusal = ""
        self._surplus_told = False
        self._surplus_from = 0

    def news(self) -> list[str]:
        """What there is to tell people, since it was last asked. From any thread."""
        out = []
        while self._news:
            out.append(self._news.popleft())
        return out

    def tell(self, words: str) -> None:
        """One more thing for people."""
        self._news.append(words)

    def age_words(self, now_s: float) -> str:
        """How old the last correction is that the board took, for people. From any thread."""
        taken_s = self.taken_s
        return "no corrections yet" if taken_s is None else f"corrections {max(0.0, now_s - taken_s):.1f} s old"

    def hear(self, now_s: float) -> bool:
        """Take what the source has; whether something came."""
        if not self._open and not self._opened(now_s):
            return False
        try:
            data = self._source.read()
        except SourceError as error:
            self._lost(error, now_s)
            return False
        if data:
            self._byte_s, self._bytes, self._idled = now_s, True, False
            self._take(self.framer.feed(data), now_s)
        elif not self._idled and now_s - self._byte_s > _IDLE_S:
            self._idled = True
            self._take(self.framer.idle(), now_s)
        if now_s - self._useful_s > SILENT_S:
            self._silent(now_s)
        return bool(data)

    def give(self, way: Way, now_s: float) -> None:
        """Send one piece, if it may go."""
        if not self._answered(now_s) or now_s < self._next_s:
            return
        if not way.free():
            self._surplus_from = self.queue.replaced
            return
        piece = self.queue.take(now_s)
        if piece is None:
            return
        self._next_s = max(self._next_s, now_s - _LATE_S) + len(piece.data) / self._rate_b_s
        try:
            pending = way.pass_on("rtcm " + base64.b64encode(piece.data).decode())
        except SapperError as error:
            self.queue.lost()
            self._surplus_from = self.queue.replaced
            if not isinstance(error, LinkError):  # the link's own loss is told by others
                self._next_s = now_s + _AGAIN_S
                self._refuse(str(error), at_once=True)
        else:
            self._sent = pending, piece, now_s
            self._tell_surplus()

    def close(self) -> None:
        """Let go of the source."""
        if self._open:
            self._open = False
            self._source.close()

    # The source.

    def _opened(self, now_s: float) -> bool:
        if self._ended or (self._again_s is not None and now_s < self._again_s):
            return False
        try:
            self._source.open()
        except SourceError as error:
            self._lost(error, now_s)
            return False
        self._open = True
        self._useful_s = self._byte_s = now_s
        self._bytes = self._frames = False
        return True

    def _lost(self, error: SourceError, now_s: float) -> None:
        self._ended = error.ended
        if error.ended:
            self._trouble = ""  # this is told in any case
        self._tell_trouble(f"no corrections: {error}")
        self._away(now_s)

    def _silent(self, now_s: float) -> None:
        words = _SILENCE[self._bytes, self._frames].format(name=self._source.name)
        self._tell_trouble(f"no corrections for {SILENT_S:.0f} s: {words}")
        self._useful_s = now_s
        if not self._bytes:
            self._away(now_s)  # a connection that is dead without telling comes back only so
        self._bytes = self._frames = False

    def _away(self, now_s: float) -> None:
        self.close()
        self._again_s = now_s + _AGAIN_S
        self.framer.idle()

    def _tell_trouble(self, words: str) -> None:
        if not self._trouble:
            self._news.append(f"{words}; {_GOES_ON}")
        self._trouble = words

    def _take(self, frames: list[bytes], now_s: float) -> None:
        for frame in frames:
            self._bytes = self._frames = True
            if self.queue.put(frame, now_s):
                self._useful_s = now_s
                self._bytes = self._frames = False
                if self._trouble:
                    self._trouble = ""
                    self._news.append(f"corrections come again from {self._source.name}")

    def _tell_surplus(self) -> None:
        """Once, where it is the budget that does not let all of it go."""
        if self.queue.replaced - self._surplus_from >= _TELL_AFTER and not self._surplus_told:
            self._surplus_told = True
            self._news.append(
                f"more corrections come than go up ({self._rate_b_s} B/s): the newest go, whole epochs are left out. "
                "Have the base send MSM4 once a second, or give a larger --rtcm-rate"
            )

    # The board's answers.

    def _answered(self, now_s: float) -> bool:
        """Whether no line is under way any more."""
        if self._sent is None:
            return True
        pending, piece, at_s = self._sent
        if not pending.done.is_set() and now_s - at_s < _ANSWER_S:
            return False
        self._sent = None
        answer = pending.answer
        if answer is None:
            self.queue.lost()  # more likely the line, which is longer, than its answer
            return True
        if not answer.ok:
            self.queue.lost()
            self._refuse(f"{answer.error_name}: {answer.text}")
            return True
        self._refused, self._refusal = 0, ""
        if piece.ends_frame and piece.observed:
            self.taken_s = at_s
        return True

    def _refuse(self, words: str, at_once: bool = False) -> None:
        self._refused += 1
        if (at_once or self._refused >= _TELL_AFTER) and self._refusal != words:
            self._refusal = words
            self._news.append(f"the board does not take corrections: {words}; {_GOES_ON}")


class CorrectionsThread:
    """A context manager: from `begin` on corrections go up beside whatever else is done; leaving ends that. Of None
    there is nothing to tell."""

    def __init__(self, corrections: Corrections | None) -> None:
        self._corrections = corrections
        self._leaving = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> CorrectionsThread:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._leaving.set()
        if self._thread is not None:
            self._thread.join(timeout=5)

    def begin(self, way: Way) -> None:
        """Once."""
        if self._corrections is not None:
            to = self._corrections, way
            self._thread = threading.Thread(target=self._run, args=to, name="corrections", daemon=True)
            self._thread.start()

    def news(self) -> list[str]:
        """As `Corrections` has them."""
        return self._corrections.news() if self._corrections is not None else []

    def age_words(self, now_s: float) -> str:
        """Behind a line of the mission's: the last correction's age, or nothing. now_s: of the monotonic clock."""
        return f"; {self._corrections.age_words(now_s)}" if self._corrections is not None else ""

    def _run(self, corrections: Corrections, way: Way) -> None:
        try:
            while not self._leaving.is_set():
                came = corrections.hear(time.monotonic())
                corrections.give(way, time.monotonic())
                if not came:
                    self._leaving.wait(_STEP_S)
        except Exception as fault:  # whatever it is: who relies on corrections must not go on as if they came
            corrections.tell(f"no corrections any more ({fault or type(fault).__name__}): run the mission again")
        finally:
            corrections.close()
