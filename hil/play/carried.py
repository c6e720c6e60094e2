"""A rig whose coil is carried from step to step of a calibration: each step's trace is played while it lasts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from hil.play.operator import Operator
from hil.play.tape import Tape
from hil.rigs.registry import open_rig
from hil.rigs.rig import NS_PER_MS, NS_PER_S
from sapper_host.board.dialog import Dialog
from sapper_host.recordings.trace import Trace

_SLICE_NS = 10 * NS_PER_MS


class CarriedCoil:
    """A context manager. `dialog` speaks to the board, whose time passes while it listens; `show` brings the coil to
    where a step has it.

    traces: by step, the first of them is where the coil is at power-up. HilError when rig, firmware or trace cannot be
    had.
    """

    def __init__(self, rig: str, traces: Mapping[str, Trace], firmware: Path | None = None) -> None:
        self.rig = open_rig(rig, firmware)
        try:
            self._traces = traces
            self._tape = Tape(self.rig, next(iter(traces.values())))
            self._operator = Operator(self.rig, self._run)
            self._operator.boot()
        except BaseException:
            self.rig.close()
            raise
        self.dialog = Dialog(self, self.clock)

    def __enter__(self) -> CarriedCoil:
        return self

    def __exit__(self, *_: object) -> None:
        self.rig.close()

    def clock(self) -> float:
        """The board's seconds."""
        return self.rig.now_ns / NS_PER_S

    def show(self, step: str) -> None:
        """The coil is where this step has it, and its trace begins with a frame of the converter's."""
        self._run(self._operator.to_next_frame_ns())
        self._tape = Tape(self.rig, self._traces[step])
        self._tape.roll()

    def read_some(self) -> bytes:
        """What the board says within a slice of its time."""
        self._run(_SLICE_NS)
        return b"".join(data for _, data in self.rig.usb.read())

    def write(self, data: bytes) -> None:
        """Queue bytes for the board."""
        self.rig.usb.write(data)

    def close(self) -> None:
        """The line has nothing to let go of."""

    def _run(self, duration_ns: int) -> None:
        self._tape.schedule(duration_ns)
        self.rig.run(duration_ns)
