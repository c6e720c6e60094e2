"""A recorded session in memory: the path driven, the detector along it, the events, and the truth if known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sapper_host.errors import TraceError
from sapper_host.recordings.mcap_file import McapReading
from sapper_host.recordings.truth import Truth, check_truth

Floats = NDArray[np.float64]

_STATUS_FIELDS = ("t_ms", "s_mm", "x_mm", "y_mm", "heading_mrad", "speed_mm_s", "state")
_DETECT_FIELDS = ("t_ms", "s_mm", "strength", "class", "statistic", "level")


@dataclass
class Session:
    """Arrays by field name, each (n,): `status` and `detect` as the frames had them. `events`: as scripts get them
    (t_s, s_m, kind, ...). `loop`: the LOOP messages. `problem`: why the file ended early, '' when it is whole."""

    path: Path
    status: dict[str, Floats] = field(default_factory=dict)
    detect: dict[str, Floats] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    loop: list[dict[str, Any]] = field(default_factory=list)
    truth: Truth | None = None
    problem: str = ""


def read_session(path: Path) -> Session:
    """Read a recorded session, finished or not; TraceError when it is no MCAP or has no /status in it."""
    reading = McapReading(path)
    session = Session(path)
    status: list[tuple[float, ...]] = []
    detect: list[tuple[float, ...]] = []
    for message in reading.messages():
        try:
            if message.topic == "/status":
                status.append(_row(message.json(), _STATUS_FIELDS))
            elif message.topic == "/detect":
                detect.append(_row(message.json(), _DETECT_FIELDS))
            elif message.topic == "/event":
                session.events.append(_event(message.json()))
            elif message.topic == "/loop":
                session.loop.append(message.json())
            elif message.topic == "/truth":
                session.truth = check_truth(message.json(), path)
        except (KeyError, TypeError, ValueError) as error:
            at_s = message.log_time_ns / 1e9
            raise TraceError(path, 0, message.topic, f"the message at {at_s:.3f} s does not fit: {error}") from None
    if not status:
        raise TraceError(path, 0, "/status", "no status in it", "record one with `sapper monitor --record F.mcap`")
    session.status = _columns(status, _STATUS_FIELDS)
    session.detect = _columns(detect, _DETECT_FIELDS)
    session.problem = "" if reading.complete else reading.problem or "it was never finished"
    return session


def _row(message: dict[str, Any], names: Iterable[str]) -> tuple[float, ...]:
    return tuple(float(message[name]) for name in names)


def _columns(rows: list[tuple[float, ...]], names: tuple[str, ...]) -> dict[str, Floats]:
    table = np.array(rows, dtype=np.float64).reshape(-1, len(names))
    return {name: table[:, i] for i, name in enumerate(names)}


def _event(message: dict[str, Any]) -> dict[str, Any]:
    head = {
        "t_s": int(message["t_ms"]) / 1000,
        "s_m": int(message["s_mm"]) / 1000,
        "kind": str(message["kind"]),
        "number": int(message["number"]),
    }
    return head | dict(message.get("args", {}))
