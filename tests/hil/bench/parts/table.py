"""A modelled bench for the tests of its parts: time that passes as it is waited for."""

from __future__ import annotations

from typing import Any

from hil.bench.config import Config
from hil.bench.parts.models.table import ModelledTable, Rover
from hil.bench.parts.parts import Parts, open_parts


class Table:
    """The modelled chips with a clock, and all that the rover was told, in order."""

    def __init__(self, config: Config | None = None, **how: Any) -> None:
        self.config = config or Config()
        self.now_ns = 0
        self.told: list[tuple[str, bool]] = []
        self.levels_mv: list[float] = []
        self.ma = 40.0
        rover = Rover(lambda name, on: self.told.append((name, on)), self.levels_mv.append, lambda: self.ma)
        self.models = ModelledTable(self.config, rover, lambda: self.now_ns, **how)

    def wait(self, ns: int) -> None:
        """Time passes."""
        self.now_ns += ns

    def parts(self) -> Parts:
        """The parts, opened on the models."""
        return open_parts(self.models.bus(), self.config, self.wait)
