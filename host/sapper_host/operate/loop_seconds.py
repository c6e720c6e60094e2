"""The board's loop second by second, as its LOOP frames tell it: each with the states and events of that second."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from queue import Empty, Queue
from time import monotonic

from sapper.shared.events import STATES
from sapper_host.board.decoder import Event, Frame
from sapper_host.board.link import Happening, Link
from sapper_host.errors import LinkError

# The states in which the rover may move: the board counts the ticks of these.
MOVING = frozenset(("TELEOP", "SWEEP"))
# LOOP comes once a second; a rig on a busy machine runs slower than real time.
_FIRST_S = 6.0


@dataclass(frozen=True)
class Second:
    """fields: of the LOOP frame that ended it. states: all that the rover was in; empty where none was told. events:
    told in it."""

    fields: Mapping[str, int]
    states: frozenset[str]
    events: tuple[Event, ...] = ()

    @property
    def moving(self) -> bool:
        """Whether the rover might move all through it."""
        return bool(self.states) and self.states <= MOVING


class Seconds:
    """Fed with what a link tells, in its order."""

    def __init__(self) -> None:
        self._state = ""
        self._states: set[str] = set()
        self._events: list[Event] = []

    def take(self, item: Happening) -> Second | None:
        """The second that this item ended."""
        if isinstance(item, Event):
            self._events.append(item)
            if item.kind == "state":
                self._is(str(item.args["to"]))
            elif item.kind == "boot":
                self._is(STATES[0])
        elif isinstance(item, Frame) and item.name == "STATUS":
            self._is(item.named("state"))
        elif isinstance(item, Frame) and item.name == "LOOP":
            ended = Second(item.fields, frozenset(self._states), tuple(self._events))
            self._states, self._events = {self._state} - {""}, []
            return ended
        return None

    def _is(self, state: str) -> None:
        self._state = state
        self._states.add(state)


def longest(seconds: Iterable[Second]) -> Second | None:
    """The one with the longest tick, of those in motion, or of all where none was."""
    every = list(seconds)
    return max([second for second in every if second.moving] or every, key=_tick_us, default=None)


def _tick_us(second: Second) -> int:
    return second.fields["tick_max_us"]


def listen(link: Link, for_s: float, tell: Callable[[Second], None]) -> list[Second]:
    """So many seconds of them, with telemetry on meanwhile; one at least. LinkError when none comes."""
    heard: Queue[Happening] = Queue()
    seconds = Seconds()
    found: list[Second] = []
    link.listen(heard.put, "loop")
    try:
        link.command("telemetry on")
        began_s = monotonic()
        while (left_s := began_s + (for_s if found else max(for_s, _FIRST_S)) - monotonic()) > 0:
            try:
                second = seconds.take(heard.get(timeout=left_s))
            except Empty:
                break
            if second is not None:
                found.append(second)
                tell(second)
        if link.gone is not None:
            raise link.gone
        link.command("telemetry off")
    finally:
        link.unlisten(heard.put)
    if not found:
        raise LinkError("the board tells nothing of its loop", "a radio that is busy: ask over USB")
    return found
