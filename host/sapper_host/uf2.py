"""UF2 files: read one whole, and refuse whatever a Pico's boot ROM would misunderstand, before a board is touched.

Format: the UF2 specification (github.com/microsoft/uf2). What the boot ROM takes: RP2040 datasheet, section 2.8.4.2.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .errors import SapperError, Status

BLOCK_BYTES = 512
PAYLOAD_BYTES = 256
MAGIC_START = (0x0A324655, 0x9E5D5157)
MAGIC_END = 0x0AB16F30
FAMILY_RP2040 = 0xE48BFF56
FLASH_START = 0x10000000
# The Pico's flash: 2 MB (W25Q16JV).
FLASH_BYTES = 2 * 1024 * 1024

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

_HEADER = struct.Struct("<8I")
_BUILD_IT = "build ours with 'make firmware', or fetch the file again"
_RIGHT_FILE = "give the UF2 for the Raspberry Pi Pico (RP2040); ours is build/firmware.uf2"

# Binary information, as `picotool info` reads it: Pico SDK, src/common/pico_binary_info.
_BI_MARKER_START = 0x7188EBF2
_BI_MARKER_END = 0xE71AA390
_BI_TYPE_ID_AND_STRING = 6
_BI_TAG_RASPBERRY_PI = 0x5052
_BI_PROGRAM_NAME = 0x02031C86
_BI_PROGRAM_VERSION = 0x11A9BC3A
_BI_SEARCH_BYTES = 1024
_BOOT2_BYTES = 256


class Uf2Error(SapperError):
    """A file that is not a whole UF2 for this board: where it is wrong, and what to do."""

    status = Status.BAD_INPUT

    def __init__(self, path: Path, reason: str, remedy: str = _BUILD_IT) -> None:
        super().__init__(f"{path}: {reason}", remedy)
        self.reason = reason


@dataclass(frozen=True)
class Uf2Image:
    """A checked UF2: `data` is what flash holds from `start` on; `pages` are the addresses that the file writes.

    Between pages `data` is 0xff. Addresses are absolute (flash begins at FLASH_START).
    """

    path: Path
    start: int
    data: bytes
    pages: tuple[int, ...]

    @property
    def end(self) -> int:
        """The address after the last byte."""
        return self.start + len(self.data)

    def program(self) -> tuple[str, str]:
        """Program name and version that the image declares (('', '') where it declares none)."""
        found = dict(_binary_info(self))
        return found.get(_BI_PROGRAM_NAME, ""), found.get(_BI_PROGRAM_VERSION, "")


def read_uf2(path: Path) -> Uf2Image:
    """Read and check the UF2 firmware at `path`. Raises Uf2Error with the first fault and its remedy."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise Uf2Error(
            path, f"cannot be read: {error.strerror}", "check the file's name and its permissions"
        ) from error
    if len(content) < BLOCK_BYTES:
        raise Uf2Error(path, f"is {len(content)} bytes long: not a UF2 file", _RIGHT_FILE)
    count = struct.unpack_from("<I", content, 24)[0] if _has_magic(content, 0) else 0
    if len(content) % BLOCK_BYTES or (count and len(content) < count * BLOCK_BYTES):
        expected = f" of {count}" if count else ""
        raise Uf2Error(path, f"is cut short: {len(content) / BLOCK_BYTES:.1f}{expected} blocks of {BLOCK_BYTES} bytes")
    pages: dict[int, bytes] = {}
    blocks = len(content) // BLOCK_BYTES
    for number in range(blocks):
        address, payload = _block(path, content, number, blocks)
        if address in pages:
            raise Uf2Error(path, f"block {number} writes {address:#010x} a second time")
        pages[address] = payload
    image = _assemble(path, pages)
    if image.start != FLASH_START:
        raise Uf2Error(path, f"begins at {image.start:#010x}, not at the start of flash: not a firmware", _RIGHT_FILE)
    _check_boot2(path, image.data[:_BOOT2_BYTES])
    return image


def _has_magic(content: bytes, number: int) -> bool:
    return struct.unpack_from("<2I", content, number * BLOCK_BYTES) == MAGIC_START


def _block(path: Path, content: bytes, number: int, blocks: int) -> tuple[int, bytes]:
    """Address and payload of block `number`, every field of it checked."""
    offset = number * BLOCK_BYTES
    _, _, flags, address, size, sequence, count, family = _HEADER.unpack_from(content, offset)
    (end,) = struct.unpack_from("<I", content, offset + BLOCK_BYTES - 4)
    if not _has_magic(content, number) or end != MAGIC_END:
        if number == 0:
            raise Uf2Error(path, "is not a UF2 file (its first bytes are not the UF2 mark)", _RIGHT_FILE)
        raise Uf2Error(path, f"block {number} is damaged (the UF2 mark is missing)")
    if not flags & FLAG_FAMILY_PRESENT:
        raise Uf2Error(path, f"block {number} does not say for which chip it is", _RIGHT_FILE)
    if family != FAMILY_RP2040:
        name = FAMILIES.get(family, "an unknown chip")
        raise Uf2Error(path, f"is for another chip: {name} (family {family:#010x}, block {number})", _RIGHT_FILE)
    if flags & (FLAG_NOT_MAIN_FLASH | FLAG_FILE_CONTAINER):
        raise Uf2Error(path, f"block {number} is not meant for flash (flags {flags:#x})", _RIGHT_FILE)
    if count != blocks:
        raise Uf2Error(path, f"block {number} says there are {count} blocks, the file has {blocks}")
    if sequence != number:
        raise Uf2Error(path, f"block {sequence} is where block {number} should be")
    if size != PAYLOAD_BYTES:
        raise Uf2Error(path, f"block {number} holds {size} bytes; the boot ROM takes {PAYLOAD_BYTES}")
    if address % PAYLOAD_BYTES:
        raise Uf2Error(path, f"block {number}: address {address:#010x} is not at the start of a flash page")
    if not FLASH_START <= address <= FLASH_START + FLASH_BYTES - PAYLOAD_BYTES:
        reason = f"block {number}: address {address:#010x} is outside the Pico's {FLASH_BYTES // 2**20} MB of flash"
        raise Uf2Error(path, reason, _RIGHT_FILE)
    return address, content[offset + 32 : offset + 32 + PAYLOAD_BYTES]


def _assemble(path: Path, pages: dict[int, bytes]) -> Uf2Image:
    start = min(pages)
    data = bytearray(b"\xff" * (max(pages) + PAYLOAD_BYTES - start))
    for address, payload in pages.items():
        data[address - start : address - start + PAYLOAD_BYTES] = payload
    return Uf2Image(path, start, bytes(data), tuple(sorted(pages)))


def boot2_checksum(code: bytes) -> int:
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


def _check_boot2(path: Path, boot2: bytes) -> None:
    (stored,) = struct.unpack_from("<I", boot2, _BOOT2_BYTES - 4)
    if boot2_checksum(boot2[:-4]) != stored:
        raise Uf2Error(path, "its first 256 bytes fail the boot ROM's checksum: a board would not start it")


def _binary_info(image: Uf2Image) -> Iterator[tuple[int, str]]:
    """(id, text) of the strings that the program declares about itself. Nothing if the table is not there or broken."""
    for offset in range(_BOOT2_BYTES, min(_BI_SEARCH_BYTES, len(image.data) - 20), 4):
        first, table, table_end, _, last = struct.unpack_from("<5I", image.data, offset)
        if first == _BI_MARKER_START and last == _BI_MARKER_END:
            for pointer in range(table, table_end, 4):
                entry = _word(image, pointer)
                if entry is not None and _word(image, entry) == _BI_TYPE_ID_AND_STRING | _BI_TAG_RASPBERRY_PI << 16:
                    identity, text = _word(image, entry + 4), _word(image, entry + 8)
                    if identity is not None and text is not None:
                        yield identity, _text(image, text)
            return


def _word(image: Uf2Image, address: int) -> int | None:
    offset = address - image.start
    if not 0 <= offset <= len(image.data) - 4:
        return None
    return int(struct.unpack_from("<I", image.data, offset)[0])


def _text(image: Uf2Image, address: int) -> str:
    offset = address - image.start
    if not 0 <= offset < len(image.data):
        return ""
    end = image.data.find(b"\0", offset, offset + 256)
    return image.data[offset : end if end >= 0 else offset].decode("ascii", "replace")
