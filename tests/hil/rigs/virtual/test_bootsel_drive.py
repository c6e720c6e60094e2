"""A board in BOOTSEL is a folder; a UF2 copied into it is programmed as the boot ROM would, and starts."""

from __future__ import annotations

import shutil
import struct

import pytest

from hil.rigs.spread import FIRST_START_MS
from hil.rigs.virtual import VirtualPico
from hil.rigs.virtual.bootsel_drive import BootselDrive
from hil.rigs.virtual.flash import uf2_image
from sapper_host.errors import SapperError
from sapper_host.flash.uf2 import BLOCK_BYTES, read_uf2, safe_order

pytestmark = pytest.mark.virtual
MS = 1_000_000
NUMBER_AT, PAYLOAD_AT = 20, 32


def blank_board() -> VirtualPico:
    """A Pico as it comes from the factory: nothing in flash, so the boot ROM offers its drive."""
    pico = VirtualPico(None, seed=11)
    pico.run(1500 * MS)
    assert pico.in_bootsel
    return pico


@pytest.fixture
def blank():
    with blank_board() as pico:
        yield pico


@pytest.fixture(scope="module")
def programmed(uf2):
    """One that has had the firmware and is back in BOOTSEL, for tests that look at what more files do to it."""
    with VirtualPico(uf2, seed=12, power=False) as pico:
        yield pico


@pytest.fixture
def in_bootsel(programmed, uf2):
    """The same board, its flash as the firmware left it, the button held while it got power."""
    programmed.power_cut()
    programmed.flash.write(0, uf2_image(uf2))
    programmed.power_on(bootsel=True)
    programmed.run(1000 * MS)
    programmed.bootsel(False)
    assert programmed.in_bootsel
    return programmed


def drive_of(pico, tmp_path, **faults) -> BootselDrive:
    drive = BootselDrive(pico, tmp_path / "RPI-RP2", takes_time=False, **faults)
    drive.poll()
    return drive


def other_firmware(content: bytes) -> bytes:
    """A UF2 of the same size, every page of it but the first different."""
    changed = bytearray(content)
    for at in range(BLOCK_BYTES, len(changed), BLOCK_BYTES):
        for k in range(at + PAYLOAD_AT, at + PAYLOAD_AT + 256):
            changed[k] ^= 0x5A
    return bytes(changed)


def test_a_uf2_copied_to_the_drive_starts_and_the_drive_goes(blank, uf2, tmp_path):
    drive = drive_of(blank, tmp_path)
    assert "RPI-RP2" in (drive.folder / "INFO_UF2.TXT").read_text()
    (drive.folder / "notes.txt").write_bytes(b"not a firmware" * 100)
    shutil.copy(uf2, drive.folder)
    drive.poll()
    assert not drive.present and not drive.folder.exists()
    assert blank.flash.image() == uf2_image(uf2)
    blank.run(FIRST_START_MS * MS)
    assert not blank.in_bootsel and blank.usb.state == "configured"
    assert blank.reset_causes()[-1][1] == "watchdog-force"


def test_programming_takes_the_boards_time(in_bootsel, uf2, tmp_path):
    drive = BootselDrive(in_bootsel, tmp_path / "RPI-RP2")
    drive.poll()
    shutil.copy(uf2, drive.folder)
    start_ns, sectors = in_bootsel.now_ns, (uf2.stat().st_size // BLOCK_BYTES + 15) // 16
    while drive.present:
        in_bootsel.run(20 * MS)
        drive.poll()
    took_ns = in_bootsel.now_ns - start_ns
    erase_ns = in_bootsel.parts.flash_ms("erase_4k") * MS
    assert sectors * erase_ns < took_ns < sectors * (erase_ns + 16 * 4 * MS)
    assert in_bootsel.flash.image() == uf2_image(uf2)


def test_a_file_that_arrives_in_pieces_is_programmed_as_it_comes(in_bootsel, uf2, tmp_path):
    drive = drive_of(in_bootsel, tmp_path)
    content = uf2.read_bytes()
    target = drive.folder / "firmware.uf2"
    for end in (100_000, 300_001, len(content)):
        assert drive.present
        target.write_bytes(content[:end])
        drive.poll()
    assert not drive.present
    assert in_bootsel.flash.image() == uf2_image(uf2)


def test_a_drive_that_vanishes_leaves_half_a_firmware(in_bootsel, uf2, tmp_path):
    old = in_bootsel.flash.image()
    drive = drive_of(in_bootsel, tmp_path, vanish_after=200_000)
    (drive.folder / "new.uf2").write_bytes(other_firmware(uf2.read_bytes()))
    drive.poll()
    assert drive.vanished and not drive.folder.exists()
    image = in_bootsel.flash.image()
    assert image[256:90_000] != old[256:90_000] and image[110_000:] == old[110_000:]
    assert in_bootsel.in_bootsel


@pytest.mark.parametrize("share", [0.01, 0.3, 0.99])
def test_in_safe_order_a_cut_leaves_a_board_that_comes_up_in_bootsel_by_itself(in_bootsel, uf2, tmp_path, share):
    """Copied as it is, the file would leave a boot stage that starts half a firmware."""
    content = safe_order(uf2.read_bytes())
    drive = drive_of(in_bootsel, tmp_path, vanish_after=int(len(content) * share))
    (drive.folder / "new.uf2").write_bytes(content)
    drive.poll()
    assert drive.vanished
    in_bootsel.power_cut()
    in_bootsel.power_on()
    in_bootsel.run(1500 * MS)
    assert in_bootsel.in_bootsel


def test_in_safe_order_a_whole_file_is_whole(in_bootsel, uf2, tmp_path):
    drive = drive_of(in_bootsel, tmp_path)
    (drive.folder / "new.uf2").write_bytes(safe_order(uf2.read_bytes()))
    drive.poll()
    assert not drive.present
    assert in_bootsel.flash.image() == uf2_image(uf2)


def test_the_rest_of_another_file_of_the_same_count_mixes_unless_told_to_forget(in_bootsel, uf2, tmp_path):
    """The boot ROM keeps the blocks it has: a copy that was broken off, then another version of the same size."""
    drive = drive_of(in_bootsel, tmp_path)
    new, old = uf2.read_bytes(), other_firmware(uf2.read_bytes())
    (drive.folder / "old.uf2").write_bytes(old[: len(old) // 2])
    drive.poll()
    assert drive.present
    (drive.folder / "plain.uf2").write_bytes(new[:-BLOCK_BYTES])
    drive.poll()
    assert in_bootsel.flash.read(256, 4096) != uf2_image(uf2)[256:4352]
    (drive.folder / "safe.uf2").write_bytes(safe_order(new))
    drive.poll()
    assert not drive.present
    assert in_bootsel.flash.image() == uf2_image(uf2)


def test_sectors_are_erased_by_block_number(in_bootsel, uf2, tmp_path):
    """Erratum RP2040-E14: what `read_uf2` refuses, the boot ROM spoils."""
    content = bytearray(uf2.read_bytes()[: 32 * BLOCK_BYTES])
    shifted = content[8 * BLOCK_BYTES :]  # its first 16 blocks lie in two sectors
    for number in range(24):
        struct.pack_into("<2I", shifted, number * BLOCK_BYTES + NUMBER_AT, number, 24)
        shifted[number * BLOCK_BYTES + PAYLOAD_AT : number * BLOCK_BYTES + PAYLOAD_AT + 256] = b"\xa5" * 256
    drive = drive_of(in_bootsel, tmp_path)
    (drive.folder / "shifted.uf2").write_bytes(shifted)
    drive.poll()
    image = in_bootsel.flash.image()
    assert image[2048:4096] == b"\xa5" * 2048
    assert image[4096:6144] != b"\xa5" * 2048  # programmed over what was there
    with pytest.raises(SapperError, match="RP2040-E14|not at the start"):
        (tmp_path / "shifted.uf2").write_bytes(shifted)
        read_uf2(tmp_path / "shifted.uf2")


def test_a_power_cut_in_the_middle_shows_an_empty_drive_again(in_bootsel, uf2, tmp_path):
    drive = drive_of(in_bootsel, tmp_path, cut_after=100_000)
    content = safe_order(uf2.read_bytes())
    (drive.folder / "new.uf2").write_bytes(content)
    drive.poll()
    assert not drive.present and not drive.folder.exists()
    in_bootsel.run(1500 * MS)
    drive.poll()
    assert drive.present and not (drive.folder / "new.uf2").exists()
    (drive.folder / "new.uf2").write_bytes(content)
    drive.poll()
    assert not drive.present and in_bootsel.flash.image() == uf2_image(uf2)


def test_a_board_that_does_not_come_back_is_off(in_bootsel, uf2, tmp_path):
    drive = drive_of(in_bootsel, tmp_path, comes_back=False)
    shutil.copy(uf2, drive.folder)
    drive.poll()
    assert not in_bootsel.powered and not drive.folder.exists()
    in_bootsel.run(100 * MS)
    drive.poll()
    assert not drive.folder.exists()
