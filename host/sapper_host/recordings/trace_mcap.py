"""Traces as MCAP: topics /detector, /supply, /encoders, /truth; JSON messages whose numbers keep their decimals.

Each row of a trace is one message on each of three topics, all with the row's time. An empty cell is a field left out.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from shlex import quote
from typing import IO, Any

from sapper_host.errors import TraceError
from sapper_host.outside import json_text
from sapper_host.recordings.mcap_file import McapReading, McapTopics, Message
from sapper_host.recordings.mcap_topics import SESSION_NAMES, TRACE_TOPICS
from sapper_host.recordings.trace_csv import Form
from sapper_host.recordings.trace_rows import NAMES, Cells, RowChecker, Values
from sapper_host.recordings.truth import Truth, check_truth

METADATA = "sapper-trace"
_VERSION = "1"
_ROW_TOPICS = tuple(topic.name for topic in TRACE_TOPICS)
# Which columns each topic carries, in order: [(topic, [(column index, name)])].
_LAYOUT = tuple((topic.name, tuple((NAMES.index(name), name) for name in topic.properties)) for topic in TRACE_TOPICS)


class NotATraceError(TraceError):
    """A recorded session where a trace was asked for."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            path, 0, "", "this is a session, not a trace", f"`sapper trace from {quote(str(path))}` makes a trace of it"
        )


class McapTraceReader:
    """Streams the rows of an MCAP trace. `provenance`, `form` and `truth` are complete once `rows()` has run out.

    Raises TraceError on a file that is no MCAP, holds no trace, ends unfinished, or has a row that does not fit; the
    'line' of such an error is the number of the row.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.provenance: list[str] = []
        self.truth: Truth | None = None
        self.checker = RowChecker(path)
        self.form = Form()
        self._reading = McapReading(path)

    def rows(self) -> Iterator[tuple[Cells, Values]]:
        """Each row as its text cells and its numbers."""
        count = 0
        others: set[str] = set()
        for cells in self._grouped(others):
            count += 1
            yield cells, self.checker.cells(count, cells)
        if not count and others & SESSION_NAMES:
            raise NotATraceError(self.path)
        if not self._reading.complete:
            raise TraceError(
                self.path,
                0,
                "",
                f"unfinished or damaged after row {count}: {self._reading.problem or 'it has no end'}",
                f"what is there goes into a whole file: `sapper trace repair {quote(str(self.path))} WHOLE.mcap`",
            )
        if not count:
            what = f"of other topics ({', '.join(sorted(others))})" if others else "empty"
            raise TraceError(self.path, 0, "", f"no trace in it: it is {what}", f"a trace has {', '.join(_ROW_TOPICS)}")
        about = self._reading.metadata.get(METADATA, {})
        lines = about.get("provenance", "")
        # Without its number of lines, nothing and one empty line look alike.
        self.provenance = lines.split("\n") if lines or about.get("provenance_lines") == "1" else []
        self.form = Form(
            about.get("csv_bom") == "yes",
            "\r\n" if about.get("csv_line_end") == "CRLF" else "\n",
            about.get("csv_rest", "\n"),
        )
        if self.form.rest.strip():
            raise TraceError(self.path, 0, METADATA, "csv_rest is more than blank lines")

    def _grouped(self, others: set[str]) -> Iterator[Cells]:
        """Messages of one time make one row."""
        row: dict[str, str] = {}
        time_ns = -1
        for message in self._reading.messages():
            if message.topic == "/truth":
                self.truth = check_truth(self._json(message), self.path)
            elif message.topic not in _ROW_TOPICS:
                others.add(message.topic)
            else:
                if message.log_time_ns != time_ns and row:
                    yield _cells(row, time_ns)
                    row = {}
                time_ns = message.log_time_ns
                for name, value in self._json(message, text_numbers=True).items():
                    if name in NAMES and value is not None:
                        row[name] = value if isinstance(value, str) else json.dumps(value)
                row.setdefault("t_s", "")
        if row:
            yield _cells(row, time_ns)

    def _json(self, message: Message, text_numbers: bool = False) -> dict[str, Any]:
        """A message's object; with `text_numbers` its numbers stay the text they are."""
        try:
            value = json_text.parse(message.data, number=str if text_numbers else None)
            why = "no JSON object"
        except json_text.JsonError as error:
            value, why = None, error.reason
        if not isinstance(value, dict):
            time_s = message.log_time_ns / 1e9
            raise TraceError(self.path, 0, message.topic, f"the message at {time_s:g} s: {why}")
        return value


def _cells(row: dict[str, str], time_ns: int) -> Cells:
    if not row.get("t_s"):
        row["t_s"] = str(Decimal(time_ns) / Decimal(1_000_000_000))
    return tuple(row.get(name, "") for name in NAMES)


def write_mcap(
    file: IO[bytes], provenance: Sequence[str], rows: Iterable[Cells], truth: Truth | None, form: Form | None = None
) -> int:
    """Write a trace of checked cells as MCAP to a binary file; returns the number of rows.

    `provenance` and `form` are read after the rows, so a reader's own may be given while its rows stream through.
    """
    topics = McapTopics(file)
    if truth is not None:
        topics.write_json("/truth", 0, truth)
    count = 0
    for cells in rows:
        time_ns = int(Decimal(cells[0]) * 1_000_000_000)
        for topic, columns in _LAYOUT:
            fields = ",".join(f'"{name}":{cells[i]}' for i, name in columns if cells[i])
            topics.write(topic, time_ns, f"{{{fields}}}".encode())
        count += 1
    about = {"version": _VERSION, "provenance": "\n".join(provenance), "provenance_lines": str(len(provenance))}
    form = form or Form()
    if form != Form():
        line_end = "CRLF" if form.line_end == "\r\n" else "LF"
        about |= {"csv_bom": "yes" if form.bom else "no", "csv_line_end": line_end, "csv_rest": form.rest}
    topics.writer.add_metadata(METADATA, about)
    topics.writer.finish()
    return count
