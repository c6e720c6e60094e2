"""The one reader of JSON that others wrote: bounded in bytes, depth and digits, and stricter than the standard library.

Refused besides what is no JSON: NaN and Infinity, numbers longer than any measurement or too large for a float, a name
twice in one object, half a surrogate pair, text that is no UTF-8.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

from sapper_host.outside import bounded

MOST_BYTES = 16 * 1024 * 1024
_DEEPEST = 64
_DIGITS_MOST = 40
_PIECE = re.compile(r'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]', re.DOTALL)
# Where none of these stands, each number is short and finite: nothing has to look at them one by one.
_ODD_NUMBER = re.compile(r"[0-9.+-]{41}|[0-9.][eE]")
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


class JsonError(ValueError):
    """Text that is not taken: `reason`, and where (from 1; 0: the text as a whole)."""

    def __init__(self, reason: str, line: int = 0, column: int = 0) -> None:
        super().__init__(reason + (f" at column {column}" if column else ""))
        self.reason = str(self)
        self.line = line
        self.column = column


def read(path: Path, most: int = MOST_BYTES) -> Any:
    """The value in a file of at most so many bytes. JsonError when it is none, OSError when it cannot be read."""
    try:
        data = bounded.read(path, most)
    except ValueError as error:
        raise JsonError(str(error)) from None
    return parse(data, most)


def parse(data: bytes, most: int = MOST_BYTES, number: Callable[[str], Any] | None = None) -> Any:
    """The value that JSON text in UTF-8 stands for; JsonError says what is wrong and where.

    number: what becomes of a number's text, for whoever wants its decimals; None: an int or a float.
    """
    if len(data) > most:
        raise JsonError(f"more than {most} bytes")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise JsonError(f"not UTF-8 text at byte {error.start}") from None
    _check_depth(text)
    decoder = _QUICK if number is None and not _ODD_NUMBER.search(text) else _careful(number)
    try:
        value = decoder.decode(text)
    except json.JSONDecodeError as error:
        raise JsonError(f"not JSON: {error.msg}", error.lineno, error.colno) from None
    except _RefusedError as refused:
        reason, piece = refused.args
        raise JsonError(reason, *_place(text, text.find(piece))) from None
    if half := _SURROGATE.search(text):
        try:
            json.dumps(value, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            raise JsonError("half a surrogate pair", *_place(text, half.start())) from None
    return value


def _check_depth(text: str) -> None:
    if text.count("[") + text.count("{") <= _DEEPEST:
        return
    depth = 0
    for piece in _PIECE.finditer(text):
        if piece[0] in "[{":
            depth += 1
            if depth > _DEEPEST:
                raise JsonError(f"nested deeper than {_DEEPEST}", *_place(text, piece.start()))
        elif piece[0] in "]}":
            depth -= 1


class _RefusedError(Exception):
    """args: why, and the piece of the text that is."""


def _constant(name: str) -> NoReturn:
    raise _RefusedError(f"{name} is no number in JSON", name)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise JsonError(f"{twice[:40]!r} stands twice in one object")
    return made


_QUICK = json.JSONDecoder(parse_constant=_constant, object_pairs_hook=_object)


@cache
def _careful(number: Callable[[str], Any] | None) -> json.JSONDecoder:
    """One that looks at each number."""

    def short(digits: str) -> None:
        if len(digits) > _DIGITS_MOST:
            raise _RefusedError(f"a number of {len(digits)} digits", digits)

    def whole(digits: str) -> Any:
        short(digits)
        return int(digits) if number is None else number(digits)

    def decimal(digits: str) -> Any:
        short(digits)
        if not math.isfinite(value := float(digits)):
            raise _RefusedError(f"{digits} is too large", digits)
        return value if number is None else number(digits)

    return json.JSONDecoder(parse_int=whole, parse_float=decimal, parse_constant=_constant, object_pairs_hook=_object)


def _place(text: str, at: int) -> tuple[int, int]:
    return text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
