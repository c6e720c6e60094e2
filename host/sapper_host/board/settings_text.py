"""Settings files: `name = value` a line, `#` starts a comment; the text that the console's `dump` prints, fit for git.

Read strictly, with line and column of what is wrong, against the firmware's own table (sapper/shared/settings.py).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sapper.shared.settings import SettingError, Settings, parse_value
from sapper_host.board.setting_names import did_you_mean, not_there
from sapper_host.errors import CHECK_NAME, SapperError, Status

# Settings of all tables together are 1.3 kB; a comment may be long.
MOST_BYTES = 65536
_WHOLE = re.compile(r"-?[0-9]+")
_NAME = re.compile(r"[a-z][a-z0-9_]*")

Values = dict[str, int]


class SettingsFileError(SapperError):
    """A settings file that is malformed: path, line and column (from 1; 0: the file as a whole), reason."""

    status = Status.BAD_INPUT

    def __init__(self, path: Path | str, line: int, column: int, reason: str, remedy: str = "correct the file") -> None:
        place = f"{path}" + (f", line {line}" if line else "") + (f", column {column}" if column else "")
        super().__init__(f"{place}: {reason}", f"{remedy}; nothing was changed on the board")
        self.path = Path(path)
        self.line = line
        self.column = column
        self.reason = reason


@dataclass(frozen=True)
class SettingsText:
    """What a file says: `values` in its order, `lines` where each stands."""

    path: Path
    values: Values = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)


def read(path: Path) -> SettingsText:
    """Read and check a settings file. SettingsFileError when it cannot be read or is malformed."""
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise SettingsFileError(path, 0, 0, f"cannot be read ({error.strerror})", CHECK_NAME) from None
    if len(data) > MOST_BYTES:
        raise SettingsFileError(path, 0, 0, f"more than {MOST_BYTES} bytes; is it a settings file?")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line, column = before.count(b"\n") + 1, error.start - (before.rfind(b"\n") + 1) + 1
        raise SettingsFileError(path, line, column, f"byte 0x{data[error.start]:02x} is no UTF-8 text") from None
    return parse(text, path)


def parse(text: str, path: Path) -> SettingsText:
    """Take the text apart. SettingsFileError at the first thing that is wrong; `path` is what it names."""
    found = SettingsText(path)
    for number, line in enumerate(text.split("\n"), 1):
        body = line.split("#")[0].rstrip()
        if body.strip():
            name, value = _setting(body, path, number, found.lines)
            found.values[name] = value
            found.lines[name] = number
    if not found.values:
        raise SettingsFileError(path, 0, 0, "no settings in it")
    return found


def _setting(body: str, path: Path, number: int, before: Mapping[str, int]) -> tuple[str, int]:
    """One line's name and value."""

    def wrong(at: int, reason: str) -> SettingsFileError:
        return SettingsFileError(path, number, at + 1, reason)

    start = len(body) - len(body.lstrip())
    odd = next((i for i, letter in enumerate(body) if letter != "\t" and not " " <= letter <= "~"), None)
    if odd is not None:
        raise wrong(odd, f"{body[odd]!r} does not belong in a setting")
    equals = body.find("=")
    if equals < 0:
        raise wrong(start, f"expected `name = value`, got '{body.strip()[:40]}'")
    name, value = body[:equals].strip(), body[equals + 1 :].strip()
    value_at = equals + 1 + len(body[equals + 1 :]) - len(body[equals + 1 :].lstrip())
    if not _NAME.fullmatch(name):
        raise wrong(start, f"'{name[:40]}' is no setting's name")
    if not _WHOLE.fullmatch(value):
        raise wrong(value_at, f"{name}: '{value[:40]}' is no whole number")
    if not_there(name):
        raise wrong(start, f"{not_there(name)}; {did_you_mean(name)}")
    try:
        parsed: int = parse_value(name, value)
    except SettingError as error:
        raise wrong(value_at, str(error)) from None
    if name in before:
        raise wrong(start, f"{name} stands in line {before[name]} already")
    return name, parsed


def check_together(base: Mapping[str, int], wanted: Mapping[str, int]) -> Values:
    """`base` with `wanted` over it, after the checks across settings. sapper's SettingError when they do not fit.

    Settings that this program does not know (a board with other firmware) are taken over from `base` unchecked.
    """
    known = Settings()
    names = {line.partition(" ")[0] for line in known.dump_lines()}
    merged = dict(base) | dict(wanted)
    known.set_many([(name, value) for name, value in merged.items() if name in names])
    return merged


def text_of(values: Mapping[str, int]) -> str:
    """The file of these values, byte for byte what the board's `dump` says."""
    return "".join(f"{name} = {value}\n" for name, value in values.items())
