"""The first 256 bytes of flash: the boot stage, which the boot ROM starts if its checksum holds."""

from __future__ import annotations

import struct

_BYTES = 256


def checksum(code: bytes) -> int:
    """The checksum that the boot ROM demands of the first 252 bytes of flash (datasheet section 2.8.1.3.1).

    CRC-32 with polynomial 0x04c11db7, from 0xffffffff, bits not reversed, not inverted at the end.
    """
    crc = 0xFFFFFFFF
    for byte in code:
        crc ^= byte << 24
        for _ in range(8):
            crc = (crc << 1) ^ 0x04C11DB7 if crc & 0x80000000 else crc << 1
        crc &= 0xFFFFFFFF
    return crc


def starts(flash: bytes) -> bool:
    """Whether the boot ROM would start what flash holds from its beginning."""
    (stored,) = struct.unpack_from("<I", flash, _BYTES - 4)
    return checksum(flash[: _BYTES - 4]) == stored
