"""Which function an address of the firmware lies in, from the symbol table of its ELF."""

from __future__ import annotations

import struct
from bisect import bisect_right
from pathlib import Path

_SYMBOL = struct.Struct("<IIIBBH")
_SECTION = struct.Struct("<10I")
_TYPE_SYMTAB = 2
_TYPE_FUNCTION = 2


class Symbols:
    """Function names by address, of a 32-bit little-endian ELF (System V ABI, chapters 4 'Sections' and 'Symbols')."""

    def __init__(self, elf: Path) -> None:
        content = elf.read_bytes()
        found: dict[int, tuple[int, str]] = {}
        if content[:5] == b"\x7fELF\x01":
            for address, size, name in _functions(content):
                found[address & ~1] = (size, name)
        self._addresses = sorted(found)
        self._functions = found

    def at(self, address: int) -> str | None:
        """'name+0xoffset' of the function around an address, or None."""
        index = bisect_right(self._addresses, address) - 1
        if index < 0:
            return None
        start = self._addresses[index]
        size, name = self._functions[start]
        if address >= start + max(size, 2):
            return None
        return name if address == start else f"{name}+0x{address - start:x}"

    def address(self, name: str) -> int | None:
        """Address of a function, or None."""
        return next((at for at, (_, each) in self._functions.items() if each == name), None)


def _functions(content: bytes) -> list[tuple[int, int, str]]:
    (section_offset,) = struct.unpack_from("<I", content, 0x20)
    entry_size, count = struct.unpack_from("<HH", content, 0x2E)
    sections = [_SECTION.unpack_from(content, section_offset + i * entry_size) for i in range(count)]
    functions = []
    for section in sections:
        if section[1] != _TYPE_SYMTAB:
            continue
        offset, size, link = section[4], section[5], section[6]
        names_at = sections[link][4]
        for name_at, value, length, info, _, _ in _SYMBOL.iter_unpack(content[offset : offset + size]):
            if info & 0xF == _TYPE_FUNCTION:
                end = content.index(b"\0", names_at + name_at)
                functions.append((value, length, content[names_at + name_at : end].decode(errors="replace")))
    return functions
