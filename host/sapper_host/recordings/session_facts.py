"""What a session says of itself, in metadata records: who recorded it and with what, which board, which settings.

What cannot be had is 'unknown', with the reason. The board is asked once, at the start, and only while it is disarmed:
nothing is asked that could stand between an operator and a rover that moves.
"""

from __future__ import annotations

import contextlib
import getpass
import platform
import zlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sapper.shared import commands, events, wire
from sapper.shared.settings import TABLE
from sapper.shared.version import VERSION
from sapper_host.errors import SapperError

if TYPE_CHECKING:
    from sapper_host.board.link import Link

Put = Callable[[str, dict[str, str]], None]
SESSION = "sapper-session"
BOARD = "sapper-board"
SETTINGS = "sapper-settings"
UNKNOWN = "unknown"

# What `version` says, and what it is called here.
_NAMES = {"sapper": "firmware"}
_ASK_S = 1.5  # all settings over the radio take 0.3 s


def session_facts(now_ns: int, operator: str = "") -> dict[str, str]:
    """Who records, where, when (UTC), with which tool; `wire`: CRC-32 of its tables of frames and events."""
    started = datetime.fromtimestamp(now_ns / 1e9, UTC)
    return {
        "started": started.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "operator": operator or _login(),
        "host": platform.node() or UNKNOWN,
        "system": platform.platform(),
        "tool": f"sapper {VERSION}",
        "wire": f"{zlib.crc32(repr((wire.MESSAGES, events.KINDS)).encode()):08x}",
    }


def _login() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return UNKNOWN


def board_facts(version: Mapping[str, str]) -> dict[str, str]:
    """From the values of `version`."""
    return {_NAMES.get(name, name): value for name, value in version.items()}


def describe_rig(put: Put, version: str, settings: Mapping[str, int]) -> None:
    """The same of a rig's board, which began with its defaults: what `version` answered, and the settings put in."""
    put(BOARD, board_facts(dict(word.split("=", 1) for word in version.split() if "=" in word)))
    put(SETTINGS, {row[0]: str(settings.get(row[0], row[1])) for row in TABLE})


def describe(put: Put, link: Link) -> None:
    """Put in (`Recorder.describe`) which board this is and the settings in force, as far as it tells them within a
    second or two.
    """
    board = settings = {UNKNOWN: "the board did not tell"}
    try:
        link.command("", timeout_s=_ASK_S, check=False, quiet=True)  # ends whatever half a line the board holds
        board = board_facts(link.command("version", timeout_s=_ASK_S, quiet=True).values())
        settings = _settings(link)
    except SapperError as error:
        settings = {UNKNOWN: error.message}
    with contextlib.suppress(SapperError):  # a disk that is full: `recorder.problem` says so
        put(BOARD, board)
        put(SETTINGS, settings)


def _settings(link: Link) -> dict[str, str]:
    from sapper_host.board.settings import NAMES, values_of

    state = link.command("status", timeout_s=_ASK_S, quiet=True).values().get("state", UNKNOWN)
    if state not in events.STATES or commands.STATE_LETTERS[events.STATES.index(state)] not in commands.IDLE:
        return {UNKNOWN: f"not asked: the rover was {state}"}
    values = values_of(link.command("dump", timeout_s=_ASK_S, quiet=True).lines)
    return {name: str(values.get(name, UNKNOWN)) for name in dict.fromkeys((*NAMES, *values))}
