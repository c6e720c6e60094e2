"""The reference pages of docs/, and the parts of others that are made from tables: which there are, and their text."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sapper.shared import commands, events, pins, settings
from sapper_host.board.link import LINE_MAX
from sapper_host.cli import STATUSES
from sapper_host.docs_gen.notice import notice
from sapper_host.docs_gen.wire_page import wire_format
from sapper_host.field.dry_run import MACHINE
from sapper_host.field.geometry import MEASURES
from sapper_host.files.checkout import DOCS
from sapper_host.files.page import table, with_parts
from sapper_host.flash.outcome import VERDICTS
from sapper_host.pictures.wiring import HEADER_PIN, svg
from sapper_host.recordings.mcap_topics import TOPICS, TRACE_TOPICS
from sapper_host.recordings.trace_rows import COLUMNS

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
        notice=notice("firmware/sapper/shared/pins.py"),
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
        notice=notice("firmware/sapper/shared/commands.py and events.py"),
        line_max=LINE_MAX,
        commands=table(("command", "what it does", "in states", "who"), rows),
        who="".join(f"- {name}: {_WHO[name]}\n" for name in sorted(used)),
        reasons=table(("reason", "what to do"), [(f"`{name}`", remedy or "-") for name, remedy in events.REASONS]),
    )


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
        notice=notice("firmware/sapper/shared/settings.py and detector_settings.py"),
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


def _piece_steps() -> str:
    """The part of docs/technician.md on how a test-piece check stands."""
    return table(("it says", "what to do"), [(f"`{step}`", what or "-") for step, what in events.PIECE_STEPS])


def _machine() -> str:
    """The part of docs/field.md on what a dry run reckons with."""
    rows = [
        (f"`{name}`", usual, f"{least}..{most}", unit, source) for name, usual, least, most, unit, source in MACHINE
    ]
    return table(("figure", "usual", "bounds", "unit", "where the usual value is from"), rows)


def _measures() -> str:
    """The part of docs/field.md on the rover's measures."""
    rows = [(f"`{name}`", usual, f"{least}..{most}", meaning) for name, usual, least, most, meaning in MEASURES]
    return table(("measure", "usual", "bounds", "meaning"), rows)


# Pages written whole, and parts of pages that people write: file, what makes it.
PAGES: dict[str, Callable[[], str]] = {
    "wiring.md": wiring,
    "wiring.svg": svg,
    "console.md": console,
    "wire.md": wire_format,
    "settings.md": settings_page,
}
PARTS: dict[str, dict[str, Callable[[], str]]] = {
    "field.md": {"machine": _machine, "measures": _measures},
    "recordings.md": {"columns": _columns, "topics": _topics},
    "technician.md": {"flash": _flash_verdicts, "testpiece": _piece_steps, "statuses": _statuses},
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
