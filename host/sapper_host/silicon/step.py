"""What a step of the protocol comes to."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

Figure = float | int | str | bool | None


class Skipped(Exception):  # noqa: N818  (a step that is left out is no error)
    """A step cannot be done on this board, here; its text says why."""


@dataclass
class Measured:
    """figures: what is compared, by name. raw: all that they were made of."""

    figures: dict[str, Figure]
    raw: Any


@dataclass
class Outcome:
    """A step that was done, or `skipped` and why."""

    name: str
    skipped: str = ""
    took_s: float = 0.0
    figures: dict[str, Figure] = field(default_factory=dict)
    raw: Any = None

    def as_dict(self) -> dict[str, Any]:
        """For the record."""
        return asdict(self)
