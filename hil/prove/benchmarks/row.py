"""One measured figure and the limit it is held to."""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sapper_host.limits import limit

_COMPARE: dict[str, Callable[[float, float], bool]] = {"<=": operator.le, ">=": operator.ge}


def at_most(name: str, scale: float = 1) -> str:
    """A row's `limit` from the firmware's table of limits, in a unit `scale` times the table's."""
    return f"<= {limit(name).value / scale:g}"


def at_least(name: str, scale: float = 1) -> str:
    """The same for what must not be less."""
    return f">= {limit(name).value / scale:g}"


@dataclass(frozen=True)
class Row:
    """limit: '<= 25' or '>= 1.0', or '' where nothing is promised. interval: 95 %, of a share or a rate. note: what
    else belongs to the figure. silicon: the same figure's name in a record of a real board, '' where it has none.
    """

    name: str
    value: float
    unit: str
    limit: str
    interval: tuple[float, float] | None = None
    note: str = ""
    silicon: str = ""

    @property
    def ok(self) -> bool:
        """Whether the value keeps its limit."""
        if not self.limit:
            return True
        compare, bound = self.limit.split()
        return _COMPARE[compare](self.value, float(bound))

    def as_dict(self) -> dict[str, Any]:
        """As it stands in build/bench.json."""
        row: dict[str, Any] = {
            "name": self.name,
            "value": round(self.value, 4),
            "unit": self.unit,
            "limit": self.limit,
            "ok": self.ok,
        }
        if self.interval is not None:
            row["interval"] = [round(bound, 4) for bound in self.interval]
        if self.note:
            row["note"] = self.note
        return row
