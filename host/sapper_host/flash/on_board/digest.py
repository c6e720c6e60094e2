# Runs on the board, sent over MicroPython's raw prompt: tells what really is in its flash.
import binascii
import hashlib

import uctypes  # type: ignore[import-not-found]  # MicroPython's own

_FLASH_START = 0x10000000
_STEP = 4096


def digest(offset, length):  # type: ignore[no-untyped-def]
    """SHA-256, in hexadecimal, of `length` bytes of flash from `offset` on."""
    total = hashlib.sha256()
    for at in range(offset, offset + length, _STEP):
        total.update(uctypes.bytearray_at(_FLASH_START + at, min(_STEP, offset + length - at)))
    return binascii.hexlify(total.digest()).decode()
