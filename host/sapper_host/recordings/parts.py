"""The parts of a session: within one, all places are of one frame (`odom`: mm from where the board was at its boot).

A board counts its place on from boot to reset, and tells a boot number; so a part is one start of the board. Older
firmware told no number, and set its place to 0 at each arming: there each arming begins a part. What lies between the
frames of two parts is not known. Their places must never be drawn, or counted, over each other.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sapper.shared.events import ENUMS
from sapper_host.recordings.session import Session
from sapper_host.recordings.starts import ANEW, ARMED_ANEW

Floats = NDArray[np.float64]

_POSE = ("s_mm", "x_mm", "y_mm", "heading_mrad")
# No rover of this kind comes so far in a second, even pushed: a place further off is not of the same frame.
_FASTEST_MM_S = 2000
_LEAPT_MM = 100


@dataclass(frozen=True)
class Part:
    """One frame's share of a session: columns and events as in Session, all of one board clock.

    number: from 1. boot: the board's boot number, None of older firmware. apart: why its places cannot be joined with
    those of the part before, '' for the first.
    """

    number: int
    boot: int | None
    apart: str
    status: dict[str, Floats]
    detect: dict[str, Floats]
    events: list[dict[str, Any]]

    @property
    def driven_m(self) -> float:
        """How far the tracks' middle went, ahead and back."""
        return float(np.abs(np.diff(self.status["s_mm"])).sum()) / 1000

    @property
    def name(self) -> str:
        """What people call it."""
        return f"part {self.number}" + ("" if self.boot is None else f" (boot {self.boot})")


def t_ms_of(event: dict[str, Any]) -> int:
    """Board time of an event of a session."""
    return round(event["t_s"] * 1000)


def number_of(event: dict[str, Any], name: str) -> int:
    """A whole number of an event of a session; 0 where there is none of that name."""
    value = event.get(name)
    return value if isinstance(value, int) else 0


def named(event: dict[str, Any], name: str) -> str:
    """A named value of an event of a session; `?` where it is none of the table's names."""
    value = event.get(name)
    return value if isinstance(value, str) and value in ENUMS[name] else "?"


def parts_of(session: Session) -> list[Part]:
    """The session's parts in the order in which they were recorded; at least one."""
    status, detect = (_by_start(columns, len(session.boots)) for columns in (session.status, session.detect))
    events: list[list[dict[str, Any]]] = [[] for _ in session.boots]
    for event in session.events:
        events[event.get("start", 0)].append(event)
    parts: list[Part] = []
    for start, boot in enumerate(session.boots):
        entire = Part(0, boot, ANEW, status[start], detect[start], sorted(events[start], key=t_ms_of))
        if len(entire.status["t_ms"]) or entire.events:
            parts += _between_armings(entire) if boot is None else [entire]
    return [replace(part, number=i + 1, apart=part.apart if i else "") for i, part in enumerate(parts)]


def _by_start(columns: dict[str, Floats], starts: int) -> list[dict[str, Floats]]:
    """The rows of each start, in order of the board's time."""
    order = np.lexsort((columns["t_ms"], columns["start"]))
    bounds = np.searchsorted(columns["start"][order], np.arange(starts + 1))
    return [{name: values[order[first:last]] for name, values in columns.items()} for first, last in pairwise(bounds)]


def _between_armings(entire: Part) -> list[Part]:
    """A start of older firmware, cut where its place was set back."""
    cuts = np.array([-np.inf, *_set_back_ms(entire), np.inf])
    event_t_ms = np.array([t_ms_of(event) for event in entire.events], dtype=np.float64)
    status, detect, events = (
        [slice(*ends) for ends in pairwise(np.searchsorted(t_ms, cuts).tolist())]
        for t_ms in (entire.status["t_ms"], entire.detect["t_ms"], event_t_ms)
    )
    return [
        replace(
            entire,
            apart=ARMED_ANEW if i else entire.apart,
            status={name: values[status[i]] for name, values in entire.status.items()},
            detect={name: values[detect[i]] for name, values in entire.detect.items()},
            events=entire.events[events[i]],
        )
        for i in range(len(cuts) - 1)
    ]


def _set_back_ms(entire: Part) -> list[float]:
    """Board times at which the place was set back: at an arming, told or seen by a place that fell to 0 or leapt."""
    t_ms = entire.status["t_ms"]
    pose = np.stack([entire.status[name] for name in _POSE], axis=1)
    armed = np.array([t_ms_of(event) for event in entire.events if _arms(event)], dtype=np.float64)
    before = np.searchsorted(t_ms, armed, side="left") - 1
    cuts = [at for at, row in zip(armed.tolist(), before, strict=True) if row >= 0 and pose[row].any()]
    if len(t_ms) > 1:
        moved_mm = np.abs(np.diff(pose[:, :3], axis=0)).max(axis=1)
        leapt = moved_mm > _LEAPT_MM + _FASTEST_MM_S * np.diff(t_ms) / 1000
        fell_to_0 = ~pose[1:].any(axis=1) & pose[:-1].any(axis=1)
        told = np.searchsorted(armed, t_ms[1:], side="right") > np.searchsorted(armed, t_ms[:-1], side="right")
        cuts += t_ms[1:][(leapt | fell_to_0) & ~told].tolist()
    return sorted(cuts)


def _arms(event: dict[str, Any]) -> bool:
    return event["kind"] == "state" and (event.get("from"), event.get("to")) == ("SAFE", "ARMED")
