"""Open loop: a recording is played into a rig and the outputs are judged.

The rig does what a person would: closes the emergency-stop loop, turns the key, arms by the console, and then sweeps,
stands and drives as the trace's tracks do (steering.py).
Until then the trace's first second is played forwards and backwards, standing, so that the detector sees real noise.
With on_detect 'stop' the tracks come to rest once both duties are 0, and the replay ends there: before a second look's
way back, too, which no recording has. With 'mark' it plays through: when the board stops by itself (a stuck gate, say),
the rover is moved on by hand, not searching, until the cause has gone; then it stands, is armed again and goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from hil.errors import HilError
from hil.play.operator import Operator, OperatorError
from hil.play.steering import GOING, Steering
from hil.play.tape import Tape
from hil.rigs.registry import FOR_TIME, open_rig
from hil.rigs.rig import NS_PER_MS, NS_PER_S, Rig
from sapper.shared.pins import GPIO
from sapper_host.board.decoder import Event, Item
from sapper_host.recordings.trace import Trace

ON_DETECT = ("stop", "mark")
_SLICE_NS = 10 * NS_PER_MS
_ARMED_NS = 200 * NS_PER_MS  # before the tape rolls: the board is told to arm within it
_REST_S = 0.25  # how long tracks of this kind roll once the motors are off
_TAIL_S = 0.6  # played after the trace's end, standing, so that a last contact can be completed
_BOOTED_S = 0.4
_SETTLED_S = 0.1  # after arming: the first ping is answered, so that `sweep` is taken in its own tick
_MARK_SLICE_NS = 500 * NS_PER_MS  # nothing depends on the board's outputs: long slices cost least
_MARK_EVERY_S = 0.2
_CLEAR_NS = 1200 * NS_PER_MS  # a cause that has not come back in so long has gone; faults take a second to show

Progress = Callable[[float], None]


def replay(
    trace: Trace,
    rig: str = FOR_TIME,
    on_detect: str = "stop",
    settings: Iterable[tuple[str, int]] = (),
    firmware: Path | None = None,
    progress: Progress | None = None,
    listener: Callable[[Item], None] | None = None,
    begun: Callable[[str, dict[str, int]], None] | None = None,
    parts: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Play `trace` into the rig of that name; returns the result described in docs/recordings.md.

    settings: (name, value) put in before arming. progress: told the share done, 0..1. listener: told everything that
    the board says, as it comes. begun: told what `version` answers, and the settings put in. parts: of the board, as
    hil/rigs/spread.py has them. HilError when something is off.
    """
    if on_detect not in ON_DETECT:
        raise HilError(f"on_detect is '{on_detect}'; it must be one of {', '.join(ON_DETECT)}")
    board = open_rig(rig, firmware, **(parts or {}))
    try:
        run = _Replay(board, trace, on_detect, tuple(settings), progress)
        run.operator.listener = listener
        run.begun = begun or run.begun
        return run.run()
    finally:
        board.close()


class _Replay:
    def __init__(
        self, board: Rig, trace: Trace, on_detect: str, settings: tuple[tuple[str, int], ...], progress: Progress | None
    ) -> None:
        self._board = board
        self._trace = trace
        self._on_detect = on_detect
        self._progress = progress or (lambda share: None)
        self.begun: Callable[[str, dict[str, int]], None] = lambda version, put: None
        self._tape = Tape(board, trace)
        self.operator = Operator(board, self._pass_time)
        per_m = round(self._tape.ticks_per_m)
        self._put = (
            ("sweep_mm_s", int(np.clip(self._tape.speed_m_s * 1000, 150, 600))),
            ("sweep_marks", int(on_detect == "mark")),
            ("ticks_per_m", per_m),
            *settings,
        )
        self._steering = Steering(self.operator, self._tape, per_m)
        self._duties = {side: board.pwm(GPIO[f"MOTOR_{side}"]) for side in ("LEFT", "RIGHT")}
        self._duty: dict[str, tuple[int, float]] = {}
        self._driven: set[str] = set()
        self._stopped_ns: int | None = None

    def run(self) -> dict[str, Any]:
        operator = self.operator
        for pwm in self._duties.values():
            pwm.watch()
        firmware = operator.boot()
        operator.settle(_BOOTED_S)
        for name, value in self._put:
            operator.must(f"set {name} {value}")
        self.begun(firmware, dict(self._put))
        operator.must("telemetry on")
        operator.arm()
        operator.settle(_SETTLED_S)
        self._steering.begin()  # first: tracks that roll in ARMED are a fault
        operator.run(operator.to_next_frame_ns())
        self._tape.roll()
        if self._on_detect == "mark":
            ended = self._play_through()
        else:
            ended = self._play()
        if ended == "end" or operator.state == "SWEEP":
            operator.must("disarm")
        operator.run(int(_TAIL_S * NS_PER_S))
        self._progress(1.0)
        status = operator.ask("status")[0]
        return self._result(firmware, ended, status)

    def _pass_time(self, duration_ns: int) -> None:
        """Time passes with the tape running."""
        self._tape.schedule(duration_ns)
        self._board.run(duration_ns)

    def _play_through(self) -> str:
        """Until the tape's end."""
        while not self._tape.finished:
            self._roll_on(_MARK_SLICE_NS)
            if self.operator.state not in GOING:
                self._go_on()
        return "end"

    def _roll_on(self, duration_ns: int) -> None:
        """Play so much of the tape, or what is left of it, or until something has been said."""
        duration_ns = self._steering.due_ns(min(duration_ns, self._tape.left_ns))
        if duration_ns:
            self.operator.run(duration_ns, min(duration_ns, _MARK_SLICE_NS))
        else:
            self._steering.say()
        self._progress(self._tape.share)

    def _go_on(self) -> None:
        """The board has stopped by itself: clear it, and go on once the cause has gone."""
        tape, operator = self._tape, self.operator
        self._steering.end()
        while not tape.finished:
            operator.must("disarm")
            self._roll_on(_CLEAR_NS)
            if tape.finished or " fault=none " not in operator.must("status"):
                continue
            # Small differences in when the board answered end here: runs on different rigs stay alike.
            operator.run(tape.to_mark_ns(_MARK_EVERY_S))
            tape.coast(_REST_S)
            operator.run(int((_REST_S + _TAIL_S) * NS_PER_S), _SLICE_NS)
            try:
                operator.arm()
            except OperatorError:
                tape.go_on()
                continue
            operator.settle(_SETTLED_S)
            self._steering.begin()
            operator.run(operator.to_next_frame_ns())
            tape.go_on()
            return

    def _play(self) -> str:
        """Until the tape's end, or rest after a stop. Returns why it ended."""
        tape, operator, steering = self._tape, self.operator, self._steering
        ended = "end"
        let_go = False
        while not tape.finished:
            self._roll_on(_SLICE_NS)
            if self._stopped_ns is None:
                if steering.by_hand and any(event.kind == "detect" for event in operator.heard.events):
                    # Driven by hand the board tells and goes on: the operator stops it.
                    steering.let_go()
                    let_go = True
                stopped_ns = self._all_stopped()
                # Rolling faster than asked, the motors of a sweep may stand at duty 0 too.
                if stopped_ns is not None and (let_go or operator.state not in GOING or self._looks()):
                    self._stopped_ns = stopped_ns
                    ended = "stop"
                    steering.end()
                    tape.coast(_REST_S)
            elif tape.resting:
                break
        return ended

    def _looks(self) -> bool:
        """Whether the rover has stopped for a second look. It would go back over its ground, which a tape cannot."""
        return any(event.kind == "look" for event in self.operator.heard.events)

    def _all_stopped(self) -> int | None:
        """When both duties had become 0 after having been driven, else None."""
        for side, pwm in self._duties.items():
            for at_ns, duty in pwm.changes():
                self._duty[side] = (at_ns, duty)
                if duty > 0:
                    self._driven.add(side)
        if len(self._driven) < len(self._duties) or any(duty > 0 for _, duty in self._duty.values()):
            return None
        return max(at_ns for at_ns, _ in self._duty.values())

    def _result(self, firmware: str, ended: str, status: str) -> dict[str, Any]:
        """The JSON of docs/recordings.md: times and places are the trace's own."""
        start_ns = self._tape.started_ns
        loops = [frame.fields for frame in self.operator.heard.frames if frame.name == "LOOP"]
        result: dict[str, Any] = {
            "rig": self._board.name,
            "firmware": firmware,
            "trace": self._trace.name,
            "on_detect": self._on_detect,
            "duration_s": round((self._board.now_ns - start_ns) / NS_PER_S, 3),
            "ended": ended,
            "driven": [{"t_s": round(self._tape.own_s(at_s), 3), "how": how} for at_s, how in self._steering.driven],
            "events": self._events(),
            "outputs": {"status": status, "telemetry": self.operator.counts.as_dict()},
            "cpu_load": round(sum(loop["load_pm"] for loop in loops) / len(loops) / 1000, 4) if loops else None,
            "heap_free_min": min((loop["heap_free"] for loop in loops), default=None),
            "jitter_max_us": max((loop["jitter_max_us"] for loop in loops), default=None),
        }
        if self._stopped_ns is not None:
            result["outputs"]["duty_0_t_s"] = round(self._tape.t_s_at(self._stopped_ns), 4)
            result["outputs"]["duty_0_s_m"] = round(self._tape.s_m_at(self._stopped_ns), 4)
        return result

    def _events(self) -> list[dict[str, Any]]:
        """The events in order. `detect` is what a run declares: with 'stop' the alert, at the coil's place; with 'mark'
        the contact, at its peak, and the alerts before it are told as `alert`.
        """
        rows = []
        for row in (self._event(event) for event in self.operator.heard.events if self._in_trace(event)):
            if self._on_detect == "mark" and row["kind"] == "detect":
                row["kind"] = "alert"
            rows.append(row)
            if self._on_detect == "mark" and row["kind"] == "contact":
                rows.append({**row, "kind": "detect"})
        return rows

    def _in_trace(self, event: Event) -> bool:
        return self.operator.rig_ns(event.t_ms) >= self._tape.started_ns - _ARMED_NS

    @cached_property
    def _origin_m(self) -> float:
        """The trace's place of the zero of the board's odometer: armed first, the rover stands at the trace's start."""
        armed = next(event for event in self.operator.heard.events if event.kind == "state")
        return self._tape.first_s_m - armed.s_mm / 1000

    def _event(self, event: Event) -> dict[str, Any]:
        """An event in the trace's time and place; places in millimetres of the board's odometer are moved likewise."""
        row = event.as_dict()
        at_ns = self.operator.rig_ns(event.t_ms)
        row["t_s"] = round(self._tape.t_s_at(at_ns), 3)
        row["s_m"] = round(event.s_mm / 1000 + self._origin_m, 3)
        if "peak_mm" in row:
            # A contact is told when the object has been passed; its place is the peak's.
            row["s_m"] = row["peak_m"] = round(row.pop("peak_mm") / 1000 + self._origin_m, 3)
        return row
