"""The situations in which errors arise that can be set up here: each error is brought about, its remedy carried out as
it reads, and the first command then works. Named by the error's site (sites.py).
"""

from __future__ import annotations

from collections.abc import Callable

from tests.host.remedies.stage import Situation

SITUATIONS: dict[str, list[Situation]] = {}


def situation(*names: str) -> Callable[[Situation], Situation]:
    """Puts one into the table: the errors it brings about."""

    def add(one: Situation) -> Situation:
        for name in names:
            SITUATIONS.setdefault(name, []).append(one)
        return one

    return add
