"""MCAP files of ours: written topic by topic, and read even when the writer was killed before it finished.

A finished file ends in a summary; one whose writer died ends anywhere. Reading goes from the front, chunk by chunk,
each checked by its CRC, so an unfinished file gives everything up to its last whole chunk.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, NamedTuple

from mcap.records import Attachment, Channel, Footer, Header, McapRecord, Metadata, Schema
from mcap.records import Message as McapMessage
from mcap.writer import MCAP0_MAGIC, Writer

from sapper.shared.version import VERSION
from sapper_host.errors import CHECK_NAME, TraceError
from sapper_host.files.whole_file import NotWrittenError
from sapper_host.outside import json_text
from sapper_host.recordings.mcap_records import DAMAGE, records
from sapper_host.recordings.mcap_topics import PROFILE, TOPICS

_CHUNK_BYTES = 256 * 1024


class Message(NamedTuple):
    """One message of a file: its topic, time in nanoseconds, sequence and JSON text."""

    topic: str
    log_time_ns: int
    sequence: int
    data: bytes

    def json(self) -> dict[str, Any]:
        """The message as a dict. JsonError (a ValueError) when it is none."""
        value = json_text.parse(self.data)
        if not isinstance(value, dict):
            raise json_text.JsonError("no JSON object")
        return value


class McapTopics:
    """A writer of our topics: a channel is registered when its first message comes. KeyError for an unknown topic."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.writer = Writer(stream, chunk_size=_CHUNK_BYTES)
        self.writer.start(profile=PROFILE, library=f"sapper {VERSION}")
        self._channels: dict[str, int] = {}
        self._sequences: dict[str, int] = {}

    def write(self, topic: str, log_time_ns: int, data: bytes, publish_time_ns: int | None = None) -> None:
        """Append one message (JSON text) to `topic`; times in nanoseconds."""
        channel = self._channels.get(topic)
        if channel is None:
            channel = self._register(topic)
        self._sequences[topic] = sequence = (self._sequences[topic] + 1) & 0xFFFFFFFF
        publish = log_time_ns if publish_time_ns is None else publish_time_ns
        self.writer.add_message(channel, log_time_ns, data, publish, sequence)

    def write_json(
        self, topic: str, log_time_ns: int, value: dict[str, Any], publish_time_ns: int | None = None
    ) -> None:
        """Append one message given as a dict."""
        self.write(topic, log_time_ns, json.dumps(value, separators=(",", ":")).encode(), publish_time_ns)

    def _register(self, name: str) -> int:
        topic = TOPICS[name]
        schema = json.dumps(topic.json_schema()).encode()
        schema_id = self.writer.register_schema(topic.schema_name, "jsonschema", schema)
        self._channels[name] = self.writer.register_channel(name, "json", schema_id)
        self._sequences[name] = -1
        return self._channels[name]


class McapReading:
    """Reads a file of ours from the front. After `messages()` ran out, `complete` says whether the file was finished,
    `problem` why reading ended if not; `metadata` holds the named metadata met so far.

    Raises TraceError when the file cannot be opened or is no MCAP at all.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.complete = False
        self.problem = ""
        self.profile = ""
        self.metadata: dict[str, dict[str, str]] = {}
        self._topics: dict[int, str] = {}

    def messages(self) -> Iterator[Message]:
        """Every message up to the end, or up to the first damage."""
        for record in self.records():
            if isinstance(record, McapMessage):
                yield Message(self._topics.get(record.channel_id, ""), record.log_time, record.sequence, record.data)

    def records(self) -> Iterator[McapRecord]:
        """Every record likewise, those in chunks one by one."""
        try:
            stream = self.path.open("rb")
        except OSError as error:
            raise TraceError(self.path, 0, "", f"cannot be opened: {error.strerror}", CHECK_NAME) from None
        with stream:
            if stream.read(len(MCAP0_MAGIC)) != MCAP0_MAGIC:
                raise TraceError(
                    self.path, 0, "", "not an MCAP file", "name a recording of these tools; they end in .mcap"
                )
            stream.seek(0)
            for record in self._records(stream):
                if isinstance(record, Channel):
                    self._topics[record.id] = record.topic
                yield record

    def _records(self, stream: IO[bytes]) -> Iterator[McapRecord]:
        try:
            for record in records(stream):
                if isinstance(record, Header):
                    self.profile = record.profile or "none"
                elif isinstance(record, Metadata):
                    self.metadata[record.name] = record.metadata
                elif isinstance(record, Footer):
                    self.complete = True
                yield record
        except DAMAGE as error:
            self.problem = str(error) or "it ends in the middle of a record"


def is_mcap(path: Path) -> bool:
    """Whether the file starts as MCAP does, or is named so."""
    try:
        with path.open("rb") as file:
            return file.read(5) == b"\x89MCAP" or path.suffix.lower() == ".mcap"
    except OSError:
        return path.suffix.lower() == ".mcap"


class _Copy:
    """A file with the same records; the library that writes it numbers schemas and channels itself."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.messages = 0
        self._writer = Writer(stream, chunk_size=_CHUNK_BYTES)
        self._started = False
        self._schemas: dict[int, int] = {0: 0}  # number in the source -> in the copy; 0 is 'no schema'
        self._channels: dict[int, int] = {}

    def add(self, record: McapRecord) -> None:
        """One more record; what the writer makes by itself, and what belongs to a record that was lost, is left out."""
        writer = self._writer
        match record:
            case Header(profile=profile, library=library):
                self._start(profile, library)
            case Schema(id=number, name=name, encoding=encoding, data=data) if number not in self._schemas:
                self._schemas[number] = writer.register_schema(name, encoding, data)
            case Channel(id=number) if number not in self._channels and record.schema_id in self._schemas:
                schema = self._schemas[record.schema_id]
                self._channels[number] = writer.register_channel(
                    record.topic, record.message_encoding, schema, record.metadata
                )
            case McapMessage(channel_id=number) if number in self._channels:
                writer.add_message(
                    self._channels[number], record.log_time, record.data, record.publish_time, record.sequence
                )
                self.messages += 1
            case Attachment():
                writer.add_attachment(record.create_time, record.log_time, record.name, record.media_type, record.data)
            case Metadata(name=name, metadata=values):
                writer.add_metadata(name, values)

    def _start(self, profile: str, library: str) -> None:
        if not self._started:
            self._started = True
            self._writer.start(profile, library)

    def finish(self) -> None:
        self._start(PROFILE, f"sapper {VERSION}")  # where even the header is damaged
        self._writer.finish()


def repair(source: Path, target: Path) -> tuple[int, str]:
    """Copy all that can be read of an unfinished file into a finished one, as it was: messages of all topics with their
    times and sequences, attachments, metadata.

    Returns (messages, why reading ended: '' when the file was whole).

    Raises TraceError when `source` is no MCAP or `target` cannot be written.
    """
    reading = McapReading(source)
    try:
        with target.open("xb") as stream:
            copy = _Copy(stream)
            for record in reading.records():
                copy.add(record)
            copy.finish()
    except FileExistsError:
        raise TraceError(target, 0, "", "exists already", "give another name, or remove it first") from None
    except BaseException as error:
        with contextlib.suppress(OSError):
            target.unlink(missing_ok=True)  # half of it would be in the way of the next try
        if isinstance(error, OSError):
            raise NotWrittenError(target, error) from None
        raise
    return copy.messages, "" if reading.complete else reading.problem or "it was never finished"
