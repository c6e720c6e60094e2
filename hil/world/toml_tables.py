"""TOML to dataclasses whose fields carry their rule: what is unknown, of the wrong type or out of bounds is refused.

A refusal says file, section, key, value, bounds and remedy.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, Field, fields, is_dataclass
from pathlib import Path
from typing import Any, TypeVar

from hil.errors import HilError
from hil.world.world_spec import Choice, Places, Quantity, Text
from sapper_host.outside import bounded
from sapper_host.outside.text import shown

_FILE_BYTES_MAX = 1024 * 1024

# TOML name -> (field of the file's dataclass, the section's dataclass, whether a list of tables)
Sections = Mapping[str, tuple[str, type, bool]]
T = TypeVar("T")


class WorldError(HilError):
    """A world file that cannot be; the text names file, section, key, value, bounds and what to do."""


def read_tables(path: Path, what: str, known: Sequence[str] = ()) -> dict[str, Any]:
    """A TOML file's tables. WorldError when it cannot be read or is no TOML. what: such as 'world file'; known: names
    that would have been understood."""
    try:
        text = bounded.read(path, _FILE_BYTES_MAX).decode("utf-8")
    except FileNotFoundError:
        examples = f"; the examples are: {', '.join(known)}" if known else ""
        raise WorldError(f"{path}: there is no such {what}{examples}") from None
    except (OSError, ValueError) as error:
        raise WorldError(f"{path}: cannot be read as text ({error}); give a TOML file") from None
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # also of numbers of thousands of digits
        raise WorldError(f"{path}: not TOML: {shown(str(error), 200)}; docs/world.md shows the format") from None


def parse_tables(data: Mapping[str, Any], sections: Sections, path: str) -> dict[str, Any]:
    """The values by field that a TOML document's tables give; WorldError names the key that is wrong."""
    values: dict[str, Any] = {"path": path}
    for name, table in data.items():
        if name not in sections:
            raise WorldError(f"{path}: unknown section [{name[:60]}]; there are: {', '.join(sections)}")
        attribute, kind, many = sections[name]
        if many:
            if not isinstance(table, list):
                raise WorldError(f"{path}: [{name}] must be a list of tables; write [[{name}]]")
            values[attribute] = tuple(_section(kind, row, f"{path}: [[{name}]] {i}") for i, row in enumerate(table, 1))
        else:
            if not isinstance(table, dict):
                raise WorldError(f"{path}: {name} must be a table; write [{name}] on a line of its own")
            values[attribute] = _section(kind, table, f"{path}: [{name}]")
    return values


def _section(kind: type[T], table: Any, where: str) -> T:
    """One table as its dataclass; `where` names file and section in errors."""
    assert is_dataclass(kind)
    if not isinstance(table, dict):
        raise WorldError(f"{where}: must be a table of `key = value` lines")
    known = {f.name: f for f in fields(kind)}
    for key in table:
        if key not in known:
            raise WorldError(f"{where}: unknown key '{key[:60]}'; there are: {', '.join(known)}")
    for f in known.values():
        if f.default is MISSING and f.name not in table:
            raise WorldError(f"{where}: '{f.name}' is missing; add `{f.name} = ...` ({_expects(f)})")
    return kind(**{key: _value(known[key], value, where) for key, value in table.items()})


def _expects(f: Field[Any]) -> str:
    rule = f.metadata["rule"]
    if isinstance(rule, Text):
        return f"text: {rule.meaning}"
    if isinstance(rule, Choice):
        return f"one of {', '.join(rule.names)}: {rule.meaning}"
    if isinstance(rule, Places):
        return f"{rule.least} to {rule.most} places [x, y], each {rule.low:g}..{rule.high:g} m: {rule.meaning}"
    many = f"{rule.count} numbers, each " if rule.count else ""
    return f"{many}{rule.low:g}..{rule.high:g} {rule.unit}".rstrip() + f": {rule.meaning}"


def _value(f: Field[Any], value: Any, where: str) -> Any:
    rule = f.metadata["rule"]
    if isinstance(rule, Text | Choice):
        if not isinstance(value, str) or (isinstance(rule, Choice) and value not in rule.names):
            raise _not_understood(f, value, where)
        return value
    if isinstance(rule, Places):
        pairs = isinstance(value, list) and all(isinstance(row, list) and len(row) == 2 for row in value)
        if not pairs or not rule.least <= len(value) <= rule.most:
            raise _not_understood(f, value, where)
        bounds = Quantity(rule.low, rule.high, "m", rule.meaning)
        return tuple(tuple(_in_bounds(f, bounds, each, where, float) for each in row) for row in value)
    if rule.count:
        if not isinstance(value, list) or len(value) != rule.count:
            raise _not_understood(f, value, where)
        return tuple(_in_bounds(f, rule, v, where, float) for v in value)
    return _in_bounds(f, rule, value, where, int if f.type in (int, "int") else float)


def _not_understood(f: Field[Any], value: Any, where: str) -> WorldError:
    return WorldError(f"{where}: {f.name} = {_shown(value)} is not understood; it takes {_expects(f)}")


def _in_bounds(f: Field[Any], rule: Quantity, value: Any, where: str, kind: type) -> Any:
    whole = kind is int
    if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)):
        raise WorldError(
            f"{where}: {f.name} = {_shown(value)} is not a {'whole ' * whole}number; it takes {_expects(f)}"
        )
    if not rule.low <= value <= rule.high:  # which no NaN is
        raise WorldError(
            f"{where}: {f.name} = {_shown(value)} is outside {rule.low:g}..{rule.high:g} {rule.unit}".rstrip()
            + f"; put it between them ({rule.meaning})"
        )
    return kind(value)


def _shown(value: Any) -> str:
    """A value as an error may show it; some are numbers of thousands of digits, which have no text."""
    try:
        return shown(repr(value), 60)
    except ValueError:
        return "a number of thousands of digits"


def reference_markdown(sections: Sections) -> str:
    """Every section and key as Markdown tables, for docs/world.md."""
    out: list[str] = []
    for name, (_, kind, many) in sections.items():
        heading = f"[[{name}]]" if many else f"[{name}]"
        meaning = (kind.__doc__ or "").split(": ", 1)[1].strip()
        out += [f"### `{heading}`: {meaning}", "", "| key | default | takes | meaning |", "|---|---|---|---|"]
        for f in fields(kind):
            default = "(required)" if f.default is MISSING else f"`{_toml_shown(f.default)}`"
            takes, _, about = _expects(f).partition(": ")
            out.append(f"| `{f.name}` | {default} | {takes} | {about} |")
        out.append("")
    return "\n".join(out)


def _toml_shown(value: Any) -> str:
    if isinstance(value, tuple):
        return "[" + ", ".join(_toml_shown(v) for v in value) + "]"
    return repr(value) if isinstance(value, str) else f"{value:g}"


def tables_text(file: Any, sections: Sections) -> str:
    """The TOML that reads as this file: what is not as the defaults have it."""
    out: list[str] = []
    for name, (attribute, kind, many) in sections.items():
        held = getattr(file, attribute)
        for table in held if many else (held,):
            rows = [
                f"{f.name} = {_toml(getattr(table, f.name))}"
                for f in fields(kind)
                if f.default is MISSING or getattr(table, f.name) != f.default
            ]
            if rows or many:
                out += [f"[[{name}]]" if many else f"[{name}]", *rows, ""]
    return "\n".join(out)


def _toml(value: Any) -> str:
    if isinstance(value, tuple):
        return "[" + ", ".join(_toml(v) for v in value) + "]"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return repr(value)
