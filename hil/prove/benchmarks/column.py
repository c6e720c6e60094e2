"""What a board is measured on: clocks of a flash cache miss, and where its firmware's application runs from.

The slot's board took an update before, as boards in the field do; its application is the same one, from there.
"""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hil.errors import HilError
from hil.prove.benchmarks.row import at_least, at_most
from hil.prove.updates.board import BOOT_NS, SimulatedBoard
from hil.prove.updates.versions import bundle
from hil.rigs.capabilities import Capability, Time
from hil.rigs.firmware import default_uf2
from hil.rigs.registry import open_rig
from hil.rigs.rig import NS_PER_S, PLAYABLE, Rig
from hil.rigs.virtual import VirtualPico
from hil.rigs.virtual.xip import XIP_MISS_CLK
from sapper_host.limits import LIMITS
from sapper_host.update.update import update

NEEDS: tuple[Capability, ...] = (*PLAYABLE, Time)
_MORE_CLK = 70  # should a chip need more: its limits have rows of their own
_ALIKE = {"sapper/link/status.py": "_IN_A_SLOT = 1"}
_PROVED_NS = 2 * NS_PER_S


@dataclass(frozen=True)
class Column:
    """clk: clocks a miss. slot: the application runs from an update slot."""

    clk: int = XIP_MISS_CLK
    slot: bool = False

    @property
    def name(self) -> str:
        """Its head."""
        return f"{self.clk} clk, slot" if self.slot else f"{self.clk} clk"

    def about(self) -> dict[str, object]:
        """As it stands in build/bench.json."""
        return {"xip_miss_clk": self.clk, "slot": self.slot}

    def at_most(self, name: str, scale: float = 1) -> str:
        """A row's limit by its name in the table, as far as it is for boards like this one."""
        return self._bound(at_most, name, scale)

    def at_least(self, name: str, scale: float = 1) -> str:
        """The same for what must not be less."""
        return self._bound(at_least, name, scale)

    def _bound(self, bound: Callable[[str, float], str], name: str, scale: float) -> str:
        if self.clk > _MORE_CLK:
            return ""
        what, _, unit = name.rpartition("_")
        for row in (f"{what}_SLOT_{unit}",) * self.slot + (f"{what}_70CLK_{unit}",) * (self.clk > XIP_MISS_CLK):
            if row in LIMITS:
                return bound(row, scale)
        return bound(name, scale)

    def open(self, rig: str, firmware: Path | None = None) -> Rig:
        """Such a board, freshly powered, with this firmware or the one that was built."""
        if not self.slot:
            return open_rig(rig, firmware, needs=NEEDS, xip_miss_clk=self.clk)
        uf2 = firmware or default_uf2()
        return VirtualPico(uf2, flash_image=_updated(uf2), xip_miss_clk=self.clk)


# What `make bench` measures on; a slot's board at what the chip is taken to need.
COLUMNS = (Column(), Column(_MORE_CLK))
SLOT = Column(slot=True)


@functools.cache
def _updated(uf2: Path) -> bytes:
    """The flash of a board that took an update, and keeps it."""
    with tempfile.TemporaryDirectory(prefix="sapper-bench-") as folder, VirtualPico(uf2) as pico:
        pico.run(BOOT_NS)
        board = SimulatedBoard(pico)
        update(board, bundle(Path(folder) / "one", _ALIKE))
        pico.run(_PROVED_NS)
        pico.power_cut()
        board.reopen(0)
        answer = board.dialog.ask("version")
        if not answer.values()["source"].startswith("slot"):
            raise HilError(f"the board does not run its update: {answer}")
        return pico.flash.image()
