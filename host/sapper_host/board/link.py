"""A link to a board: send a command, await its answer, and hear its events and telemetry meanwhile.

with Link.open("/dev/ttyACM0") as link:
    print(link.identify()["sapper"])
    link.listen(print)
    link.command("telemetry on")
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from types import TracebackType

from sapper_host.board.answers import Answer, AnswerQueue, Pending
from sapper_host.board.decoder import Item, StreamDecoder, Text
from sapper_host.board.greeting import greet
from sapper_host.board.hearers import Hearers, Told, to_stderr
from sapper_host.board.keepalive import KEEP_ALIVE_S, KeepAlive
from sapper_host.board.line_signer import Encoder, LineSigner, plain
from sapper_host.board.serial_stream import DEFAULT_BAUD, ByteStream, SerialStream
from sapper_host.board.signing import WatchOnlyError, question
from sapper_host.errors import BoardError, LinkError, LinkGoneError, NoAnswerError, SapperError, Status

# The board drops longer lines (sapper/link/line.py).
LINE_MAX = 160
ANSWER_TIMEOUT_S = 2.0
# A rig on a busy machine may run slower than real time.
IDENTIFY_TIMEOUT_S = 3.0
# A `stop` without an answer is said again: a line of it may be lost on the radio.
_STOP_AGAIN_S = 0.5
_STOP = b"stop\n"


@dataclass(frozen=True)
class Sent:
    """A line that went to the board."""

    line: str


Happening = Item | Sent
Listener = Callable[[Happening], None]
Tap = Callable[[Item], None]


class Link:
    """One open line. Safe to use from several threads.

    Nothing stands between `stop` and the line: it waits for no lock, listener, signer or disk.
    told: called with what goes wrong with one of those who listen, once, from a thread that may be made to wait.
    encode: how a line becomes bytes (`plain`, or a signer's). Raises LinkGoneError once the line is gone.
    """

    def __init__(self, stream: ByteStream, encode: Encoder = plain, told: Told = to_stderr) -> None:
        self.decoder = StreamDecoder()
        self.hearers = Hearers(told)
        self._stream = stream
        # Objects in the same process have one way to write.
        self._write_first: Callable[[bytes], None] = getattr(stream, "write_first", stream.write)
        self._answers = AnswerQueue()
        # Held while one line is made into bytes and written: answers come in the order of lines. Never for a stop.
        self._sending = threading.Lock()
        self._signer = LineSigner(
            encode, partial(self._ask, timeout_s=ANSWER_TIMEOUT_S, quiet=True), sending=self._sending
        )
        # Held for moments, for what is in memory alone.
        self._lock = threading.RLock()
        self._gone: LinkError | None = None
        self._closing = threading.Event()
        self._keeper = KeepAlive(self._ping, self._lose)
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
        """Let go of the line; waiting commands end with LinkGoneError, listeners take what they still have to."""
        self._closing.set()
        self._keeper.end()
        self._stream.close()
        for thread in (self._reader, self._keeper.thread):
            if thread is not None and thread is not threading.current_thread():
                thread.join(timeout=2)
        self.hearers.close()

    @property
    def gone(self) -> LinkError | None:
        """Why nothing comes any more; None while the line lives."""
        return self._gone

    @property
    def watches_only(self) -> WatchOnlyError | None:
        """Why nothing can be signed on this radio; None where it can, and where it need not."""
        return self._signer.watches_only

    def listen(self, listener: Listener, name: str = "listener") -> None:
        """Have `listener` called with everything that comes or goes, keepalive apart, from a thread of its own.

        An error of its ends it, and is told (`hearers.troubles`); when it is slow, it alone hears late.
        """
        self.hearers.listen(listener, name)

    def unlisten(self, listener: Listener) -> None:
        """Take a listener away again, once it has heard what came before."""
        self.hearers.unlisten(listener)

    def tap(self, tap: Tap) -> None:
        """Have `tap` called with everything that comes, in order, by the reading thread itself: see Hearers."""
        self.hearers.tap(tap)

    def command(
        self, line: str, timeout_s: float = ANSWER_TIMEOUT_S, check: bool = True, quiet: bool = False
    ) -> Answer:
        """Send `line` and wait for its answer. With `check`, `err` raises BoardError; `quiet`: no listener hears of it.

        Raises NoAnswerError after `timeout_s`, LinkGoneError when the line goes, SapperError for a line that is none,
        or that this radio would refuse: that one is not sent.
        """
        if line.split()[:1] == ["stop"]:
            return self.stop(timeout_s)
        self._settle()
        return self._exchange(line, timeout_s, check, quiet)

    def send(self, line: str, quiet: bool = False) -> Pending:
        """Send `line` and wait for nothing: its answer comes into what is returned. Give that up, or it may take later
        answers (`give_up`). Raises as `command` does."""
        if len(line) > LINE_MAX or not line.isascii() or (line and not line.isprintable()):
            reason = f"a command is one line of at most {LINE_MAX} printable ASCII characters"
            raise SapperError(f"'{line[:40]}' cannot be sent", reason, Status.USAGE)
        self._signer.refuse_in_vain(line)
        pending = Pending(line, quiet)
        with self._sending:
            if self._gone is not None:
                raise self._gone
            data = self._signer.encode(line)
            if not quiet:
                self.hearers.went(Sent(line))  # before it leaves, so that a recording has it before its answer
            with self._lock:
                self._answers.add(pending)
            try:
                self._stream.write(data)
            except BaseException:
                with self._lock:
                    self._answers.remove(pending)
                raise
        return pending

    def write(self, data: bytes) -> None:
        """Send bytes as they are, to what is no Sapper: MicroPython's prompt. LinkError when the line takes none."""
        self._stream.write(data)

    def give_up(self, pending: Pending) -> None:
        """Nobody waits for this answer any more."""
        with self._lock:
            if pending.answer is None:
                pending.given_up_at = time.monotonic()

    def stop_now(self) -> Pending:
        """Write `stop`, before anything else is done and whatever else goes on; its answer comes into what is returned.

        From any thread, and from a signal's handler. It goes plain: the board takes it from anybody. It is tried on a
        line that counts as lost, too. LinkError when the line does not take it.
        """
        pending = Pending("stop")
        self._answers.add(pending)
        try:
            self._write_first(_STOP)
        except BaseException:
            self._answers.remove(pending)
            raise
        if self._gone is not None:
            pending.done.set()
        self.hearers.went(Sent("stop"))
        return pending

    def stop(self, timeout_s: float = ANSWER_TIMEOUT_S) -> Answer:
        """The protective stop: sent at once, whatever else waits for an answer, and again until it is answered."""
        until = time.monotonic() + timeout_s
        said: list[Pending] = []
        try:
            while True:
                said.append(self.stop_now())
                said[-1].done.wait(max(0.0, min(_STOP_AGAIN_S, until - time.monotonic())))
                answer = next((each.answer for each in said if each.answer is not None), None)
                if answer is not None:
                    return answer
                if self._gone is not None:
                    raise self._gone
                if time.monotonic() >= until:
                    raise _no_answer("stop", timeout_s)
        finally:
            for pending in said:
                self.give_up(pending)

    def identify(self, timeout_s: float = IDENTIFY_TIMEOUT_S) -> dict[str, str]:
        """Ask who is there: the values of `version`. LinkError when it is not a Sapper, with what it seems to be."""
        # Ends whatever half a line the board holds from the user before us.
        first = self.send("", quiet=True)
        try:
            ask = partial(self._exchange, check=False)
            values = greet(ask, self.write, self.hearers, self.decoder, timeout_s)
        finally:
            self.give_up(first)
        self._signer.begin(values.get("board", ""))
        return values

    def keep_alive(self, on: bool = True) -> None:
        """Say every 500 ms that the operator is there, from now on (or no longer)."""
        self._keeper.keep(on)

    def _exchange(self, line: str, timeout_s: float, check: bool, quiet: bool = False) -> Answer:
        self._signer.ready_for(line)
        answer = self._ask(line, timeout_s, quiet)
        if self._signer.out_of_step(answer):
            self._signer.renew(self._ask(question(), timeout_s, quiet=True))
            answer = self._ask(line, timeout_s, quiet)
        if check and not answer.ok:
            raise self._signer.advise(BoardError(line, answer.error_name, answer.text))
        return answer

    def _ask(self, line: str, timeout_s: float, quiet: bool) -> Answer:
        pending = self.send(line, quiet)
        if not pending.done.wait(timeout_s):
            self.give_up(pending)
        answer = pending.answer
        if answer is not None:
            return answer
        if self._gone is not None:
            raise self._gone
        raise _no_answer(line, timeout_s)

    def _settle(self) -> None:
        """Let answers that were given up come or be forgotten, so that they are not taken for the next command's."""
        while not self._closing.is_set():
            with self._lock:
                if self._answers.settled(time.monotonic()):
                    return
            time.sleep(0.02)

    def _ping(self) -> None:
        # One that is lost, or its answer, must not hold up the next: the board stops after three. And none waits for
        # answers that were given up: no other answer looks like a ping's.
        self._exchange("ping", KEEP_ALIVE_S, check=False, quiet=True)

    def _read(self) -> None:
        error = LinkError("the link was closed")
        try:
            while not self._closing.is_set():
                data = self._stream.read_some()
                for item in self.decoder.feed(data) if data else ():
                    self._take(item)
            error = LinkGoneError("the link was closed")
        except LinkError as gone:
            error = gone
        except Exception as fault:  # whatever it is: who cannot hear must not go on as if
            error = LinkGoneError(f"the line cannot be read: {fault or type(fault).__name__}", "open it again")
        finally:
            self._lose(error)

    def _lose(self, error: LinkError) -> None:
        """The line is of no use from now on: whoever waits is told, and nothing is kept alive over it."""
        with self._lock:
            self._gone = self._gone or error
            self._answers.fail_all()
        self._keeper.end()

    def _take(self, item: Item) -> None:
        pending: Pending | None = None
        if not (isinstance(item, Text) and item.garbled):
            self._keeper.heard()
            if isinstance(item, Text):
                with self._lock:
                    pending = self._answers.take(item.line, time.monotonic())
        if pending is None or not pending.quiet:
            self.hearers.came(item)
        if pending is not None and pending.answer is not None:
            pending.done.set()  # after the taps: whoever waited for it finds them up to date


def _no_answer(line: str, timeout_s: float) -> NoAnswerError:
    return NoAnswerError(
        f"no answer to '{line}' within {timeout_s:g} s", "is it the right port, and is the board running?"
    )
