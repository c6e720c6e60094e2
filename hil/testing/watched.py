"""A rig that takes down what happens to it: levels, duties, bytes both ways, in the rig's own time.

`watched(rig)` gives a rig that offers what the one inside offers, and is used instead of it; `record` has it all. What
stands in it is what a person needs who asks why a scenario failed, and what limits are measured by.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from hil.rigs.capabilities import CAPABILITIES
from hil.rigs.ports import AdcPort, PinPort, PwmPort, SerialLine
from hil.rigs.rig import Rig
from sapper.shared.pins import GPIO

LEVELS = ("MOTOR_EN", "DIR_LEFT", "DIR_RIGHT", "MARKER")
DUTIES = ("MOTOR_LEFT", "MOTOR_RIGHT")
DRIVEN = ("ESTOP_OK", "ARM_KEY")
LINES = ("usb", "radio", "gnss")
_NAMES = {number: name for name, number in GPIO.items()}
_MOST_BYTES = 32 * 1024 * 1024  # of one scenario; what comes after is counted, and told as left out

Row = list[tuple[int, float]]


@dataclass(frozen=True)
class Said:
    """Bytes on a line: at the rig's time; `to_board` or from it."""

    t_ns: int
    line: str
    to_board: bool
    data: bytes


@dataclass
class Record:
    """What happened since `since_ns`. rows: (time, value) of each signal by its name, the first at since_ns."""

    since_ns: int
    rows: dict[str, Row] = field(default_factory=dict)
    said: list[Said] = field(default_factory=list)
    left_out_bytes: int = 0
    _kept_bytes: int = 0

    def say(self, said: Said) -> None:
        """Keep these bytes, while there is room."""
        if self._kept_bytes + len(said.data) > _MOST_BYTES:
            self.left_out_bytes += len(said.data)
            return
        self._kept_bytes += len(said.data)
        self.said.append(said)

    def value_at(self, name: str, t_ns: int) -> float:
        """A signal's value at that time."""
        row = self.rows[name]
        return row[max(bisect_right(row, (t_ns, 2.0)) - 1, 0)][1]

    def zero_since(self, name: str, after_ns: int) -> int | None:
        """Since when, from after_ns on, a signal has been 0 to the end of what is known; None: it is not 0 there."""
        row = self.rows[name]
        if row[-1][1] != 0:
            return None
        first = len(row) - 1
        while first > 0 and row[first - 1][1] == 0:
            first -= 1
        return max(row[first][0], after_ns)


class _Pin:
    """A pin whose edges, or what it is driven to, go into the record."""

    def __init__(self, pin: PinPort, row: Row | None, driven: bool, now_ns: Callable[[], int]) -> None:
        self._pin = pin
        self._row = row
        self._driven = driven
        self._now_ns = now_ns
        self._asked_for = False
        self._not_taken: list[tuple[int, int]] = []
        if row is not None and not driven:
            pin.watch()
            pin.edges()  # of before

    @property
    def level(self) -> int:
        return self._pin.level

    def drive(self, level: int, at_ns: int | None = None) -> None:
        if self._row is not None and self._driven:
            self._row.append((self._now_ns() if at_ns is None else at_ns, float(level)))
        self._pin.drive(level, at_ns)

    def drive_edges(self, times_ns: Sequence[int], levels: Sequence[int]) -> None:
        if self._row is not None and self._driven:
            self._row.extend(zip(times_ns, map(float, levels), strict=True))
        self._pin.drive_edges(times_ns, levels)

    def watch(self) -> None:
        self.take()  # of before
        self._asked_for = True
        self._pin.watch()

    def edges(self) -> list[tuple[int, int]]:
        self.take()
        edges, self._not_taken = self._not_taken, []
        return edges

    def take(self) -> None:
        """What came since the last time, into the record."""
        new = self._pin.edges()
        if self._row is not None and not self._driven:
            self._row.extend((t_ns, float(level)) for t_ns, level in new)
        if self._asked_for:
            self._not_taken += new

    def __getattr__(self, name: str) -> Any:
        return getattr(self._pin, name)


class _Pwm:
    """A duty whose changes go into the record."""

    def __init__(self, pwm: PwmPort, row: Row | None) -> None:
        self._pwm = pwm
        self._row = row
        self._asked_for = False
        self._not_taken: list[tuple[int, float]] = []
        if row is not None:
            pwm.watch()
            pwm.changes()

    @property
    def duty(self) -> float:
        return self._pwm.duty

    def watch(self) -> None:
        self.take()  # of before
        self._asked_for = True
        self._pwm.watch()

    def changes(self) -> list[tuple[int, float]]:
        self.take()
        changes, self._not_taken = self._not_taken, []
        return changes

    def take(self) -> None:
        """What came since the last time, into the record."""
        new = self._pwm.changes()
        if self._row is not None:
            self._row.extend(new)
        if self._asked_for:
            self._not_taken += new

    def __getattr__(self, name: str) -> Any:
        return getattr(self._pwm, name)


class _Line:
    """A serial line whose bytes go into the record."""

    def __init__(self, line: SerialLine, name: str, record: Record, now_ns: Callable[[], int]) -> None:
        self._line = line
        self._name = name
        self._record = record
        self._now_ns = now_ns

    def write(self, data: bytes, *how: Any) -> Any:
        if data:
            self._record.say(Said(self._now_ns(), self._name, True, bytes(data)))
        return self._line.write(data, *how)

    def read(self) -> list[tuple[int, bytes]]:
        came = self._line.read()
        for t_ns, data in came:
            self._record.say(Said(t_ns, self._name, False, bytes(data)))
        return came

    def __getattr__(self, name: str) -> Any:
        return getattr(self._line, name)


class WatchedRig:
    """A rig with a record. Made by `watched`, which gives it the capabilities of the rig inside."""

    def __init__(self, rig: Rig) -> None:
        self._rig = rig
        self.record = Record(rig.now_ns)
        lines = (rig.usb, *rig.uart)
        self._lines = [_Line(line, name, self.record, self._now) for line, name in zip(lines, LINES, strict=False)]
        self._pins: dict[int, _Pin] = {}
        self._pwms: dict[int, _Pwm] = {}
        for name in (*LEVELS, *DRIVEN):
            pin = rig.pin(GPIO[name])
            self.record.rows[name] = [(self.record.since_ns, float(pin.level))]
            self.pin(GPIO[name])
        for name in DUTIES:
            self.record.rows[name] = [(self.record.since_ns, rig.pwm(GPIO[name]).duty)]
            self.pwm(GPIO[name])

    def _now(self) -> int:
        return self._rig.now_ns

    @property
    def name(self) -> str:
        return self._rig.name

    @property
    def now_ns(self) -> int:
        return self._rig.now_ns

    def run(self, duration_ns: int) -> Any:
        return self._rig.run(duration_ns)

    def close(self) -> None:
        self._rig.close()

    @property
    def usb(self) -> SerialLine:
        return self._lines[0]

    @property
    def uart(self) -> Sequence[SerialLine]:
        return tuple(self._lines[1:])

    @property
    def adc(self) -> AdcPort:
        return self._rig.adc

    def pin(self, gpio: int) -> PinPort:
        if gpio not in self._pins:
            name = _NAMES.get(gpio, "")
            row = self.record.rows.get(name) if name in (*LEVELS, *DRIVEN) else None
            self._pins[gpio] = _Pin(self._rig.pin(gpio), row, name in DRIVEN, self._now)
        return self._pins[gpio]

    def pwm(self, gpio: int) -> PwmPort:
        if gpio not in self._pwms:
            self._pwms[gpio] = _Pwm(self._rig.pwm(gpio), self.record.rows.get(_NAMES.get(gpio, "")))
        return self._pwms[gpio]

    def note(self) -> Record:
        """The record, with all that the rig knows by now."""
        for name in LEVELS:
            self._pins[GPIO[name]].take()
        for name in DUTIES:
            self._pwms[GPIO[name]].take()
        return self.record

    def hear_out(self) -> Record:
        """The same at the end: also what nobody has read yet."""
        for line in self._lines:
            line.read()
        return self.note()

    def __getattr__(self, name: str) -> Any:
        if name == "_rig":
            raise AttributeError(name)
        return getattr(self._rig, name)


def watched(rig: Rig) -> WatchedRig:
    """The rig, taken down from now on. It stays the caller's to close."""
    offered = [each for each in CAPABILITIES if isinstance(rig, each)]
    names = {name for each in offered for name in vars(each) if not name.startswith("_")}
    # A capability is looked for in the class: passing on what is asked for by name is not enough.
    members = {name: _passed_on(name) for name in names if name not in vars(WatchedRig)}
    return cast(WatchedRig, type("WatchedRig", (WatchedRig,), members)(rig))


def _passed_on(name: str) -> property:
    return property(lambda self: getattr(self._rig, name))
