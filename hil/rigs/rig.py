"""What every rig gives that a person can drive: its lines, pins and analogue inputs, in the board's own time.

Times are emulated (or the board's) nanoseconds since the rig was made. `registry.open_rig` makes one by name; nothing
else knows which rig it is. What only some rigs have is in capabilities.py.
"""

from __future__ import annotations

from typing import Any, Protocol

from hil.rigs.capabilities import Analogue, Lines, Pins

NS_PER_S = 1_000_000_000
NS_PER_MS = 1_000_000


class Rig(Lines, Pins, Analogue, Protocol):
    """A board under test."""

    @property
    def name(self) -> str: ...

    @property
    def now_ns(self) -> int: ...

    def run(self, duration_ns: int) -> Any:
        """Let that much of the board's time pass."""

    def close(self) -> None: ...
