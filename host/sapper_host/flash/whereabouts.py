"""Where one board is: its drive while it waits in BOOTSEL, its port once it runs again.

The place on USB where it is plugged in tells it from all others. Where that is not known, it is the drive, or the port,
that came meanwhile and is nobody else's.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sapper_host.connected.bootsel import ROOT, Drive, find_drives
from sapper_host.connected.ports import list_ports
from sapper_host.errors import SapperError, Status
from sapper_host.flash.targets import Target


def check_distinct(targets: Sequence[Target]) -> None:
    """SapperError when two boards could not be told apart once they have become drives."""
    placeless = [target.name for target in targets if not target.location and target.drive is None]
    if len(placeless) > 1:
        raise SapperError(
            f"where {' and '.join(placeless)} are plugged in cannot be told, so neither can which drive is whose",
            f"flash them one after the other: `sapper flash --port {placeless[0]}`",
            Status.NO_DEVICE,
        )


class Whereabouts:
    """Of one board. `claimed`: the places of all boards under way."""

    def __init__(self, target: Target, claimed: set[str], root: Path = ROOT) -> None:
        self._target = target
        self._claimed = claimed
        self._root = root
        self._known_drives = {drive.name for drive in find_drives(root)}
        self._known_ports = {port.device for port in list_ports()}
        if target.location:
            claimed.add(target.location)

    def drive(self) -> Drive | None:
        """Its drive now, None while there is none. SapperError when there are several that could be it."""
        target = self._target
        if target.drive is not None and target.drive.folder is not None:
            return target.drive
        drives = find_drives(self._root)
        if target.location:
            return next((drive for drive in drives if drive.location == target.location), None)
        if target.drive is not None:
            return next((drive for drive in drives if drive.device == target.drive.device), None)
        new = [d for d in drives if d.name not in self._known_drives and d.location not in self._claimed]
        if len(new) > 1:
            names = ", ".join(drive.name for drive in new)
            raise SapperError(
                f"{len(new)} drives came, and which of them is the board of {target.port} cannot be told: {names}",
                "unplug the other boards, or flash each by its drive: `sapper flash --drive DIR`",
                Status.NO_DEVICE,
            )
        return new[0] if new else None

    def port(self, board: str) -> str:
        """The board's port now: at the same place, or with its number (`board`), or the one that came; '' if none."""
        target = self._target
        ports = list_ports()
        if target.location:
            here = [port.device for port in ports if port.location == target.location]
            if here:
                return here[0]
        moved = [port.device for port in ports if board and port.serial_number.lower() == board.lower()]
        if moved:
            return moved[0]
        if not target.location:
            if target.port:
                return target.port
            new = (p for p in ports if p.what == "board" and p.device not in self._known_ports)
            return next((p.device for p in new if p.location not in self._claimed), "")
        return ""
