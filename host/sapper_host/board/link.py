"""A link to a board: send a command, await its answer, and hear its events and telemetry meanwhile.

with Link.open("/dev/ttyACM0") as link:
    print(link.identify()["sapper"])
    link.listen(print)
    link.command("telemetry on")
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType

from sapper_host.board.answers import Answer, AnswerQueue, Pending
from sapper_host.board.decoder import Item, StreamDecoder, Text
from sapper_host.board.serial_stream import DEFAULT_BAUD, ByteStream, SerialStream
from sapper_host.board.signing import STALE, RadioEncoder, encoder_for
from sapper_host.errors import BoardError, LinkError, LinkGoneError, NoAnswerError, SapperError, Status

# The board drops longer lines (sapper/link/line.py).
LINE_MAX = 160
KEEP_ALIVE_S = 0.5
ANSWER_TIMEOUT_S = 2.0
# A rig on a busy machine may run slower than real time.
IDENTIFY_TIMEOUT_S = 3.0
_ASK_AGAIN_S = 1.0
_HEARD_MAX = 50


@dataclass(frozen=True)
class Sent:
    """A line that went to the board."""

    line: str


Happening = Item | Sent
Listener = Callable[[Happening], None]
Encoder = Callable[[str], bytes]


def plain(line: str) -> bytes:
    """A line as it goes over USB. A radio's signer takes this one's place."""
    return line.encode("ascii") + b"\n"


class Link:
    """One open line. Safe to use from several threads; listeners are called from the reading thread.

    encode: how a line becomes bytes (`plain`, or a signer's). Raises LinkGoneError once the line is gone.
    """

    def __init__(self, stream: ByteStream, encode: Encoder = plain) -> None:
        self.decoder = StreamDecoder()
        self._stream = stream
        self._encode = encode
        self._why_plain: SapperError | None = None
        self._listeners: list[Listener] = []
        self._answers = AnswerQueue()
        self._lock = threading.Lock()
        self._gone: LinkError | None = None
        self._closing = threading.Event()
        self._keep_alive = threading.Event()
        self._keeper: threading.Thread | None = None
        self._reader = threading.Thread(target=self._read, name="link reader", daemon=True)
        self._reader.start()

    @classmethod
    def open(cls, port: str, baud: int = DEFAULT_BAUD, encode: Encoder = plain) -> Link:
        """A Link over the serial port of this name; LinkError says why it cannot be."""
        return cls(SerialStream(port, baud), encode)

    def __enter__(self) -> Link:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the line; waiting commands end with LinkGoneError."""
        self._closing.set()
        self._keep_alive.set()
        self._stream.close()
        for thread in (self._reader, self._keeper):
            if thread is not None and thread is not threading.current_thread():
                thread.join(timeout=2)

    @property
    def gone(self) -> LinkError | None:
        """Why nothing comes any more; None while the line lives."""
        return self._gone

    def listen(self, listener: Listener) -> None:
        """Have `listener` called with everything that comes or goes, keepalive apart."""
        self._listeners.append(listener)

    def unlisten(self, listener: Listener) -> None:
        """Take a listener away again."""
        self._listeners.remove(listener)

    def command(
        self, line: str, timeout_s: float = ANSWER_TIMEOUT_S, check: bool = True, quiet: bool = False
    ) -> Answer:
        """Send `line` and wait for its answer. With `check`, `err` raises BoardError; `quiet`: no listener hears of it.

        Raises NoAnswerError after `timeout_s`, LinkGoneError when the line goes, SapperError for a line that is none.
        """
        self._settle()
        return self._exchange(line, timeout_s, check, quiet)

    def stop(self, timeout_s: float = ANSWER_TIMEOUT_S) -> Answer:
        """The protective stop: sent at once, whatever else waits for an answer."""
        return self._exchange("stop", timeout_s, check=True)

    def identify(self, timeout_s: float = IDENTIFY_TIMEOUT_S) -> dict[str, str]:
        """Ask who is there: the values of `version`. LinkError when it is not a Sapper, with what it seems to be."""
        heard: list[str] = []

        def hear(item: Happening) -> None:
            if isinstance(item, Text) and len(heard) < _HEARD_MAX:
                heard.append(item.line)

        self.listen(hear)
        # Ends whatever half a line the board holds from the user before us.
        first = self._send("", quiet=True)
        try:
            values = self._ask_version(time.monotonic() + timeout_s, heard)
        finally:
            self.unlisten(hear)
            first.given_up_at = time.monotonic()
        if "sapper" in values:
            self._begin_signing(values.get("board", ""))
            return values
        raise LinkError(*_not_ours(heard, self.decoder.counts.bytes))

    def _ask_version(self, until_s: float, heard: list[str]) -> dict[str, str]:
        """Ask every second: a board that is just starting loses what is said to it before it listens."""
        while True:
            left_s = until_s - time.monotonic()
            with contextlib.suppress(NoAnswerError):
                return self._exchange("version", max(0.05, min(_ASK_AGAIN_S, left_s)), check=False).values()
            for line in heard:
                # The answer to an earlier asking, after its time.
                if line.startswith("ok sapper="):
                    return Answer("version", line).values()
            if left_s <= _ASK_AGAIN_S:
                return {}

    def keep_alive(self, on: bool = True) -> None:
        """Say every 500 ms that the operator is there, from now on (or no longer)."""
        if on:
            self._keep_alive.set()
            if self._keeper is None:
                self._keeper = threading.Thread(target=self._ping, name="link keepalive", daemon=True)
                self._keeper.start()
        else:
            self._keep_alive.clear()

    def _begin_signing(self, board: str) -> None:
        """On a radio whose key this user has, lines are signed from now on; on all other links this does nothing.

        Without a key that fits one can still watch, and `stop`; why no more is told when it is tried.
        """
        if self._encode is plain:
            try:
                encode = encoder_for(board, lambda line: self._ask(line, ANSWER_TIMEOUT_S, quiet=True))
                self._encode = encode or plain
            except SapperError as error:
                self._why_plain = error

    def _exchange(self, line: str, timeout_s: float, check: bool, quiet: bool = False) -> Answer:
        answer = self._ask(line, timeout_s, quiet)
        if answer.error_name in STALE and isinstance(self._encode, RadioEncoder):
            # The board has started anew, or another program went on counting. What it refused it has not done.
            fresh = self._ask("nonce", timeout_s, quiet=True)
            with self._lock:
                self._encode.renew(fresh.values())
            answer = self._ask(line, timeout_s, quiet)
        if check and not answer.ok:
            if answer.error_name == "unsigned" and self._why_plain:
                raise SapperError(f"'{line}' has to be signed: {self._why_plain.message}", self._why_plain.remedy)
            raise BoardError(line, answer.error_name, answer.text)
        return answer

    def _ask(self, line: str, timeout_s: float, quiet: bool) -> Answer:
        pending = self._send(line, quiet)
        if not pending.done.wait(timeout_s):
            with self._lock:
                if pending.answer is None:
                    pending.given_up_at = time.monotonic()
        answer = pending.answer
        if answer is not None:
            return answer
        if self._gone is not None:
            raise self._gone
        raise NoAnswerError(
            f"no answer to '{line}' within {timeout_s:g} s", "is it the right port, and is the board running?"
        )

    def _send(self, line: str, quiet: bool = False) -> Pending:
        if len(line) > LINE_MAX or not line.isascii() or (line and not line.isprintable()):
            reason = f"a command is one line of at most {LINE_MAX} printable ASCII characters"
            raise SapperError(f"'{line[:40]}' cannot be sent", reason, Status.USAGE)
        pending = Pending(line, quiet)
        if not quiet:
            self._tell(Sent(line))  # before it leaves, so that a recording has it before its answer
        with self._lock:
            if self._gone is not None:
                raise self._gone
            self._answers.add(pending)
            try:
                self._stream.write(self._encode(line))
            except LinkError:
                self._answers.remove(pending)
                raise
        return pending

    def _settle(self) -> None:
        """Let answers that were given up come or be forgotten, so that they are not taken for the next command's."""
        while not self._closing.is_set():
            with self._lock:
                if self._answers.settled(time.monotonic()):
                    return
            time.sleep(0.02)

    def _ping(self) -> None:
        while not self._closing.is_set():
            self._keep_alive.wait()
            try:
                self._settle()
                self._exchange("ping", ANSWER_TIMEOUT_S, check=False, quiet=True)
            except NoAnswerError:
                continue
            except LinkError:
                return
            self._closing.wait(KEEP_ALIVE_S)

    def _read(self) -> None:
        try:
            while not self._closing.is_set():
                data = self._stream.read_some()
                for item in self.decoder.feed(data) if data else ():
                    self._take(item)
            raise LinkGoneError("the link was closed")
        except LinkError as error:
            with self._lock:
                self._gone = error
                self._answers.fail_all()

    def _take(self, item: Item) -> None:
        if isinstance(item, Text) and not item.garbled:
            with self._lock:
                pending = self._answers.take(item.line, time.monotonic())
            if pending is not None and pending.quiet:
                return
        self._tell(item)

    def _tell(self, happening: Happening) -> None:
        for listener in tuple(self._listeners):
            listener(happening)


def _not_ours(heard: list[str], count: int) -> tuple[str, str]:
    if any(line.startswith((">>>", "Traceback", "raw REPL")) or "MicroPython" in line for line in heard):
        return (
            "MicroPython's prompt answers, not Sapper",
            "Ctrl-D at the prompt (`mpremote`) starts Sapper again if it is on this board; else flash it",
        )
    if count:
        return "something answers, but not as a Sapper does", "is it the right port, and the right baud rate?"
    return "nothing answers", "is it the right port, is the board powered, and does it run Sapper?"
