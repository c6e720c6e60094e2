"""RAW frames as the rows they hold: what the detector got in each tick, and the encoders' counts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from sapper.shared import wire

_NUMBERS = 1 << 16


class RawRow(NamedTuple):
    """One tick: the board's time (ms), the three gates (LSB/16; None when no frame was whole), both counts' low 16
    bits."""

    t_ms: int
    gates: tuple[int, int, int] | None
    left: int
    right: int


def rows_of(fields: Mapping[str, int]) -> list[RawRow]:
    """The rows of a RAW frame's fields, oldest first."""
    rows = []
    t_ms = fields["t_ms"]
    for i in range(wire.RAW_ROWS):
        t_ms += fields[f"ms_{i}"] if i else 0
        gates = (fields[f"gate0_{i}"], fields[f"gate1_{i}"], fields[f"gate2_{i}"])
        rows.append(RawRow(t_ms, None if wire.NO_FRAME in gates else gates, fields[f"left_{i}"], fields[f"right_{i}"]))
    return rows


def lost_between(before: Mapping[str, int], after: Mapping[str, int]) -> int:
    """RAW frames lost between these two, as far as their numbers tell: asked for anew, they begin with 0."""
    step = (after["number"] - before["number"]) % _NUMBERS
    return max(0, step - 1) if step < _NUMBERS // 2 else after["number"]
