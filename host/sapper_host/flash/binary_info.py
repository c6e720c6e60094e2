"""What a program for the Pico declares about itself: binary information, as `picotool info` reads it.

Format: Pico SDK, src/common/pico_binary_info.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from sapper_host.outside.text import shown

MARKER_START = 0x7188EBF2
MARKER_END = 0xE71AA390
STRING = 0x5052 << 16 | 6  # of Raspberry Pi's ids: an id and a string
PROGRAM_NAME = 0x02031C86
_PROGRAM_VERSION = 0x11A9BC3A
# Behind the boot stage, near the start.
_SEARCH_FROM, _SEARCH_TO = 256, 1024
_TEXT_MAX = 256


def program(data: bytes, start: int) -> tuple[str, str]:
    """Name and version that a program lying at address `start` declares; ('', '') where it declares none."""
    found = dict(_strings(data, start))
    return found.get(PROGRAM_NAME, ""), found.get(_PROGRAM_VERSION, "")


def _strings(data: bytes, start: int) -> Iterator[tuple[int, str]]:
    """(id, text) of all that is a text. Nothing if the table is not there or broken."""
    for offset in range(_SEARCH_FROM, min(_SEARCH_TO, len(data) - 20), 4):
        first, table, table_end, _, last = struct.unpack_from("<5I", data, offset)
        if first == MARKER_START and last == MARKER_END:
            for pointer in range(max(table, start), min(table_end, start + len(data)), 4):
                entry = _word(data, pointer - start)
                if entry is None or _word(data, entry - start) != STRING:
                    continue
                identity, text = _word(data, entry + 4 - start), _word(data, entry + 8 - start)
                if identity is not None and text is not None:
                    yield identity, _text(data, text - start)
            return


def _word(data: bytes, offset: int) -> int | None:
    return int(struct.unpack_from("<I", data, offset)[0]) if 0 <= offset <= len(data) - 4 else None


def _text(data: bytes, offset: int) -> str:
    if not 0 <= offset < len(data):
        return ""
    end = data.find(b"\0", offset, offset + _TEXT_MAX)
    return shown(data[offset : end if end >= 0 else offset].decode("ascii", "replace"))
