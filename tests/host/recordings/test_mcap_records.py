"""Lengths and sizes in an MCAP file are checked against what holds them, whatever it is packed with."""

from __future__ import annotations

import io
import struct
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path

import lz4.frame  # type: ignore[import-untyped, unused-ignore]
import pytest
import zstandard
from mcap.data_stream import RecordBuilder
from mcap.records import Attachment, Chunk
from mcap.writer import MCAP0_MAGIC, CompressionType, Writer

from sapper_host.recordings.mcap_file import McapReading

pytestmark = pytest.mark.unit

PACK: dict[str, Callable[[bytes], bytes]] = {
    "zstd": zstandard.compress,
    "lz4": lz4.frame.compress,
    "": bytes,
}
COMPRESSIONS = {"zstd": CompressionType.ZSTD, "lz4": CompressionType.LZ4, "": CompressionType.NONE}


def message(data: bytes, claims: int | None = None) -> bytes:
    """A message record of channel 1; `claims`: the length that it says it has."""
    body = struct.pack("<HIQQ", 1, 0, 1000, 1000) + data
    return struct.pack("<BQ", 5, len(body) if claims is None else claims) + body


def file_of(path: Path, records: bytes, packing: str = "", **lies: int | str | bytes) -> Path:
    """A file of one chunk of these records; `lies`: fields of the chunk that say something else."""
    packed = PACK[packing](records)
    honest = {"compression": packing, "data": packed, "message_end_time": 0, "message_start_time": 0,
              "uncompressed_crc": zlib.crc32(records), "uncompressed_size": len(records)}  # fmt: skip
    builder = RecordBuilder()
    Chunk(**(honest | lies)).write(builder)  # type: ignore[arg-type]
    path.write_bytes(MCAP0_MAGIC + builder.end())
    return path


def read(path: Path) -> tuple[list[bytes], str, int]:
    """(messages' data, why reading ended, peak of memory in bytes)."""
    reading = McapReading(path)
    tracemalloc.start()
    try:
        found = [each.data for each in reading.messages()]
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    return found, reading.problem, peak


@pytest.mark.parametrize("packing", PACK)
def test_what_the_librarys_writer_packs_is_read(tmp_path: Path, packing: str) -> None:
    stream = io.BytesIO()
    writer = Writer(stream, compression=COMPRESSIONS[packing])
    writer.start()
    channel = writer.register_channel("/x", "json", 0)
    for i in range(100):
        writer.add_message(channel, i, b"{}", i)
    writer.finish()
    (tmp_path / "a.mcap").write_bytes(stream.getvalue())
    found, problem, _ = read(tmp_path / "a.mcap")
    assert found == [b"{}"] * 100 and problem == ""


@pytest.mark.parametrize("packing", PACK)
@pytest.mark.parametrize("more", [-1, 1, 2**40, 2**63])
def test_a_chunk_of_another_size_than_it_claims_is_damage(tmp_path: Path, packing: str, more: int) -> None:
    records = message(b"{}") * 10
    path = file_of(tmp_path / "a.mcap", records, packing, uncompressed_size=len(records) + more, uncompressed_crc=0)
    found, problem, peak = read(path)
    assert found == [] and "claims" in problem and peak < 5_000_000


@pytest.mark.parametrize("packing", ["zstd", "lz4"])
def test_a_chunk_that_unpacks_to_more_than_it_claims_is_not_unpacked(tmp_path: Path, packing: str) -> None:
    bomb = message(bytes(60_000_000))
    path = file_of(tmp_path / "a.mcap", bomb, packing, uncompressed_size=1000, uncompressed_crc=0)
    found, problem, peak = read(path)
    assert found == [] and "has more" in problem and peak < 5_000_000


@pytest.mark.parametrize("packing", ["zstd", "lz4"])
def test_many_chunks_may_not_unpack_to_hundreds_of_times_the_file(tmp_path: Path, packing: str) -> None:
    one = file_of(tmp_path / "a.mcap", message(bytes(8_000_000)), packing).read_bytes()[len(MCAP0_MAGIC) :]
    times = 60
    (tmp_path / "a.mcap").write_bytes(MCAP0_MAGIC + one * times)
    reading = McapReading(tmp_path / "a.mcap")
    count = sum(1 for _ in reading.messages())
    assert count < times and "times the file" in reading.problem


@pytest.mark.parametrize("claims", [0, 21, 1000, 2**40, 2**63, 2**64 - 1])
def test_a_message_that_its_chunk_has_no_room_for_is_damage(tmp_path: Path, claims: int) -> None:
    path = file_of(tmp_path / "a.mcap", message(b"first") + message(b"second", claims))
    found, problem, peak = read(path)
    assert found == [b"first"] and problem and peak < 1_000_000


@pytest.mark.parametrize("packing", ["", "zstd", "lz4"])
def test_rubbish_in_place_of_what_is_packed_is_damage(tmp_path: Path, packing: str) -> None:
    found, problem, _ = read(file_of(tmp_path / "a.mcap", message(b"{}"), packing, data=b"\x04\x22\x4d\x18rubbish"))
    assert found == [] and problem


def test_an_unknown_packing_is_told(tmp_path: Path) -> None:
    found, problem, _ = read(file_of(tmp_path / "a.mcap", message(b"{}"), compression="rar"))
    assert found == [] and "packed in a way" in problem


def test_the_data_of_an_attachment_cannot_be_more_than_its_record(tmp_path: Path) -> None:
    builder = RecordBuilder()
    Attachment(0, 0, "a", "b", b"data").write(builder)
    record = bytearray(builder.end())
    at = record.index(b"data") - 8
    record[at : at + 8] = struct.pack("<Q", 40_000_000)
    (tmp_path / "a.mcap").write_bytes(MCAP0_MAGIC + bytes(record) + bytes(50_000_000))
    found, problem, peak = read(tmp_path / "a.mcap")
    assert found == [] and problem and peak < 5_000_000


def test_a_record_longer_than_any_of_ours_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "a.mcap").write_bytes(MCAP0_MAGIC + struct.pack("<BQ", 1, 2**31))
    found, problem, peak = read(tmp_path / "a.mcap")
    assert found == [] and problem and peak < 1_000_000
