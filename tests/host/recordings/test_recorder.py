"""A recording holds all that the board told; killed, it loses at most one second."""

from __future__ import annotations

import getpass
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from mcap.reader import make_reader

from sapper.shared.version import VERSION
from sapper_host.board.decoder import Frame, StreamDecoder, Text
from sapper_host.board.link import Sent
from sapper_host.errors import SapperError, TraceError
from sapper_host.recordings.mcap_file import McapReading, repair
from sapper_host.recordings.recorder import Recorder
from sapper_host.recordings.session import read_session
from sapper_host.recordings.session_facts import session_facts
from tests.host.recordings.board_items import event, status

pytestmark = pytest.mark.unit


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
        recorder.take(status(1000))  # from here on the board's clock is known
        for line in ("* 1 1000 mark s_mm=0 count=1", damaged, "* 3 2000 mark s_mm=0 count=2"):
            for item in decoder.feed(line.encode() + b"\r\n"):
                recorder.take(item)
    assert decoder.counts.garbled_lines == 1 and decoder.counts.events == 2
    read = list(McapReading(tmp_path / "s.mcap").messages())
    assert [message.topic for message in read] == ["/status", "/event", "/console", "/event"]
    assert [message.log_time_ns - now_ns for message in read] == [0, 0, 0, 1_000_000_000]


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
