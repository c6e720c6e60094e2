"""The board's times on the laptop's clock: events told late or again move nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from sapper_host.board.decoder import Event, Item, StreamDecoder
from sapper_host.recordings.mcap_file import McapReading
from sapper_host.recordings.recorder import BoardClock, Recorder
from tests.host.memory_board import Bench
from tests.host.recordings.board_items import event, status

pytestmark = pytest.mark.unit


@pytest.fixture
def clock() -> tuple[BoardClock, list[int]]:
    """A board's clock at 5.01 s of its time, and this machine's time (ns), to be moved."""
    now = [1_000_000_000_000]
    clock = BoardClock(lambda: now[0])
    assert clock.at_status(5_000) == now[0]
    now[0] += 90_000_000  # the laptop's own delays do not matter
    assert clock.at_status(5_010) == 1_000_010_000_000
    return clock, now


@pytest.mark.parametrize("t_ms", [4_990, 3_000, 0])
def test_an_event_told_late_or_again_keeps_its_time_and_moves_no_clock(
    clock: tuple[BoardClock, list[int]], t_ms: int
) -> None:
    board, now = clock
    now[0] += 30_000_000_000
    assert board.at(t_ms) == 1_000_000_000_000 + (t_ms - 5_000) * 1_000_000
    assert board.at_status(35_010) == 1_030_010_000_000


def test_what_comes_before_any_status_has_the_time_at_which_it_came() -> None:
    now = [1_000]
    board = BoardClock(lambda: now[0])
    assert board.at(100_000) == 1_000  # told again, perhaps
    now[0] += 5
    assert board.at(130_000) == 1_005
    assert board.at_status(130_100) == 1_005 and board.at(130_101) == 1_001_005


def test_a_status_that_falls_back_is_a_restart(clock: tuple[BoardClock, list[int]]) -> None:
    board, now = clock
    now[0] += 3_000_000_000
    assert board.at_status(20) == now[0] and board.at(40) == now[0] + 20_000_000


def test_a_boot_is_a_restart_once_and_the_next_status_tells_its_clock(clock: tuple[BoardClock, list[int]]) -> None:
    board, now = clock
    now[0] += 3_000_000_000
    assert board.at_boot(7, 0) == now[0]
    now[0] += 1_000_000_000
    assert board.at(2) == now[0]  # it may have started long before it was heard
    assert board.at_status(9_000) == now[0]
    assert board.at_boot(7, 0) == now[0] - 9_000_000_000, "told again"
    assert board.at_status(9_200) == now[0] + 200_000_000


def test_events_told_again_after_a_silence_leave_a_recording_its_clock(tmp_path: Path) -> None:
    """The firmware's own application: half a minute in which nothing of the operator's arrives."""
    now = [1_700_000_000_000_000_000]
    bench, decoder, path = Bench(), StreamDecoder(), tmp_path / "s.mcap"
    bench.arm()
    bench.tick(20)
    usb = bench.ports[0]
    usb.sent = b""
    told: list[Item] = []
    with Recorder(path, lambda: now[0]) as recorder:

        def say(line: str | None, ticks: int) -> None:
            usb.waiting += b"" if line is None else line.encode() + b"\n"
            for _ in range(ticks):
                bench.tick()
                now[0] += 10_000_000
                data, usb.sent = usb.sent, b""
                for item in decoder.feed(data):
                    told.append(item)
                    recorder.take(item)

        for line in ("telemetry on", "ping", *["drive 100 0"] * 10):
            say(line, 12)
        say(None, 3000)
        before = len(told)
        say("ping", 200)
    first, again = ({i.number for i in part if isinstance(i, Event)} for part in (told[:before], told[before:]))
    assert first & again, "nothing was told again"
    timed = [message for message in McapReading(path).messages() if message.topic in ("/status", "/event")]
    offsets = {message.log_time_ns - message.json()["t_ms"] * 1_000_000 for message in timed}
    assert len(timed) > 150 and len(offsets) == 1, offsets


def test_another_boot_number_tells_the_clock_anew(tmp_path: Path) -> None:
    """A restart that nobody heard of, whose times go on from those before."""
    now = [1_700_000_000_000_000_000]
    with Recorder(tmp_path / "s.mcap", lambda: now[0]) as recorder:
        recorder.take(status(5_000, boot=7))
        now[0] += 60_000_000_000
        recorder.take(status(6_000, boot=8))
        recorder.take(event("* 9 6100 mark s_mm=0 count=1"))  # type: ignore[arg-type]
    times = [message.log_time_ns - now[0] for message in McapReading(tmp_path / "s.mcap").messages()]
    assert times == [-60_000_000_000, 0, 100_000_000]
