"""A board in BOOTSEL is a folder; a UF2 copied into it is programmed and starts."""

from __future__ import annotations

import shutil

import pytest

from hil.virtual import VirtualPico
from hil.virtual.bootsel_drive import BootselDrive
from hil.virtual.uf2 import read_uf2, to_image

pytestmark = pytest.mark.virtual
MS = 1_000_000


@pytest.fixture
def blank():
    """A Pico as it comes from the factory: nothing in flash, so the boot ROM offers its drive."""
    with VirtualPico(None, seed=11) as pico:
        pico.run(1500 * MS)
        assert pico.in_bootsel
        yield pico


def test_a_uf2_copied_to_the_drive_starts_and_the_drive_goes(blank, uf2, tmp_path):
    drive = BootselDrive(blank, tmp_path / "RPI-RP2")
    drive.poll()
    assert "RPI-RP2" in (drive.folder / "INFO_UF2.TXT").read_text()
    (drive.folder / "notes.txt").write_bytes(b"not a firmware" * 100)
    shutil.copy(uf2, drive.folder)
    drive.poll()
    assert not drive.present and not drive.folder.exists()
    assert blank.flash.image() == to_image(read_uf2(uf2))
    blank.run(600 * MS)
    assert not blank.in_bootsel and blank.usb.state == "configured"
    assert blank.reset_causes()[-1][1] == "watchdog-force"


def test_a_file_that_arrives_in_pieces_is_programmed_as_it_comes(blank, uf2, tmp_path):
    drive = BootselDrive(blank, tmp_path / "RPI-RP2")
    drive.poll()
    content = uf2.read_bytes()
    target = drive.folder / "firmware.uf2"
    for end in (100_000, 300_001, len(content)):
        assert drive.present
        target.write_bytes(content[:end])
        drive.poll()
    assert not drive.present
    assert blank.flash.image() == to_image(read_uf2(uf2))


def test_a_drive_that_vanishes_leaves_half_a_firmware(blank, uf2, tmp_path):
    drive = BootselDrive(blank, tmp_path / "RPI-RP2", vanish_after=200_000)
    drive.poll()
    shutil.copy(uf2, drive.folder)
    drive.poll()
    assert drive.vanished and not drive.folder.exists()
    image, whole = blank.flash.image(), to_image(read_uf2(uf2))
    assert image[:90_000] == whole[:90_000] and image != whole
    assert blank.in_bootsel


def test_a_board_that_does_not_come_back_is_off(blank, uf2, tmp_path):
    drive = BootselDrive(blank, tmp_path / "RPI-RP2", comes_back=False)
    drive.poll()
    shutil.copy(uf2, drive.folder)
    drive.poll()
    assert not blank.powered and not drive.folder.exists()
