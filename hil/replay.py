"""Open loop: a recording is played into a rig and the outputs are judged.

The rig does what a person would: closes the emergency-stop loop, turns the key, arms by the console, starts the sweep.
Until then the trace's first second is played forwards and backwards, standing, so that the detector sees real noise.
With on_detect 'stop' the tracks come to rest once both duties are 0, and the replay ends there; with 'mark' it plays
through.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

from hil.errors import HilError
from hil.operator import Operator
from hil.rig import NS_PER_MS, NS_PER_S, Rig, open_rig
from hil.tape import Tape
from sapper.pins import GPIO
from sapper_host.decoder import Event
from sapper_host.trace import Trace

ON_DETECT = ("stop", "mark")
_SLICE_NS = 10 * NS_PER_MS
_REST_S = 0.25  # how long tracks of this kind roll once the motors are off
_TAIL_S = 0.6  # played after the trace's end, standing, so that a last contact can be completed
_BOOTED_S = 0.4

Progress = Callable[[float], None]


def replay(
    trace: Trace,
    rig: str = "virtual",
    on_detect: str = "stop",
    settings: Iterable[tuple[str, int]] = (),
    firmware: Path | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Play `trace` into the rig of that name; returns the result described in docs/recordings.md.

    settings: (name, value) put in before arming. progress: told the share done, 0..1. HilError when something is off.
    """
    if on_detect not in ON_DETECT:
        raise HilError(f"on_detect is '{on_detect}'; it must be one of {', '.join(ON_DETECT)}")
    board = open_rig(rig, firmware)
    try:
        return _Replay(board, trace, on_detect, tuple(settings), progress).run()
    finally:
        board.close()


class _Replay:
    def __init__(
        self, board: Rig, trace: Trace, on_detect: str, settings: tuple[tuple[str, int], ...], progress: Progress | None
    ) -> None:
        self._board = board
        self._trace = trace
        self._on_detect = on_detect
        self._settings = settings
        self._progress = progress or (lambda share: None)
        self._tape = Tape(board, trace)
        self._operator = Operator(board, self._pass_time)
        self._duties = {side: board.pwm(GPIO[f"MOTOR_{side}"]) for side in ("LEFT", "RIGHT")}
        self._duty: dict[str, tuple[int, float]] = {}
        self._driven: set[str] = set()
        self._stopped_ns: int | None = None

    def run(self) -> dict[str, Any]:
        operator = self._operator
        for pwm in self._duties.values():
            pwm.watch()
        firmware = operator.boot()
        operator.settle(_BOOTED_S)
        sweep_mm_s = int(np.clip(self._tape.speed_m_s * 1000, 150, 600))
        for name, value in (
            ("sweep_mm_s", sweep_mm_s),
            ("sweep_marks", int(self._on_detect == "mark")),
            *self._settings,
        ):
            operator.must(f"set {name} {value}")
        operator.must("telemetry on")
        operator.arm()
        length_mm = int(self._tape.length_m * 1000) + 100_000
        self._tape.roll()
        operator.must(f"sweep {length_mm}")
        ended = self._play()
        status = operator.ask("status")[0]
        return self._result(firmware, ended, status)

    def _pass_time(self, duration_ns: int) -> None:
        """Time passes with the tape running."""
        end = self._board.now_ns + duration_ns
        while self._board.now_ns < end:
            step = min(_SLICE_NS, end - self._board.now_ns)
            self._tape.schedule(step)
            self._board.run(step)

    def _play(self) -> str:
        """Until the tape's end, or rest after a stop. Returns why it ended."""
        tape, operator = self._tape, self._operator
        ended = "end"
        while not tape.finished:
            operator.run(_SLICE_NS)
            self._progress(tape.share)
            if self._stopped_ns is None:
                self._stopped_ns = self._all_stopped()
                if self._stopped_ns is not None:
                    if self._on_detect == "mark" and self._state() == "SWEEP":
                        self._stopped_ns = None
                        continue
                    ended = "stop"
                    tape.coast(_REST_S)
            elif tape.resting:
                break
        tape.coast(0.0)
        operator.run(int(_TAIL_S * NS_PER_S))
        self._progress(1.0)
        return ended

    def _state(self) -> str:
        states = [event for event in self._operator.heard.events if event.kind == "state"]
        return str(states[-1].args["to"]) if states else "SAFE"

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
        loops = [frame.fields for frame in self._operator.heard.frames if frame.name == "LOOP"]
        result: dict[str, Any] = {
            "rig": self._board.name,
            "firmware": firmware,
            "trace": self._trace.name,
            "on_detect": self._on_detect,
            "duration_s": round((self._board.now_ns - start_ns) / NS_PER_S, 3),
            "ended": ended,
            "events": [self._event(event) for event in self._operator.heard.events if self._in_trace(event)],
            "outputs": {"status": status, "telemetry": self._operator.counts},
            "cpu_load": round(sum(loop["load_pm"] for loop in loops) / len(loops) / 1000, 4) if loops else None,
            "heap_free_min": min((loop["heap_free"] for loop in loops), default=None),
            "jitter_max_us": max((loop["jitter_max_us"] for loop in loops), default=None),
        }
        if self._stopped_ns is not None:
            result["outputs"]["duty_0_t_s"] = round((self._stopped_ns - start_ns) / NS_PER_S, 4)
            result["outputs"]["duty_0_s_m"] = round(self._tape.s_m_at(self._stopped_ns), 4)
        return result

    def _in_trace(self, event: Event) -> bool:
        return self._operator.rig_ns(event.t_ms) >= self._tape.started_ns - _SLICE_NS

    def _event(self, event: Event) -> dict[str, Any]:
        """An event in the trace's time and place; places in millimetres of the board's odometer are moved likewise."""
        row = event.as_dict()
        row["t_s"] = round((self._operator.rig_ns(event.t_ms) - self._tape.started_ns) / NS_PER_S, 3)
        row["s_m"] = round(event.s_mm / 1000 + self._tape.first_s_m, 3)
        if "peak_mm" in row:
            row["peak_m"] = round(row.pop("peak_mm") / 1000 + self._tape.first_s_m, 3)
        return row
