"""Every object of the laptop's that two threads touch, fed at full speed by some while others look at it."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from rich.console import Console

from sapper.shared import events, fields, wire
from sapper_host.board.answers import AnswerQueue, Pending
from sapper_host.board.consumer import Consumer
from sapper_host.board.decoder import Item, StreamDecoder, Text
from sapper_host.board.hearers import Hearers
from sapper_host.board.link import Link
from sapper_host.operate.drive_keys import KEYS, DriveKeys
from sapper_host.operate.monitor_state import MonitorState
from sapper_host.operate.monitor_view import plain_line, render
from sapper_host.operate.operator import Operator
from sapper_host.recordings.mcap_file import McapReading
from sapper_host.recordings.recorder import Recorder
from sapper_host.screen.boards import board_screen
from tests.host.fake_board import FakeBoard, frame_bytes

pytestmark = pytest.mark.unit
_LONG_S = 0.7


@pytest.fixture(autouse=True)
def often_switched() -> Iterator[None]:
    """Threads take turns a hundred times as often as usual."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(0.00005)
    yield
    sys.setswitchinterval(before)


def hammered(*works: Callable[[int], object]) -> None:
    """Each work in a thread of its own, over and over (it is told how often); what one raises is raised."""
    end = time.monotonic() + _LONG_S
    errors: list[BaseException] = []

    def run(work: Callable[[int], object]) -> None:
        count = 0
        try:
            while time.monotonic() < end and not errors:
                work(count)
                count += 1
            assert count > 3
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


def items() -> list[Item]:
    """What a board tells: frames of all kinds, events, a restart."""
    data = b"".join(frame_bytes(kind, i, t_ms=i) for i, kind in enumerate((wire.STATUS, wire.DETECT, wire.LOOP)))
    for row in events.KINDS:
        data += fields.text_line(row[0], 1000, row[0], 1500, tuple(range(len(row[2])))).encode() + b"\n"
    return StreamDecoder().feed(data + b"ok state=SAFE\n")


def test_the_hammer_itself_finds_what_is_not_safe() -> None:
    """A canary: a state that is looked at without a snapshot, as it once was."""
    values: dict[int, int] = {}
    with pytest.raises(RuntimeError, match="changed size during iteration"):
        hammered(
            lambda count: values.__setitem__(count % 997, count) if count % 2 else values.clear(),
            lambda count: [time.sleep(0) for _ in values],
        )


def test_the_monitors_state_is_fed_while_screens_look() -> None:
    state, told = MonitorState("port"), items()
    decoder = StreamDecoder()
    console = Console(width=80, height=24, file=open("/dev/null", "w"))  # noqa: SIM115

    def look(_: int) -> None:
        seen = state.snapshot()
        before = (tuple(seen.events), seen.status, seen.quality(0).lost_pct)
        console.print(render(seen, decoder.counts, 80, 24))
        plain_line(seen)
        assert before == (tuple(seen.events), seen.status, seen.quality(0).lost_pct), "a snapshot changed"

    hammered(
        lambda count: state.take(told[count % len(told)], decoder.counts),
        lambda count: state.lost("gone") if count % 2 else state.found({"sapper": "0"}),
        look,
        lambda _: (state.quality(0), state.fresh, state.last_t_ms, state.state),  # unprotected looks bear it, too
    )
    console.file.close()


def test_drive_keys_are_pressed_while_the_driver_and_the_toolbar_look() -> None:
    keys, names = DriveKeys(), list(KEYS)
    hammered(
        lambda count: keys.press(names[count % 4], time.monotonic(), "repeat" if count % 3 else "press"),
        lambda count: keys.lift(names[count % 4], time.monotonic()),
        lambda count: (keys.alive(time.monotonic()), keys.faster(count % 2 == 0)),
        lambda count: keys.tells_releases(count % 2 == 0, time.monotonic()) if count % 50 == 0 else keys.let_go(),
        lambda _: (keys.wanted(time.monotonic()), keys.changes_s(time.monotonic()), keys.waits(time.monotonic())),
    )


def test_listeners_come_and_go_while_items_come() -> None:
    hearers = Hearers(lambda text: None)
    heard: list[object] = []
    hearers.tap(heard.append)
    said = [0]

    def come_and_go(count: int) -> None:
        listener = [].append
        hearers.listen(listener, f"listener {count}")
        hearers.tap(listener)
        hearers.untap(listener)
        hearers.unlisten(listener)

    def say(count: int) -> None:
        hearers.came(count)
        said[0] += 1

    hammered(say, come_and_go, come_and_go, lambda _: hearers.troubles)
    hearers.close()
    assert heard == list(range(said[0])), "who stayed has missed something"


def test_a_consumer_is_fed_by_many_and_loses_nothing_in_silence() -> None:
    taken: list[tuple[int, int]] = []
    consumer = Consumer("it", taken.append, lambda text: None, most=10_000_000)
    said = [0, 0, 0]

    def say(feeder: int) -> Callable[[int], None]:
        def put(count: int) -> None:
            consumer.put((feeder, count))
            said[feeder] += 1
            time.sleep(0)

        return put

    hammered(say(0), say(1), say(2))
    consumer.close(30)
    for feeder in range(3):
        assert [count for who, count in taken if who == feeder] == list(range(said[feeder]))


def test_a_recorder_is_told_by_many_and_flushed(tmp_path: Path) -> None:
    told = items()
    with Recorder(tmp_path / "s.mcap") as recorder:
        hammered(
            lambda count: recorder.take(told[count % len(told)]),
            lambda count: recorder.take(Text(f"line {count}")),
            lambda count: recorder.note("note"),
            lambda _: recorder.flush(),
            lambda _: recorder.problem,
        )
    reading = McapReading(tmp_path / "s.mcap")
    assert sum(1 for _ in reading.messages()) == recorder.messages and reading.complete


def test_stops_join_the_queue_of_answers_without_its_lock() -> None:
    queue, lock = AnswerQueue(), threading.Lock()

    def ask(_: int) -> None:
        with lock:
            pending = Pending("status")
            queue.add(pending)
            assert queue.take("ok state=SAFE reason=none", 0.0) is not None
            queue.settled(time.monotonic())

    def stop(_: int) -> None:
        pending = Pending("stop")
        queue.add(pending)
        pending.given_up_at = 0.0
        queue.remove(pending)

    def fail(_: int) -> None:
        with lock:
            queue.fail_all()

    hammered(ask, stop, stop, fail)


def test_an_operator_hears_speaks_and_is_looked_at() -> None:
    with FakeBoard() as board, Link.open(board.port) as link:
        operator = Operator(link)
        lines = ("arm", "arm 4821", "sweep 100", "stop", "disarm")
        sent = threading.Lock()

        def event(_: int) -> None:
            with sent:
                board.event("mark", 0, 1)
            time.sleep(0.002)

        with operator:
            hammered(
                lambda count: operator.say(lines[count % len(lines)]),
                lambda _: (time.sleep(0.05), operator.stop_now()),
                lambda _: (operator.state, operator.holds, time.sleep(0)),
                event,
            )
        assert link.gone is None and not operator.holds


def test_counts_are_read_while_the_decoder_counts() -> None:
    decoder, data = StreamDecoder(), frame_bytes(wire.STATUS, 1, t_ms=1) + b"* garbage\n\xff\n"
    hammered(lambda _: decoder.feed(data), lambda _: decoder.counts.as_dict(), lambda _: decoder.restarted())


def test_the_screen_of_several_boards_is_told_by_all(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal:
        def __init__(self) -> None:
            self.wrote = 0

        def write(self, text: str) -> int:
            self.wrote += len(text)
            return len(text)

        def isatty(self) -> bool:
            return True

        def flush(self) -> None:
            pass

    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with board_screen(["a", "b", "c"]) as show:
        works = [lambda count, row=row: show(row, f"at {count}", count % 100 / 100) for row in range(3)]
        hammered(*works)
    assert terminal.wrote
