"""What a session holds for a trace: frames, places and states of each run of the board, a restart apart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sapper.shared import wire
from sapper_host.errors import TraceError
from sapper_host.recordings.mcap_file import McapReading
from sapper_host.recordings.raw_rows import RawRow, lost_between, rows_of
from sapper_host.recordings.starts import BACK_MS
from sapper_host.recordings.truth import Truth, check_truth

_U32 = 1 << 32
_LIMITS = {"B": (0, 255), "H": (0, 65535), "h": (-32768, 32767), "I": (0, _U32 - 1), "i": (-(1 << 31), (1 << 31) - 1)}
# The fields of each topic that are needed here, and what they can hold.
_NEEDED = {
    "/status": ("t_ms", "s_mm", "vsys_mv", "temp_dc"),
    "/detect": ("t_ms", "s_mm", "gate0", "gate1", "gate2"),
    "/raw": wire.FIELDS[wire.RAW],
}
_FIELDS = {
    f"/{name.lower()}": {f[0]: _LIMITS[f[1]] for f in fields if f[0] in _NEEDED.get(f"/{name.lower()}", ())}
    for _kind, name, _hz, fields in wire.MESSAGES
}


@dataclass
class Supply:
    """Supply and temperature at a board time (ms): mV, 0.1 C."""

    t_ms: int
    vsys_mv: int
    temp_dc: int


@dataclass
class Run:
    """From a start of the board to the next. `raw`: rows with their counts. `detect`: (t_ms, s_mm, three gates in
    LSB/16). `places`: (t_ms, s_mm), of STATUS and DETECT. `states`: (t_ms, state entered)."""

    raw: list[RawRow] = field(default_factory=list)
    lost_raw: int = 0
    detect: list[tuple[int, int, tuple[int, int, int]]] = field(default_factory=list)
    supply: list[Supply] = field(default_factory=list)
    places: list[tuple[int, int]] = field(default_factory=list)
    states: list[tuple[int, str]] = field(default_factory=list)
    last_ms: int = 0
    boot: int | None = None  # its number, where a STATUS has told it

    def sweeps_ms(self) -> list[tuple[int, int]]:
        """Board times from the beginning of each sweep to its end, or to the last that was heard."""
        out: list[tuple[int, int]] = []
        begun: int | None = None
        for t_ms, state in sorted(set(self.states)):
            if begun is not None:
                out.append((begun, t_ms))
            begun = t_ms if state == "SWEEP" else None
        if begun is not None:
            out.append((begun, max(begun, self.last_ms)))
        return out


@dataclass
class Recorded:
    """A session's runs in order, its metadata by name, and the truth if it is known. `problem`: why the file ended
    early, '' when it is whole."""

    path: Path
    runs: list[Run] = field(default_factory=lambda: [Run()])
    metadata: dict[str, dict[str, str]] = field(default_factory=dict)
    truth: Truth | None = None
    problem: str = ""


def read_runs(path: Path) -> Recorded:
    """Read a session, finished or not. TraceError when it is no MCAP, or a message does not fit its topic."""
    recorded = Recorded(path)
    reading = McapReading(path)
    reader = _Reader(recorded)
    for message in reading.messages():
        try:
            if message.topic in reader.takers:
                reader.takers[message.topic](message.json())
            elif message.topic == "/truth":
                recorded.truth = check_truth(message.json(), path)
        except (KeyError, TypeError, ValueError, OverflowError, RecursionError) as error:
            at_s = message.log_time_ns / 1e9
            raise TraceError(path, 0, message.topic, f"the message at {at_s:.3f} s does not fit: {error}") from None
    recorded.metadata = reading.metadata
    recorded.problem = "" if reading.complete else reading.problem or "it was never finished"
    return recorded


class _Reader:
    def __init__(self, recorded: Recorded) -> None:
        self._recorded = recorded
        self._last_raw: dict[str, int] | None = None
        self._boots: set[int] = set()
        self.takers: dict[str, Callable[[dict[str, Any]], None]] = {
            "/status": self._status,
            "/detect": self._detect,
            "/raw": self._raw,
            "/event": self._event,
        }

    @property
    def _run(self) -> Run:
        return self._recorded.runs[-1]

    def _restart(self) -> None:
        self._last_raw = None
        self._recorded.runs.append(Run())

    def _fields(self, topic: str, message: dict[str, Any]) -> dict[str, int]:
        """A frame's fields, each a whole number that its place in the frame can hold; a restart is seen here."""
        values: dict[str, int] = {}
        for name, (low, high) in _FIELDS[topic].items():
            value = message[name]
            if not isinstance(value, int) or not low <= value <= high:
                raise ValueError(f"{name} is not a whole number within {low}..{high}")
            values[name] = value
        if values["t_ms"] < self._run.last_ms - BACK_MS:
            self._restart()
        self._run.last_ms = max(self._run.last_ms, values["t_ms"])
        return values

    def _status(self, message: dict[str, Any]) -> None:
        boot = message.get("boot")
        if boot is not None and self._run.boot not in (None, boot):
            self._restart()
        values = self._fields("/status", message)
        self._run.boot = boot
        self._run.places.append((values["t_ms"], values["s_mm"]))
        self._run.supply.append(Supply(values["t_ms"], values["vsys_mv"], values["temp_dc"]))

    def _detect(self, message: dict[str, Any]) -> None:
        values = self._fields("/detect", message)
        self._run.places.append((values["t_ms"], values["s_mm"]))
        gates = (values["gate0"], values["gate1"], values["gate2"])
        self._run.detect.append((values["t_ms"], values["s_mm"], gates))

    def _raw(self, message: dict[str, Any]) -> None:
        values = self._fields("/raw", message)
        if self._last_raw is not None:
            self._run.lost_raw += lost_between(self._last_raw, values)
        self._last_raw = values
        rows = rows_of(values)
        self._run.last_ms = max(self._run.last_ms, rows[-1].t_ms)
        self._run.raw += rows
        self._run.supply.append(Supply(rows[-1].t_ms, values["vsys_mv"], values["temp_dc"]))

    def _event(self, message: dict[str, Any]) -> None:
        kind, t_ms, number = message["kind"], message["t_ms"], message["number"]
        if not isinstance(t_ms, int) or not 0 <= t_ms < _U32 or not isinstance(number, int):
            raise ValueError("t_ms and number of an event are whole numbers")
        if kind == "boot" and t_ms < self._run.last_ms and number not in self._boots:
            self._boots.add(number)
            self._restart()
        elif kind == "state":
            self._run.states.append((t_ms, str(message["args"]["to"])))
