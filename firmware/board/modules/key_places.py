"""Where the team's key lies in flash: a sector of each update slot that no update and no file system touches."""

import rp2
from flash_layout import KEY_SECTOR, SECTOR_BYTES, SLOT_OFFSETS

PAGE_BYTES = 256
_IOCTL_ERASE = 6
_SLOTS = ("a", "b")


def _sector(place):
    return rp2.Flash(start=SLOT_OFFSETS[_SLOTS[place]] + KEY_SECTOR * SECTOR_BYTES, len=SECTOR_BYTES)


def read(place):
    """The first page of place 0 or 1."""
    page = bytearray(PAGE_BYTES)
    _sector(place).readblocks(0, page, 0)
    return bytes(page)


def write(place, page):
    """Put a page there, in place of the old one. OSError when flash refuses. Never while armed: interrupts are off, 45
    ms and more."""
    sector = _sector(place)
    sector.ioctl(_IOCTL_ERASE, 0)
    sector.writeblocks(0, page, 0)
