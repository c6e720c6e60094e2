"""The records of an MCAP file, each within what holds it: no length is believed that its file, record or chunk has no
room for, and nothing is unpacked to more than it claims, whatever it is packed with. Memory stays within a few records.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Callable, Iterator
from typing import IO, Any

import lz4.frame  # type: ignore[import-untyped, unused-ignore]
import zstandard
from mcap.data_stream import ReadDataStream
from mcap.exceptions import EndOfFile, McapError
from mcap.opcode import Opcode
from mcap.records import Channel, Chunk, McapRecord, Message, Schema
from mcap.stream_reader import CRCValidationError, StreamReader

# No record or chunk that we write comes near this; one that claims more is damage, and is not allocated.
RECORD_MAX_BYTES = 64 * 1024 * 1024
# Sessions pack to a tenth or twentieth; what a whole file may unpack to, beside one record.
_UNPACKED_TIMES = 200
_RECORD_HEAD = struct.Struct("<BQ")
_IN_CHUNKS = {Opcode.CHANNEL: Channel.read, Opcode.SCHEMA: Schema.read}

# What reading raises where a file is damaged.
DAMAGE = (McapError, CRCValidationError, zstandard.ZstdError, struct.error, ValueError, RuntimeError)


def records(stream: IO[bytes]) -> Iterator[McapRecord]:
    """Every record from the front of a file, and after each chunk those in it. Raises one of DAMAGE at the first that
    cannot be."""
    size = os.fstat(stream.fileno()).st_size
    unpacked = 0
    for record in _Bounded(_Within(stream.read, size), emit_chunks=True, record_size_limit=RECORD_MAX_BYTES).records:
        yield record
        if isinstance(record, Chunk):
            data = unpack(record)
            unpacked += len(data)
            if unpacked > RECORD_MAX_BYTES + _UNPACKED_TIMES * size:
                raise ValueError(f"chunks that unpack to more than {_UNPACKED_TIMES} times the file")
            yield from _in_chunk(data)


class _Within:
    """A stream for the MCAP library that refuses to read past its end: no damaged length is allocated or half read."""

    def __init__(self, read: Callable[[int], bytes], size: int) -> None:
        self._read = read
        self.left = size

    @classmethod
    def of(cls, data: bytes) -> _Within:
        """The bytes of one record."""
        view = memoryview(data)
        made = cls(lambda size: bytes(view[len(view) - made.left : len(view) - made.left + size]), len(data))
        return made

    def read(self, size: int) -> bytes:
        if not 0 <= size <= self.left:
            raise EndOfFile
        data = self._read(size)
        self.left -= size
        return data


class _Bounded(StreamReader):
    """The library's reader, which parses a record out of that record's bytes alone."""

    def __init__(self, stream: Any, **options: Any) -> None:
        super().__init__(stream, **options)

    def _read_record(self, opcode: int, length: int) -> McapRecord | None:
        outer = self._stream
        self._stream = ReadDataStream(_Within.of(outer.read(length)))  # type: ignore[arg-type]
        try:
            return super()._read_record(opcode, length)
        finally:
            self._stream = outer


def unpack(chunk: Chunk) -> bytes:
    """A chunk's contents. One of DAMAGE when they are not as many bytes as it claims, or do not fit its CRC."""
    size = chunk.uncompressed_size
    if size > RECORD_MAX_BYTES:
        raise ValueError(f"a chunk that claims {size} bytes")
    if chunk.compression == "zstd":
        data = zstandard.ZstdDecompressor(max_window_size=RECORD_MAX_BYTES).stream_reader(chunk.data).read(size + 1)
    elif chunk.compression == "lz4":
        data = lz4.frame.LZ4FrameDecompressor().decompress(chunk.data, max_length=size + 1)
    elif chunk.compression == "":
        data = chunk.data
    else:
        raise ValueError("a chunk that is packed in a way unknown here")
    if len(data) != size:
        raise ValueError(f"a chunk that claims {size} bytes and has {'more' if len(data) > size else len(data)}")
    if chunk.uncompressed_crc and zlib.crc32(data) != chunk.uncompressed_crc:
        raise CRCValidationError(chunk.uncompressed_crc, zlib.crc32(data), chunk)
    return bytes(data)


def _in_chunk(data: bytes) -> Iterator[McapRecord]:
    whole = _Within.of(data)
    while whole.left:
        opcode, length = _RECORD_HEAD.unpack(whole.read(_RECORD_HEAD.size))
        body: Any = ReadDataStream(_Within.of(whole.read(length)))  # type: ignore[arg-type]
        if opcode == Opcode.MESSAGE:
            yield Message.read(body, length)
        elif opcode in _IN_CHUNKS:
            yield _IN_CHUNKS[opcode](body)
