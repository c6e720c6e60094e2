"""Which limits of shared/limits.py the board's loop is held to, and whether it holds them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from sapper.shared.limits import TICK_MS
from sapper_host.board.decoder import Event
from sapper_host.board.loop_times import Times
from sapper_host.limits import Limit, limit
from sapper_host.operate.loop_seconds import Second

_TICKS_PER_MIN = 60_000 // TICK_MS
# Fields of a LOOP frame that are held to a limit in every second of motion: what it is called, and the limit.
_OF_A_SECOND = {
    "tick_max_us": ("tick", limit("LANE_TICK_MS")),
    "jitter_max_us": ("late", limit("JITTER_US")),
}


@dataclass(frozen=True)
class Held:
    """A limit and what the board came to, in the limit's unit; None where nothing was measured. least: whether the
    value must not be less."""

    limit: Limit
    value: float | None
    least: bool = False

    @property
    def held(self) -> bool | None:
        """None where nothing was measured."""
        if self.value is None:
            return None
        return self.value >= self.limit.value if self.least else self.value <= self.limit.value

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            "limit": self.limit.name,
            "what": self.limit.what,
            "value": self.value,
            "unit": self.limit.unit,
            "at_least" if self.least else "at_most": self.limit.value,
            "held": self.held,
        }


def held(times: Mapping[str, Times], seconds: Sequence[Second], collections: int, in_slot: bool) -> list[Held]:
    """All of them. seconds: at least one; collections: of a full heap, since the board's start."""
    late, tick = times["late"], times["tick"]
    sweeping = [second.fields["load_pm"] for second in seconds if second.states == {"SWEEP"}]
    missed = [later.fields["missed"] - earlier.fields["missed"] for earlier, later in pairwise(seconds) if later.moving]
    return [
        Held(limit("JITTER_P999_US"), late.all_but_us(1000)),
        Held(limit("JITTER_US"), late.worst_us if late.ticks else None),
        Held(limit("LANE_TICK_MS"), tick.worst_us / 1000 if tick.ticks else None),
        Held(limit("LOAD_PERCENT"), sum(sweeping) / len(sweeping) / 10 if sweeping else None),
        Held(limit("FRAMES_MISSED"), sum(missed) if missed else None),
        Held(limit("HEAP_FREE_SLOT_B" if in_slot else "HEAP_FREE_B"), seconds[-1].fields["heap_free"], least=True),
        Held(
            limit("HEAP_MOTION_MIN"),
            round(tick.ticks / _TICKS_PER_MIN / collections, 1) if collections else None,
            least=True,
        ),
    ]


@dataclass(frozen=True)
class Misses:
    """What a screen has seen the loop miss in motion, since the board's start: the worst of each, in us."""

    worst_us: Mapping[str, int]
    frames: int = 0
    collections: int = 0
    last_took_us: int = 0
    _missed: int | None = None  # frames, by the board's own count

    def after(self, second: Second) -> Misses:
        """With one more second."""
        missed = second.fields["missed"]
        now = replace(self, _missed=missed)
        if not second.moving:
            return now
        over = {
            name: max(self.worst_us.get(name, 0), second.fields[name])
            for name, (_, most) in _OF_A_SECOND.items()
            if second.fields[name] > most.us
        }
        frames = max(0, missed - self._missed) if self._missed is not None else 0
        return replace(now, worst_us={**self.worst_us, **over}, frames=self.frames + frames)

    def collected(self, event: Event) -> Misses:
        """With one more collection of a full heap, the event `heap_full`."""
        return replace(self, collections=self.collections + 1, last_took_us=int(event.args["took_us"]))

    def words(self) -> list[str]:
        """A line each of what is wrong; none where all is well."""
        parts = [
            f"{what} {self.worst_us[name] / 1000:.1f} ms (limit {most.us / 1000:g})"
            for name, (what, most) in _OF_A_SECOND.items()
            if name in self.worst_us
        ]
        if self.frames:
            parts.append(f"{self.frames} frames missed")
        lines = ["LOOP TOO SLOW: " + ", ".join(parts)] if parts else []
        if self.collections:
            times = "once" if self.collections == 1 else f"{self.collections} times"
            lines.append(f"HEAP COLLECTED WHILE ARMED {times}, last: a tick {self.last_took_us / 1000:.0f} ms longer")
        return lines


NONE_MISSED = Misses({})
