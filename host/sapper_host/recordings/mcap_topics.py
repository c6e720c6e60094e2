"""The topics of our MCAP files: what each carries, and its JSON schema. Telemetry's come from sapper/shared/wire.py.

A trace has /detector, /supply, /encoders and perhaps /truth; a recorded session has the others. docs/recordings.md is
generated from here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sapper.shared import events, wire
from sapper.shared.fields import FRAME_NAMES
from sapper_host.recordings.trace_rows import COLUMNS

Schema = dict[str, Any]

PROFILE = "sapper"


@dataclass(frozen=True)
class Topic:
    """A topic: its name, its schema's name, what it is, and the properties of its messages."""

    name: str
    schema_name: str
    meaning: str
    properties: Schema
    required: tuple[str, ...] = ()

    def json_schema(self) -> Schema:
        """The JSON schema of the topic's messages."""
        return {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": self.schema_name,
            "description": self.meaning,
            "type": "object",
            "properties": self.properties,
            "required": list(self.required),
        }


def _property(kind: str, unit: str, meaning: str) -> Schema:
    text = f"{meaning} ({unit})" if unit and meaning else meaning or unit
    return {"type": kind, "description": text}


def _trace_topic(name: str, schema_name: str, meaning: str, columns: tuple[int, ...]) -> Topic:
    properties = {
        COLUMNS[i].name: _property("integer" if COLUMNS[i].whole else "number", COLUMNS[i].unit, COLUMNS[i].meaning)
        for i in columns
    }
    return Topic(name, schema_name, meaning, properties, ("t_s",) if 0 in columns else ())


# Of what tells places without its own boot number: that of the newest STATUS, so that places of two starts of the board
# are never joined. Absent while none is known, and of older firmware.
_BOOT = _property("integer", "", "boot number of the board, as in /status: places and times are of that start alone")


def _telemetry_topic(kind: int, meaning: str) -> Topic:
    fields = next(row[3] for row in wire.MESSAGES if row[0] == kind)
    properties: Schema = {}
    for name, _code, unit, text in fields:
        properties[name] = _property("integer", unit, text)
        if name in FRAME_NAMES:
            properties[f"{name}_name"] = {"type": "string", "enum": list(FRAME_NAMES[name]), "description": text}
    required = tuple(field[0] for field in fields)[: wire.FIRST_FIELDS.get(kind)]
    if kind == wire.DETECT:
        properties["boot"] = _BOOT
    return Topic(
        f"/{wire.NAMES[kind].lower()}", f"sapper.{wire.NAMES[kind].capitalize()}", meaning, properties, required
    )


_EVENT = Topic(
    "/event",
    "sapper.Event",
    "what the board told of its own accord",
    {
        "number": _property("integer", "", "rises by one, wraps"),
        "t_ms": _property("integer", "ms", "board time since start"),
        "kind": {"type": "string", "enum": [row[1] for row in events.KINDS], "description": "kind of event"},
        "s_mm": _property("integer", "mm", "odometer of the coil"),
        "boot": _BOOT,
        "text": _property("string", "", "the event as the console prints it"),
        "args": {"type": "object", "description": "the kind's own values, by name"},
    },
    ("number", "t_ms", "kind", "s_mm", "text"),
)
_CONSOLE = Topic(
    "/console",
    "sapper.Console",
    "lines of text on the console",
    {
        "from": {"type": "string", "enum": ["board", "operator", "host"], "description": "who wrote the line"},
        "line": _property("string", "", "the line"),
    },
    ("from", "line"),
)
_TRUTH = Topic("/truth", "sapper.Truth", "what was really in the ground, once, at the start", {}, ())

_FRAMES = (wire.STATUS, wire.DETECT, wire.LOOP, wire.RAW, wire.GROUND)

TRACE_TOPICS = (
    _trace_topic("/detector", "sapper.Detector", "the three gates; an absent field is no sample", (0, 1, 2, 3)),
    _trace_topic("/supply", "sapper.Supply", "supply and temperature", (4, 5)),
    _trace_topic("/encoders", "sapper.Encoders", "counts of the track encoders", (6, 7)),
)
SESSION_TOPICS = (
    _telemetry_topic(wire.STATUS, "state, place, speed and supply of the board (STATUS frames)"),
    _telemetry_topic(wire.DETECT, "what the detector makes of it (DETECT frames)"),
    _telemetry_topic(wire.LOOP, "health of the control loop (LOOP frames)"),
    _telemetry_topic(wire.RAW, "every frame of the detector, a row a tick (RAW frames, with `--raw`)"),
    _telemetry_topic(
        wire.GROUND, "a piece of the board's map of the ground: bytes of firmware/sapper/ground/runs.py, in words"
    ),
    _EVENT,
    _CONSOLE,
)
SESSION_NAMES = {topic.name for topic in SESSION_TOPICS}
TOPICS = {topic.name: topic for topic in (*TRACE_TOPICS, _TRUTH, *SESSION_TOPICS)}
FRAME_TOPIC = {wire.NAMES[kind]: f"/{wire.NAMES[kind].lower()}" for kind in _FRAMES}
