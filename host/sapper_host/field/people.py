"""Who stands beside a mission that runs: what it asks them, and tells them. None of the answers is waited for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from sapper_host.field.mission import Kept


@dataclass(frozen=True)
class Placed:
    """Where the rover stands, told by who stood it against the posts: of the tracks' middle, in the field's frame."""

    x_mm: int
    y_mm: int
    heading_mrad: int = 0
    sigma_mm: int = 20
    sigma_mrad: int = 10


class People(Protocol):
    """None, or False, is "not yet": it is asked again with the next step."""

    def place(self, why: str) -> Placed | None:
        """Where the rover stands now."""
        ...

    def consent(self, what: str, why: str) -> bool:
        """Whether to `arm`, `disarm` a stop, `take over` a mission of another board, or go `on`: they stand clear."""
        ...

    def verdict(self, contact: Kept) -> str | None:
        """mine, clutter or unknown, of a find that was looked at; `skirt` to leave it unknown and go round it;
        `removed` when it was lifted: its ground is searched once more."""
        ...

    def tell(self, text: str) -> None:
        """What happened, and what to do."""
        ...
