"""The cache between core and flash: what it costs, and where it misses (node/cpu/xip_cache.mjs is the model)."""

from __future__ import annotations

from dataclasses import dataclass

from hil.rigs.virtual.chip import Chip

# What a miss is taken to cost. Eight clocks of address, four of waiting and eight of data at half of clk_sys are 40;
# with what the SSI adds, 44 to 52 (not measured on a chip yet: docs/rigs.md).
XIP_MISS_CLK = 48
XIP_MISS_CLK_MOST = 1000


@dataclass(frozen=True)
class XipCounts:
    """Accesses since the chip's last reset (words of code fetched, loads from the XIP window), and which missed."""

    accesses: int
    misses: int


class Xip:
    """Of a chip without the cache (`xip_miss_clk=0`) nothing is counted."""

    def __init__(self, chip: Chip) -> None:
        self._chip = chip

    @property
    def counts(self) -> XipCounts:
        """As they stand now."""
        return XipCounts(*self._chip.call("xipCounts"))

    def record(self, on: bool = True) -> None:
        """Count misses by address, from zero, from now on; or no more."""
        self._chip.call("xipRecord", on)

    def misses(self) -> dict[int, int]:
        """Address of a word in flash -> misses there, since `record`."""
        return {0x10000000 + 4 * word: count for word, count in self._chip.call("xipMisses")}
