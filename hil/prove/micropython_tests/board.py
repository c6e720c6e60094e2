"""The board that a room's tests run on: a virtual Pico with the files that they read, and their wires."""

from __future__ import annotations

import runpy
from pathlib import Path

from littlefs import LittleFS

from hil.prove.micropython_tests.rooms import Room
from hil.rigs.virtual.pico import VirtualPico
from sapper_host.files.checkout import ROOT
from sapper_host.flash.uf2 import FLASH_BYTES

# What lies where in the second half of the flash, as the board reads it.
_LAYOUT = runpy.run_path(str(ROOT / "firmware" / "board" / "modules" / "flash_layout.py"))
_BLOCK_BYTES = _LAYOUT["SECTOR_BYTES"]
# Modules of ours that tests import, and that this image has no place for.
_ON_BOARD = Path(__file__).parent / "on_board"


def files_of(room: Room, tests: Path) -> dict[str, bytes]:
    """Path on the board -> contents: what its tests import (asyncio from the sources) and read."""
    asyncio = tests.parent / "extmod" / "asyncio"
    files = {f"lib/{path.name}": path for path in sorted(_ON_BOARD.glob("*.py"))}
    files |= {f"lib/asyncio/{path.name}": path for path in sorted(asyncio.glob("*.py")) if path.name != "manifest.py"}
    files["lib/uasyncio.py"] = asyncio / "uasyncio.py"  # its former name, which a test uses
    if room.data:
        folder = tests / (room.folder or room.name) / room.data
        files |= {f"{room.data}/{path.name}": path for path in sorted(folder.iterdir()) if path.is_file()}
    return {name: path.read_bytes() for name, path in files.items()}


def flash_with(files: dict[str, bytes]) -> bytes:
    """The board's flash, blank but for a file system with these files."""
    made = LittleFS(
        block_size=_BLOCK_BYTES,
        block_count=_LAYOUT["FILES_BYTES"] // _BLOCK_BYTES,
        prog_size=256,
        read_size=32,
        cache_size=256,
    )
    for name, content in files.items():
        made.makedirs(str(Path(name).parent), exist_ok=True)
        with made.open(name, "wb") as file:
            file.write(content)
    first_half = FLASH_BYTES - _LAYOUT["STORAGE_BYTES"]
    return (b"\xff" * first_half + bytes(made.context.buffer)).ljust(FLASH_BYTES, b"\xff")


def open_board(room: Room, tests: Path, uf2: Path, xip_miss_clk: int) -> VirtualPico:
    """A board for that room's tests, at its reset. Raises VirtualPicoError."""
    pico = VirtualPico(uf2, flash_image=flash_with(files_of(room, tests)), xip_miss_clk=xip_miss_clk)
    for start, end in room.wires:
        pico.pin(start).lead_to(pico.pin(end))
    return pico
