"""Boards in BOOTSEL are found, told apart, mounted and copied to; what goes wrong says what to do."""

from __future__ import annotations

import threading
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from sapper_host.connected import bootsel
from sapper_host.connected.bootsel import Drive
from sapper_host.connected.ports import bootsel_drives
from sapper_host.connected.run_registry import registered
from sapper_host.errors import LinkError, SapperError, Status
from sapper_host.flash import copy as flash_copy
from sapper_host.flash import uf2
from tests.host.flash.test_uf2 import firmware

pytestmark = pytest.mark.unit
INFO = "UF2 Bootloader v3.0\nModel: Raspberry Pi RP2\nBoard-ID: RPI-RP2\n"


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAPPER_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with nothing plugged in; what its proc/mounts lists is mounted, for psutil too."""
    made = tmp_path / "root"
    for folder in ("sys/bus/usb/devices", "sys/class/block", "dev/disk/by-label", "proc"):
        (made / folder).mkdir(parents=True)
    (made / "proc/mounts").write_text("proc /proc proc rw 0 0\n")
    monkeypatch.setattr(psutil, "disk_partitions", lambda all: mounted(made / "proc/mounts"))
    return made


def mounted(mounts: Path) -> list[SimpleNamespace]:
    """The rows of psutil.disk_partitions(all=True)."""
    rows = (line.replace("\\040", " ").split("\t") for line in mounts.read_text().replace(" ", "\t").splitlines())
    return [SimpleNamespace(device=device, mountpoint=folder, fstype=kind) for device, folder, kind, *_ in rows]


def plug_in(root: Path, place: str, disk: str = "", product: str = "0003") -> str:
    """A board in BOOTSEL at a USB port, with a disk of one partition or none; returns the partition's device."""
    usb = root / "sys/devices/usb1" / place
    usb.mkdir(parents=True)
    bus, device = place.split("-")
    for name, text in (("idVendor", "2e8a"), ("idProduct", product), ("busnum", bus), ("devnum", device)):
        (usb / name).write_text(text + "\n")
    (root / "sys/bus/usb/devices" / place).symlink_to(usb)
    if not disk:
        return ""
    for name in (disk, disk + "1"):
        block = usb / "host6/block" / disk / ("" if name == disk else name)
        block.mkdir(parents=True)
        (root / "sys/class/block" / name).symlink_to(block)
    (block / "partition").write_text("1\n")
    node = root / "dev" / (disk + "1")
    node.touch()
    return str(node)


def mount_at(root: Path, device: str, folder: Path, info: str = INFO) -> None:
    folder.mkdir(parents=True)
    if info:
        (folder / "INFO_UF2.TXT").write_text(info)
    with (root / "proc/mounts").open("a") as mounts:
        mounts.write(f"{device} {str(folder).replace(' ', chr(92) + '040')} vfat rw 0 0\n")


def program(tmp_path: Path, name: str, script: str) -> Path:
    """A program of that name on the PATH; `said` beside it gets its arguments."""
    folder = tmp_path / "bin"
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f'#!/bin/sh\necho "$@" >> {folder / "said"}\n{script}\n')
    path.chmod(0o755)
    return folder / "said"


def test_two_boards_with_the_same_label_are_told_apart_by_their_place(root: Path, tmp_path: Path) -> None:
    first, second = plug_in(root, "1-2", "sdb"), plug_in(root, "1-3", "sdc")
    (root / "dev/disk/by-label/RPI-RP2").symlink_to(second)
    mount_at(root, second, tmp_path / "my media" / "RPI-RP2")
    found = {drive.location: drive for drive in bootsel.find_drives(root)}
    assert found == {
        "1-2": Drive("1-2", first, None, (1, 2)),
        "1-3": Drive("1-3", second, tmp_path / "my media" / "RPI-RP2", (1, 3)),
    }
    assert [(port.device, port.detail) for port in bootsel_drives(root)] == [
        (first, "not mounted"),
        (str(tmp_path / "my media" / "RPI-RP2"), f"mounted at {tmp_path / 'my media' / 'RPI-RP2'}"),
    ]


def test_a_board_whose_drive_the_system_does_not_show_is_still_seen_on_usb(root: Path) -> None:
    plug_in(root, "1-4")
    plug_in(root, "1-5", product="0005")  # MicroPython
    plug_in(root, "1-6", product="000f")  # a Pico 2 in BOOTSEL
    assert bootsel.find_drives(root) == [Drive("1-4", address=(1, 4))]


@pytest.mark.parametrize("mounted", [True, False])
def test_by_its_label_or_its_file_it_is_found_where_usb_cannot_be_seen(
    root: Path, tmp_path: Path, mounted: bool
) -> None:
    node = root / "dev/sdx1"
    node.touch()
    if mounted:
        mount_at(root, str(node), tmp_path / "RPI-RP2")
    else:
        (root / "dev/disk/by-label/RPI-RP2").symlink_to(node)
    [drive] = bootsel.find_drives(root)
    assert (drive.device, drive.folder) == (str(node), tmp_path / "RPI-RP2" if mounted else None)


def test_a_drive_without_the_boot_roms_file_is_none_of_ours(root: Path, tmp_path: Path) -> None:
    mount_at(root, "/dev/sdy1", tmp_path / "RPI-RP2", info="")
    mount_at(root, "/dev/sdz1", tmp_path / "RP2350", info=INFO.replace("RPI-RP2", "RP2350"))
    assert bootsel.find_drives(root) == []


def test_a_rigs_drive_is_found_at_its_serial_line(root: Path, tmp_path: Path) -> None:
    folder = tmp_path / "RPI-RP2"
    with registered("virtual", {"usb": "/dev/pts/77"}, bootsel=str(folder)):
        assert bootsel.find_drives(root) == []
        folder.mkdir()
        (folder / "INFO_UF2.TXT").write_text(INFO)
        assert bootsel.find_drives(root) == [Drive("/dev/pts/77", folder=folder)]
        assert bootsel.drive_at(folder, root).location == "/dev/pts/77"


def test_a_folder_that_is_no_pico_says_what_it_is(root: Path, tmp_path: Path) -> None:
    mount_at(root, "/dev/sdz1", tmp_path / "RP2350", info=INFO.replace("RPI-RP2", "RP2350"))
    with pytest.raises(LinkError, match="another chip: RP2350"):
        bootsel.drive_at(tmp_path / "RP2350", root)
    with pytest.raises(LinkError, match="no INFO_UF2.TXT"):
        bootsel.drive_at(tmp_path, root)


def test_a_drive_that_is_not_mounted_is_mounted_or_it_is_said_how(root: Path, tmp_path: Path) -> None:
    device = plug_in(root, "1-2", "sdb")
    drive = Drive("1-2", device)
    with pytest.raises(SapperError, match="not mounted") as caught:
        bootsel.mount(drive)
    assert f"mount -o uid=$(id -u) {device}" in caught.value.remedy and "--drive /mnt/pico" in caught.value.remedy
    said = program(tmp_path, "udisksctl", "echo Mounted /dev/sdb1 at /media/me/RPI-RP2.")
    assert bootsel.mount(drive) == (Path("/media/me/RPI-RP2"), True)
    assert said.read_text() == f"mount --no-user-interaction --block-device {device}\n"
    program(tmp_path, "udisksctl", "echo Not authorized >&2; exit 1")
    with pytest.raises(SapperError, match="Not authorized") as caught:
        bootsel.mount(drive)
    assert "sudo" in caught.value.remedy
    mount_at(root, device, tmp_path / "RPI-RP2")  # by the desktop, meanwhile
    assert bootsel.mount(drive) == (tmp_path / "RPI-RP2", False)


def test_a_copy_comes_in_the_order_that_can_be_cut(tmp_path: Path) -> None:
    content, heard = bytes(firmware(600)), []
    flash_copy.copy_to_drive(content, tmp_path, lambda done, total: heard.append((done, total)), threading.Event())
    assert (tmp_path / "sapper.uf2").read_bytes() == uf2.safe_order(content)
    assert [done for done, _ in heard] == sorted({done for done, _ in heard}) and heard[:2] == [
        (0, 601 * 512),
        (1024, 601 * 512),
    ]
    assert heard[-2:] == [(600 * 512, 601 * 512), (601 * 512, 601 * 512)]


def test_a_drive_that_goes_early_is_an_error_and_at_the_last_block_it_is_not(tmp_path: Path) -> None:
    content, folder = bytes(firmware(600)), tmp_path / "RPI-RP2"

    def copy(leave_at: int) -> None:
        folder.mkdir()

        def go(done: int, total: int) -> None:
            if done == leave_at:
                (folder / "sapper.uf2").unlink()
                folder.rmdir()

        flash_copy.copy_to_drive(content, folder, go, threading.Event())

    with pytest.raises(flash_copy.DriveGoneError, match="after 66560 of 307712 bytes") as caught:
        copy(1024 + 65536)
    assert caught.value.status == Status.NO_DEVICE and "again" in caught.value.remedy
    copy(600 * 512)


def test_a_drive_that_takes_no_file_is_an_error_before_anything_is_sent(tmp_path: Path) -> None:
    with pytest.raises(flash_copy.DriveGoneError, match="after 0 of"):
        flash_copy.copy_to_drive(bytes(firmware()), tmp_path / "gone", lambda done, total: None, threading.Event())


def test_picotool_is_told_which_board(tmp_path: Path) -> None:
    said = program(tmp_path, "picotool", "exit 0")
    flash_copy.copy_with_picotool(Path("/f.uf2"), (1, 14), threading.Event())
    assert said.read_text() == "load -v -x /f.uf2 -t uf2 --bus 1 --address 14\n"
    program(tmp_path, "picotool", "echo ERROR: no access; exit 7")
    with pytest.raises(SapperError, match="no access"):
        flash_copy.copy_with_picotool(Path("/f.uf2"), (1, 14), threading.Event())


def test_picotool_ends_when_the_person_wants_to(tmp_path: Path) -> None:
    program(tmp_path, "picotool", "while :; do :; done")
    stop = threading.Event()
    stop.set()
    flash_copy.copy_with_picotool(Path("/f.uf2"), (1, 14), stop)


def test_a_board_still_waits_until_usb_says_otherwise(root: Path, tmp_path: Path) -> None:
    """A mount may outlive its board: what lies there is the cache's."""
    device = plug_in(root, "1-2", "sdb")
    mount_at(root, device, tmp_path / "RPI-RP2")
    [drive] = bootsel.find_drives(root)
    assert bootsel.is_there(drive, root)
    (root / "sys/bus/usb/devices/1-2/idProduct").write_text("0005\n")
    assert not bootsel.is_there(drive, root)
    assert bootsel.is_there(Drive(folder=drive.folder), root)
