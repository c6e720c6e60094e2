"""A board's settings over a link: read whole, and changed all or not at all, as far as a line that may break allows."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from sapper.shared.digits import whole
from sapper.shared.settings import SettingError
from sapper_host.board.answers import Answer
from sapper_host.board.setting_names import NAMES
from sapper_host.board.settings_text import SettingsFileError, Values, check_together
from sapper_host.errors import BoardError, LinkError, NoAnswerError, SapperError, Status

# 55 lines over a radio at 57,600 baud are 0.3 s; a rig on a busy machine is slower than that.
_DUMP_S = 15.0
_SET_S = 5.0
# The data sheet allows flash 400 ms a sector.
_SAVE_S = 15.0
_TRIES = 3


@dataclass(frozen=True)
class Changes:
    """What was asked for: (name, before, now) of each setting that changed, and whether all was saved."""

    rows: list[tuple[str, int, int]] = field(default_factory=list)
    saved: bool = False


class Commands(Protocol):
    """What is needed of a link."""

    def command(self, line: str, timeout_s: float = ...) -> Answer:
        """Send a line; BoardError when it is refused, NoAnswerError, LinkGoneError."""


def read(link: Commands) -> Values:
    """All settings, in the board's order. SapperError when it does not tell those that this program knows."""
    missing: list[str] = []
    for _ in range(_TRIES):
        values = values_of(link.command("dump", timeout_s=_DUMP_S).lines)
        missing = [name for name in NAMES if name not in values]
        if not missing:
            return values
        # Over a radio a line may be lost.
    raise SapperError(
        f"the board does not tell {len(missing)} of its settings ({', '.join(missing[:3])}, ...)",
        "`sapper devices` tells its version: this program and the board should have the same",
    )


def values_of(lines: tuple[str, ...]) -> Values:
    """Of the lines of `dump`: those that are a setting's."""
    values: Values = {}
    for line in lines:
        name, equals, value = line.partition(" = ")
        if equals:
            with contextlib.suppress(ValueError):
                values[name] = whole(value)
    return values


def check(board: Mapping[str, int], wanted: Mapping[str, int], source: Path | None = None) -> Values:
    """The board's settings with `wanted` over them. SapperError when they do not fit: BAD_INPUT when they come from the
    file `source`, else USAGE.
    """
    try:
        return check_together(board, wanted)
    except SettingError as error:
        if source is not None:
            raise SettingsFileError(source, 0, 0, f"with the board's other settings: {error}") from None
        raise SapperError(str(error), "nothing was changed on the board", Status.USAGE) from None


def in_order(board: Mapping[str, int], wanted: Mapping[str, int]) -> list[tuple[str, int]]:
    """The changes in an order in which the board takes each: it checks settings that bind each other at every step.

    What loosens a bound goes from good to good, and what tightens it is no tighter than the end. Only motor gains that
    stand in for one another may have no such order: SapperError then.
    """
    now = dict(board)
    left = [(name, value) for name, value in wanted.items() if board.get(name) != value]
    order: list[tuple[str, int]] = []
    while left:
        for change in left:
            try:
                now = check_together(now, dict([change]))
            except SettingError:
                continue
            order.append(change)
            left.remove(change)
            break
        else:
            raise SapperError("these settings cannot be put in one at a time", "set some of them first", Status.USAGE)
    return order


def apply(link: Commands, wanted: Mapping[str, int], save: bool, source: Path | None = None) -> Changes:
    """Bring the board to `wanted` (from the file `source`); verified by reading back. Already so: only `save` is sent.

    SapperError: it was refused, and the board is as it was. LinkError: the line broke; the text says how far it was.
    """
    before = read(link)
    goal = check(before, wanted, source)
    changes = in_order(before, wanted)
    done: list[tuple[str, int]] = []
    try:
        for name, value in changes:
            _set(link, name, value)
            done.append((name, value))
        if read(link) != goal:
            raise SapperError("the board holds other settings than it was given", "try again; is somebody else on it?")
        if save:
            link.command("save", timeout_s=_SAVE_S)
    except LinkError as error:
        raise _broken(error, len(done), len(changes), save) from None
    except SapperError as error:
        _put_back(link, before, done, error)
        raise
    return Changes([(name, before[name], value) for name, value in wanted.items() if before[name] != value], save)


def _set(link: Commands, name: str, value: int) -> Answer:
    """Told again when there is no answer, as it may be over a radio: twice is no more than once."""
    line = f"set {name} {value}"
    for _ in range(_TRIES - 1):
        try:
            return link.command(line, timeout_s=_SET_S)
        except NoAnswerError:
            continue
    return link.command(line, timeout_s=_SET_S)


def _broken(error: LinkError, done: int, all_of_them: int, save: bool) -> LinkError:
    what = f"{error.message} when {done} of {all_of_them} settings were in"
    asked = " or, if the last thing was `save`, the new ones, entire" if save else ""
    remedy = f"{error.remedy}; then run it again: a restart of the board brings back the saved settings{asked}"
    return type(error)(what, remedy)


def _put_back(link: Commands, before: Values, done: list[tuple[str, int]], error: SapperError) -> None:
    """Undo in reverse order, each step of which was good; adds to the error when that fails, too."""
    for name, _ in reversed(done):
        try:
            _set(link, name, before[name])
        except SapperError as second:
            error.remedy = f"it could not be put back ({second.message}): restart the board to have the saved settings"
            return
    if isinstance(error, BoardError):
        error.remedy = "; ".join(filter(None, (error.remedy, "the settings are as they were")))
