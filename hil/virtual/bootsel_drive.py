"""The drive a Pico in BOOTSEL offers, as a folder: a UF2 copied into it is programmed, and the board restarts.

    drive = BootselDrive(pico, Path("/tmp/RPI-RP2"))
    while ...:
        pico.run(10_000_000)
        drive.poll()

Blocks are programmed as they arrive, as the boot ROM does: half a file leaves half a firmware. It takes no board time.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

from hil.virtual.errors import VirtualPicoError
from hil.virtual.flash import SECTOR_SIZE
from hil.virtual.pico import VirtualPico
from hil.virtual.uf2 import BLOCK_SIZE, Uf2Block, parse_block

INFO = "UF2 Bootloader v3.0\nModel: Raspberry Pi RP2\nBoard-ID: RPI-RP2\n"
INDEX = "<html><head><title>RPI-RP2</title></head><body>Copy a UF2 file here.</body></html>\n"
_WATCHDOG_CTRL = 0x40058000
_TRIGGER = 1 << 31


class BootselDrive:
    """Appears in `folder` while the board is in BOOTSEL. Call `poll` between runs of the board.

    `vanish_after`: the drive disappears, the board left as it is, once so many bytes have arrived (a cable pulled).
    `comes_back=False`: the board does not start after a whole UF2.
    """

    def __init__(
        self, pico: VirtualPico, folder: Path, *, vanish_after: int | None = None, comes_back: bool = True
    ) -> None:
        self._pico = pico
        self.folder = folder
        self.vanish_after = vanish_after
        self.comes_back = comes_back
        self.vanished = False
        self._shown = False
        self._taken: dict[Path, int] = {}  # bytes of each file already programmed
        self._blocks: set[int] = set()  # of the UF2 under way
        self._erased: set[int] = set()  # sectors

    @property
    def present(self) -> bool:
        """Whether the drive can be seen."""
        return self._shown

    def poll(self) -> None:
        """Shows or hides the drive, and programs what has arrived in it since the last call."""
        wanted = self._pico.in_bootsel and self._pico.usb.state != "unplugged" and not self.vanished
        if wanted and not self._shown:
            self._show()
        elif not wanted and self._shown:
            self._hide()
        if self._shown:
            for path in sorted(self.folder.iterdir()):
                self._take(path)
                if not self._shown:
                    return

    def _show(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "INFO_UF2.TXT").write_text(INFO)
        (self.folder / "INDEX.HTM").write_text(INDEX)
        self._taken.clear()
        self._blocks.clear()
        self._erased.clear()
        self._shown = True

    def _hide(self) -> None:
        self._shown = False
        with contextlib.suppress(FileNotFoundError):
            for path in self.folder.iterdir():
                path.unlink()
            self.folder.rmdir()

    def _take(self, path: Path) -> None:
        try:
            content = path.read_bytes()
        except OSError:
            return  # being written or gone again
        done = self._taken.get(path, 0)
        for at in range(done, len(content) - BLOCK_SIZE + 1, BLOCK_SIZE):
            self._taken[path] = at + BLOCK_SIZE
            with contextlib.suppress(
                VirtualPicoError
            ):  # not a UF2 block, or not for this chip: the boot ROM ignores it
                self._program(parse_block(content[at : at + BLOCK_SIZE], path.name, at // BLOCK_SIZE))
            if self.vanish_after is not None and sum(self._taken.values()) >= self.vanish_after:
                self.vanished = True
            if self.vanished or not self._shown:
                self._hide()
                return

    def _program(self, block: Uf2Block | None) -> None:
        if block is None:
            return
        sector = block.offset & ~(SECTOR_SIZE - 1)
        if sector not in self._erased:
            self._erased.add(sector)
            self._pico.flash.write(sector, b"\xff" * SECTOR_SIZE)
        self._pico.flash.write(block.offset, block.data)
        self._blocks.add(block.number)
        if len(self._blocks) == block.total:
            self._hide()
            if self.comes_back:
                self._pico.memory.write(_WATCHDOG_CTRL, _TRIGGER.to_bytes(4, "little"))
            else:
                self._pico.power_cut()
