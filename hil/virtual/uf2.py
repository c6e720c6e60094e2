"""UF2 files into flash images, with the checks a boot ROM makes and the ones a person would want."""

from __future__ import annotations

import struct
from pathlib import Path

from hil.virtual.errors import VirtualPicoError

FLASH_BASE = 0x10000000
FLASH_SIZE = 2 * 1024 * 1024
RP2040_FAMILY = 0xE48BFF56
_BLOCK = 512
_MAGIC = (0x0A324655, 0x9E5D5157, 0x0AB16F30)
_FLAG_NOT_MAIN_FLASH = 0x00000001
_FLAG_FAMILY = 0x00002000


def read_uf2(path: Path) -> list[tuple[int, bytes]]:
    """The file's blocks as (offset in flash, data).

    Raises VirtualPicoError when it is not a whole UF2 for the RP2040's flash.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise VirtualPicoError(
            f"cannot read the UF2 {path}: {error.strerror}; build it with `make firmware`"
        ) from error
    return parse_uf2(content, str(path))


def parse_uf2(content: bytes, name: str = "UF2") -> list[tuple[int, bytes]]:
    """Like `read_uf2`, of bytes; `name` is for messages."""
    if len(content) == 0 or len(content) % _BLOCK:
        raise VirtualPicoError(
            f"{name}: {len(content)} bytes is not a whole number of 512-byte blocks; the file is cut off"
        )
    blocks: dict[int, tuple[int, bytes]] = {}
    expected = None
    for at in range(0, len(content), _BLOCK):
        start0, start1, flags, target, size, number, count, family = struct.unpack_from("<8I", content, at)
        (end,) = struct.unpack_from("<I", content, at + _BLOCK - 4)
        if (start0, start1, end) != _MAGIC:
            raise VirtualPicoError(f"{name}: block {at // _BLOCK} is not a UF2 block; take another file")
        if flags & _FLAG_NOT_MAIN_FLASH:
            continue
        if flags & _FLAG_FAMILY and family != RP2040_FAMILY:
            raise VirtualPicoError(f"{name}: made for family 0x{family:08x}, not for the RP2040; take the Pico's file")
        if size > 476 or not FLASH_BASE <= target <= FLASH_BASE + FLASH_SIZE - size:
            raise VirtualPicoError(f"{name}: block {number} goes to 0x{target:08x}, outside of the Pico's flash")
        expected = count
        blocks[number] = (target - FLASH_BASE, content[at + 32 : at + 32 + size])
    if expected is None or len(blocks) != expected:
        raise VirtualPicoError(f"{name}: {len(blocks)} of {expected or 0} blocks; the file is not whole")
    return [blocks[number] for number in sorted(blocks)]


def to_image(blocks: list[tuple[int, bytes]], base: bytes | None = None) -> bytes:
    """A whole flash image: `base` (or erased flash) with the sectors of the blocks erased and programmed."""
    image = bytearray(base if base is not None else b"\xff" * FLASH_SIZE)
    if len(image) > FLASH_SIZE:
        raise VirtualPicoError(f"a flash image of {len(image)} bytes does not fit the Pico's {FLASH_SIZE}")
    image += b"\xff" * (FLASH_SIZE - len(image))
    for sector in {offset & ~0xFFF for offset, _ in blocks}:
        image[sector : sector + 4096] = b"\xff" * 4096
    for offset, data in blocks:
        image[offset : offset + len(data)] = data
    return bytes(image)
