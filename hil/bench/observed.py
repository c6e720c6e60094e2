"""What the instrument tells, line by line: edges, duties and levels, each with its time.

A line that carries pulses is at their duty from the rise on at which they became so, as the PWM does it: its new
duty begins with a period. Without pulses it is at duty 0 or 1, from the end of the last period on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from hil.bench.clock import InstrumentClock
from hil.bench.instrument import wire
from hil.bench.instrument.lines import LINES, WATCHED
from hil.bench.link import EVENT, REPORT_HEAD

_NS_PER_CYCLE = 1000 // wire.CYCLES_PER_US
# Pulses that the instrument tells by their edges, as the buzzer's: slower than 524 us, faster than this.
_SLOWEST_NS = 50_000_000
# Signals that are watched, by their number in an event.
WATCHED_SIGNALS = tuple(row[0] for row in LINES[:WATCHED])
# Their delay is subtracted, but of what the instrument plays itself and looks at at its own pin.
_PLAYED = frozenset(row[0] for row in LINES if row[2] == "played")


@dataclass(frozen=True)
class Report:
    """The head of a REPORT, times in ns of the instrument's clock."""

    now_ns: int
    end_ns: int
    held_us: int
    late_us: int
    levels: int
    flags: int
    untaken: int

    @property
    def troubles(self) -> list[str]:
        """What its flags say."""
        return [text for bit, text in enumerate(wire.FLAGS) if self.flags >> bit & 1]


@dataclass
class Seen:
    """What was seen of a line. level: as last told; edges, changes of duty: since they were last taken."""

    level: int = 0
    duty: float = 0.0
    edges: list[tuple[int, int]] = field(default_factory=list)
    changes: list[tuple[int, float]] = field(default_factory=list)
    watched: bool = False
    phase_ns: int | None = None  # of a strobe: its fall after the transmit pulse's rise
    listener: Callable[[int, bool], None] | None = None  # told when its pulses begin and cease
    _high_ns: int = 0
    _period_ns: int = 0  # 0: no pulses
    _rise_ns: int | None = None
    _fall_ns: int | None = None
    _slow: bool = False
    _last: tuple[int, int] | None = None  # an edge after which there may be pulses, or not

    def edge(self, at_ns: int, level: int, _: int) -> None:
        """An edge. Of a line of pulses: they begin, or are too slow to be told as such."""
        if self.watched:
            self.edges.append((at_ns, level))
        if level:
            if self._rise_ns is not None and self._fall_ns is not None and at_ns - self._rise_ns < _SLOWEST_NS:
                self._slow = True
                self._is(self._rise_ns, (self._fall_ns - self._rise_ns) / (at_ns - self._rise_ns))
            self._rise_ns, self._fall_ns = at_ns, None
        else:
            self._fall_ns = at_ns
        self._last = (at_ns, level)

    def pulse(self, at_ns: int, high: int, period: int) -> None:
        """From this rise on there are such pulses."""
        if self.listener and not self._period_ns:
            self.listener(at_ns, True)
        self._high_ns, self._period_ns = high * _NS_PER_CYCLE, period * _NS_PER_CYCLE
        self._rise_ns = self._fall_ns = self._last = None
        self._slow = False
        self._is(at_ns, high / period)

    def steady(self, at_ns: int, level: int, _: int) -> None:
        """No pulse has come since this edge: a fall ends the last one, which still has its period; a rise is none."""
        end_ns = at_ns if level else at_ns + self._period_ns - self._high_ns
        if self.listener and self._period_ns:
            self.listener(end_ns, False)
        self._period_ns = 0
        self._is(end_ns, float(level))

    def phase(self, _: int, fall: int, __: int) -> None:
        """Of a strobe."""
        self.phase_ns = fall * _NS_PER_CYCLE

    def told_until(self, now_ns: int) -> None:
        """No pulses have come of an edge before then: it was the last one."""
        if self._last is not None and now_ns > self._last[0] + (_SLOWEST_NS if self._slow else 0):
            at_ns, level = self._last
            self._last = None
            self._slow = False
            self._is(at_ns, float(level))

    def _is(self, at_ns: int, duty: float) -> None:
        if duty != self.duty:
            self.duty = duty
            if self.watched:
                self.changes.append((at_ns, duty))


class Observed:
    """Every watched line, by its signal."""

    def __init__(self, clock: InstrumentClock, line_delay_ns: int = 0) -> None:
        self._clock = clock
        self._delay_ns = line_delay_ns
        self.lines = {signal: Seen() for signal in WATCHED_SIGNALS}
        self._rows = list(self.lines.values())
        self._delays = [0 if signal in _PLAYED else line_delay_ns for signal in WATCHED_SIGNALS]
        self._kinds: dict[int, Callable[[Seen, int, int, int], None]] = {
            wire.EDGE: Seen.edge,
            wire.PULSE: Seen.pulse,
            wire.STEADY: Seen.steady,
            wire.PHASE: Seen.phase,
        }

    def take(self, payload: bytes) -> Report:
        """A REPORT: its events go to their lines, its head is returned."""
        now_us, end_us, held_us, late_us, levels, flags, untaken, count = REPORT_HEAD.unpack_from(payload)
        events = payload[REPORT_HEAD.size : REPORT_HEAD.size + count * EVENT.size]
        for timer_us, ctr, line, kind, value, other in EVENT.iter_unpack(events):
            at_ns = self._clock.edge_ns(timer_us, ctr) - self._delays[line]
            self._kinds[kind](self._rows[line], at_ns, value, other)
        report = Report(self._clock.us_ns(now_us), self._clock.us_ns(end_us), held_us, late_us, levels, flags, untaken)
        for line, seen in enumerate(self._rows):
            seen.level = levels >> line & 1
            seen.told_until(report.now_ns - self._delays[line])
        return report
