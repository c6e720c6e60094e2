"""Writes the reference pages of docs/ from the tables that firmware and tools run on: `python -m sapper_host.docs_gen`.

With --check nothing is written: the status is 3 when a page is stale, so that a test keeps the pages true.
"""

from __future__ import annotations

import argparse
import struct
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from sapper.shared import commands, events, fields, pins, settings, wire
from sapper_host.board.link import LINE_MAX
from sapper_host.cli import STATUSES
from sapper_host.errors import Status
from sapper_host.files.checkout import DOCS
from sapper_host.files.page import table, with_parts
from sapper_host.flash.outcome import VERDICTS
from sapper_host.pictures.wiring import HEADER_PIN, svg
from sapper_host.recordings.mcap_topics import TOPICS, TRACE_TOPICS
from sapper_host.recordings.trace_rows import COLUMNS

_NOTICE = "<!-- Written by `python -m sapper_host.docs_gen` from {source}: change that, not this page. -->\n"
_WIRING = """\
# Wiring

{notice}
![Wiring of the Pico](wiring.svg)

All signals are 3.3 V. Directions are seen from the Pico; '-' for a header pin is a signal that stays on the Pico.
`MOTOR_EN` drives the contactor through a pull-down, so that a Pico without power or firmware holds the motors off;
`ESTOP_OK` and `ARM_KEY` read low when their wire is cut.

{pins}
The ADC reads {inputs} in turn, full scale {full_scale} mV; the supply arrives divided by {divider}, the temperature is
the chip's own sensor.
"""


def wiring() -> str:
    """docs/wiring.md"""
    rows = [
        (gpio, HEADER_PIN.get(gpio, "-"), f"`{signal}`", direction, function, pull or "-", note)
        for gpio, signal, direction, function, pull, note in pins.PINS
    ]
    return _WIRING.format(
        notice=_NOTICE.format(source="firmware/sapper/shared/pins.py"),
        pins=table(("GPIO", "header pin", "signal", "direction", "function", "pull", "note"), rows),
        inputs=", ".join(pins.ADC_INPUTS),
        full_scale=pins.ADC_FULL_SCALE_MV,
        divider=pins.VSYS_DIVIDER,
    )


_CONSOLE = """\
# The console

{notice}
One text console on USB and radio, for any terminal program, or `sapper console`. A line is at most {line_max}
printable ASCII characters. Its answer ends with one line that starts with `ok` or `err NAME: what, and what to do`;
lines before it start with two spaces. A line that is refused changes nothing. `stop` is carried out before all lines
that wait. Events come between answers, as lines that start with `* ` ([wire.md](wire.md)).

## Commands

{commands}
Who may say it:

{who}
## States

`SAFE` (disarmed) -> `ARMED` -> `TELEOP` or `SWEEP` -> `CONTACT` (stopped over a find, waits for a verdict).
`STOPPED` (protective stop) and `FAULT` are latched: `disarm` clears them and moves nothing.

## Reasons, and what to do

{reasons}"""
_WHO = {
    "any": "anybody, on any link",
    "still": "anybody, on any link; on the radio only signed while the rover moves, as a long answer fills its heap",
    "signed": "on the radio only signed",
    "link": "on the radio only signed; while armed only the link that armed",
    "usb": "over USB only",
}


def console() -> str:
    """docs/console.md"""
    states = dict(zip(commands.STATE_LETTERS, events.STATES, strict=True))

    def allowed(letters: str) -> str:
        return "every" if letters == commands.EVERY else ", ".join(states[letter] for letter in letters)

    rows = [(f"`{usage}`", text, allowed(letters), who) for _, usage, letters, who, text in commands.COMMANDS]
    used = {row[3] for row in commands.COMMANDS}
    return _CONSOLE.format(
        notice=_NOTICE.format(source="firmware/sapper/shared/commands.py and events.py"),
        line_max=LINE_MAX,
        commands=table(("command", "what it does", "in states", "who"), rows),
        who="".join(f"- {name}: {_WHO[name]}\n" for name in sorted(used)),
        reasons=table(("reason", "what to do"), [(f"`{name}`", remedy or "-") for name, remedy in events.REASONS]),
    )


_WIRE = """\
# The wire format

{notice}
Text and telemetry share the line. A telemetry frame stands between two 0x00 bytes, which text never holds. Between
them is the COBS form (Cheshire and Baker 1999) of:

| offset | field | |
|---|---|---|
| 0 | type | u8, see below |
| 1 | sequence | u8, rises by one a frame, wraps; a gap shows a loss |
| 2 | payload | little-endian, by type |
| end | CRC-32 | u32, IEEE 802.3, over all before it |

Type numbers stay below 0x20 and are never 0x0A or 0x0D: after a lost zero that is how a reader tells frames from text.
The longest frame is {frame_max} bytes, {wire_max} on the line. `telemetry on` starts frames on a link; events then come
as frames instead of text.

Fields keep their place and meaning, and new ones come at a frame's end alone: a STATUS of an older firmware ends before
`{newest}`, and is read without it.

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
    return _WIRE.format(
        notice=_NOTICE.format(source="firmware/sapper/shared/wire.py, events.py and fields.py"),
        frame_max=wire.FRAME_MAX_BYTES,
        wire_max=wire.WIRE_MAX_BYTES,
        newest=wire.FIELDS[wire.STATUS][wire.FIRST_FIELDS[wire.STATUS]],
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


_SETTINGS = """\
# Settings

{notice}
Whole numbers all, in plain decimal digits. `get NAME` shows one, `set NAME VALUE` changes it until the next start,
`save` keeps all, `diff` shows what differs from the defaults, `dump` prints them as they stand in a file:
`name = value` a line, `#` starts a comment. Settings that bind each other are checked together: a refused change
changes nothing. Those that weaken a protective stop, and from which value on: [safety.md](safety.md#settings).

{settings}"""


def settings_page() -> str:
    """docs/settings.md"""
    rows = [
        (f"`{name}`", default, f"{low}..{high}", unit or "-", text)
        for name, default, low, high, unit, text in settings.TABLE
    ]
    return _SETTINGS.format(
        notice=_NOTICE.format(source="firmware/sapper/shared/settings.py and detector_settings.py"),
        settings=table(("setting", "default", "bounds", "unit", "meaning"), rows),
    )


def _topics() -> str:
    """The part of docs/recordings.md on MCAP topics."""
    parts = []
    for topic in TOPICS.values():
        where = "trace" if topic in TRACE_TOPICS else "trace or session" if topic.name == "/truth" else "session"
        parts.append(f"\n### `{topic.name}` ({where}): `{topic.schema_name}`\n\n{_sentence(topic.meaning)}\n")
        rows = [(f"`{name}`", _kind(p), p["description"]) for name, p in topic.properties.items()]
        if rows:
            parts.append("\n" + table(("field", "type", "meaning"), rows))
    return "".join(parts).lstrip("\n")


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:] + "."


def _kind(schema: dict[str, object]) -> str:
    return "name" if "enum" in schema else str(schema["type"])


def _columns() -> str:
    """The part of docs/recordings.md on the columns of a CSV trace."""
    rows = [
        (f"`{c.name}`", c.unit, f"{c.lowest:g}..{c.highest:g}", "yes" if c.whole else "no",
         "yes" if c.may_be_empty else "no", c.meaning)
        for c in COLUMNS
    ]  # fmt: skip
    return table(("column", "unit", "bounds", "whole", "may be empty", "meaning"), rows)


def _flash_verdicts() -> str:
    """The part of docs/technician.md on how `sapper flash` leaves a board."""
    rows = [(f"`{verdict}`", _sentence(text.format(sent="N", total="M"))) for verdict, text in VERDICTS.items()]
    return table(("verdict", "the board"), rows)


def _statuses() -> str:
    """The part of docs/technician.md on exit statuses."""
    return table(("status", "meaning"), [(int(status), meaning) for status, meaning in STATUSES])


# Pages written whole, and parts of pages that people write: file, what makes it.
PAGES: dict[str, Callable[[], str]] = {
    "wiring.md": wiring,
    "wiring.svg": svg,
    "console.md": console,
    "wire.md": wire_format,
    "settings.md": settings_page,
}
PARTS: dict[str, dict[str, Callable[[], str]]] = {
    "recordings.md": {"columns": _columns, "topics": _topics},
    "technician.md": {"flash": _flash_verdicts, "statuses": _statuses},
}


def made(folder: Path) -> dict[Path, str]:
    """What every generated page should read, by its path."""
    pages = {folder / name: make() for name, make in PAGES.items()}
    for name, parts in PARTS.items():
        path = folder / name
        pages[path] = with_parts(path.read_text(encoding="utf-8"), parts)
    return pages


def stale(folder: Path = DOCS) -> list[Path]:
    """The pages that do not read as they should."""
    return [
        path for path, text in made(folder).items() if not path.exists() or path.read_text(encoding="utf-8") != text
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the pages, or with --check name the stale ones."""
    parser = argparse.ArgumentParser(prog="python -m sapper_host.docs_gen", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; status 3 when a page is stale")
    options = parser.parse_args(arguments)
    paths = stale()
    for path in paths:
        print(f"{path}: {'stale; run python -m sapper_host.docs_gen' if options.check else 'written'}")
        if not options.check:
            path.write_text(made(DOCS)[path], encoding="utf-8")
    return Status.SHORTFALL if paths and options.check else Status.OK


if __name__ == "__main__":
    sys.exit(main())
