"""Stands in for `uctypes` for what the firmware uses of it: the flash, seen at its address in memory.

There is no image in the simulated flash: what comes before the file system reads as erased.
"""

import rp2
from uctypes import addressof

_FLASH_AT = 0x10000000
_FLASH_BYTES = 2 * 1024 * 1024
_FILE_SYSTEM_AT = _FLASH_BYTES - rp2.FILE_SYSTEM_BYTES


def bytearray_at(address, length):
    """`length` bytes of flash, a copy. ValueError for other memory: the program's own is this machine's."""
    offset = address - _FLASH_AT
    if not 0 <= offset <= _FLASH_BYTES - length:
        raise ValueError("nothing simulated at 0x%08x" % address)
    blank = min(max(0, _FILE_SYSTEM_AT - offset), length)
    kept = rp2.contents(max(0, offset - _FILE_SYSTEM_AT), length - blank)
    return b"\xff" * blank + kept
