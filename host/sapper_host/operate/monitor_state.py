"""What the operator's screen knows: built up from what a link tells, one item at a time. No terminal in here."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from sapper.shared.events import STATES
from sapper_host.board.decoder import Counts, Event, Frame, Text
from sapper_host.board.link import Happening

EVENTS_KEPT = 200
STRENGTH_MAX = 1000
# STATUS comes at least once a second: without any for so long the screen is no longer true.
STALE_S = 1.5
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
    age_s: float | None


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
    strength_peak: int = 0
    events: deque[Event | Note] = field(default_factory=lambda: deque(maxlen=EVENTS_KEPT))
    reconnects: int = 0
    _arrivals: deque[tuple[float, int]] = field(default_factory=lambda: deque(maxlen=2000))
    _last_frame_at: float | None = None
    _lock: threading.RLock = field(default_factory=threading.RLock, repr=False, compare=False)

    def snapshot(self) -> MonitorState:
        """All of it as it is now; what is fed later does not change it."""
        with self._lock:
            return replace(
                self,
                version=dict(self.version),
                events=self.events.copy(),
                _arrivals=self._arrivals.copy(),
                _lock=threading.RLock(),
            )

    def take(self, happening: Happening, counts: Counts) -> None:
        """One more happening, and the decoder's counts after it."""
        with self._lock:
            self._take(happening, counts)

    def _take(self, happening: Happening, counts: Counts) -> None:
        match happening:
            case Frame(name=name):
                self._last_frame_at = self.now()
                self._arrivals.append((self._last_frame_at, counts.frame_gaps))
                if name == "STATUS":
                    self.status = happening
                    self.event_state = ""
                elif name == "DETECT":
                    self.detect = happening
                    self.strength_peak = max(happening.fields["strength"], int(self.strength_peak * 0.97))
                elif name == "LOOP":
                    self.loop = happening
            case Event(kind=kind):
                self.events.append(happening)
                if kind == "state":
                    self.event_state = str(happening.args["to"])
                elif kind == "boot":
                    self.status = self.detect = self.loop = None
                    self.event_state = "SAFE"
            case Text():
                pass

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

    @property
    def state(self) -> str:
        """The board's state by its last word on it; '' before any."""
        if self.event_state:
            return self.event_state
        if self.status is None:
            return ""
        index = self.status.fields["state"]
        return STATES[index] if index < len(STATES) else f"state {index}"

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
        """Whether what the screen shows is the present: connected, and a frame came lately."""
        quality = self.quality(0)
        return self.connected and quality.age_s is not None and quality.age_s < STALE_S

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
            age_s=None if self._last_frame_at is None else now - self._last_frame_at,
        )


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
            snr = int(a["snr_x10"]) / 10
            place = int(a["peak_mm"]) / 1000
            return f"CONTACT at {place:.2f} m: strength {a['strength']}, SNR {snr:.1f}, {a['class']}"
        case "fault":
            track = a.get("track", "none")  # older recordings do not say
            return f"FAULT {a['fault']}{'' if track in ('none', 0) else f' ({track})'} {where}"
        case "stop":
            also = f" ({a['detail']})" if "+" in str(a["detail"]) else ""  # one alone is what the reason says
            return f"STOP: {a['reason']} {where}{also}"
        case "verdict":
            return f"verdict: {a['verdict']}"
        case "link":
            away_s = int(a["away_ms"]) / 1000
            return f"{a['port']} link {'back after' if a['up'] else 'silent for'} {away_s:.1f} s"
        case "sweep":
            return f"sweep of {int(a['length_mm']) / 1000:.2f} m {'done' if a['done'] else 'begun'} {where}"
        case "covered":
            return f"ground {'searched' if a['searched'] else 'NOT searched'} from {int(a['from_mm']) / 1000:.2f} m on"
        case "weakened":
            return f"ARMED WITH WEAKENED STOPS: {str(a['stops']).replace('+', ', ')}"
        case "boot":
            return f"board started ({a['cause']}), runs from {a['source']}"
        case _:
            return " ".join((event.kind, where, *(f"{name}={value}" for name, value in a.items())))
