"""docs/wire.md: frames, events and values as they go over a link."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any

from sapper.shared import events, fields, wire
from sapper_host.docs_gen.notice import notice
from sapper_host.files.page import table

_PAGE = """\
# The wire format

{notice}
Text and telemetry share the line. A telemetry frame stands between two 0x00 bytes, which text never holds. Between
them is the COBS form (Cheshire and Baker 1999) of:

| offset | field | |
|---|---|---|
| 0 | type | u8, see below |
| 1 | sequence | u8, rises by one a frame, wraps; a gap shows a loss. RAW frames are counted apart, by their number |
| 2 | payload | little-endian, by type |
| end | CRC-32 | u32, IEEE 802.3, over all before it |

Type numbers stay below 0x20 and are never 0x0A or 0x0D: after a lost zero that is how a reader tells frames from text.
The longest frame is {frame_max} bytes, {wire_max} on the line. `telemetry on` starts frames on a link; events then come
as frames instead of text.

Fields keep their place and meaning, and new ones come at a frame's end alone: frames of an older firmware end before
{newest}, and are read without.

Places (`s_mm`, `x_mm`, `y_mm`, `heading_mrad`) count on from the board's start until its next, whether it is armed,
disarmed or given other settings in between. `boot` is another number after each reset: one more where RAM outlived
it, else drawn at random; no flash is written for it. Places of two numbers are never to be joined.
{frames}
## Events

As text: `* NUMBER T_MS KIND s_mm=S name=value ...`; as a frame: EVENT, `a` to `e` being the kind's values in order.
Numbers rise by one and wrap at 65536, so a gap shows a loss. Values that have names are written as them, all others
are plain decimal digits, a `-` before. A line or frame with a value that does not fit is damaged: laptops count it and
go on.

{kinds}
### Bounds of values without names

{bounds}
### Named values

The number of a name is its place, counted from 0.

{names}
## Values of answers

What programs use of an answer's `ok` line, and between what bounds; an answer that does not fit is not used.

{answers}"""


def wire_format() -> str:
    """docs/wire.md"""
    kinds = [(i, f"`{kind}`", ", ".join(f"`{n}`" for n in names), text) for i, kind, names, text in events.KINDS]
    return _PAGE.format(
        notice=notice("firmware/sapper/shared/wire.py, events.py and fields.py"),
        frame_max=wire.FRAME_MAX_BYTES,
        wire_max=wire.WIRE_MAX_BYTES,
        newest=", ".join(f"`{wire.FIELDS[kind][at]}` ({wire.NAMES[kind]})" for kind, at in wire.FIRST_FIELDS.items()),
        frames="".join(_frame(*row) for row in wire.MESSAGES),
        kinds=table(("id", "kind", "values", "meaning"), kinds),
        names=table(("value", "names"), _named_values()),
        bounds=table(("value", "bounds"), [(f"`{n}`", _bounds(b)) for n, b in fields.EVENT_FIELDS.items()]),
        answers=table(("command", "value", "bounds"), _answers()),
    )


def _bounds(bounds: Sequence[Any]) -> str:
    return ", ".join(bounds) if isinstance(bounds[0], str) else f"{bounds[0]}..{bounds[1]}"


def _answers() -> list[tuple[str, str, str]]:
    answers: Any = fields.ANSWERS  # the firmware's tables have no types
    return [(f"`{say}`", f"`{name}`", _bounds(b)) for say, values in answers.items() for name, b in values.items()]


def _frame(kind: int, name: str, rate: int, fields: Sequence[tuple[str, str, str, str]]) -> str:
    size = struct.calcsize(wire.FORMATS[kind]) - wire.HEADER_BYTES
    often = f"{rate} a second" if rate else "when it happens"
    offset, rows = wire.HEADER_BYTES, []
    for field, code, unit, text in fields:
        rows.append((offset, f"`{field}`", _TYPES[code], unit or "-", text))
        offset += struct.calcsize("<" + code)
    head = f"\n## {name}: type {kind}, {size} bytes of payload, {often}\n\n"
    return head + table(("offset", "field", "type", "unit", "meaning"), rows)


_TYPES = {"B": "u8", "H": "u16", "h": "i16", "I": "u32", "i": "i32"}


def _named_values() -> list[tuple[str, str]]:
    """Each set of names once, with the values that use it."""
    users: dict[tuple[str, ...], list[str]] = {}
    for value, names in events.ENUMS.items():
        users.setdefault(tuple(names), []).append(f"`{value}`")
    rows = [(", ".join(values), ", ".join(names)) for names, values in users.items()]
    return rows + [(f"`{value}`: bits, as `one+other`", ", ".join(names)) for value, names in events.BITS.items()]
