"""Two wires with chips on them: bytes, acknowledges, and what holds the data line low.

A chip is called byte by byte, as it hears them. What goes wrong is put in here: a chip that does not answer, a data
line that a chip holds in the middle of a byte (clocks free it), or that a solder bridge holds for good.
"""

from __future__ import annotations

import random
from typing import Protocol

GENERAL_CALL = 0x00


class NackError(Exception):
    """Nobody pulled the data line low for an acknowledge."""


class HeldError(Exception):
    """The data line is low though nobody should hold it."""


class WiredChip(Protocol):
    """A chip as the wires see it."""

    name: str

    def addressed(self, address: int, reading: bool) -> bool:
        """Its address, or the general call's, was sent; whether it acknowledges."""

    def take(self, byte: int) -> bool:
        """A byte for it; whether it acknowledges."""

    def give(self) -> int:
        """A byte from it."""

    def stop(self) -> None:
        """The transfer has ended."""


class Wire:
    """The bus. clocks_to_free: how many clocks the holder of the data line still needs; 0: free; -1: held for good."""

    def __init__(self, seed: int = 0) -> None:
        self.chips: list[WiredChip] = []
        self.clocks_to_free = 0
        self.transfers = 0
        # The share of addressings that come to nothing: a loose contact.
        self.loose = 0.0
        self._random = random.Random(seed)

    @property
    def held(self) -> bool:
        """Whether somebody holds the data line."""
        return self.clocks_to_free != 0

    def clock(self, pulses: int) -> None:
        """Pulses on the clock line, which a chip in the middle of a byte shifts its bits out by."""
        if self.clocks_to_free > 0:
            self.clocks_to_free = max(0, self.clocks_to_free - pulses)

    def transfer(self, address: int, out: bytes | None, count: int) -> bytes:
        """Write `out` (None: nothing is written, no write addressing), then read `count` bytes after another start."""
        if self.held:
            raise HeldError
        self.transfers += 1
        heard: list[WiredChip] = []
        given = b""
        try:
            if out is not None:
                heard = self._addressed(address, reading=False)
                for byte in out:
                    if not any([chip.take(byte) for chip in heard]):
                        raise NackError
            if count:
                heard = self._addressed(address, reading=True)
                # Several chips at one address: a low bit of any wins.
                rows = [[chip.give() for _ in range(count)] for chip in heard]
                given = bytes(_anded(column) for column in zip(*rows, strict=True))
        finally:
            for chip in heard:
                chip.stop()
        return given

    def _addressed(self, address: int, reading: bool) -> list[WiredChip]:
        if self.loose and self._random.random() < self.loose:
            raise NackError
        heard = [chip for chip in self.chips if chip.addressed(address, reading)]
        if not heard:
            raise NackError
        return heard


def _anded(column: tuple[int, ...]) -> int:
    byte = 0xFF
    for each in column:
        byte &= each
    return byte
