"""What the operator's screen knows: built up from what a link tells, one item at a time. No terminal in here."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import pairwise
from statistics import median

from sapper.shared.events import FAULTS, REASON_NAMES, STATES
from sapper_host.board.answers import is_ok, words_of
from sapper_host.board.decoder import Counts, Event, Frame, Text
from sapper_host.board.link import Happening
from sapper_host.operate.loop_limits import NONE_MISSED, Misses
from sapper_host.operate.loop_seconds import Seconds
from sapper_host.operate.once import Once
from sapper_host.operate.piece_words import piece_words

EVENTS_KEPT = 200
STRENGTH_MAX = 1000
# STATUS comes at least once a second: without any for so long the screen is no longer true.
STALE_S = 1.5
# A line on which nothing came for so long is silent, or for twice the usual pause between frames where that is longer
# (telemetry at 1 Hz). Screens are drawn ten times a second, so that it is seen within a second of the last byte.
SILENT_S = 0.7
_PAUSES = 8  # of which the usual one is the median
_AT_ONCE_S = 0.02  # what comes closer together came together
_RATE_WINDOW_S = 5.0
_WEAKENED = 1 << 5  # of STATUS.flags; a board of older firmware never sets it


@dataclass(frozen=True)
class Note:
    """A line of the host's own among the events."""

    text: str


@dataclass
class Quality:
    """How the line has been over the last seconds."""

    frames_per_s: float
    lost_pct: float
    bad: int
    age_s: float | None  # since anything was heard, by the laptop's clock; None while there is no telemetry


@dataclass
class MonitorState:
    """Feed it happenings; look at a `snapshot` of it. `now` is a monotonic clock of the host, in seconds, for ages.

    One thread feeds it and others look: whoever looks takes a snapshot, which is nobody else's, and reads that.
    """

    port: str = ""
    now: Callable[[], float] = time.monotonic
    connected: bool = False
    trouble: str = ""
    warning: str = ""
    watching: str = ""  # why nothing can be signed on this radio; '' where it can
    version: dict[str, str] = field(default_factory=dict)
    status: Frame | None = None
    detect: Frame | None = None
    loop: Frame | None = None
    event_state: str = ""
    event_reason: str = ""
    fault_told: tuple[str, str] = ("none", "none")  # the last one among the events, and what its track looks like
    loop_misses: Misses = NONE_MISSED
    strength_peak: int = 0
    events: deque[Event | Note] = field(default_factory=lambda: deque(maxlen=EVENTS_KEPT))
    reconnects: int = 0
    _arrivals: deque[tuple[float, int]] = field(default_factory=lambda: deque(maxlen=2000))
    _last_frame_at: float | None = None
    _heard_at: float = 0.0
    _pauses_from: deque[float] = field(default_factory=lambda: deque(maxlen=_PAUSES + 1))
    _seconds: Seconds = field(default_factory=Seconds, repr=False, compare=False)
    _once: Once = field(default_factory=Once, repr=False, compare=False)
    _lock: threading.RLock = field(default_factory=threading.RLock, repr=False, compare=False)

    def snapshot(self) -> MonitorState:
        """All of it as it is now; what is fed later does not change it."""
        with self._lock:
            return replace(
                self,
                version=dict(self.version),
                events=self.events.copy(),
                _arrivals=self._arrivals.copy(),
                _pauses_from=self._pauses_from.copy(),
                _lock=threading.RLock(),
            )

    def take(self, happening: Happening, counts: Counts) -> None:
        """One more happening, and the decoder's counts after it."""
        with self._lock:
            self._take(happening, counts)

    def _take(self, happening: Happening, counts: Counts) -> None:
        if isinstance(happening, Frame | Event) or (isinstance(happening, Text) and not happening.garbled):
            self._heard_at = self.now()
        match happening:
            case Frame(name=name):
                self._last_frame_at = self.now()
                if not self._pauses_from or self._last_frame_at - self._pauses_from[-1] >= _AT_ONCE_S:
                    self._pauses_from.append(self._last_frame_at)
                self._arrivals.append((self._last_frame_at, counts.frame_gaps))
                if name == "STATUS":
                    self.status = happening
                    self.event_state = ""
                elif name == "DETECT":
                    self.detect = happening
                    self.strength_peak = max(happening.fields["strength"], int(self.strength_peak * 0.97))
                elif name == "LOOP":
                    self.loop = happening
                if second := self._seconds.take(happening):
                    self.loop_misses = self.loop_misses.after(second)
            case Event() if self._once.new(happening):
                self.events.append(happening)
                self._follow(happening)
            case Text(line=line, garbled=False) if is_ok(line.removeprefix("> ")):
                told = words_of(line)
                if told.get("telemetry") == "off":
                    self.status = self.detect = self.loop = self._last_frame_at = None
                elif told.get("state") in STATES and "reason" in told:
                    self.event_state, self.event_reason = told["state"], told["reason"]

    def _follow(self, event: Event) -> None:
        self._seconds.take(event)
        match event.kind:
            case "state":
                self.event_state, self.event_reason = str(event.args["to"]), str(event.args["reason"])
            case "fault":
                self.fault_told = (str(event.args["fault"]), str(event.args.get("track", "none")))
            case "heap_full":
                self.loop_misses = self.loop_misses.collected(event)
            case "boot":
                self.loop_misses = NONE_MISSED
                self.status = self.detect = self.loop = self._last_frame_at = None
                self.event_state, self.event_reason = "SAFE", "reset"
                self.fault_told = ("none", "none")

    def warned(self, text: str) -> None:
        """Something went wrong on this side: among the events, and shown from then on."""
        with self._lock:
            self.events.append(Note(text))
            self.warning = text

    def watches(self, why: str = "", remedy: str = "") -> None:
        """Nothing can be signed on this radio, and why; '' once it can."""
        with self._lock:
            if remedy and why != self.watching:
                self.events.append(Note(f"to drive from here: {remedy}"))
            self.watching = why

    def lost(self, trouble: str) -> bool:
        """The line is gone; the screen keeps the last values and says so. Whether that is news."""
        with self._lock:
            news = self.connected
            if news:
                self.events.append(Note(f"link lost: {trouble}"))
            self.connected = False
            self.trouble = trouble
            return news

    def found(self, version: dict[str, str]) -> None:
        """The line is there (again)."""
        with self._lock:
            if self.version:
                self.reconnects += 1
                self.events.append(Note("link is back"))
            self.connected = True
            self.trouble = ""
            self.version = version
            self._arrivals.clear()
            self._pauses_from.clear()
            self._heard_at = self.now()

    @property
    def state(self) -> str:
        """The board's state by its last word on it; '' before any."""
        if self.event_state:
            return self.event_state
        if self.status is None:
            return ""
        return _name(STATES, "state", self.status.fields["state"])

    @property
    def reason(self) -> str:
        """Why it is in its state, by the board's last word on it; '' before any."""
        if self.event_state:
            return self.event_reason
        return "" if self.status is None else _name(REASON_NAMES, "reason", self.status.fields["reason"])

    @property
    def fault(self) -> str:
        """What is wrong, by the board's last word on it; 'none' when nothing is."""
        if self.status is not None and self.status.fields["fault"]:
            return _name(FAULTS, "fault", self.status.fields["fault"])
        told = self.fault_told[0]
        return told if self.reason == ("encoder" if told.startswith("encoder") else "blind") else "none"

    @property
    def track(self) -> str:
        """What the track at fault looks like; 'none' when that is not known, or none is."""
        return self.fault_told[1] if self.fault == self.fault_told[0] else "none"

    @property
    def weakened(self) -> bool:
        """Whether settings switch off or weaken a protective stop, by the board's last word on it."""
        return self.status is not None and bool(self.status.fields["flags"] & _WEAKENED)

    @property
    def last_t_ms(self) -> int:
        """The board's time by what came last, events and frames."""
        stamps = [event.t_ms for event in self.events.copy() if isinstance(event, Event)][-1:]
        stamps += [frame.fields["t_ms"] for frame in (self.status, self.loop) if frame is not None]
        return max(stamps, default=0)

    @property
    def fresh(self) -> bool:
        """Whether what the screen shows is the present: the line is heard, and a frame came lately."""
        last_at = self._last_frame_at  # once: the link may forget it between two looks
        return self.heard and last_at is not None and self.now() - last_at < STALE_S

    @property
    def heard(self) -> bool:
        """Whether the line is there and, where telemetry is to come, not silent."""
        age_s = self._age_s()
        if not self.connected or age_s is None:
            return self.connected
        pauses = [after - before for before, after in pairwise(self._pauses_from.copy())]
        usual = [pause_s for pause_s in pauses if pause_s < STALE_S]  # a longer one was a silence
        return age_s < max(SILENT_S, 2 * median(usual) if usual else 0.0)

    def _age_s(self) -> float | None:
        return None if self._last_frame_at is None else self.now() - self._heard_at

    def quality(self, bad: int) -> Quality:
        """The line's figures over the last 5 s; `bad`: the decoder's count of bad frames."""
        now = self.now()
        recent = [(at, gaps) for at, gaps in self._arrivals.copy() if at > now - _RATE_WINDOW_S]
        lost = recent[-1][1] - recent[0][1] if recent else 0
        span_s = min(_RATE_WINDOW_S, now - recent[0][0]) if recent else 0.0
        return Quality(
            frames_per_s=len(recent) / span_s if span_s > 0.2 else 0.0,
            lost_pct=100 * lost / (lost + len(recent)) if recent else 0.0,
            bad=bad,
            age_s=self._age_s(),
        )


def _name(names: tuple[str, ...], kind: str, index: int) -> str:
    return names[index] if index < len(names) else f"{kind} {index}"


# The steps of a second look, in words; the place follows.
LOOK_WORDS = {
    "begun": "SECOND LOOK, backs to a contact at",
    "over_it": "stands for a second look over",
    "not_backed": "STANDS PAST A CONTACT, not backed; it lies at",
}


def is_end(event: Event) -> bool:
    """Whether motion came to its end as the operator meant it to: a stop that nothing is wrong with."""
    return event.kind == "stop" and event.args["reason"] == "done"


def describe(event: Event) -> str:
    """An event in words, for a screen: what happened, without the number and the time."""
    a = event.args
    where = f"at {event.s_mm / 1000:.2f} m"
    match event.kind:
        case "state":
            because = f" ({a['reason']})" if a["reason"] not in ("none", "operator") else ""
            return f"{a['from']} -> {a['to']}{because} {where}"
        case "detect":
            return f"ALERT {where}: strength {a['strength']}, {a['class']}"
        case "contact":
            place, snr = int(a["peak_mm"]) / 1000, int(a["snr_x10"]) / 10
            return f"CONTACT at {place:.2f} m: strength {a['strength']}, SNR {snr:.1f}, {a['class']}"
        case "look":
            return f"{LOOK_WORDS[str(a['how'])]} {int(a['place_mm']) / 1000:.2f} m, {where}"
        case "fault":
            track = a.get("track", "none")  # older recordings do not say
            return f"FAULT {a['fault']}{'' if track in ('none', 0) else f' ({track})'} {where}"
        case "stop":
            also = f" ({a['detail']})" if "+" in str(a["detail"]) else ""  # one alone is what the reason says
            return f"{'stands' if is_end(event) else 'STOP'}: {a['reason']} {where}{also}"
        case "verdict":
            return f"verdict: {a['verdict']}"
        case "link":
            return f"{a['port']} link {'back after' if a['up'] else 'silent for'} {int(a['away_ms']) / 1000:.1f} s"
        case "sweep":
            return f"sweep of {int(a['length_mm']) / 1000:.2f} m {'done' if a['done'] else 'begun'} {where}"
        case "covered":
            return f"ground {'searched' if a['searched'] else 'NOT searched'} from {int(a['from_mm']) / 1000:.2f} m on"
        case "weakened":
            return f"ARMED WITH WEAKENED STOPS: {str(a['stops']).replace('+', ', ')}"
        case "heap_full":
            return f"the board's heap was full: a tick {int(a['took_us']) / 1000:.0f} ms longer {where}"
        case "testpiece":
            return piece_words(a)
        case "boot":
            return f"board started ({a['cause']}), runs from {a['source']}"
        case _:
            return " ".join((event.kind, where, *(f"{name}={value}" for name, value in a.items())))
