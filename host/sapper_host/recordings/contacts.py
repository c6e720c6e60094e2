"""Contacts: what a session's events say of each thing that was found, joined into one row a thing.

A `contact` event is an object that the coil passed or pinpointed; a `detect` is an alert, and a thing of its own where
no contact lies within half a metre of it: a rover that stops over a find may never pass it. On a lane these are the
finds that `score.finds_of` counts; where the rover backed, turned and went on, half a metre is of the ground as well,
as the same place along the track comes again elsewhere. A verdict, and a mark without a contact in the same tick, are
of the alert that was last, over which the rover stood, and so of the contact that the alert became.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sapper_host.recordings.parts import Part, named, number_of, t_ms_of
from sapper_host.recordings.score import FOUND_WITHIN_M
from sapper_host.recordings.track import Track, track_of

Floats = NDArray[np.float64]

NO_VERDICT = "none"
_WITHIN_MM = round(FOUND_WITHIN_M * 1000)


@dataclass(frozen=True)
class Contact:
    """One thing that was found.

    number: from 1, in order of time over the whole session. part, boot: whose frame the place is of. source: `contact`,
    or `alert` where nothing but the alert is known. t_ms: board time at which it was first told. s_mm: along the track;
    x_mm, y_mm: on the ground (None without a STATUS). class_name, strength (0..1000), statistic (1/100 sigma) and of a
    contact its extent along the track: as the board gave them. verdict: the operator's, `none` without one. marks:
    numbers of the marker's shots on it.
    """

    number: int
    part: int
    boot: int | None
    source: str
    t_ms: int
    s_mm: int
    x_mm: int | None
    y_mm: int | None
    class_name: str
    strength: int
    statistic: int
    extent_mm: int | None
    verdict: str = NO_VERDICT
    verdict_t_ms: int | None = None
    marks: tuple[int, ...] = ()

    @property
    def marked(self) -> bool:
        """Whether the marker fired on it."""
        return bool(self.marks)

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        return {("class" if name == "class_name" else name): value for name, value in asdict(self).items()} | {
            "marked": self.marked
        }


@dataclass(frozen=True)
class Mark:
    """A shot of the marker: its number as the board counted, where the coil was, and the contact it is of, if any."""

    number: int
    part: int
    t_ms: int
    s_mm: int
    x_mm: int | None
    y_mm: int | None
    contact: int | None

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        return asdict(self)


@dataclass(frozen=True)
class Joined:
    """What came of the joining. loose_verdicts: board times (ms) and parts of verdicts that belong to no contact."""

    contacts: tuple[Contact, ...]
    marks: tuple[Mark, ...]
    loose_verdicts: tuple[tuple[int, int], ...] = ()


def join(parts: Sequence[Part]) -> Joined:
    """All contacts, marks and verdicts of a session, numbered over its parts in order."""
    contacts: list[Contact] = []
    marks: list[Mark] = []
    loose: list[tuple[int, int]] = []
    for part in parts:
        found = _Finds(part)
        for event in part.events:
            found.take(event)
        number = len(contacts)
        contacts += [replace(contact, number=number + 1 + i) for i, contact in enumerate(found.contacts)]
        marks += [
            replace(mark, contact=None if mark.contact is None else number + 1 + mark.contact) for mark in found.marks
        ]
        loose += [(part.number, t_ms) for t_ms in found.loose_verdicts]
    return Joined(tuple(contacts), tuple(marks), tuple(loose))


class _Finds:
    """The finds of one part, in order of time; fed with its events in that order."""

    def __init__(self, part: Part) -> None:
        self._part = part
        self._track: Track | None = track_of(part) if len(part.status["t_ms"]) else None
        passed = [self._contact(event) for event in part.events if event["kind"] == "contact"]
        alerts = [self._contact(event) for event in part.events if event["kind"] == "detect"]
        peaks = _places(passed)
        became = [_nearest(_places([alert])[0], peaks) for alert in alerts]
        for alert, at in zip(alerts, became, strict=True):
            if at is not None:
                passed[at] = replace(passed[at], t_ms=min(passed[at].t_ms, alert.t_ms))
        own = [alert for alert, at in zip(alerts, became, strict=True) if at is None]
        self.contacts = sorted([*passed, *own], key=lambda contact: contact.t_ms)
        at_of = {id(contact): at for at, contact in enumerate(self.contacts)}
        # Places in `contacts`, of each contact event and of what each alert became, in the order of the events.
        self._passed = iter([at_of[id(contact)] for contact in passed])
        self._alerts = iter(
            [at_of[id(alert if at is None else passed[at])] for alert, at in zip(alerts, became, strict=True)]
        )
        self._grounds = _places(self.contacts)
        self.marks: list[Mark] = []
        self.loose_verdicts: list[int] = []
        self._alert: int | None = None  # what the last alert became
        self._last: tuple[int, int] | None = None  # the last contact event: board time, place in `contacts`

    def take(self, event: dict[str, Any]) -> None:
        """One more event."""
        kind, t_ms = event["kind"], t_ms_of(event)
        if kind == "detect":
            self._alert = next(self._alerts)
        elif kind == "contact":
            self._last = t_ms, next(self._passed)
        elif kind == "verdict":
            self._verdict(named(event, "verdict"), t_ms, round(event["s_m"] * 1000))
        elif kind == "mark":
            self._mark(number_of(event, "count"), t_ms, round(event["s_m"] * 1000))

    def _verdict(self, verdict: str, t_ms: int, s_mm: int) -> None:
        at = self._under(_place(s_mm, *self._ground(t_ms)))
        if at is None:
            self.loose_verdicts.append(t_ms)
        else:
            self.contacts[at] = replace(self.contacts[at], verdict=verdict, verdict_t_ms=t_ms)

    def _mark(self, number: int, t_ms: int, s_mm: int) -> None:
        """A contact's own mark comes in its tick; any other is of what the rover stands over."""
        x_mm, y_mm = self._ground(t_ms)
        if self._last is not None and self._last[0] == t_ms:
            at: int | None = self._last[1]
        else:
            at = self._under(_place(s_mm, x_mm, y_mm))
        self.marks.append(Mark(number, self._part.number, t_ms, s_mm, x_mm, y_mm, at))
        if at is not None:
            self.contacts[at] = replace(self.contacts[at], marks=(*self.contacts[at].marks, number))

    def _ground(self, t_ms: int) -> tuple[int | None, int | None]:
        """Where the coil was."""
        if self._track is None:
            return None, None
        x_m, y_m = self._track.at(t_ms)
        return round(float(x_m) * 1000), round(float(y_m) * 1000)

    def _under(self, here: Floats) -> int | None:
        """What lies there: the last alert's, else, should that have been lost, the nearest within half a metre."""
        if self._alert is not None and _nearest(here, self._grounds[[self._alert]]) is not None:
            return self._alert
        return _nearest(here, self._grounds)

    def _contact(self, event: dict[str, Any]) -> Contact:
        passed, t_ms = event["kind"] == "contact", t_ms_of(event)
        s_mm = number_of(event, "peak_mm") if passed else round(event["s_m"] * 1000)
        x_mm = y_mm = None
        if self._track is not None:
            x_mm, y_mm = (round(value * 1000) for value in self._track.passed(s_mm / 1000, t_ms))
        return Contact(
            number=0,
            part=self._part.number,
            boot=self._part.boot,
            source="contact" if passed else "alert",
            t_ms=t_ms,
            s_mm=s_mm,
            x_mm=x_mm,
            y_mm=y_mm,
            class_name=named(event, "class"),
            strength=number_of(event, "strength"),
            statistic=number_of(event, "snr_x10") * 10 if passed else number_of(event, "statistic"),
            extent_mm=number_of(event, "extent_mm") if passed else None,
        )


def _place(s_mm: int, x_mm: int | None, y_mm: int | None) -> Floats:
    """Along the track and on the ground; where the ground is not known, the track alone counts."""
    return np.array([s_mm, x_mm or 0, y_mm or 0], dtype=np.float64)


def _places(contacts: Sequence[Contact]) -> Floats:
    return np.array([_place(c.s_mm, c.x_mm, c.y_mm) for c in contacts]).reshape(-1, 3)


def _nearest(place: Floats, places: Floats) -> int | None:
    """Which of these places is the nearest within half a metre, along the track and on the ground."""
    if not len(places):
        return None
    along = np.abs(places[:, 0] - place[0])
    away = np.maximum(along, np.hypot(places[:, 1] - place[1], places[:, 2] - place[2]))
    nearest = int(away.argmin())
    return nearest if away[nearest] <= _WITHIN_MM else None
