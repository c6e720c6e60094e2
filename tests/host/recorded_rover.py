"""A recording made up step by step: a rover that arms, sweeps, turns and restarts, as a Recorder hears it."""

from __future__ import annotations

import math
from pathlib import Path
from types import TracebackType
from typing import Any

from sapper.shared.events import CLASSES
from sapper.shared.fields import FRAME_FIELDS
from sapper.shared.limits import TIME_WRAP_MS
from sapper_host.board.decoder import Event, Frame
from sapper_host.recordings.recorder import Recorder

STATE = {"SAFE": 0, "ARMED": 1, "TELEOP": 2, "SWEEP": 3, "CONTACT": 4}
_STEP_MM, _STEP_MS = 50, 200
_TICK_MS = 10
_TURN_MRAD = 100
# Frames with nothing in them, of a firmware that told no boot number.
STATUS = dict.fromkeys([name for name in FRAME_FIELDS["STATUS"] if name != "boot"], 0)
DETECT = dict.fromkeys(FRAME_FIELDS["DETECT"], 0)


class RecordedRover:
    """Its place in its own frame, and a context manager over the recording. boot: None for a firmware that tells no
    boot number and sets its place to 0 at each arming."""

    def __init__(self, path: Path, boot: int | None = 4711) -> None:
        self.recorder = Recorder(path)
        self.boot = boot
        self.t_ms = 1000
        self.s_mm = self.x_mm = self.y_mm = self.heading_mrad = 0.0
        self.state = "SAFE"
        self.searched = 0
        self.strength = 20
        self._numbers = 0
        self._marks = 0

    def __enter__(self) -> RecordedRover:
        self.stand()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.recorder.close()

    def event(self, kind: str, **args: Any) -> None:
        """An event of now and here."""
        self._numbers += 1
        self.t_ms += _TICK_MS
        self.recorder.take(Event(self._numbers, self.t_ms % TIME_WRAP_MS, kind, round(self.s_mm), args))

    def stand(self, steps: int = 1) -> None:
        """STATUS and DETECT of where it is."""
        for _ in range(steps):
            self.t_ms += _STEP_MS
            common = {"t_ms": self.t_ms % TIME_WRAP_MS, "s_mm": round(self.s_mm)}
            pose = {"x_mm": round(self.x_mm), "y_mm": round(self.y_mm), "heading_mrad": round(self.heading_mrad)}
            rest = {"state": STATE[self.state], "reason": 0, "fault": 0, "flags": 7 | self.searched << 3}
            told = {**STATUS, **common, **pose, **rest, "speed_mm_s": 250}
            self.recorder.take(Frame("STATUS", 0, told if self.boot is None else {**told, "boot": self.boot}))
            detect = {"strength": self.strength, "class": 0, "statistic": 1, "level": 10}
            self.recorder.take(Frame("DETECT", 0, {**DETECT, **common, **detect}))

    def to(self, state: str) -> None:
        """The state changes."""
        before, self.state = self.state, state
        if self.boot is None and (before, state) == ("SAFE", "ARMED"):
            self.s_mm = self.x_mm = self.y_mm = self.heading_mrad = 0.0
        self.event("state", to=state, reason="operator", **{"from": before})
        self.stand()

    def drive(self, mm: int, steps: bool = True) -> None:
        """Straight on, or back; with `steps` off in one leap that the recording does not see."""
        left, way = abs(mm), 1 if mm > 0 else -1
        while left:
            step = min(_STEP_MM, left) if steps else left
            left -= step
            self.s_mm += way * step
            self.x_mm += way * step * math.cos(self.heading_mrad / 1000)
            self.y_mm += way * step * math.sin(self.heading_mrad / 1000)
            self.stand()

    def turn(self, mrad: float) -> None:
        """On the spot; left is positive."""
        for _ in range(max(1, round(abs(mrad) / _TURN_MRAD))):
            self.heading_mrad += mrad / max(1, round(abs(mrad) / _TURN_MRAD))
            self.stand()

    def sweep(self, mm: int, blind_mm: int = 300) -> None:
        """A sweep: armed before and after, its first blind_mm not searched."""
        self.to("SWEEP")
        self.drive(min(blind_mm, mm))
        self.searched = 1
        self.event("covered", from_mm=round(self.s_mm), searched=1)
        self.drive(mm - min(blind_mm, mm))
        self.end_sweep("ARMED")

    def end_sweep(self, state: str) -> None:
        """Nothing is searched any more."""
        self.searched = 0
        self.event("covered", from_mm=round(self.s_mm), searched=0)
        self.to(state)

    def alert(self, class_name: str = "ferrous") -> None:
        """An alert here, in a sweep: CONTACT."""
        self.event("detect", strength=700, statistic=900, level=300, **{"class": class_name})
        self.end_sweep("CONTACT")
        self.stand(3)

    def contact(self, behind_mm: int = 400, class_name: str = "ferrous", snr_x10: int = 150) -> None:
        """A contact whose peak lies so far behind."""
        assert class_name in CLASSES
        self.event("contact", peak_mm=round(self.s_mm) - behind_mm, extent_mm=240, strength=720, snr_x10=snr_x10,
                   **{"class": class_name})  # fmt: skip

    def mark(self) -> None:
        """The marker fires."""
        self._marks += 1
        self.event("mark", count=self._marks)

    def verdict(self, verdict: str) -> None:
        """The operator's."""
        self.event("verdict", verdict=verdict)
        self.to("ARMED")

    def restart(self, boot: int | None) -> None:
        """A reset: place, clock and marks from 0."""
        self.boot, self.t_ms, self.state, self.searched = boot, 0, "SAFE", 0
        self.s_mm = self.x_mm = self.y_mm = self.heading_mrad = 0.0
        self.event("boot", cause="power_on", source="factory")
        self.stand()
