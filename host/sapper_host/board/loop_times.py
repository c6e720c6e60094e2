"""The board's times of its own loop: how late the ticks in motion began, and how long they took, since its start."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sapper.shared.digits import whole
from sapper_host.board.link import Link
from sapper_host.errors import LinkError

# The board's two histograms, and how wide a place of each is (sapper/loop_stats.py).
WIDTH_US = {"late": 32, "tick": 256}
_ANSWER_S = 5.0


@dataclass(frozen=True)
class Times:
    """Ticks by one of their times. counts: (from so many us on, how many ticks), rising."""

    width_us: int
    worst_us: int
    counts: Sequence[tuple[int, int]] = field(default_factory=tuple)

    @property
    def ticks(self) -> int:
        """How many were counted."""
        return sum(count for _, count in self.counts)

    def all_but_us(self, one_in: int) -> int | None:
        """At most one tick in so many took longer; as fine as the board's places are. None without any."""
        left = self.ticks // one_in
        for from_us, count in reversed(self.counts):
            left -= count
            if left < 0:
                # The last place may be open: the worst is in it.
                return self.worst_us if from_us == self.counts[-1][0] else from_us + self.width_us
        return None

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            "ticks": self.ticks,
            "p50_us": self.all_but_us(2),
            "p99_us": self.all_but_us(100),
            "p999_us": self.all_but_us(1000),
            "worst_us": self.worst_us,
            "counts": [list(pair) for pair in self.counts],
        }


def ask(link: Link) -> dict[str, Times]:
    """Times by their name in WIDTH_US. LinkError when the board's answer makes no sense, BoardError when it refuses."""
    answer = link.command("loop", timeout_s=_ANSWER_S)
    worst = answer.values()
    counts: dict[str, list[tuple[int, int]]] = {name: [] for name in WIDTH_US}
    try:
        for line in answer.lines:
            name, *pairs = line.split()
            told = dict(pair.split("=") for pair in pairs)
            counts[name].append((whole(told["from"]), whole(told["ticks"])))
        return {
            name: Times(width_us, whole(worst[f"{name}_max_us"]), tuple(counts[name]))
            for name, width_us in WIDTH_US.items()
        }
    except (KeyError, ValueError):
        raise LinkError("the board's answer to `loop` makes no sense", "ask again") from None
