"""What is in a session, in numbers and names: for `sapper trace info`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mcap.records import Attachment, Channel, Message

from sapper_host.recordings.mcap_file import McapReading


def session_summary(path: Path) -> dict[str, Any]:
    """Facts on a session, ready for JSON: messages by topic, the time they span, metadata records, attachments.
    `problem`: why the file ended early, '' when it is whole.
    """
    reading = McapReading(path)
    topics: dict[int, str] = {}
    counts: dict[str, int] = {}
    attachments: list[tuple[str, str, int]] = []
    first_ns: int | None = None
    last_ns = 0
    for record in reading.records():
        if isinstance(record, Channel):
            topics[record.id] = record.topic
        elif isinstance(record, Message):
            topic = topics.get(record.channel_id, "")
            counts[topic] = counts.get(topic, 0) + 1
            first_ns = record.log_time if first_ns is None else min(first_ns, record.log_time)
            last_ns = max(last_ns, record.log_time)
        elif isinstance(record, Attachment):
            attachments.append((record.name, record.media_type, len(record.data)))
    return {
        "session": str(path),
        "duration_s": (last_ns - first_ns) / 1e9 if first_ns is not None else 0.0,
        "topics": dict(sorted(counts.items())),
        "metadata": reading.metadata,
        "attachments": attachments,
        "problem": "" if reading.complete else reading.problem or "it was never finished",
    }
