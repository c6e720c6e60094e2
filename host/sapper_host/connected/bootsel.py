"""Boards in BOOTSEL: the drives they show, mounted or not, and the place on USB where each is plugged in.

The place is what tells several boards apart: in BOOTSEL every RP2040 has the same serial number and the same label. All
functions take the `root` under which /sys and /dev lie; what is mounted is the system's to tell (psutil).
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import psutil

from sapper_host import processes
from sapper_host.connected.run_registry import running_rigs
from sapper_host.errors import LinkError, SapperError, Status

ROOT = Path("/")
# The boot ROM of the RP2040: USB vendor and product, the drive's label, the file it always shows.
BOOT_IDS = ("2e8a", "0003")
LABEL = "RPI-RP2"
INFO_NAME = "INFO_UF2.TXT"
_MOUNT_LIMIT_S = 30.0
_MOUNTED_AT = re.compile(r" at [`']?(/.*?)'?\.?\s*$")


@dataclass(frozen=True)
class Drive:
    """A board in BOOTSEL.

    location: where it is plugged in ('1-2': USB port 2 of bus 1), a rig's USB line, or '' when nothing tells.
    device: its block device, '' when there is none. folder: where it is mounted. address: (bus, device) on USB.
    """

    location: str = ""
    device: str = ""
    folder: Path | None = None
    address: tuple[int, int] | None = None

    @property
    def name(self) -> str:
        """What a person would call it."""
        return str(self.folder or self.device or f"USB {self.location}")


def find_drives(root: Path = ROOT) -> list[Drive]:
    """All boards in BOOTSEL: on USB, by label, by what is mounted, and those of running rigs."""
    found = dict(_on_usb(root))
    by_device = {drive.device: place for place, drive in found.items() if drive.device}
    label = root / "dev/disk/by-label" / LABEL
    if label.exists():
        device = os.path.realpath(label)
        if device not in by_device:
            by_device[device] = device
            found[device] = Drive(device=device)
    for device, folder, kind in _mounts():
        # Its device may be unknown here (containers): then the file that the boot ROM shows tells for sure.
        likely = device in by_device or kind == "vfat" or folder.name.startswith(LABEL)
        if likely and (device in by_device or board_id(folder) == LABEL):
            place = by_device.setdefault(device, device)
            found[place] = replace(found.get(place, Drive(device=device)), folder=folder)
    for rig in running_rigs():
        folder = Path(rig.bootsel)
        if rig.bootsel and (folder / INFO_NAME).is_file():
            place = rig.ports.get("usb", rig.bootsel)
            found[place] = Drive(place, folder=folder)
    return list(found.values())


def board_id(folder: Path) -> str:
    """The board that a folder's INFO_UF2.TXT names ('RPI-RP2' on an RP2040); '' when it has none."""
    try:
        text = (folder / INFO_NAME).read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
    match = re.search(r"^Board-ID:\s*(\S+)", text, re.MULTILINE)
    return match.group(1) if match else ""


def drive_at(folder: Path, root: Path = ROOT) -> Drive:
    """The drive mounted at a folder that a person named. LinkError when it is none, or another chip's."""
    name = board_id(folder)
    if name == LABEL:
        known = (drive for drive in find_drives(root) if drive.folder and drive.folder.resolve() == folder.resolve())
        return next(known, Drive(folder=folder))
    if name:
        raise LinkError(
            f"{folder} is the drive of another chip: {name}", "Sapper runs on the Raspberry Pi Pico (RP2040)"
        )
    raise LinkError(
        f"{folder} is no board in BOOTSEL: there is no {INFO_NAME} in it",
        "hold BOOTSEL while plugging the board in, and name the folder where its drive is mounted",
    )


def mount(drive: Drive) -> tuple[Path, bool]:
    """Where the drive is mounted, and whether it was mounted here; SapperError says how to do it where we cannot."""
    if drive.folder is not None:
        return drive.folder, False
    by_hand = f"sudo mkdir -p /mnt/pico && sudo mount -o uid=$(id -u) {drive.device} /mnt/pico"
    remedy = f"mount it: `{by_hand}`, then `sapper flash --drive /mnt/pico`"
    program = shutil.which("udisksctl")
    if program is None:
        raise SapperError(f"the board's drive {drive.device} is not mounted", remedy, Status.NO_DEVICE)
    command = [program, "mount", "--no-user-interaction", "--block-device", drive.device]
    try:
        done = processes.run(command, capture_output=True, text=True, timeout=_MOUNT_LIMIT_S)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SapperError(f"udisksctl could not mount {drive.device}: {error}", remedy, Status.NO_DEVICE) from None
    if done.returncode == 0 and (match := _MOUNTED_AT.search(done.stdout.strip())):
        return Path(match.group(1)), True
    # The desktop may have been faster.
    for device, folder, _ in _mounts():
        if device == drive.device:
            return folder, False
    reason = done.stderr.strip() or done.stdout.strip() or f"status {done.returncode}"
    raise SapperError(f"udisksctl could not mount {drive.device}: {reason}", remedy, Status.NO_DEVICE)


def is_there(drive: Drive, root: Path = ROOT) -> bool:
    """Whether the board still waits as this drive. A mount may outlive its board, so it is asked last."""
    if drive.address is not None:
        return usb_ids(root / "sys/bus/usb/devices" / drive.location) == BOOT_IDS
    if drive.device:
        return os.path.exists(drive.device)
    return drive.folder is not None and board_id(drive.folder) == LABEL


def unmount(drive: Drive) -> None:
    """Undo `mount`, as far as that is still possible: a drive that has gone took its mount with it."""
    program = shutil.which("udisksctl")
    if program is not None and drive.device:
        command = [program, "unmount", "--no-user-interaction", "--force", "--block-device", drive.device]
        processes.run(command, capture_output=True, timeout=_MOUNT_LIMIT_S)


def usb_place(device: Path) -> str:
    """The USB port ('1-2') that a device under /sys hangs on; '' when it is not on USB."""
    for folder in (device, *device.parents):
        if (folder / "idVendor").is_file():
            return folder.name
    return ""


def usb_ids(device: Path) -> tuple[str, str]:
    """Vendor and product of a USB device's folder in /sys, as four hexadecimal digits each."""
    return read_line(device / "idVendor").lower(), read_line(device / "idProduct").lower()


def read_line(path: Path) -> str:
    """A small file of /sys without its line's end; '' when it cannot be read."""
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def _on_usb(root: Path) -> Iterator[tuple[str, Drive]]:
    """(place, board) of every RP2040 boot ROM on USB, with its block device where there is one."""
    blocks: dict[str, str] = {}
    for block in sorted((root / "sys/class/block").glob("*")):
        place = usb_place(block.resolve())
        # The disk comes before its partition, and the partition is what is mounted.
        if place and (place not in blocks or (block / "partition").is_file()):
            blocks[place] = str(root / "dev" / block.name)
    for device in sorted((root / "sys/bus/usb/devices").glob("*")):
        if usb_ids(device) == BOOT_IDS:
            numbers = read_line(device / "busnum"), read_line(device / "devnum")
            address = (int(numbers[0]), int(numbers[1])) if all(n.isdecimal() for n in numbers) else None
            yield device.name, Drive(device.name, blocks.get(device.name, ""), address=address)


def _mounts() -> Iterator[tuple[str, Path, str]]:
    """(device, folder, file system) of what is mounted."""
    # All, not the disks alone: in a container the device of a board's drive may not be known as one.
    for mounted in psutil.disk_partitions(all=True):
        yield mounted.device, Path(mounted.mountpoint), mounted.fstype
