"""A rig's board on pseudo-terminals, run by a thread: the real firmware, for the verbs to talk to as to any board.

It keeps the laptop's time and is never ahead of it. A board that ran faster than its laptop, as sil can, has another
time than it was given as soon as the machine is busy: provisioning then refused its clock, once in a while.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import closing
from typing import Any

import numpy as np

from hil.rigs.registry import open_rig
from hil.rigs.rig import NS_PER_MS, NS_PER_S
from hil.serve.terminal_line import TerminalLine

GATES_MV = (1700.0, 1650.0, 1600.0)
NOISE_MV = (2.0, 1.0, 1.0)
_NOISE_NS = 500_000
_TURN_NS = 5 * NS_PER_MS
_YIELD_S = 0.001  # for whoever waits for the lock


class RigBoard:
    """Use as a context manager. `port` and `radio` are the paths to open. `on_rig` does something to the rig while it
    stands, between two turns."""

    def __init__(self, name: str, **options: Any) -> None:
        self.rig = open_rig(name, **options)
        self._lines = (TerminalLine(), TerminalLine())
        self.port, self.radio = (line.path for line in self._lines)
        self._ends = (self.rig.usb, self.rig.uart[0])
        self._lock = threading.Lock()
        self._leave = threading.Event()
        self._thread = threading.Thread(target=self._run, name="rig", daemon=True)
        self.error: Exception | None = None

    def __enter__(self) -> RigBoard:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._leave.set()
        self._thread.join(timeout=30)
        with closing(self.rig), closing(self._lines[0]), closing(self._lines[1]):
            assert not self._thread.is_alive()
        if self.error:
            raise self.error

    def on_rig(self, work: Callable[[Any], Any]) -> Any:
        """work(rig), and its result."""
        with self._lock:
            return work(self.rig)

    def can_see(self, seconds: float = 120.0) -> None:
        """Gates as of a coil in air, with noise, so that the self-test finds nothing wrong."""

        def play(rig: Any) -> None:
            random = np.random.default_rng(4)
            times = rig.now_ns + np.arange(0, int(seconds * NS_PER_S), _NOISE_NS, dtype=np.int64)
            for gate, (level, noise) in enumerate(zip(GATES_MV, NOISE_MV, strict=True)):
                rig.adc.play(gate, times, level + noise * random.standard_normal(len(times)), "hold")

        self.on_rig(play)

    def _run(self) -> None:
        due_s = time.monotonic()
        try:
            # Time that was lost is not caught up: that, too, would be running faster than the laptop.
            while not self._leave.wait(max(_YIELD_S, due_s - time.monotonic())):
                due_s = max(due_s, time.monotonic()) + _TURN_NS / NS_PER_S
                with self._lock:
                    self._turn()
        except Exception as error:  # told where the test ends, not lost with the thread
            self.error = error

    def _turn(self) -> None:
        for line, end in zip(self._lines, self._ends, strict=True):
            data = line.take()
            if data:
                end.write(data)
        self.rig.run(_TURN_NS)
        for line, end in zip(self._lines, self._ends, strict=True):
            line.give(b"".join(data for _, data in end.read()))
