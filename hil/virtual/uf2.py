"""UF2 files into flash images, with the checks a boot ROM makes and the ones a person would want."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import NamedTuple

from hil.virtual.errors import VirtualPicoError

FLASH_BASE = 0x10000000
FLASH_SIZE = 2 * 1024 * 1024
RP2040_FAMILY = 0xE48BFF56
BLOCK_SIZE = 512
_LARGEST = 476  # bytes of data in a block
_MAGIC = (0x0A324655, 0x9E5D5157, 0x0AB16F30)
_FLAG_NOT_MAIN_FLASH = 0x00000001
_FLAG_FAMILY = 0x00002000


class Uf2Block(NamedTuple):
    """One block: its number of how many, and what goes where in flash."""

    number: int
    total: int
    offset: int
    data: bytes


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
    if len(content) == 0 or len(content) % BLOCK_SIZE:
        raise VirtualPicoError(
            f"{name}: {len(content)} bytes is not a whole number of 512-byte blocks; the file is cut off"
        )
    blocks: dict[int, Uf2Block] = {}
    for at in range(0, len(content), BLOCK_SIZE):
        block = parse_block(content[at : at + BLOCK_SIZE], name, at // BLOCK_SIZE)
        if block is not None:
            blocks[block.number] = block
    expected = max((block.total for block in blocks.values()), default=0)
    if expected == 0 or len(blocks) != expected:
        raise VirtualPicoError(f"{name}: {len(blocks)} of {expected} blocks; the file is not whole")
    return [(blocks[number].offset, blocks[number].data) for number in sorted(blocks)]


def parse_block(content: bytes, name: str, index: int) -> Uf2Block | None:
    """One 512-byte block; None when it is not for the main flash. `name` and `index` are for messages."""
    start0, start1, flags, target, size, number, count, family = struct.unpack_from("<8I", content)
    (end,) = struct.unpack_from("<I", content, BLOCK_SIZE - 4)
    if (start0, start1, end) != _MAGIC:
        raise VirtualPicoError(f"{name}: block {index} is not a UF2 block; take another file")
    if flags & _FLAG_NOT_MAIN_FLASH:
        return None
    if flags & _FLAG_FAMILY and family != RP2040_FAMILY:
        raise VirtualPicoError(f"{name}: made for family 0x{family:08x}, not for the RP2040; take the Pico's file")
    if size > _LARGEST or not FLASH_BASE <= target <= FLASH_BASE + FLASH_SIZE - size:
        raise VirtualPicoError(f"{name}: block {number} goes to 0x{target:08x}, outside of the Pico's flash")
    return Uf2Block(number, count, target - FLASH_BASE, content[32 : 32 + size])


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
