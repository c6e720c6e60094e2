"""The board of a scenario: powered, in a world, at its operator's line; and the questions that scenarios ask of it."""

from __future__ import annotations

import math
from collections.abc import Callable

from hil.errors import HilError
from hil.play.closed_loop import ClosedLoop
from hil.play.operator import Operator
from hil.rigs.capabilities import Time
from hil.rigs.rig import NS_PER_MS, NS_PER_S, Rig
from hil.testing.job import must_have_started
from hil.testing.watched import DUTIES, Record, WatchedRig
from sapper_host.board.decoder import Event
from sapper_host.limits import limit

_LOOK_NS = 5 * NS_PER_MS
_WARM_UP_S = 2.0  # the detector knows its ground, and no pre-arm check of it fails
MOTORS = ("MOTOR_EN", *DUTIES)


class NotDoneError(HilError):
    """The board did not do what the scenario waits for; the text says what it did."""


class Board:
    """`rig`: watched; `world`: the closed loop that it stands in; `operator`: at its line, which passes the time."""

    def __init__(self, rig: WatchedRig, world: ClosedLoop, operator: Operator) -> None:
        self.rig = rig
        self.world = world
        self.operator = operator
        self.version: dict[str, str] = {}

    def boot(self, started_ns: int | None = None) -> None:
        """From a restart (by itself that of the fixture `rig`) to SAFE, with a detector that has seen its ground.
        HilError when the board has run since before that."""
        text = self.operator.boot()
        must_have_started(self.operator, self.rig, self.record.since_ns if started_ns is None else started_ns)
        self.version = dict(word.split("=", 1) for word in text.split() if "=" in word)
        self.operator.must("telemetry on")
        self.operator.settle(_WARM_UP_S)
        if self.state != "SAFE":
            raise NotDoneError(f"after its start the board is {self.state}, not SAFE; its log says why")

    def again(self) -> None:
        """After a restart that the scenario has made just now: a new start of the operator, too."""
        started_ns = self.now_ns
        self.operator.keep_alive(False)
        self.operator.heard.lines.clear()
        self.boot(started_ns)

    # Time

    @property
    def now_ns(self) -> int:
        """Of the rig."""
        return self.rig.now_ns

    @property
    def resolution_ns(self) -> int:
        """How far the rig's times may be from the truth; 0 where they are declared."""
        rig: Rig = self.rig
        return rig.time_resolution_ns if isinstance(rig, Time) else 0

    def run(self, seconds: float) -> None:
        """Let time pass, the operator listening."""
        self.operator.run(int(seconds * NS_PER_S))

    def until(self, done: Callable[[], object], within_s: float, what: str) -> None:
        """Let time pass until it is so. NotDoneError when it is not within so long."""
        end_ns = self.now_ns + int(within_s * NS_PER_S)
        while not done():
            if self.now_ns >= end_ns:
                told = [event.line() for event in self.operator.heard.events[-4:]]
                raise NotDoneError(f"{what} did not come within {within_s:g} s; the board is {self.state}, told {told}")
            self.operator.run(_LOOK_NS)

    # States

    @property
    def state(self) -> str:
        """As the board last told it."""
        told = [event for event in self.operator.heard.events if event.kind in ("state", "boot")]
        return str(told[-1].args.get("to", "SAFE")) if told else "SAFE"

    @property
    def reason(self) -> str:
        """Why it is in that state, by its own words; '' before it told of any."""
        told = self.told("state")
        return str(told[-1].args["reason"]) if told else ""

    def told(self, kind: str) -> list[Event]:
        """The events of a kind, oldest first."""
        return [event for event in self.operator.heard.events if event.kind == kind]

    def until_state(self, *states: str, within_s: float) -> str:
        """Until it tells one of these; which."""
        self.until(lambda: self.state in states, within_s, " or ".join(states))
        return self.state

    def sweep(self, length_mm: int = 4000, up_to_speed_s: float = 1.0) -> None:
        """From SAFE into a sweep that moves."""
        self.operator.arm()
        self.operator.must(f"sweep {length_mm}")
        self.run(up_to_speed_s)
        if self.state != "SWEEP" or min(self.record.rows[name][-1][1] for name in MOTORS) <= 0:
            raise NotDoneError(f"the board is {self.state} ({self.reason}), not in a sweep with both motors on")

    # Pins

    @property
    def record(self) -> Record:
        """What has happened so far."""
        return self.rig.note()

    def still_on(self, *signals: str) -> list[str]:
        """Those of the signals (all motors' by default) that are not 0 now, or as soon as the rig tells of now."""
        rig: Rig = self.rig
        if isinstance(rig, Time) and rig.lag_ns:
            self.operator.run(rig.lag_ns)
        record = self.record
        return [name for name in signals or MOTORS if record.rows[name][-1][1] != 0]

    def off_after_us(self, since_ns: int, *signals: str, within: str) -> float:
        """How long after since_ns all these (all motors' signals by default) were 0 for good, in us.

        Looked at for twice the limit of that name. NotDoneError when they are not 0 then.
        """
        names = signals or MOTORS
        end_ns = since_ns + 2 * limit(within).us * 1000 + 50 * NS_PER_MS
        while self.now_ns < end_ns:
            self.operator.run(_LOOK_NS)
        record = self.record
        zero = [record.zero_since(name, since_ns) for name in names]
        on = [name for name, since in zip(names, zero, strict=True) if since is None]
        if on:
            raise NotDoneError(f"{' and '.join(on)} still on {(self.now_ns - since_ns) / 1e6:.0f} ms later")
        return max(since - since_ns for since in zero if since is not None) / 1000

    def within_us(self, name: str) -> float:
        """The limit of that name as this rig can measure it: with the rig's own resolution added; none at all on a rig
        without the truth of time."""
        if not isinstance(self.rig, Time):
            return math.inf
        return limit(name).us + self.resolution_ns / 1000
