"""What is compared: something told, an instant, or the edges of a pin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

Edges = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Figure:
    """A figure of one board. value: text; or ns; or edges, each its time in ns after the first, and the new level."""

    name: str
    value: str | int | Edges

    def shown(self) -> str:
        """As the table shows it."""
        if isinstance(self.value, str):
            return self.value
        if isinstance(self.value, int):
            return f"{self.value / 1000:.3f} us"
        return f"{len(self.value)} edges in {self.value[-1][0] / 1000:.3f} us" if self.value else "no edge"


def of_pin(name: str, edges: Sequence[tuple[int, int]], zero_ns: int) -> list[Figure]:
    """A pin's figures: when its first edge came, counted from `zero_ns`, and its edges, counted from that."""
    if not edges:
        return [Figure(f"{name} edges", ())]
    first_ns = edges[0][0]
    return [
        Figure(f"{name} first edge", first_ns - zero_ns),
        Figure(f"{name} edges", tuple((t_ns - first_ns, level) for t_ns, level in edges)),
    ]


def from_json(row: dict[str, object]) -> Figure:
    """A figure out of a record."""
    value = row["value"]
    if isinstance(value, list):
        value = tuple((int(t_ns), int(level)) for t_ns, level in value)
    assert isinstance(value, str | int | tuple)
    return Figure(str(row["name"]), value)
