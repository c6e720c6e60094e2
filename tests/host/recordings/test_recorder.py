"""A recording holds all that the board told; killed, it loses at most one second."""

from __future__ import annotations

import errno
import getpass
import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from mcap.reader import make_reader
from mcap.writer import Writer

from sapper.shared import wire
from sapper.shared.version import VERSION
from sapper_host.board.decoder import Event, Frame, Item, StreamDecoder, Text
from sapper_host.board.link import Sent
from sapper_host.errors import SapperError, TraceError
from sapper_host.recordings.mcap_file import McapReading, repair
from sapper_host.recordings.recorder import BoardClock, Recorder
from sapper_host.recordings.session import read_session
from sapper_host.recordings.session_facts import session_facts
from tests.host.fake_board import frame_bytes
from tests.host.memory_board import Bench

pytestmark = pytest.mark.unit


def status(t_ms: int, **values: int) -> Frame:
    [frame] = StreamDecoder().feed(frame_bytes(wire.STATUS, 0, t_ms=t_ms, **values))
    assert isinstance(frame, Frame)
    return frame


def event(line: str) -> object:
    [item] = StreamDecoder().feed(line.encode() + b"\n")
    return item


@pytest.mark.parametrize(
    "damaged",
    [
        "* 2 99999999999999999999999999 mark s_mm=0 count=1",
        "* 2 4294967296 mark s_mm=0 count=1",
        "* 2 -5 mark s_mm=0 count=1",
        "* 65537 1500 mark s_mm=0 count=1",
        "* 2 1500 mark s_mm=99999999999 count=1",
    ],
)
def test_a_line_whose_values_do_not_fit_is_counted_and_recorded_as_text_and_the_clock_stays(
    tmp_path: Path, damaged: str
) -> None:
    decoder = StreamDecoder()
    now_ns = 1_700_000_000_000_000_000
    with Recorder(tmp_path / "s.mcap", lambda: now_ns) as recorder:
        for line in ("* 1 1000 mark s_mm=0 count=1", damaged, "* 3 2000 mark s_mm=0 count=2"):
            for item in decoder.feed(line.encode() + b"\r\n"):
                recorder.take(item)
    assert decoder.counts.garbled_lines == 1 and decoder.counts.events == 2
    read = list(McapReading(tmp_path / "s.mcap").messages())
    assert [message.topic for message in read] == ["/event", "/console", "/event"]
    assert [message.log_time_ns - now_ns for message in read] == [0, 0, 1_000_000_000]


def test_a_finished_recording_opens_in_the_librarys_own_reader(tmp_path: Path) -> None:
    path = tmp_path / "s.mcap"
    with Recorder(path) as recorder:
        recorder.take(status(100, state=3, s_mm=1500))
        recorder.take(event("* 1 120 detect s_mm=1510 strength=900 class=ferrous statistic=5000 level=1000"))  # type: ignore[arg-type]
        recorder.take(Sent("verdict mine"))
        recorder.take(Text("ok state=ARMED"))
    with path.open("rb") as file:
        reader = make_reader(file)
        rows = [
            (channel.topic, json.loads(message.data), schema) for schema, channel, message in reader.iter_messages()
        ]
        summary = reader.get_summary()
    assert [row[0] for row in rows] == ["/status", "/event", "/console", "/console"]
    assert rows[0][1]["state_name"] == "SWEEP" and rows[1][1]["args"]["class"] == "ferrous"
    assert rows[2][1] == {"from": "operator", "line": "verdict mine"}
    assert summary is not None and summary.statistics is not None and summary.statistics.message_count == 4
    for topic, message, schema in rows:
        assert schema is not None and schema.encoding == "jsonschema", topic
        properties = json.loads(schema.data)["properties"]
        assert set(message) <= set(properties)
        assert set(json.loads(schema.data)["required"]) <= set(message)


def test_every_place_is_recorded_with_its_boot_number_and_none_with_another_starts(tmp_path: Path) -> None:
    """Between a restart and its first STATUS no number is known."""
    path, mark = tmp_path / "s.mcap", "* %d %d mark s_mm=5 count=1"
    detect = Frame("DETECT", 0, {"t_ms": 110, "s_mm": 5, "strength": 1, "class": 0, "statistic": 1, "level": 9})
    with Recorder(path) as recorder:
        recorder.take(event(mark % (1, 90)))  # type: ignore[arg-type]
        recorder.take(status(100, boot=4711))
        recorder.take(detect)
        recorder.take(event(mark % (2, 120)))  # type: ignore[arg-type]
        recorder.take(event("* 3 20 boot s_mm=0 cause=watchdog source=factory"))  # type: ignore[arg-type]
        recorder.take(event(mark % (4, 30)))  # type: ignore[arg-type]
        recorder.take(status(40, boot=4712))
        recorder.take(event(mark % (5, 50)))  # type: ignore[arg-type]
    rows = [message.json() for message in McapReading(path).messages()]
    assert [row.get("boot") for row in rows] == [None, 4711, 4711, 4711, None, None, 4712, 4712]


_ENDLESS = """
import sys, time
from pathlib import Path
from sapper.shared import wire
from sapper_host.board.decoder import StreamDecoder
from sapper_host.recordings.recorder import Recorder
from tests.host.fake_board import frame_bytes
from tests.host.memory_board import Bench
decoder, recorder, begin = StreamDecoder(), Recorder(Path(sys.argv[1])), time.monotonic()
for i in range(10**9):
    for item in decoder.feed(frame_bytes(wire.STATUS, i & 255, t_ms=i, s_mm=i)):
        recorder.take(item)
    print(i, time.monotonic(), flush=True)
    time.sleep(0.01)
"""


@pytest.mark.slow
def test_a_killed_recorder_loses_at_most_one_second(tmp_path: Path) -> None:
    path = tmp_path / "s.mcap"
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path))
    with subprocess.Popen(
        [sys.executable, "-c", _ENDLESS, str(path)], stdout=subprocess.PIPE, env=environment, text=True
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(3.3)
        process.send_signal(signal.SIGKILL)
        written = [line.split() for line in process.stdout.read().splitlines()]
    reading = McapReading(path)
    last = max(message.json()["t_ms"] for message in reading.messages() if message.topic == "/status")
    taken_at = {int(number): float(at) for number, at in written if at}
    assert not reading.complete
    assert max(taken_at.values()) - taken_at[last] <= 1.0
    assert last > 150
    session = read_session(path)
    assert session.problem and session.status["s_mm"][-1] == last

    count, why = repair(path, tmp_path / "whole.mcap")
    assert count == last + 1 and why
    with (tmp_path / "whole.mcap").open("rb") as file:
        assert sum(1 for _ in make_reader(file).iter_messages()) == count
    assert repair(tmp_path / "whole.mcap", tmp_path / "again.mcap") == (count, "")


def test_flush_puts_everything_on_the_disk(tmp_path: Path) -> None:
    path = tmp_path / "s.mcap"
    recorder = Recorder(path)
    for t_ms in range(5):
        recorder.take(status(t_ms))
    recorder.flush()
    assert sum(1 for _ in McapReading(path).messages()) == 5
    recorder.close()
    recorder.close()


def test_a_recording_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "s.mcap"
    path.write_text("precious")
    with pytest.raises(SapperError, match="exists already"):
        Recorder(path)
    assert path.read_text() == "precious"


class Disk(io.FileIO):
    """A file on a disk with so much `room` left, in bytes; then it fails with `number`."""

    room = 1 << 30
    number = errno.ENOSPC

    def write(self, data: object) -> int:
        view = memoryview(data).cast("B")  # type: ignore[call-overload]
        if self.room <= 0:
            raise OSError(self.number, os.strerror(self.number))
        count = super().write(view[: self.room])
        self.room -= count
        return count


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> type[Disk]:
    """The kind of disk that files are made on: its attributes set what comes of it."""

    class Ours(Disk):
        pass

    real = Path.open

    def make(path: Path, mode: str = "r", *rest: object, **more: object) -> object:
        return io.BufferedWriter(Ours(path, mode)) if "x" in mode else real(path, mode, *rest, **more)  # type: ignore[arg-type,call-overload]

    monkeypatch.setattr(Path, "open", make)
    return Ours


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EDQUOT], ids=errno.errorcode.get)
@pytest.mark.parametrize("room", [600, 3000, 10_000, 10_001, 10_137])
def test_a_disk_that_fails_ends_the_recording_and_leaves_what_was_whole(
    tmp_path: Path, disk: type[Disk], number: int, room: int
) -> None:
    disk.room, disk.number = room, number
    path = tmp_path / "s.mcap"
    recorder = Recorder(path)
    taken = 0
    with pytest.raises(SapperError, match="the recording ends here") as caught:
        for t_ms in range(2000):
            recorder.take(status(t_ms, s_mm=t_ms * 7919))
            taken += 1
            if t_ms % 20 == 19:
                recorder.flush()
    assert os.strerror(number) in caught.value.message and recorder.problem == caught.value.message
    disk.room = 1 << 30  # room again: nothing may follow what is missing
    with pytest.raises(SapperError):
        recorder.take(status(5000))
    with pytest.raises(SapperError):
        recorder.close()
    assert path.stat().st_size <= room
    got = [message.json()["t_ms"] for message in McapReading(path).messages()]
    assert got == list(range(len(got))) and len(got) % 20 == 0 and len(got) >= taken - 40
    if got:
        count, why = repair(path, tmp_path / "whole.mcap")
        assert count == len(got) and why


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO], ids=errno.errorcode.get)
def test_a_disk_that_is_full_from_the_start_is_told_at_once(tmp_path: Path, disk: type[Disk], number: int) -> None:
    disk.room, disk.number = 0, number
    with pytest.raises(SapperError, match="cannot be written"):
        Recorder(tmp_path / "s.mcap")
    assert not (tmp_path / "s.mcap").exists()


def test_a_failing_sync_ends_the_recording_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recorder = Recorder(tmp_path / "s.mcap")

    def fails(fd: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "fsync", fails)
    recorder.take(status(1))
    end = time.monotonic() + 5
    while not recorder.problem:
        assert time.monotonic() < end
        time.sleep(0.05)
    with pytest.raises(SapperError, match="Input/output error"):
        recorder.take(status(2))


def test_what_ended_the_block_is_told_rather_than_the_disk(tmp_path: Path, disk: type[Disk]) -> None:
    disk.room = 2000
    with pytest.raises(ValueError, match="mine"), Recorder(tmp_path / "s.mcap") as recorder:
        for t_ms in range(100):
            recorder.take(status(t_ms))
        raise ValueError("mine")


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


def test_a_session_without_status_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "s.mcap"
    with Recorder(path) as recorder:
        recorder.take(Text("ok"))
    with pytest.raises(TraceError, match="no status"):
        read_session(path)


def test_a_chunk_is_a_second_and_not_one_a_flush(tmp_path: Path) -> None:
    path = tmp_path / "s.mcap"
    begin = time.monotonic()
    with Recorder(path) as recorder:
        for i in range(60):
            recorder.take(status(i * 50))
            time.sleep(0.05)
    seconds = time.monotonic() - begin
    with path.open("rb") as file:
        summary = make_reader(file).get_summary()
    assert summary is not None and 3 <= len(summary.chunk_indexes) <= seconds + 1


def test_a_chunk_is_no_more_than_256_kb(tmp_path: Path) -> None:
    path = tmp_path / "s.mcap"
    with Recorder(path) as recorder:
        for i in range(4000):
            recorder.take(status(i))
    with path.open("rb") as file:
        summary = make_reader(file).get_summary()
    assert summary is not None
    sizes = [index.uncompressed_size for index in summary.chunk_indexes]
    assert len(sizes) >= 4 and 250 * 1024 < max(sizes) < 260 * 1024


def foreign(path: Path) -> None:
    """A file with all that a session of ours, and of others, may hold; written by the library itself."""
    with path.open("wb") as file:
        writer = Writer(file, chunk_size=2000)
        writer.start(profile="somebody's", library="theirs")
        schema = writer.register_schema("their.Thing", "protobuf", b"\1\2")
        ours = writer.register_channel("/status", "json", 0)
        theirs = writer.register_channel("/camera", "protobuf", schema, {"lens": "wide"})
        writer.add_metadata("sapper-board", {"board": "e6"})
        for i in range(100):
            writer.add_message(ours, 1000 + i, b'{"i":%d}' % i, 5000 + 3 * i, 7 * i)
            writer.add_message(theirs, 1000 + i, bytes([i]), 6000 + i, 100 - i)
        writer.add_attachment(1, 2, "notes.txt", "text/plain", b"a crater at 3 m")
        writer.add_metadata("more", {"a": "1"})
        writer.add_metadata("more", {"a": "2"})
        writer.finish()


def held(path: Path) -> tuple[object, ...]:
    """Everything in a file, as the library reads it."""
    with path.open("rb") as file:
        reader = make_reader(file)
        header = reader.get_header()
        messages = [
            (c.topic, c.message_encoding, c.metadata, s and (s.name, s.encoding, s.data))
            + (m.log_time, m.publish_time, m.sequence, m.data)
            for s, c, m in reader.iter_messages(log_time_order=False)
        ]
        metadata = [(record.name, record.metadata) for record in reader.iter_metadata()]
        attachments = [(a.create_time, a.log_time, a.name, a.media_type, a.data) for a in reader.iter_attachments()]
    return header.profile, header.library, messages, metadata, attachments


def test_a_repaired_file_holds_all_that_it_held(tmp_path: Path) -> None:
    foreign(tmp_path / "a.mcap")
    assert repair(tmp_path / "a.mcap", tmp_path / "b.mcap") == (200, "")
    assert held(tmp_path / "b.mcap") == held(tmp_path / "a.mcap")


def test_a_file_cut_short_keeps_all_that_can_be_read_of_it(tmp_path: Path) -> None:
    foreign(tmp_path / "a.mcap")
    whole = (tmp_path / "a.mcap").read_bytes()
    (tmp_path / "cut.mcap").write_bytes(whole[: whole.index(b"a crater") + 4])
    count, why = repair(tmp_path / "cut.mcap", tmp_path / "b.mcap")
    profile, library, messages, metadata, attachments = held(tmp_path / "b.mcap")
    there = held(tmp_path / "a.mcap")
    assert why and 100 < count < 200 and messages == there[2][:count]  # type: ignore[index]
    assert (profile, library) == there[:2] and not attachments
    assert metadata == [("sapper-board", {"board": "e6"})]


def test_a_repaired_session_keeps_the_laptops_times(tmp_path: Path) -> None:
    now = [1_700_000_000_000_000_000]
    with Recorder(tmp_path / "a.mcap", lambda: now[0]) as recorder:
        recorder.describe("sapper-board", {"board": "e6"})
        for i in range(5):
            recorder.take(status(1000 + 100 * i))
            now[0] += 150_000_000  # the line lags
        recorder.flush()
        (tmp_path / "cut.mcap").write_bytes((tmp_path / "a.mcap").read_bytes())
    repair(tmp_path / "cut.mcap", tmp_path / "b.mcap")
    assert held(tmp_path / "b.mcap") == held(tmp_path / "a.mcap")


def test_a_session_says_who_recorded_it_and_with_what(tmp_path: Path) -> None:
    for name in ("", "R. Deminer"):
        path = tmp_path / f"{name}.mcap"
        with Recorder(path, lambda: 1_700_000_000_123_000_000, name):
            pass
        reading = McapReading(path)
        assert not list(reading.messages())
        facts = reading.metadata["sapper-session"]
        assert facts["operator"] == (name or getpass.getuser()) and facts["started"] == "2023-11-14T22:13:20.123Z"
        assert facts["tool"] == f"sapper {VERSION}" and facts["host"] and len(facts["wire"]) == 8


def test_who_has_no_login_name_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody() -> str:
        raise KeyError("getpwuid(): uid not found")

    monkeypatch.setattr(getpass, "getuser", nobody)
    assert session_facts(0)["operator"] == "unknown"
