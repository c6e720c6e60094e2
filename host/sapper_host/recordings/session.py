"""A recorded session in memory: the path driven, the detector along it, the events, and the truth if known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sapper.shared import events
from sapper.shared.fields import check_event, check_frame
from sapper_host.board.decoder import Event
from sapper_host.errors import TraceError
from sapper_host.recordings.mcap_file import McapReading
from sapper_host.recordings.starts import Starts
from sapper_host.recordings.truth import Truth, check_truth

Floats = NDArray[np.float64]

_STATUS_FIELDS = ("t_ms", "s_mm", "x_mm", "y_mm", "heading_mrad", "speed_mm_s", "state", "flags")
_DETECT_FIELDS = ("t_ms", "s_mm", "strength", "class", "statistic", "level", "behind_mm")
_START = ("start",)


@dataclass
class Session:
    """Arrays by field name, each (n,): `status` and `detect` as the frames had them, and `start`, the board's start
    that each is of. `boots`: the boot number of each start, None where none was told. `events`: as scripts get them
    (t_s, s_m, kind, ...), and `start`. `loop`: the LOOP messages. `problem`: why the file ended early, '' when it is
    whole.
    Places of two starts are of two frames: recordings/parts.py takes them apart.
    """

    path: Path
    status: dict[str, Floats] = field(default_factory=dict)
    detect: dict[str, Floats] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    loop: list[dict[str, Any]] = field(default_factory=list)
    truth: Truth | None = None
    boots: list[int | None] = field(default_factory=lambda: [None])
    problem: str = ""


def read_session(path: Path) -> Session:
    """Read a recorded session, finished or not; TraceError when it is no MCAP or has no /status in it."""
    reading = McapReading(path)
    session = Session(path)
    status: list[tuple[float, ...]] = []
    detect: list[tuple[float, ...]] = []
    starts = Starts()
    for message in reading.messages():
        try:
            if message.topic == "/status":
                values = message.json()
                row = _row("STATUS", values, _STATUS_FIELDS)
                start = starts.status(row[0], values.get("boot"))
                status.append((starts.unwrapped(row[0]), *row[1:], start))
            elif message.topic == "/detect":
                row = _row("DETECT", message.json(), _DETECT_FIELDS)
                detect.append((starts.unwrapped(row[0]), *row[1:], starts.now))
            elif message.topic == "/event":
                for event in _events(message.json()):
                    start = starts.event(event["kind"])
                    t_s = starts.unwrapped(round(event["t_s"] * 1000)) / 1000
                    session.events.append(event | {"start": start, "t_s": t_s})
            elif message.topic == "/loop":
                session.loop.append(_checked("LOOP", message.json()))
            elif message.topic == "/truth":
                session.truth = check_truth(message.json(), path)
        except (KeyError, TypeError, ValueError) as error:
            at_s = message.log_time_ns / 1e9
            raise TraceError(path, 0, message.topic, f"the message at {at_s:.3f} s does not fit: {error}") from None
    if not status:
        raise TraceError(path, 0, "/status", "no status in it", "record one with `sapper monitor --record F.mcap`")
    session.status = _columns(status, _STATUS_FIELDS + _START)
    session.detect = _columns(detect, _DETECT_FIELDS + _START)
    session.boots = starts.boots
    session.problem = "" if reading.complete else reading.problem or "it was never finished"
    return session


def _checked(frame: str, message: dict[str, Any]) -> dict[str, Any]:
    check_frame(frame, message)
    return message


def _row(frame: str, message: dict[str, Any], names: Iterable[str]) -> tuple[float, ...]:
    """Fields that an older firmware had not yet are 0."""
    message = _checked(frame, message)
    return tuple(float(message.get(name, 0)) for name in names)


def _columns(rows: list[tuple[float, ...]], names: tuple[str, ...]) -> dict[str, Floats]:
    table = np.array(rows, dtype=np.float64).reshape(-1, len(names))
    return {name: table[:, i] for i, name in enumerate(names)}


def _events(message: dict[str, Any]) -> list[dict[str, Any]]:
    """The event of a message, without values that a newer program adds; none when its kind is not known here."""
    kind = message["kind"]
    if isinstance(kind, str) and kind not in events.KIND_ID:
        return []
    known = events.KIND_ROW[events.KIND_ID[kind]][2]
    args = {name: value for name, value in dict(message.get("args", {})).items() if name in known}
    check_event(kind, {name: message[name] for name in ("number", "t_ms", "s_mm")} | args)
    return [Event(message["number"], message["t_ms"], kind, message["s_mm"], args).as_dict()]
