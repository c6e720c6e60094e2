"""The drive a Pico in BOOTSEL offers, as a folder: a UF2 copied into it is programmed, and the board restarts.

    drive = BootselDrive(pico, Path("/tmp/RPI-RP2"))
    while ...:
        pico.run(10_000_000)
        drive.poll()

Blocks are programmed as they arrive, in the board's time, with the boot ROM's own bookkeeping and its pitfalls: half a
file leaves half a firmware; sectors are erased by block number, 16 to a sector (erratum RP2040-E14); a second file with
the same count of blocks adds only what the first one had not brought.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path

from hil.rigs.virtual.boot_rom import check_place, restart
from hil.rigs.virtual.pico import VirtualPico
from sapper_host.flash.uf2 import (
    BLOCK_BYTES,
    BLOCKS_PER_SECTOR,
    FLASH_START,
    PAYLOAD_BYTES,
    SECTOR_BYTES,
    Block,
    BlockFault,
    parse_block,
)

INFO = "UF2 Bootloader v3.0\nModel: Raspberry Pi RP2\nBoard-ID: RPI-RP2\n"
INDEX = "<html><head><title>RPI-RP2</title></head><body>Copy a UF2 file here.</body></html>\n"
TRANSFER_NS = 600_000  # of a block over full-speed USB
_NS_PER_MS = 1_000_000


class BootselDrive:
    """Appears in `folder` while the board is in BOOTSEL. Call `poll` between runs of the board.

    The folder comes and goes as a whole, with all that lies in it: it must be empty, or not there, to begin with.
    `vanish_after`: the drive disappears, the board left as it is, once so many bytes have arrived (a cable pulled).
    `cut_after`: once so many bytes have arrived the board loses its power and has it back (a loose contact).
    `comes_back=False`: the board does not start after a whole UF2. `takes_time=False`: what is there when `poll` is
    called is programmed at once.
    """

    def __init__(
        self,
        pico: VirtualPico,
        folder: Path,
        *,
        vanish_after: int | None = None,
        cut_after: int | None = None,
        comes_back: bool = True,
        takes_time: bool = True,
    ) -> None:
        self._pico = pico
        self._erase_ns = round(pico.parts.flash_ms("erase_4k") * _NS_PER_MS)
        self._program_ns = round(pico.parts.flash_ms("program") * _NS_PER_MS)
        self.folder = folder
        self.vanish_after = vanish_after
        self.cut_after = cut_after
        self.comes_back = comes_back
        self.takes_time = takes_time
        self.vanished = False
        self._shown = False
        self._taken: dict[int, int] = {}  # bytes of each file (by inode) that the boot ROM has had
        self._busy_until_ns = 0
        self._polled_ns = 0
        self._count = 0
        self._blocks: dict[int, Block] = {}
        self._erased: set[int] = set()  # in groups of 16 blocks, as the boot ROM counts

    @property
    def present(self) -> bool:
        """Whether the drive can be seen."""
        return self._shown

    @property
    def busy(self) -> bool:
        """Whether whole blocks have arrived that it has not taken yet, or it is at one."""
        if not self._shown:
            return False
        arrived = sum(path.stat().st_size // BLOCK_BYTES for path in self.folder.iterdir())
        taken = sum(self._taken.values()) // BLOCK_BYTES
        return arrived > taken or (self.takes_time and self._busy_until_ns > self._pico.now_ns)

    def poll(self) -> None:
        """Shows or hides the drive, and programs what has arrived in it since the last call, as far as time allows."""
        pico = self._pico
        wanted = pico.powered and pico.in_bootsel and pico.usb.state != "unplugged" and not self.vanished
        if wanted and not self._shown:
            self._show()
        elif not wanted and self._shown:
            self._hide()
        self._busy_until_ns = max(self._busy_until_ns, self._polled_ns)
        self._polled_ns = self._pico.now_ns
        if self._shown:
            for path in sorted(self.folder.iterdir()):
                self._take(path)
                if not self._shown:
                    return

    def close(self) -> None:
        """The drive goes, for good."""
        self.vanished = True
        if self._shown:
            self._hide()

    def _show(self) -> None:
        part = self._aside()
        part.mkdir(parents=True)
        (part / "INFO_UF2.TXT").write_text(INFO)
        (part / "INDEX.HTM").write_text(INDEX)
        os.replace(part, self.folder)
        self._taken.clear()
        self._busy_until_ns = self._polled_ns = self._pico.now_ns
        self._forget()
        self._shown = True

    def _hide(self) -> None:
        self._shown = False
        gone = self._aside()
        with contextlib.suppress(FileNotFoundError):
            os.replace(self.folder, gone)
            shutil.rmtree(gone, ignore_errors=True)

    def _aside(self) -> Path:
        """Where the folder is made and taken apart, so that others see it whole or not at all."""
        return self.folder.with_name(f".{self.folder.name}-{os.getpid()}")

    def _take(self, path: Path) -> None:
        try:
            with path.open("rb") as file:
                inode = os.fstat(file.fileno()).st_ino
                if os.fstat(file.fileno()).st_size < self._taken.get(inode, 0):
                    self._taken[inode] = 0  # begun anew
                file.seek(self._taken.get(inode, 0))
                content = file.read()
        except OSError:
            return  # being written or gone again
        for at in range(0, len(content) - BLOCK_BYTES + 1, BLOCK_BYTES):
            if self.takes_time and self._busy_until_ns > self._pico.now_ns:
                return
            self._taken[inode] = self._taken.get(inode, 0) + BLOCK_BYTES
            self._busy_until_ns += TRANSFER_NS
            self._receive(content[at : at + BLOCK_BYTES])
            arrived = sum(self._taken.values())
            if self.vanish_after is not None and arrived >= self.vanish_after:
                self.vanished = True
            if self.cut_after is not None and arrived >= self.cut_after:
                self.cut_after = None
                self._hide()
                self._pico.power_cut()
                self._pico.power_on()
            if self.vanished and self._shown:
                self._hide()
            if not self._shown:
                return

    def _receive(self, content: bytes) -> None:
        try:
            block = parse_block(content)
        except BlockFault as fault:
            if fault.ends_transfer:
                self._forget()
            return
        check_place(block)
        if block.count != self._count or any(other.in_ram != block.in_ram for other in self._blocks.values()):
            self._forget()
            self._count = block.count
        if block.number in self._blocks:
            return
        if block.in_ram:
            self._pico.memory.write(block.address, block.payload)
        else:
            self._program(block)
        self._blocks[block.number] = block
        if len(self._blocks) == block.count:
            self._hide()
            if self.comes_back:
                restart(self._pico.memory, min(b.address for b in self._blocks.values()) if block.in_ram else None)
            else:
                self._pico.power_cut()

    def _program(self, block: Block) -> None:
        offset = block.address - FLASH_START
        group = block.number // BLOCKS_PER_SECTOR
        if group not in self._erased:
            self._erased.add(group)
            self._pico.flash.write(offset & ~(SECTOR_BYTES - 1), b"\xff" * SECTOR_BYTES)
            self._busy_until_ns += self._erase_ns
        # Programming only clears bits.
        before = int.from_bytes(self._pico.flash.read(offset, PAYLOAD_BYTES), "little")
        after = before & int.from_bytes(block.payload, "little")
        self._pico.flash.write(offset, after.to_bytes(PAYLOAD_BYTES, "little"))
        self._busy_until_ns += self._program_ns

    def _forget(self) -> None:
        """No transfer is under way."""
        self._count = 0
        self._blocks.clear()
        self._erased.clear()
