"""A board under test, in its own time, and one that can be played: with lines, pins and analogue inputs.

Times are emulated (or the board's) nanoseconds since the rig was made. `registry.open_rig` makes one by name; nothing
else knows which rig it is. What only some rigs have is in capabilities.py.
"""

from __future__ import annotations

from typing import Any, Protocol

from hil.rigs.capabilities import Analogue, Capability, Lines, Pins
from sapper.hardware.frame import FRAME_SAMPLES
from sapper.shared.limits import TICK_MS

NS_PER_S = 1_000_000_000
NS_PER_MS = 1_000_000
TICK_NS = TICK_MS * NS_PER_MS  # of the control loop, and a frame of the detector
SAMPLE_NS = TICK_NS // FRAME_SAMPLES  # from one input's sample to the next input's


# What `Rig` is made of: to play a person at a board takes all of them.
PLAYABLE: tuple[Capability, ...] = (Lines, Pins, Analogue)


class Board(Protocol):
    """A board under test, whatever else its rig offers."""

    @property
    def name(self) -> str: ...

    @property
    def now_ns(self) -> int: ...

    def run(self, duration_ns: int) -> Any:
        """Let that much of the board's time pass."""

    def close(self) -> None: ...


class Rig(Board, Lines, Pins, Analogue, Protocol):
    """A board that can be played: spoken to, its pins driven and watched, its inputs given voltages."""
