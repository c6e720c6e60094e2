"""The rows of the firmware's table of limits (sapper/shared/limits.py), as laptop and rigs read them."""

from __future__ import annotations

from dataclasses import dataclass

from sapper.shared import limits as table

_US_PER = {"us": 1, "ms": 1000}


@dataclass(frozen=True)
class Limit:
    """One row. what: what happens, and what follows within `value`. source: where the number comes from."""

    name: str
    value: int
    unit: str
    what: str
    source: str
    measured_by: str

    @property
    def us(self) -> int:
        """A time, in microseconds. KeyError for what is none."""
        return self.value * _US_PER[self.unit]

    @property
    def text(self) -> str:
        """The value as people read it; a limit of no time at all is 'unaffected'."""
        if self.unit in _US_PER and self.value == 0:
            return "unaffected"
        value, unit = self.value, self.unit
        if unit == "ms" and value >= 1000 and value % 100 == 0:
            return f"{value / 1000:g} s"
        return f"{value:,} {unit}".strip() if unit else str(value)


# Every row, in the order of the table.
LIMITS = {
    name: Limit(name, getattr(table, name), *columns)  # the rows are annotations: see there
    for name, columns in table.__annotations__.items()
}


def limit(name: str) -> Limit:
    """The row of this name. KeyError when there is none."""
    return LIMITS[name]
