"""What is run on both boards, unit by unit, each on boards of its own."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

from hil.prove.second_opinion import application, script
from hil.prove.second_opinion.boards import OURS, THEIRS, Board, opened
from hil.prove.second_opinion.canaries import CANARIES
from hil.prove.second_opinion.figure import Figure, from_json
from hil.prove.second_opinion.second_pico import SecondPico

UNITS: dict[str, Callable[[Board], list[Figure]]] = {
    "boot": application.boot,
    "selftest": application.selftest,
    "armed": application.armed,
    **{name: partial(script.measure, name) for name in script.SCRIPTS},
}


@dataclass(frozen=True)
class Heard:
    """A unit's figures of both boards."""

    unit: str
    ours: list[Figure]
    theirs: list[Figure]

    def as_json(self) -> dict[str, Any]:
        """As a record keeps it."""
        return asdict(self)


def heard_from_json(row: dict[str, Any]) -> Heard:
    """A unit out of a record."""
    return Heard(row["unit"], *([from_json(figure) for figure in row[side]] for side in ("ours", "theirs")))


def run(unit: str, flash: bytes, canary: str = "") -> Heard:
    """A unit on both boards. With a canary's name rp2040py's board is spoiled so."""
    return Heard(unit, _measured(unit, OURS, flash), _measured(unit, THEIRS, flash, canary))


def _measured(unit: str, side: str, flash: bytes, canary: str = "") -> list[Figure]:
    board = opened(side, flash)
    try:
        if canary and isinstance(board, SecondPico):
            CANARIES[canary].spoil(board)
        return UNITS[unit](board)
    finally:
        board.close()


def digests() -> dict[str, str]:
    """Of what each script has the boards do: another script gives another digest."""
    return {name: hashlib.sha256(script.text(name)).hexdigest()[:16] for name in script.SCRIPTS}
