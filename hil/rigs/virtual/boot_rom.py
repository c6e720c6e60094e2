"""What the boot ROM does with a UF2 that has come whole (RP2040 datasheet, section 2.8.4); it carries it out itself.

Into a firmware in flash the board starts as ever. A program for RAM is started where it lies, at its lowest address, by
the watchdog's scratch registers, which the ROM looks at after a reset (section 2.8.1.1).
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from pathlib import Path

from hil.rigs.virtual.core import Memory
from hil.rigs.virtual.errors import VirtualPicoError
from sapper_host.flash.uf2 import RAM, Block, Uf2Error, read_blocks

_WATCHDOG_CTRL, _SCRATCH4 = 0x40058000, 0x4005801C
_TRIGGER = 1 << 31
# In SCRATCH4, and negated and mixed with the entry in SCRATCH5: then SCRATCH6 is a stack, SCRATCH7 the entry.
_MAGIC = 0xB007C0D3
_THUMB = 1


def ram_blocks(path: Path) -> list[Block]:
    """The blocks of a UF2 that all go to RAM; none when it is for flash, or no UF2 at all.

    VirtualPicoError when it goes to both, which the ROM does not take, or to the cache's RAM, which is not modelled.
    """
    try:
        _, blocks = read_blocks(path)
    except Uf2Error:
        return []
    in_ram = [block for block in blocks if block.in_ram]
    if in_ram and len(in_ram) < len(blocks):
        raise VirtualPicoError(f"{path} goes to flash and to RAM: the boot ROM takes no such file")
    for block in in_ram:
        check_place(block)
    return in_ram


def check_place(block: Block) -> None:
    """VirtualPicoError for a block that the ROM would take and this board has no place for."""
    if block.in_ram and block.address < RAM[0]:
        raise VirtualPicoError("the UF2 goes to the flash cache's RAM, which is not modelled")


def load_and_start(memory: Memory, blocks: Iterable[Block]) -> None:
    """Put the blocks of a program for RAM in place, and have the ROM start it."""
    placed = list(blocks)
    for block in placed:
        memory.write(block.address, block.payload)
    restart(memory, min(block.address for block in placed))


def restart(memory: Memory, entry: int | None = None) -> None:
    """Reset the board as the ROM does when a UF2 is whole; entry: of a program in RAM, None for the one in flash."""
    if entry is not None:
        at = entry | _THUMB
        scratch = (_MAGIC, (at ^ -_MAGIC) & 0xFFFFFFFF, RAM[1], at)
        memory.write(_SCRATCH4, struct.pack("<4I", *scratch))
    memory.write(_WATCHDOG_CTRL, _TRIGGER.to_bytes(4, "little"))
