"""What is left of a scenario that failed: a picture of its time, the recording, the lines both ways, the facts."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from hil.rigs.rig import NS_PER_S
from hil.testing.picture import draw
from hil.testing.watched import Record
from sapper_host.board.decoder import Event, Item, StreamDecoder, Text
from sapper_host.board.link import Happening, Sent
from sapper_host.files.whole_file import write
from sapper_host.outside.text import shown
from sapper_host.recordings.recorder import Recorder

LAST_LINES = 30


def items(record: Record, line: str = "usb") -> Iterator[tuple[int, Happening]]:
    """What was said on a line both ways: (the rig's time, what), in order."""
    decoder = StreamDecoder()
    for said in record.said:
        if said.line != line:
            continue
        if said.to_board:
            for text in said.data.decode("ascii", "backslashreplace").splitlines():
                yield said.t_ns, Sent(text)
        else:
            found: list[Item] = decoder.feed(said.data)
            for item in found:
                yield said.t_ns, item


def console(record: Record) -> list[str]:
    """Lines and events of all lines, both ways, with the seconds since the record began; frames left out."""
    rows: list[tuple[int, str]] = []
    for line in dict.fromkeys(said.line for said in record.said):
        for t_ns, item in items(record, line):
            match item:
                case Sent(line=text):
                    rows.append((t_ns, f"{line:<5} > {text}"))
                case Text(line=text):
                    rows.append((t_ns, f"{line:<5} < {text}"))
                case Event():
                    rows.append((t_ns, f"{line:<5} < {item.line()}"))
    rows.sort(key=lambda row: row[0])
    return [f"{(t_ns - record.since_ns) / NS_PER_S:10.4f} {shown(text)}" for t_ns, text in rows]


def gather(record: Record, folder: Path, title: str, facts: dict[str, str]) -> dict[str, str]:
    """Put it all into the folder, and give each file's name by what it is. Each stands for itself: one that cannot be
    made is told in its place, as 'NAME_problem'."""
    folder.mkdir(parents=True, exist_ok=True)
    made: dict[str, str] = {}
    lines = console(record)

    def keep(what: str, name: str, make: Callable[[Path], object]) -> None:
        try:
            make(folder / name)
            made[what] = name
        except Exception as error:  # whatever it is, the failure itself is what people came for
            made[f"{what}_problem"] = f"{type(error).__name__}: {error}"

    keep("timeline", "timeline.png", lambda path: draw(record, list(items(record)), path, title))
    keep("recording", "session.mcap", lambda path: _record(record, path, facts))
    keep("console", "console.txt", lambda path: write(path, "\n".join(lines) + "\n", sync=False))
    keep("bytes", "bytes.jsonl", lambda path: write(path, _bytes(record), sync=False))
    keep("facts", "facts.json", lambda path: write(path, json.dumps(facts, indent=1) + "\n", sync=False))
    made["last_lines"] = "\n".join(lines[-LAST_LINES:])
    return made


def _bytes(record: Record) -> str:
    """Every byte both ways, for what no decoder makes sense of: a JSON object a line."""
    rows = [
        json.dumps({"t_ns": each.t_ns, "line": each.line, "to_board": each.to_board, "hex": each.data.hex()})
        for each in record.said
    ]
    if record.left_out_bytes:
        rows.append(json.dumps({"left_out_bytes": record.left_out_bytes}))
    return "\n".join(rows) + "\n"


def _record(record: Record, path: Path, facts: dict[str, str]) -> None:
    """A session as `sapper console --record` makes it, in the rig's time; `sapper map` and Foxglove open it."""
    path.unlink(missing_ok=True)
    began_ns = time.time_ns()
    now = [record.since_ns]
    with Recorder(path, lambda: began_ns + now[0] - record.since_ns, operator="scenario") as recorder:
        recorder.describe("sapper-scenario", facts)
        for t_ns, item in items(record):
            now[0] = t_ns
            recorder.take(item)
