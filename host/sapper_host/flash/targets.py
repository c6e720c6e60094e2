"""Which boards are to be flashed: running ones by their ports, waiting ones by their drives."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from sapper_host.connected.bootsel import ROOT, Drive, drive_at, find_drives
from sapper_host.connected.choice import none_usable, port_of, wanted
from sapper_host.connected.ports import Port, list_ports
from sapper_host.connected.run_registry import running_rigs
from sapper_host.errors import LinkError, SapperError, Status


@dataclass(frozen=True)
class Target:
    """One board. port: its serial port while it runs ('' when it waits in BOOTSEL); drive: what it waits as.

    location: where it is plugged in (bootsel.Drive), '' when that cannot be told. board: its number, where known.
    """

    port: str = ""
    drive: Drive | None = None
    location: str = ""
    board: str = ""

    @property
    def name(self) -> str:
        """What a person knows it by."""
        return self.port or (self.drive.name if self.drive else self.location)


def choose(port: str | None, drives: list[Path], every: bool, root: Path = ROOT) -> list[Target]:
    """The boards that the command line means: those named, or all, or the only one. LinkError when that is none."""
    if not drives and not every:
        port = wanted(port)
    named = [_at_port(port_of(port))] if port else []
    named += [_of_drive(drive_at(folder, root)) for folder in drives]
    if named:
        return _checked(named)
    found = [_of_port(each) for each in list_ports() if _may_be_ours(each)]
    found += [_of_drive(drive) for drive in find_drives(root)]
    # The line of a rig whose board waits as a drive is still there: one board, not two.
    waiting = {target.location for target in found if target.drive is not None and target.location}
    found = [target for target in found if target.drive is not None or target.location not in waiting]
    if not found:
        raise none_usable(list_ports())
    if len(found) > 1 and not every:
        names = ", ".join(target.name for target in found)
        raise LinkError(f"there are {len(found)} boards: {names}", "choose one with --port or --drive, or take --all")
    return _checked(found)


def _may_be_ours(port: Port) -> bool:
    return port.what == "board" or (port.what == "rig" and port.kind == "usb")


def _at_port(name: str) -> Target:
    real = os.path.realpath(name)
    for port in list_ports():
        if os.path.realpath(port.device) == real:
            return _of_port(port)
    return Target(name)


def _of_port(port: Port) -> Target:
    return Target(port.device, None, port.location, port.serial_number)


def _of_drive(drive: Drive) -> Target:
    return Target("", drive, drive.location)


def _checked(targets: list[Target]) -> list[Target]:
    """Each board once; a rig must have a drive to be flashed by."""
    without = {rig.ports.get("usb") for rig in running_rigs() if not rig.bootsel}
    unique = {target.location or target.name: target for target in targets}
    for target in unique.values():
        if target.port in without:
            remedy = "start it with a drive: `sapper rig virtual --bootsel /tmp/RPI-RP2`"
            raise SapperError(f"the rig at {target.port} has no BOOTSEL drive", remedy, Status.USAGE)
    return list(unique.values())
