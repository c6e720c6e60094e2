"""Lines and frames that look right: what people type and boards tell, with one thing or another odd in it."""

from __future__ import annotations

import struct
import zlib
from random import Random
from typing import Any

from cobs import cobs  # type: ignore[import-untyped, unused-ignore]

from hil.prove.fuzz.odd_values import number
from sapper.shared import events, wire
from sapper.shared.commands import COMMANDS
from sapper.shared.fields import ANSWERS, EVENT_FIELDS, FRAME_FIELDS
from sapper.shared.settings import TABLE


def console_lines(random: Random) -> bytes:
    """Lines of the command table, with words of every kind."""
    words = [row[0] for row in TABLE] + ["on", "off", "none", "mine", "saved", "factory", "ab" * 32, "x" * 150]
    lines = []
    for _ in range(random.randrange(1, 6)):
        usage = random.choice([row for row in COMMANDS if row[0] not in ("repl", "bootloader", "key", "teamkey")])[0]
        line = [usage] + [
            number(random) if random.random() < 0.6 else random.choice(words) for _ in range(random.randrange(4))
        ]
        if random.random() < 0.2:
            line = [f"@{number(random)}", random.choice(("0" * 16, "f" * 16, "0")), *line]
        lines.append(" ".join(line).encode("utf-8", "replace"))
    return random.choice((b"\n", b"\r", b"\r\n")).join(lines) + b"\n"


def event_line(random: Random) -> bytes:
    """An event as text."""
    row = random.choice(events.KINDS)
    fields = [("s_mm", event_value(random, "s_mm"))] + [(name, event_value(random, name)) for name in row[2]]
    if random.random() < 0.05:
        fields.pop()
    head = [event_value(random, "number"), event_value(random, "t_ms"), row[1]]
    line = " ".join(["*", *head, *(f"{name}={text}" for name, text in fields)])
    return line.encode("utf-8", "replace")


def event_value(random: Random, name: str) -> str:
    """A value of an event as text."""
    if random.random() < 0.06:
        return number(random)
    if name in events.ENUMS:
        return str(random.choice(events.ENUMS[name]))
    if name in events.BITS:
        return "+".join(random.sample(events.BITS[name], random.randrange(1, 4))) if random.random() < 0.8 else "none"
    low, high = EVENT_FIELDS[name]
    return str(random.choice((low, high, random.randint(low, high), random.randint(max(low, 0), min(high, 5000)))))


def answer_line(random: Random) -> bytes:
    """The `ok` line of an answer that programs read values out of."""
    answers: dict[str, Any] = ANSWERS
    values = random.choice(list(answers.values()))
    words = []
    for name, bounds in values.items():
        named = isinstance(bounds[0], str)
        good = str(random.choice(bounds)) if named else str(random.randint(*bounds))
        words.append(f"{name}={good if random.random() < 0.9 else number(random)}")
    return ("ok " + " ".join(words)).encode("utf-8", "replace")


def board_stream(random: Random) -> bytes:
    """What a board may say: events, frames with any values, answers."""
    out = b""
    for _ in range(random.randrange(1, 12)):
        kind = random.randrange(4)
        if kind == 0:
            out += event_line(random) + b"\r\n"
        elif kind == 1:
            out += answer_line(random) + b"\r\n"
        else:
            row = random.choice(wire.MESSAGES)
            bounds = wire_bounds(row)
            values = [_near(random, *each) for each in bounds]
            if row[0] == wire.EVENT and random.random() < 0.9:
                kind_row = random.choice(events.KINDS)
                names = (*kind_row[2], *[""] * events.ARGS_MAX)[: events.ARGS_MAX]
                values[2] = kind_row[0]
                values[4:] = [_near(random, *event_bounds(name)) for name in names]
            body = struct.pack(wire.FORMATS[row[0]], row[0], random.randrange(256), *values)
            out += b"\0" + cobs.encode(body + struct.pack("<I", zlib.crc32(body))) + b"\0"
    return out


def wire_bounds(row: Any) -> list[tuple[int, int]]:
    """Of a frame's fields: those of the table, or, of those with names, some more."""
    types = {"B": (0, 255), "H": (0, 65535), "h": (-32768, 32767), "I": (0, 2**32 - 1), "i": (-(2**31), 2**31 - 1)}
    return [
        (low, min(high + 1, types[field[1]][1]))
        for field, (low, high) in zip(row[3], FRAME_FIELDS[row[1]].values(), strict=True)
    ]


def event_bounds(name: str) -> tuple[int, int]:
    """Of an event's value in a frame."""
    if name in events.ENUMS:
        return 0, len(events.ENUMS[name])
    if name in events.BITS:
        return 0, 1 << len(events.BITS[name])
    return EVENT_FIELDS.get(name, (0, 0))


def _near(random: Random, low: int, high: int) -> int:
    small = random.randint(max(low, -5), min(high, 5000)) if low <= 5000 else low
    return random.choice((low, high, small, small, small))
