"""What the verbs that start a rig share: the rigs' errors become the command's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sapper_host.errors import SapperError, Status


@contextmanager
def rig_errors() -> Iterator[None]:
    """HilError, whose text names the remedy, as SapperError; and a rig package that is not installed likewise."""
    try:
        from hil.errors import HilError
    except ImportError:
        raise SapperError("the rigs are not installed here", "run from a checkout, after `make setup`") from None
    try:
        yield
    except HilError as error:
        what, _, remedy = str(error).partition("; ")
        raise SapperError(what, remedy) from None


def playable() -> list[str]:
    """The rigs that a trace can be played on. SapperError where there are no rigs."""
    with rig_errors():
        from hil.rigs.registry import RIGS, why_not
        from hil.rigs.rig import PLAYABLE

        return [each for each in RIGS if not why_not(each, PLAYABLE)]


def check_rig(name: str, status: Status = Status.ERROR) -> None:
    """A SapperError unless a trace can be played on a rig of that name; it says what the rig lacks. status: its own."""
    with rig_errors():
        from hil.rigs.registry import RIGS, why_not
        from hil.rigs.rig import PLAYABLE

        able = playable()
        if name not in able:
            why = why_not(name, PLAYABLE) if name in RIGS else "there is none of the name"
            raise SapperError(f"--rig {name}: {why}", f"use {' or '.join(able)}", status)
