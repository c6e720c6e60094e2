"""Stands in for the board's `sapper_flash`, as its file system uses it. Update slots are for the virtual Pico."""

import rp2

_SECTOR = 4096
_ERASED = b"\xff" * _SECTOR


def is_blank(offset, length):
    """Whether a range of the storage, in whole sectors, is erased."""
    return all(rp2.contents(at, _SECTOR) == _ERASED for at in range(offset, offset + length, _SECTOR))
