"""Frames by the table of wire.py: found in what the host sends, headed and closed in what it gets. Nothing allocated.

Viper, and the same under CPython: of a sum of 32 bits the upper ones are masked after each shift.
"""

from array import array

import micropython
from micropython import const

_START = const(0xA5)
_HEAD = const(4)
_CRC = const(4)
_MOST = const(2048)
_LAST_KIND = const(6)
_POLYNOMIAL = 0xEDB88320


def _table():
    rows = array("I", [0] * 256)
    for i in range(256):
        value = i
        for _ in range(8):
            value = value >> 1 ^ (_POLYNOMIAL if value & 1 else 0)
        rows[i] = value
    return rows


TABLE = _table()


@micropython.viper
def close(buffer, kind: int, length: int, table) -> int:
    """Heads the payload of `length` bytes that stands behind the head's place, and closes the frame; its length."""
    b = ptr8(buffer)
    t = ptr32(table)
    b[0] = _START
    b[1] = kind
    b[2] = length & 0xFF
    b[3] = length >> 8
    end = _HEAD + length
    crc = -1
    i = 0
    while i < end:
        crc = ((crc >> 8) & 0xFFFFFF) ^ t[(crc ^ b[i]) & 0xFF]
        i += 1
    crc = crc ^ -1
    i = 0
    while i < _CRC:
        b[end + i] = crc & 0xFF
        crc = crc >> 8
        i += 1
    return end + _CRC


@micropython.viper
def find(buffer, fill: int, table) -> int:
    """What stands at the beginning of buffer[:fill]: the length (> 0) of a whole frame; 0: of one, so far a part;
    < 0: so many bytes that belong to none."""
    b = ptr8(buffer)
    t = ptr32(table)
    i = 0
    while i < fill and b[i] != _START:
        i += 1
    if i:
        return 0 - i
    if fill < _HEAD:
        return 0
    length = b[2] | b[3] << 8
    if b[1] == 0 or b[1] > _LAST_KIND or length > _MOST:
        return -1
    end = _HEAD + length
    if fill < end + _CRC:
        return 0
    crc = -1
    while i < end:
        crc = ((crc >> 8) & 0xFFFFFF) ^ t[(crc ^ b[i]) & 0xFF]
        i += 1
    crc = crc ^ -1
    i = 0
    while i < _CRC:
        if b[end + i] != crc & 0xFF:
            return -1
        crc = crc >> 8
        i += 1
    return end + _CRC
