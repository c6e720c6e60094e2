"""Nothing that listens, records or waits keeps `stop` from the line; a link that cannot hear keeps no rover going."""

from __future__ import annotations

import contextlib
import errno
import os
import pty
import signal
import threading
import time
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from sapper_host.board import keepalive
from sapper_host.board import link as link_module
from sapper_host.board.consumer import Consumer
from sapper_host.board.line_signer import plain
from sapper_host.board.link import Happening, Link
from sapper_host.board.serial_stream import SerialStream
from sapper_host.errors import LinkError, LinkGoneError, NoAnswerError, SapperError
from tests.host.board.test_link import wait_for
from tests.host.fake_board import FakeBoard

pytestmark = pytest.mark.unit
EVENT = b"* 1 1000 mark s_mm=0 count=1\r\n"
# Far below what any of the hindrances here takes, far above what a busy machine does.
SOON_S = 1.0

ERRORS: list[Exception] = [
    OSError(errno.ENOSPC, "No space left on device"),
    OSError(errno.EIO, "Input/output error"),
    BrokenPipeError(errno.EPIPE, "Broken pipe"),
    SapperError("no space left on device"),
    RuntimeError("deque mutated during iteration"),
    MemoryError(),
]


def raiser(error: Exception) -> Callable[[Happening], None]:
    def listener(_: Happening) -> None:
        raise error

    return listener


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: repr(error)[:30])
def test_a_listeners_error_costs_that_listener_and_is_told_once(board: FakeBoard, error: Exception) -> None:
    told: list[str] = []
    heard: list[Happening] = []
    with Link(SerialStream(board.port), told=told.append) as link:
        link.listen(raiser(error), "recording")
        link.listen(heard.append)
        board.send(EVENT)
        wait_for(lambda: heard)
        assert link.stop().values() == {"state": "STOPPED"}
        for _ in range(3):
            assert link.command("ping").ok
        wait_for(lambda: told)
        assert [text.partition(":")[0] for text in told] == ["recording"] and link.hearers.troubles == (told[0],)
        assert link.gone is None and board.heard.count("stop") == 1


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: repr(error)[:30])
def test_a_taps_error_costs_that_tap_and_is_told_once(board: FakeBoard, error: Exception) -> None:
    told: list[str] = []
    with Link(SerialStream(board.port), told=told.append) as link:
        link.tap(raiser(error))
        board.send(EVENT * 3)
        assert link.stop().values() == {"state": "STOPPED"} and link.command("ping").ok
        wait_for(lambda: told)
        assert len(told) == 1 and len(link.hearers.troubles) == 1


def test_a_listener_that_hangs_costs_itself(board: FakeBoard) -> None:
    go_on = threading.Event()
    heard: list[Happening] = []
    with Link.open(board.port) as link:
        link.listen(lambda _: go_on.wait(30) and None, "slow disk")
        link.listen(heard.append)
        board.send(EVENT)
        wait_for(lambda: heard)
        begin = time.monotonic()
        link.stop()
        assert link.command("ping").ok and time.monotonic() - begin < SOON_S
        wait_for(lambda: len(heard) > 3)
        go_on.set()


def test_one_that_falls_behind_loses_its_own_and_is_told(board: FakeBoard) -> None:
    go_on, told, heard = threading.Event(), [], []

    def slow(item: int) -> None:
        go_on.wait(30)
        heard.append(item)

    consumer = Consumer("recording", slow, told.append, most=10)
    for number in range(100):
        consumer.put(number)
    assert "too slow" in consumer.trouble and consumer.lost >= 89
    go_on.set()
    consumer.close()
    assert heard == list(range(100 - consumer.lost)) and len(told) == 1


def test_what_was_heard_before_the_end_is_still_taken(board: FakeBoard) -> None:
    heard: list[Happening] = []

    def slow(item: Happening) -> None:
        time.sleep(0.02)
        heard.append(item)

    with Link.open(board.port) as link:
        link.listen(slow)
        for _ in range(10):
            link.command("ping")
    assert len(heard) == 20


def test_stop_leaves_while_a_signer_waits_for_a_file(board: FakeBoard) -> None:
    go_on = threading.Event()

    def seal(line: str) -> bytes:
        if line == "status":
            go_on.wait(10)
        return plain(line)

    with Link.open(board.port, encode=seal) as link:
        waiting = threading.Thread(target=link.command, args=("status",))
        waiting.start()
        time.sleep(0.1)
        begin = time.monotonic()
        link.stop()
        assert time.monotonic() - begin < SOON_S and board.heard == ["stop"]
        go_on.set()
        waiting.join()


def test_stop_leaves_from_a_signal_while_this_thread_holds_every_lock(board: FakeBoard) -> None:
    with Link.open(board.port) as link:
        before = signal.signal(signal.SIGALRM, lambda *_: link.stop_now() and None)
        try:
            with link._sending, link._lock, link._stream._writing:  # type: ignore[attr-defined]
                signal.setitimer(signal.ITIMER_REAL, 0.1)
                time.sleep(0.3)
            wait_for(lambda: "stop" in board.heard)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
        assert link.command("ping").ok


@contextmanager
def deaf_terminal() -> Iterator[tuple[int, str]]:
    """A port behind which nobody reads yet: (where to read, its name)."""
    master, slave = pty.openpty()
    tty.setraw(slave)
    try:
        yield master, os.ttyname(slave)
    finally:
        os.close(slave)
        os.close(master)


def test_stop_goes_before_a_write_that_waits_for_room() -> None:
    with deaf_terminal() as (master, port):
        stream = SerialStream(port)
        failed: list[Exception] = []

        def fill() -> None:
            try:
                while True:
                    stream.write(b"set det_alert_x100 500\n" * 50)
            except LinkError as error:
                failed.append(error)

        writer = threading.Thread(target=fill)
        writer.start()
        time.sleep(0.3)
        assert writer.is_alive() and not failed, "the port must be full by now"
        begin = time.monotonic()
        stream.write_first(b"stop\n")
        took_s = time.monotonic() - begin
        writer.join()
        os.set_blocking(master, False)
        got = b""
        with contextlib.suppress(BlockingIOError):
            while True:
                got += os.read(master, 1 << 20)
        stream.close()
    assert took_s < SOON_S and "gave way" in str(failed[0])
    lines = got.split(b"\n")
    assert lines[-2:] == [b"stop", b""], "nothing of what was overtaken may follow"
    # The page that the other end has already is its own; what the driver still held back is dropped.
    assert len(got) < 5000, "a stop behind kilobytes of settings is no stop"


def test_a_port_that_takes_nothing_is_an_error_in_time_and_not_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    with deaf_terminal() as (_, port):
        stream = SerialStream(port)
        monkeypatch.setattr(stream, "_put", lambda data: 0)
        for write in (stream.write, stream.write_first):
            begin = time.monotonic()
            with pytest.raises(LinkError, match="takes no data"):
                write(b"stop\n")
            assert time.monotonic() - begin < 4
        stream.close()


def test_stop_from_many_threads_at_once_is_one_line_each(board: FakeBoard) -> None:
    with Link.open(board.port) as link:
        link.keep_alive()

        def ask() -> None:
            for _ in range(20):
                with contextlib.suppress(NoAnswerError):  # those that gave way
                    link.command("status", timeout_s=0.5)

        others = [threading.Thread(target=ask) for _ in range(2)]
        stoppers = [threading.Thread(target=lambda: [link.stop() for _ in range(20)]) for _ in range(4)]
        for thread in others + stoppers:
            thread.start()
        for thread in others + stoppers:
            thread.join()
        assert board.heard.count("stop") >= 80
        assert set(board.heard) <= {"stop", "status", "ping", ""}, "a line was cut or mixed with another"
        assert link.gone is None


def test_a_stop_that_is_not_answered_is_said_again(board: FakeBoard) -> None:
    board.drop_answers = 1
    with Link.open(board.port) as link:
        assert link.stop().ok and board.heard == ["stop", "stop"]


class Line:
    """A line in this process: `read` is what comes of reading it."""

    def __init__(self, read: Callable[[], bytes]) -> None:
        self.read_some = read
        self.wrote: list[bytes] = []

    def write(self, data: bytes) -> None:
        self.wrote.append(data)

    def close(self) -> None:
        pass


@pytest.mark.parametrize(
    "error", [OSError(errno.EIO, "I/O error"), RuntimeError("of the decoder's"), LinkGoneError("x")]
)
def test_a_link_that_cannot_read_is_lost_and_keeps_nothing_alive(error: Exception) -> None:
    begun = threading.Event()

    def read() -> bytes:
        begun.wait(5)
        raise error

    line = Line(read)
    with Link(line) as link:
        link.keep_alive()
        begun.set()
        wait_for(lambda: link.gone is not None)
        with pytest.raises(LinkError):
            link.command("status")
        time.sleep(0.1)
        said = len(line.wrote)
        time.sleep(1.2)
        assert len(line.wrote) == said, "it goes on pinging over a line that it cannot hear"
        link.stop_now()
        assert line.wrote[-1] == b"stop\n", "a stop is tried in any case"


def test_a_link_that_hears_nothing_is_lost_and_keeps_nothing_alive(
    board: FakeBoard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keepalive, "DEAF_S", 0.5)
    monkeypatch.setattr(link_module, "ANSWER_TIMEOUT_S", 0.3)
    with Link.open(board.port) as link:
        link.keep_alive()
        wait_for(lambda: board.heard.count("ping") >= 2)
        assert link.gone is None
        board.mute = True
        wait_for(lambda: link.gone is not None, 8)
        assert "nothing was heard" in link.gone.message  # type: ignore[union-attr]
        pings = board.heard.count("ping")
        time.sleep(1.2)
        assert board.heard.count("ping") == pings
