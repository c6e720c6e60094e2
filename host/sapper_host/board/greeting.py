"""Who is at the other end of a line: a Sapper, and which; or what else it seems to be."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable

from sapper_host.board import at_prompt
from sapper_host.board.answers import Answer
from sapper_host.board.decoder import Item, StreamDecoder, Text
from sapper_host.board.hearers import Hearers
from sapper_host.errors import LinkError, NoAnswerError

_ASK_AGAIN_S = 1.0
_QUESTION = "version"
_SIGN_S = 0.4
_SIGN_LOOK_S = 0.01


def greet(
    ask: Callable[[str, float], Answer],
    write: Callable[[bytes], None],
    hearers: Hearers,
    decoder: StreamDecoder,
    timeout_s: float,
) -> dict[str, str]:
    """The values of `version`. ask: says a line and waits so many seconds. LinkError when no Sapper answers; on
    MicroPython's prompt AtPromptError, and the prompt is left clean.
    """
    before = decoder.counts.bytes
    late: list[str] = []

    def hear(item: Item) -> None:
        # The answer to an earlier asking, after its time.
        if isinstance(item, Text) and not item.garbled and item.line.startswith("ok sapper="):
            late.append(item.line)

    hearers.tap(hear)
    try:
        values, asked = _version(ask, time.monotonic() + timeout_s, late)
    finally:
        hearers.untap(hear)
    if "sapper" in values:
        return values
    error = at_prompt.look(
        lambda data, signs: _say(write, decoder, data, signs), len(_QUESTION) * asked, decoder.raw_since(before)
    )
    if error is not None:
        raise error
    if decoder.counts.bytes > before:
        raise LinkError("something answers, but not as a Sapper does", "is it the right port, and the right baud rate?")
    raise LinkError("nothing answers", "is it the right port, is the board powered, and does it run Sapper?")


def _version(ask: Callable[[str, float], Answer], until_s: float, late: list[str]) -> tuple[dict[str, str], int]:
    """Ask every second: a board that is just starting loses what is said to it before it listens. The answer's values,
    and how often it was asked."""
    asked = 0
    while True:
        left_s = until_s - time.monotonic()
        asked += 1
        with contextlib.suppress(NoAnswerError):
            return ask(_QUESTION, max(0.05, min(_ASK_AGAIN_S, left_s))).values(), asked
        if late:
            return Answer(_QUESTION, late[0]).values(), asked
        if left_s <= _ASK_AGAIN_S:
            return {}, asked


def _say(write: Callable[[bytes], None], decoder: StreamDecoder, data: bytes, signs: tuple[bytes, ...]) -> bytes:
    """at_prompt.Say on a link, whose reading thread feeds the decoder."""
    before = decoder.counts.bytes
    write(data)
    until = time.monotonic() + _SIGN_S
    while True:
        heard = decoder.raw_since(before)
        if any(sign in heard for sign in signs) or time.monotonic() >= until:
            return heard
        time.sleep(_SIGN_LOOK_S)
