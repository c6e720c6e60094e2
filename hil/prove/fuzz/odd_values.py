"""Odd numbers, names and values: what parsers stumble over, drawn from `random` alone, so that a seed gives the same
again."""

from __future__ import annotations

import json
from random import Random
from typing import Any

_NUMBERS = (
    "0", "1", "-1", "+5", "1_000", "007", "0x10", "1e3", "1e999", "0e-400000000", "-0", "NaN", "Infinity", "", "none",
    "65535", "65536", "2147483647", "2147483648", "-2147483649", "4294967295", "4294967296", "9" * 20, "1" + "0" * 400,
    "1" * 5000, "0." + "3" * 60, "\u0661", "\u00b2",
)  # fmt: skip
NAMES = (
    "a", "steel ball", "$\\q$", "$x_1^2$", "_a^b", "\\frac{1}{2}", "\x1b]0;t\x07", "\x1b[2J", "\x9b1m", "a\u202eb",
    "a\nb",
    "[/]", "[bold]", "<script>", "=1+1", "../../x", "\ud800", "x" * 3000, "\u5730\u96f7", "\0", "\ufeff", "",
)  # fmt: skip


def number(random: Random) -> str:
    """A number as text, or what passes for one."""
    return random.choice(_NUMBERS) if random.random() < 0.4 else str(random.randrange(-2000, 5000))


def value(random: Random, depth: int = 0) -> Any:
    """Any value that JSON has, and some that it has not."""
    kind = random.randrange(9 if depth < 3 else 6)
    if kind == 0:
        return random.choice((None, True, False, float("nan"), float("inf"), 1e308, 10**400, -(10**39), 2**31, 0.5))
    if kind <= 3:
        return random.randrange(-10, 2000) / random.choice((1, 1, 10, 1000))
    if kind <= 5:
        return random.choice(NAMES)
    if kind <= 7:
        return [value(random, depth + 1) for _ in range(random.randrange(4))]
    return {random.choice(NAMES): value(random, depth + 1) for _ in range(random.randrange(4))}


def odd(random: Random, good: dict[str, Any], share: float = 0.3) -> dict[str, Any]:
    """A dict that is good, or in which one thing is not."""
    made = dict(good)
    if made and random.random() < share:
        name = random.choice(list(made))
        if random.random() < 0.2:
            del made[name]
        else:
            made[name] = value(random)
    return made


def json_text(random: Random, data: Any) -> bytes:
    """As JSON; seldom nested without end, or with a name twice."""
    text = json.dumps(data, ensure_ascii=random.random() < 0.7).encode("utf-8", "surrogatepass")
    lot = random.random()
    if lot < 0.01:
        return b"[" * random.randrange(1, 100_000) + text
    return text.replace(b"{", b'{"t_ms": 1, ', 1) if lot < 0.03 else text
