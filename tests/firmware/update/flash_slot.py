"""A slot of flash in memory, as awkward as the chip: programming only clears bits, and the power can go in between."""

import flash_layout

SECTOR = flash_layout.SECTOR_BYTES


class PowerGone(BaseException):
    """The power went."""


class FlashSlot(bytearray):
    """A block device that reads as a buffer. cut_after: operations until the power goes (None: never)."""

    def __new__(cls, *_args, **_named):
        return super().__new__(cls, flash_layout.SLOT_BYTES)

    def __init__(self, cut_after=None):
        super().__init__(b"\xff" * flash_layout.SLOT_BYTES)
        self.cut_after = cut_after
        self.operations = 0

    def _begin(self):
        if self.cut_after is not None and self.operations >= self.cut_after:
            raise PowerGone
        self.operations += 1

    def erase(self, sector, count):
        """Blank."""
        self._begin()
        self[sector * SECTOR : (sector + count) * SECTOR] = b"\xff" * (count * SECTOR)

    def writeblocks(self, number, buffer, offset):
        """Program, page by page."""
        for page in range(0, len(buffer), 256):
            self._begin()
            at = number * SECTOR + offset + page
            for i in range(256):
                self[at + i] &= buffer[page + i]
