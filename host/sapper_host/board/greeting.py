"""Who is at the other end of a line: a Sapper, and which; or what else it seems to be."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable

from sapper_host.board.answers import Answer
from sapper_host.board.decoder import Counts, Item, Text
from sapper_host.board.hearers import Hearers
from sapper_host.errors import LinkError, NoAnswerError

_ASK_AGAIN_S = 1.0
_HEARD_MAX = 50


def greet(ask: Callable[[float], Answer], hearers: Hearers, counts: Counts, timeout_s: float) -> dict[str, str]:
    """The values of `version`. ask: says it and waits so many seconds. LinkError when it is no Sapper that answers."""
    heard: list[str] = []

    def hear(item: Item) -> None:
        if isinstance(item, Text) and len(heard) < _HEARD_MAX:
            heard.append(item.line)

    hearers.tap(hear)
    try:
        values = _version(ask, time.monotonic() + timeout_s, heard)
    finally:
        hearers.untap(hear)
    if "sapper" not in values:
        raise LinkError(*_not_ours(heard, counts.bytes))
    return values


def _version(ask: Callable[[float], Answer], until_s: float, heard: list[str]) -> dict[str, str]:
    """Ask every second: a board that is just starting loses what is said to it before it listens."""
    while True:
        left_s = until_s - time.monotonic()
        with contextlib.suppress(NoAnswerError):
            return ask(max(0.05, min(_ASK_AGAIN_S, left_s))).values()
        for line in tuple(heard):
            # The answer to an earlier asking, after its time.
            if line.startswith("ok sapper="):
                return Answer("version", line).values()
        if left_s <= _ASK_AGAIN_S:
            return {}


def _not_ours(heard: list[str], count: int) -> tuple[str, str]:
    if any(line.startswith((">>>", "Traceback", "raw REPL")) or "MicroPython" in line for line in heard):
        return (
            "MicroPython's prompt answers, not Sapper",
            "Ctrl-D at the prompt (`mpremote`) starts Sapper again if it is on this board; else flash it",
        )
    if count:
        return "something answers, but not as a Sapper does", "is it the right port, and the right baud rate?"
    return "nothing answers", "is it the right port, is the board powered, and does it run Sapper?"
