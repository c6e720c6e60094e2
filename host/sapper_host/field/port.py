"""The board as a mission sees it: lines are said, and what came since is heard; nothing here waits.

Behind it may be a serial link (link_port.py) or a rig's operator (`RigPort`).
"""

from __future__ import annotations

import struct
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from sapper.shared.wire import GROUND_WORDS
from sapper_host.board.decoder import Event, Frame
from sapper_host.errors import SapperError


@dataclass(frozen=True)
class Answer:
    """What a line was answered. number: of the line, as `say` gave it. lines: what came before the last one."""

    number: int
    ok: bool
    text: str
    lines: tuple[str, ...] = ()

    @property
    def values(self) -> dict[str, str]:
        """The name=value words of it."""
        return dict(word.split("=", 1) for word in self.text.split() if "=" in word)


@dataclass(frozen=True)
class Ground:
    """A frame of ground/runs.py, as it came."""

    data: bytes


@dataclass(frozen=True)
class Gone:
    """Nothing is heard of the board any more, or (back) it is there again: perhaps another start, or another board."""

    why: str
    back: bool = False


Heard = Answer | Event | Frame | Ground | Gone


class Port(Protocol):
    """One board. Times are seconds of any clock that does not go back."""

    @property
    def now_s(self) -> float: ...

    def say(self, line: str) -> int:
        """Send a line; its number, by which its answer is known. It may be lost, and its answer."""
        ...

    def hear(self) -> list[Heard]:
        """What came since, in order."""
        ...


def ground_of(item: Any) -> bytes | None:
    """The piece of the map in a GROUND frame, None for any other."""
    if isinstance(item, Frame) and item.name == "GROUND":
        fields: Mapping[str, int] = item.fields
        words = (fields[f"w{i}"] for i in range(GROUND_WORDS))
        return struct.pack(f"<{GROUND_WORDS}I", *words)[: fields["length"]]
    return None


class RigPort:
    """Over an operator of a rig, whose `ask(line)` gives (last line of the answer, lines before) and lets the rig's
    time pass meanwhile. Its listener is to be `came`."""

    def __init__(self, ask: Callable[[str], tuple[str, list[str]]], now_s: Callable[[], float]) -> None:
        self._ask, self._now_s = ask, now_s
        self._heard: deque[Heard] = deque()
        self._number = 0

    @property
    def now_s(self) -> float:
        return self._now_s()

    def came(self, item: Any) -> None:
        """What the board told."""
        if (data := ground_of(item)) is not None:
            self._heard.append(Ground(data))
        elif isinstance(item, Event | Frame):
            self._heard.append(item)

    def say(self, line: str) -> int:
        self._number += 1
        try:
            last, lines = self._ask(line)
        except SapperError:
            return self._number  # no answer: as on a line that lost it
        except Exception as error:
            if type(error).__name__ != "OperatorError":
                raise
            return self._number
        ok = last == "ok" or last.startswith("ok ")
        self._heard.append(Answer(self._number, ok, last.partition(" ")[2], tuple(lines)))
        return self._number

    def hear(self) -> list[Heard]:
        out = list(self._heard)
        self._heard.clear()
        return out
