"""The one exception base of the laptop tools, and what each exit status means.

Everything that can go wrong in a way a person can put right is a SapperError: what happened, what to do about it, and
the status the command leaves with. `processes.command` is the only place that catches it.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterable
from enum import IntEnum
from pathlib import Path

from sapper.shared.commands import ROWS, STATE_LETTERS
from sapper.shared.events import STATES
from sapper_host.outside.text import shown_lines

SAFE = STATE_LETTERS[0]


class Status(IntEnum):
    """Exit statuses of `sapper`."""

    OK = 0
    ERROR = 1  # something failed that none of the others names
    USAGE = 2  # the command line itself: unknown option, missing argument
    SHORTFALL = 3  # the run worked but found, or verified, less than it should have
    NO_DEVICE = 4  # no board, or its port is busy, gone, forbidden or not a Sapper
    BAD_INPUT = 5  # a file that was given is malformed; nothing was changed
    REFUSED = 6  # the board answered `err`
    INTERRUPTED = 130  # Ctrl-C


def shared_status(failed: Iterable[Status]) -> Status:
    """The exit status of several jobs, of those that failed: Ctrl-C's, else the one they agree on, else ERROR."""
    each = set(failed)
    if Status.INTERRUPTED in each:
        return Status.INTERRUPTED
    return each.pop() if len(each) == 1 else Status.ERROR if each else Status.OK


class SapperError(Exception):
    """What happened (`message`), what to do (`remedy`, may be empty), and the exit status it ends the command with."""

    status: Status = Status.ERROR

    def __init__(self, message: str, remedy: str = "", status: Status | None = None) -> None:
        # Names, paths and what others said stand in it: whoever prints it sends a terminal nothing that it would obey.
        self.message = shown_lines(message)
        self.remedy = shown_lines(remedy)
        super().__init__(self.message)
        if status is not None:
            self.status = status

    def __str__(self) -> str:
        return f"{self.message}; {self.remedy}" if self.remedy else self.message


DISARM = "`disarm` it first: `echo disarm | sapper console`"
CHECK_NAME = "check the file's name and its permissions"
RIGHT_FILE = "is it the right file?"
# The system's errors whose remedy is known.
REMEDIES = {
    errno.ENOSPC: "free some disk space, or name another place",
    errno.EDQUOT: "free some disk space, or name another place",
    errno.EACCES: "make the folder yours, or name another place",
    errno.EPERM: "make the folder yours, or name another place",
}


def of_system(error: OSError) -> SapperError:
    """An error of the system's that has no words of its own."""
    reason = error.strerror or str(error)
    where = f"{error.filename}: " if error.filename is not None else ""
    return SapperError(f"{where}{reason}", REMEDIES.get(error.errno or 0, "`sapper doctor` looks at this machine"))


def report(error: SapperError) -> None:
    """Say on stderr what went wrong and what to do."""
    red, plain = ("\033[1;31m", "\033[0m") if sys.stderr.isatty() and "NO_COLOR" not in os.environ else ("", "")
    print(f"{red}error:{plain} {error.message}", file=sys.stderr)
    if error.remedy:
        print(f"   do: {error.remedy}", file=sys.stderr)


class LinkError(SapperError):
    """A serial line that cannot be opened, is not a Sapper's, or went away."""

    status = Status.NO_DEVICE


class LinkGoneError(LinkError):
    """The device behind an open port vanished (unplugged, reset, or its rig ended)."""


class NoAnswerError(LinkError):
    """The port is open but the board did not answer a command in time."""


class PortBusyError(LinkError):
    """Another program has the port open."""


class PortForbiddenError(LinkError):
    """This user may not open the port."""


class AtPromptError(LinkError):
    """The board stands at MicroPython's prompt."""


class BoardError(SapperError):
    """The board answered `err NAME: ...`. `name` is its NAME; `text` says what to do, but for its state and for the
    link: the remedy for these is the command table's."""

    status = Status.REFUSED

    def __init__(self, line: str, name: str, text: str) -> None:
        super().__init__(f"the board refused '{line}': {name}: {text}", _way_out(line, name, text))
        self.name = name
        self.text = text


def _way_out(line: str, name: str, text: str) -> str:
    """How `line` may be said after all; '' where the board's text has told."""
    if name == "link":
        return "plug the board in over USB"
    row = ROWS.get(line.partition(" ")[0])
    if name != "state" or row is None:
        return ""
    if SAFE in row[2] and not text.endswith(f" {STATES[0]}"):
        return DISARM
    ways = {"A": "`arm` it first, in the console: `sapper console`", "C": "it is said over a find, in CONTACT"}
    return next((way for letter, way in ways.items() if letter in row[2]), "")


class TraceError(SapperError):
    """A trace, truth or recording that is malformed: where and why.

    `line` counts from 1 in a text file (0 = the whole file); `column` is the column's or field's name ('' = the row).
    remedy: where '' leaves it open, what is to be done with a file that holds something wrong.
    """

    status = Status.BAD_INPUT

    def __init__(self, path: Path | str, line: int, column: str, reason: str, remedy: str = "") -> None:
        place = str(path)
        if line:
            place += f", line {line}"
        if column:
            place += f", {column}"
        super().__init__(f"{place}: {reason}", remedy or ("correct it there" if line or column else RIGHT_FILE))
        self.path = Path(path)
        self.line = line
        self.column = column
        self.reason = reason
