"""Standard input, output and errors as they may be, too: not there, full, or with a reader that has left.

Imports `errors` alone.
"""

from __future__ import annotations

import errno
import io
import os
import sys

from sapper_host.errors import SapperError

_OUT, _ERR = 1, 2


class NotPrintedError(SapperError):
    """What was to be printed could not be: the disk that it goes to is full, or the like."""

    def __init__(self, error: OSError) -> None:
        reason = error.strerror or str(error)
        full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        super().__init__(
            f"what is printed cannot be written ({reason})",
            "free some disk space, or print to another place" if full else "print to another place",
        )


class _Printed(io.FileIO):
    """Standard output or errors, where those are no terminal."""

    def __init__(self, number: int) -> None:
        super().__init__(number, "w", closefd=False)

    def write(self, data: object) -> int:
        """NotPrintedError; BrokenPipeError when who reads it has left, as is usual. Errors that cannot be told are
        lost: what the command is for goes on."""
        try:
            return super().write(data) or 0  # type: ignore[arg-type]
        except OSError as error:
            if self.fileno() == _ERR:
                return memoryview(data).nbytes  # type: ignore[arg-type]
            if isinstance(error, BrokenPipeError):
                raise
            raise NotPrintedError(error) from None


def prepare() -> None:
    """Make the standard streams fit to be used: open to nothing where they were closed, and with errors that say what
    is wrong. A terminal that is no UTF-8 gets '?' for what it cannot show."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        stream = getattr(sys, name)
        if stream is None:
            # The number, too: the next file that is opened would get it, and what others print would go into that.
            _to_nothing(number)
            stream = open(number, "w" if number else "r", encoding="utf-8", closefd=False)  # noqa: SIM115
            setattr(sys, name, stream)
        elif number and isinstance(stream, io.TextIOWrapper) and not stream.isatty() and _number(stream) == number:
            stream.flush()
            buffer = io.BufferedWriter(_Printed(number))
            line_by_line = number == _ERR
            stream = io.TextIOWrapper(buffer, stream.encoding, write_through=line_by_line, line_buffering=line_by_line)
            setattr(sys, name, stream)
        if number and isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def give_up_output() -> None:
    """Nobody takes what is printed: what is still held back goes to nothing, or Python complains of it at exit."""
    _to_nothing(_OUT)


def _to_nothing(number: int) -> None:
    nothing = os.open(os.devnull, os.O_RDWR)
    if nothing != number:
        os.dup2(nothing, number)
        os.close(nothing)


def _number(stream: io.TextIOWrapper) -> int:
    try:
        return stream.fileno()
    except OSError:  # of a test's, which is no file
        return -1
