"""A UF2 for RAM is started by the boot ROM at its lowest address; whoever flashes firmware refuses it."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from hil.rigs.virtual import VirtualPico, VirtualPicoError
from hil.rigs.virtual.bootsel_drive import BootselDrive
from sapper_host.flash import uf2
from sapper_host.flash.uf2 import Uf2Error, read_uf2

pytestmark = pytest.mark.virtual
MS = 1_000_000
LED = 25
RAM = uf2.RAM[0]
# Thumb code for Cortex-M0+ (ARMv6-M Architecture Reference Manual, A6.7): SIO drives the pin of the LED to 1, and two
# words are pushed on the stack, which must be there; then it stays.
PROGRAM = (
    0x4805,  # ldr r0, [pc, #20]  RESETS, the address that clears bits
    0x2120,  # movs r1, #1 << 5   IO_BANK0
    0x6001,  # str r1, [r0]
    0x4805,  # ldr r0, [pc, #20]  CTRL of the pin
    0x2105,  # movs r1, #5        SIO
    0x6001,  # str r1, [r0]
    0x4804,  # ldr r0, [pc, #16]  SIO
    0x4905,  # ldr r1, [pc, #20]  the pin's bit
    0x6141,  # str r1, [r0, #20]  GPIO_OUT_SET
    0x6241,  # str r1, [r0, #36]  GPIO_OE_SET
    0xB502,  # push {r1, lr}
    0xE7FE,  # b .
)
WORDS = (0x4000F000, 0x40014000 + 8 * LED + 4, 0xD0000000, 1 << LED)
CODE = struct.pack(f"<{len(PROGRAM)}H4I", *PROGRAM, *WORDS)


def ram_uf2(path: Path, pages: dict[int, bytes]) -> Path:
    content = b""
    for number, (address, page) in enumerate(pages.items()):
        header = (*uf2.MAGIC_START, uf2.FLAG_FAMILY_PRESENT, address, 256, number, len(pages), uf2.FAMILY_RP2040)
        content += struct.pack("<8I", *header) + page.ljust(476, b"\0") + struct.pack("<I", uf2.MAGIC_END)
    path.write_bytes(content)
    return path


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The program is the page that lies lowest, not the first of the file."""
    return ram_uf2(tmp_path / "ram.uf2", {RAM + 0x300: b"above", RAM + 0x100: CODE})


def runs(pico: VirtualPico) -> bool:
    pc = int(pico.cpu.pc)
    return RAM + 0x100 <= pc < RAM + 0x200 and pico.pin(LED).level == 1 and not pico.in_bootsel


def test_the_boot_rom_starts_it(file: Path) -> None:
    with VirtualPico(file) as pico:
        pico.run(20 * MS)
        assert runs(pico)
        assert pico.memory.read(uf2.RAM[1] - 8, 4) == WORDS[3].to_bytes(4, "little"), "its stack begins where RAM ends"
        assert pico.reset_causes()[-1][1] == "watchdog-force"


def test_copied_onto_the_drive_it_runs_and_flash_stays(file: Path, tmp_path: Path) -> None:
    with VirtualPico(None, seed=11) as pico:
        pico.run(1500 * MS)
        drive = BootselDrive(pico, tmp_path / "RPI-RP2", takes_time=False)
        drive.poll()
        flash = pico.flash.image()
        (drive.folder / "ram.uf2").write_bytes(file.read_bytes())
        drive.poll()
        assert not drive.present
        pico.run(20 * MS)
        assert runs(pico) and pico.flash.image() == flash


def test_what_this_board_has_no_place_for_is_told_by_the_drive_too(tmp_path: Path) -> None:
    with VirtualPico(None, seed=11) as pico:
        pico.run(1500 * MS)
        drive = BootselDrive(pico, tmp_path / "RPI-RP2", takes_time=False)
        drive.poll()
        ram_uf2(drive.folder / "cache.uf2", {uf2.CACHE_RAM[0]: CODE})
        with pytest.raises(VirtualPicoError, match="cache's RAM"):
            drive.poll()


def test_with_the_power_it_is_gone(file: Path) -> None:
    with VirtualPico(file) as pico:
        pico.run(20 * MS)
        pico.power_cut()
        pico.power_on()
        pico.run(1500 * MS)
        assert pico.in_bootsel


def test_what_the_rom_would_not_start_is_refused(tmp_path: Path) -> None:
    both = ram_uf2(tmp_path / "both.uf2", {RAM: CODE, uf2.FLASH_START: CODE})
    cache = ram_uf2(tmp_path / "cache.uf2", {uf2.CACHE_RAM[0]: CODE})
    with pytest.raises(VirtualPicoError, match="to flash and to RAM"):
        VirtualPico(both)
    with pytest.raises(VirtualPicoError, match="cache's RAM"):
        VirtualPico(cache)
    with pytest.raises(VirtualPicoError, match="without power"):
        VirtualPico(ram_uf2(tmp_path / "ram.uf2", {RAM: CODE}), power=False)


def test_it_is_no_firmware_to_flash(file: Path) -> None:
    with pytest.raises(Uf2Error, match="is a program for RAM") as caught:
        read_uf2(file)
    assert "build/firmware.uf2" in caught.value.remedy
