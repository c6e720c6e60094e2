"""A repaired file holds all that could be read of the other one, whoever wrote it."""

from __future__ import annotations

from pathlib import Path

import pytest
from mcap.reader import make_reader
from mcap.writer import Writer

from sapper_host.recordings.mcap_file import repair
from sapper_host.recordings.recorder import Recorder
from tests.host.recordings.board_items import status

pytestmark = pytest.mark.unit


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
