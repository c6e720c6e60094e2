"""The board's log of its last events."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from sapper_host.board.decoder import Event, parse_event_text
from sapper_host.board.link import Link
from sapper_host.errors import LinkError

# As many as the board holds (sapper/link/event_log.py).
_MOST = 64
_ANSWER_S = 10.0

Parsed = TypeVar("Parsed")


def lines_of(link: Link, saved: bool = False) -> tuple[str, ...]:
    """The log as the board tells it, oldest first; saved: what was written to flash when it was last disarmed."""
    return link.command("log saved" if saved else f"log {_MOST}", timeout_s=_ANSWER_S).lines


def parsed(lines: Sequence[str], parse: Callable[[str], Parsed]) -> list[Parsed]:
    """Each line as an event, by `parse`. LinkError when one is none."""
    try:
        return [parse("* " + line) for line in lines]
    except ValueError as error:
        raise LinkError(f"the board's log has a line that is no event ({error})", "ask again") from None


def events_of_start(link: Link) -> list[Event]:
    """What the log still has of the start that runs now."""
    events = parsed(lines_of(link), parse_event_text)
    boots = [at for at, event in enumerate(events) if event.kind == "boot"]
    return events[boots[-1] if boots else 0 :]
