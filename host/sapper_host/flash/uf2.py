"""UF2 files: read one whole, and refuse whatever a Pico's boot ROM would misunderstand, before a board is touched.

Format: the UF2 specification (github.com/microsoft/uf2). What the boot ROM takes: RP2040 datasheet, section 2.8.4.2,
and its erratum RP2040-E14: the ROM counts the sectors it has erased by block number, 16 blocks a sector, not by
address, so each 16 blocks must be those of one sector. How it keeps count of a transfer: its published source,
bootrom/virtual_disk.c in raspberrypi/pico-bootrom-rp2040.
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass, field, replace
from pathlib import Path

from sapper_host.errors import SapperError, Status
from sapper_host.flash.binary_info import program
from sapper_host.flash.boot_stage import starts
from sapper_host.flash.build_mark import FLAG_EXTENSION_TAGS, Build, MarkError, read_mark
from sapper_host.outside import bounded

BLOCK_BYTES = 512
PAYLOAD_BYTES = 256
MAGIC_START = (0x0A324655, 0x9E5D5157)
MAGIC_END = 0x0AB16F30
FAMILY_RP2040 = 0xE48BFF56
FLASH_START = 0x10000000
# The Pico's flash: 2 MB (W25Q16JV).
FLASH_BYTES = 2 * 1024 * 1024
# The main RAM, and the flash cache's, which can serve as RAM (datasheet section 2.2): (first, behind the last).
RAM = (0x20000000, 0x20042000)
CACHE_RAM = (0x15000000, 0x15004000)
SECTOR_BYTES = 4096
BLOCKS_PER_SECTOR = SECTOR_BYTES // PAYLOAD_BYTES

FLAG_NOT_MAIN_FLASH = 0x00000001
FLAG_FILE_CONTAINER = 0x00001000
FLAG_FAMILY_PRESENT = 0x00002000

# Other chips whose files are likely to be taken by mistake.
FAMILIES = {
    FAMILY_RP2040: "RP2040",
    0xE48BFF57: "RP2350 or any (absolute addresses)",
    0xE48BFF58: "RP2350 (data)",
    0xE48BFF59: "RP2350 (Arm, secure): a Pico 2",
    0xE48BFF5A: "RP2350 (RISC-V): a Pico 2",
    0xE48BFF5B: "RP2350 (Arm, non-secure): a Pico 2",
    0x68ED2B88: "SAMD21",
    0x55114460: "SAMD51",
    0xADA52840: "nRF52840",
    0x57755A57: "STM32F4",
    0x1C5F21B0: "ESP32",
    0xBFDD4EEE: "ESP32-S2",
    0xC47E5767: "ESP32-S3",
}

NO_MARK = "is damaged (the UF2 mark is missing)"
_HEADER = struct.Struct("<8I")
_COUNT_AT = 24
_BUILD_IT = "build ours with 'make firmware', or fetch the file again"
_RIGHT_FILE = "give the UF2 for the Raspberry Pi Pico (RP2040); ours is build/firmware.uf2"
# Every page of flash in a block of its own, and room for a few that are for another chip.
_BYTES_MAX = 4 * FLASH_BYTES


class Uf2Error(SapperError):
    """A file that is not a whole UF2 for this board: where it is wrong, and what to do."""

    status = Status.BAD_INPUT

    def __init__(self, path: Path, reason: str, remedy: str = _BUILD_IT) -> None:
        super().__init__(f"{path}: {reason}", remedy)
        self.reason = reason


class BlockFault(ValueError):  # noqa: N818 -- what the boot ROM ignores is no error to it
    """512 bytes that the boot ROM programs nowhere; `reason` says why, to stand after the block's name.

    `ends_transfer`: it is a block for this chip, but a senseless one: the boot ROM forgets what it has taken so far.
    """

    def __init__(self, reason: str, ends_transfer: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.ends_transfer = ends_transfer


@dataclass(frozen=True)
class Block:
    """One block: its flags, its number of `count`, and the 256 bytes that go to `address` (absolute)."""

    flags: int
    address: int
    number: int
    count: int
    payload: bytes

    @property
    def in_ram(self) -> bool:
        """Whether it goes to RAM, not to flash."""
        return not FLASH_START <= self.address < FLASH_START + FLASH_BYTES


def parse_block(content: bytes) -> Block:
    """512 bytes as the boot ROM takes them for the Pico's flash or RAM; BlockFault where it would ignore them."""
    start0, start1, flags, address, size, number, count, family = _HEADER.unpack_from(content)
    (end,) = struct.unpack_from("<I", content, BLOCK_BYTES - 4)
    if (start0, start1) != MAGIC_START or end != MAGIC_END:
        raise BlockFault(NO_MARK)
    if not flags & FLAG_FAMILY_PRESENT:
        raise BlockFault("does not say for which chip it is")
    if family != FAMILY_RP2040:
        raise BlockFault(f"is for another chip: {FAMILIES.get(family, 'an unknown chip')} (family {family:#010x})")
    if flags & FLAG_NOT_MAIN_FLASH:
        raise BlockFault(f"is not meant for flash (flags {flags:#x})")
    if size != PAYLOAD_BYTES:
        raise BlockFault(f"holds {size} bytes; the boot ROM takes {PAYLOAD_BYTES}")
    memories = ((FLASH_START, FLASH_START + FLASH_BYTES), RAM, CACHE_RAM)
    if not any(first <= address <= behind - PAYLOAD_BYTES for first, behind in memories):
        reason = f"goes to {address:#010x}, outside the Pico's {FLASH_BYTES // 2**20} MB of flash"
        raise BlockFault(reason, ends_transfer=True)
    if address % PAYLOAD_BYTES:
        raise BlockFault(f"goes to {address:#010x}, which is not at the start of a flash page", ends_transfer=True)
    if number >= count:
        raise BlockFault(f"is number {number} of {count}, counted from 0", ends_transfer=True)
    return Block(flags, address, number, count, content[32 : 32 + PAYLOAD_BYTES])


@dataclass(frozen=True)
class Uf2Image:
    """A checked UF2: `data` is what flash holds from `start` on; `pages` are the addresses that the file writes.

    `content` is the file itself, as it was checked. `build`: what made it says of it, None where nothing does.
    Between pages `data` is 0xff. Addresses are absolute (flash begins at FLASH_START).
    """

    path: Path
    start: int
    data: bytes
    pages: tuple[int, ...]
    content: bytes = field(default=b"", repr=False)
    build: Build | None = None

    @property
    def end(self) -> int:
        """The address after the last byte."""
        return self.start + len(self.data)

    def page(self, address: int) -> bytes:
        """The 256 bytes at `address`, one of `pages`."""
        return self.data[address - self.start : address - self.start + PAYLOAD_BYTES]

    def sha256(self) -> str:
        """SHA-256, in hexadecimal, of all pages in the order of their addresses."""
        return hashlib.sha256(b"".join(map(self.page, self.pages))).hexdigest()

    def program(self) -> tuple[str, str]:
        """Program name and version that the image declares (('', '') where it declares none)."""
        return program(self.data, self.start)


def read_uf2(path: Path) -> Uf2Image:
    """Read and check the UF2 firmware at `path`. Raises Uf2Error with the first fault and its remedy."""
    content, blocks = read_blocks(path)
    in_ram = next((block for block in blocks if block.in_ram), None)
    if in_ram is not None:
        raise Uf2Error(
            path,
            f"is a program for RAM, gone with the power (block {in_ram.number} goes to {in_ram.address:#010x})",
            f"to run it once, copy it onto the drive of a board in BOOTSEL; to flash a board, {_RIGHT_FILE}",
        )
    _check_sectors(path, blocks)
    image = _assemble(path, {block.address: block.payload for block in blocks})
    if image.start != FLASH_START:
        raise Uf2Error(path, f"begins at {image.start:#010x}, not at the start of flash: not a firmware", _RIGHT_FILE)
    if not starts(image.data):
        raise Uf2Error(path, "its first 256 bytes fail the boot ROM's checksum: a board would not start it")
    build = _build(path, content) if blocks[0].flags & FLAG_EXTENSION_TAGS else None
    if build is not None and build.sha256 != image.sha256():
        raise Uf2Error(path, f"is damaged: it does not hold what its build ({build}) made (SHA-256 differs)")
    return replace(image, content=content, build=build)


def read_blocks(path: Path) -> tuple[bytes, list[Block]]:
    """A UF2 for the Pico's flash or RAM: the file, and its blocks, each checked, and that no page comes twice."""
    content = _content(path)
    if not _has_magic(content):
        raise Uf2Error(path, "is not a UF2 file (its first bytes are not the UF2 mark)", _RIGHT_FILE)
    if len(content) < BLOCK_BYTES:
        raise Uf2Error(path, f"is cut short: it has {len(content)} bytes, and a block {BLOCK_BYTES}")
    (count,) = struct.unpack_from("<I", content, _COUNT_AT)
    if len(content) % BLOCK_BYTES or len(content) < count * BLOCK_BYTES:
        found = f"{len(content) / BLOCK_BYTES:.1f} of {count} blocks of {BLOCK_BYTES} bytes"
        raise Uf2Error(path, f"is cut short: {found}")
    count = len(content) // BLOCK_BYTES
    blocks = [_block(path, content, number, count) for number in range(count)]
    seen: set[int] = set()
    for block in blocks:
        if block.address in seen:
            raise Uf2Error(path, f"block {block.number} writes {block.address:#010x} a second time")
        seen.add(block.address)
    return content, blocks


def _content(path: Path) -> bytes:
    """All of a file that can be one; devices and pipes are not asked: they may have no end."""
    check = "check the file's name and its permissions"
    try:
        if path.exists() and not path.is_file():
            raise Uf2Error(path, "is not a file", check)
        content = bounded.read(path, _BYTES_MAX)
    except FileNotFoundError:
        raise Uf2Error(path, "is not there", "check its name; `make firmware` makes build/firmware.uf2") from None
    except OSError as error:
        raise Uf2Error(path, f"cannot be read: {error.strerror}", check) from error
    except ValueError as error:
        raise Uf2Error(path, f"is larger than any firmware for the Pico: {error}", _RIGHT_FILE) from None
    if not content:
        raise Uf2Error(path, "is empty", _RIGHT_FILE)
    return content


def _build(path: Path, content: bytes) -> Build | None:
    try:
        return read_mark(content[_HEADER.size + PAYLOAD_BYTES : BLOCK_BYTES - 4])
    except MarkError as error:
        raise Uf2Error(path, f"is damaged: what its build says of it {error}") from None


def safe_order(content: bytes) -> bytes:
    """The blocks of a checked UF2 as they are best sent: so that the copy can end anywhere, and any number of times.

    First a block that programs nothing but makes the boot ROM forget an earlier transfer: of one with the same count of
    blocks it would keep those it has. Then the second block: with it the first sector is erased.
    The first block, the boot stage, comes last: until then a board that loses its power comes up in BOOTSEL by itself
    instead of starting half a firmware.
    """
    forget = bytearray(content[:BLOCK_BYTES])
    struct.pack_into("<I", forget, _COUNT_AT, 0)
    first, second, rest = content[:BLOCK_BYTES], content[BLOCK_BYTES : 2 * BLOCK_BYTES], content[2 * BLOCK_BYTES :]
    return bytes(forget) + second + rest + first


def _check_sectors(path: Path, blocks: list[Block]) -> None:
    """No two sectors among the 16 blocks that the boot ROM takes for one (erratum RP2040-E14)."""
    sectors: dict[int, int] = {}
    for block in blocks:
        sector, group = block.address // SECTOR_BYTES, block.number // BLOCKS_PER_SECTOR
        if sectors.setdefault(group, sector) != sector:
            reason = f"block {block.number} begins a sector of flash that the boot ROM would not erase (RP2040-E14)"
            raise Uf2Error(path, reason, _RIGHT_FILE)


def _has_magic(content: bytes) -> bool:
    return content[:8] == struct.pack("<2I", *MAGIC_START)


def _block(path: Path, content: bytes, number: int, blocks: int) -> Block:
    """Block `number` of the file, every field of it checked."""
    offset = number * BLOCK_BYTES
    try:
        block = parse_block(content[offset : offset + BLOCK_BYTES])
    except BlockFault as fault:
        remedy = _BUILD_IT if fault.reason == NO_MARK else _RIGHT_FILE
        which = f"block {number} " if number else ""
        raise Uf2Error(path, f"{which}{fault.reason}", remedy) from None
    if block.flags & FLAG_FILE_CONTAINER:
        raise Uf2Error(path, f"block {number} is not meant for flash (flags {block.flags:#x})", _RIGHT_FILE)
    if block.count != blocks:
        raise Uf2Error(path, f"block {number} says there are {block.count} blocks, the file has {blocks}")
    if block.number != number:
        raise Uf2Error(path, f"block {block.number} is where block {number} should be")
    return block


def _assemble(path: Path, pages: dict[int, bytes]) -> Uf2Image:
    start = min(pages)
    data = bytearray(b"\xff" * (max(pages) + PAYLOAD_BYTES - start))
    for address, payload in pages.items():
        data[address - start : address - start + PAYLOAD_BYTES] = payload
    return Uf2Image(path, start, bytes(data), tuple(sorted(pages)))
