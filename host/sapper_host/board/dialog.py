"""Question and answer over a line, in one thread: for work where nothing else happens meanwhile, as an update is.

`Link` is for driving: it hears events and telemetry and keeps the link alive. Here time is the line's own, so that a
simulated board's is the board's.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from sapper_host.board import at_prompt
from sapper_host.board.answers import Answer, is_last
from sapper_host.board.decoder import Item, StreamDecoder, Text
from sapper_host.board.serial_stream import ByteStream
from sapper_host.errors import BoardError, NoAnswerError

ANSWER_S = 2.0
_SIGN_S = 0.4


class Dialog:
    """One open line. clock: seconds, of the line's own time."""

    def __init__(self, stream: ByteStream, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._clock = clock
        self._decoder = StreamDecoder()
        self._lines: deque[str] = deque()
        self._raw = b""
        self.hear: Callable[[Item], None] | None = None  # called with all that comes, frames and events too

    def write(self, data: bytes) -> None:
        """Send bytes as they are."""
        self._stream.write(data)

    def line(self, wait_s: float) -> str | None:
        """The next line of text, without its end; None when none comes in time. LinkGoneError when the line goes."""
        until = self._clock() + wait_s
        while not self._lines:
            if self._clock() >= until:
                return None
            for item in self._decoder.feed(self._stream.read_some()):
                if self.hear is not None:
                    self.hear(item)
                if isinstance(item, Text) and not item.garbled:
                    self._lines.append(item.line.removeprefix("> "))
        return self._lines.popleft()

    def answer_line(self, wait_s: float) -> str | None:
        """The next line that ends an answer."""
        until = self._clock() + wait_s
        while (left := until - self._clock()) > 0:
            line = self.line(left)
            if line is not None and is_last(line):
                return line
        return None

    def quiet(self, for_s: float) -> None:
        """Throw away what comes until nothing has come for so long."""
        while self.line(for_s) is not None:
            pass

    def quiet_until(self, until_s: float) -> None:
        """Throw away what comes until then, by the line's clock."""
        while (left := until_s - self._clock()) > 0:
            self.line(left)

    def ask(self, command: str, wait_s: float = ANSWER_S, check: bool = True, expect: str = "") -> Answer:
        """Send a command and take its answer. BoardError when it was refused and `check`; NoAnswerError.

        expect: how what follows `ok ` begins. Another `ok` is then the late answer to something said before.
        """
        self.write(command.encode("ascii") + b"\n")
        until = self._clock() + wait_s
        body: list[str] = []
        while (left := until - self._clock()) > 0:
            line = self.line(left)
            if line is None:
                break
            if line.startswith("  "):
                body.append(line[2:])
            elif line.startswith("ok") and not line.startswith(f"ok {expect}".rstrip()):
                body.clear()
            elif is_last(line):
                answer = Answer(command, line, tuple(body))
                if check and not answer.ok:
                    raise BoardError(command, answer.error_name, answer.text)
                return answer
        raise NoAnswerError(f"no answer to '{command}' within {wait_s:g} s", "is it the right port?")

    def until(self, sign: bytes, wait_s: float) -> bytes:
        """Of what is no Sapper: the bytes that come, as they are, up to the end of `sign`. NoAnswerError."""
        until = self._clock() + wait_s
        while sign not in self._raw:
            if self._clock() >= until:
                raise NoAnswerError("MicroPython's prompt does not answer", "restart the board")
            self._raw += self._stream.read_some()
        before, _, self._raw = self._raw.partition(sign)
        return before + sign

    def look_for_prompt(self, typed: int) -> None:
        """AtPromptError when MicroPython's prompt is at the other end; it is left clean (see board/at_prompt.py).

        typed: so many printable characters were said that it may have kept.
        """
        error = at_prompt.look(self._say, typed)
        if error is not None:
            raise error

    def _say(self, data: bytes, signs: tuple[bytes, ...]) -> bytes:
        before = self._decoder.counts.bytes
        self.write(data)
        until = self._clock() + _SIGN_S
        while True:
            heard = self._decoder.raw_since(before)
            if any(sign in heard for sign in signs) or self._clock() >= until:
                return heard
            self._decoder.feed(self._stream.read_some())

    def close(self) -> None:
        """Let go of the line."""
        self._stream.close()
