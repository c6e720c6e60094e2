"""What is connected: serial ports and what answers on them, the lines of running rigs, and boards waiting as drives."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from shlex import quote
from typing import Any

from sapper.storage.name_file import NONE as NO_NAME
from sapper_host.board.link import Link
from sapper_host.connected import bootsel
from sapper_host.connected.run_registry import running_rigs
from sapper_host.errors import AtPromptError, LinkError, PortBusyError, PortForbiddenError
from sapper_host.outside.text import shown

# Raspberry Pi's vendor and the product number of MicroPython on RP2040, which our board definition keeps.
USB_IDS = (0x2E8A, 0x0005)
USB_NAME = "Sapper"
# How long a board may take to answer; a rig on a busy machine runs slower than real time.
_PROBE_S = {"board": 1.5, "rig": 5.0}
_TROUBLES = {PortBusyError: "busy", PortForbiddenError: "forbidden", AtPromptError: "micropython"}
_NO_ANSWER = (
    "a program of its own may run there: `sapper reboot --port {}` ends it and starts Sapper; "
    "else plug the board in again, or `sapper flash`"
)


@dataclass
class Port:
    """A place a board may be. kind: usb, radio (of a rig), serial or drive; what: sapper, micropython, busy, forbidden,
    no answer; bootsel; other; before it is asked board or rig.

    location: where it is plugged in, as bootsel.Drive has it; the same board is found there again after a restart.
    usb_ids: vendor and product, 'VVVV:PPPP'. trouble, remedy: why it cannot be used, and what to do.
    """

    device: str
    kind: str
    what: str
    detail: str = ""
    serial_number: str = ""
    version: dict[str, str] = field(default_factory=dict)
    location: str = ""
    usb_ids: str = ""
    trouble: str = ""
    remedy: str = ""

    @property
    def name(self) -> str:
        """What people called the board; '' when they did not, or it was not asked."""
        name = self.version.get("name", NO_NAME)
        return "" if name == NO_NAME else name

    @property
    def ours(self) -> bool:
        """Whether a Sapper answers there."""
        return self.what == "sapper"

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        return asdict(self) | {"ours": self.ours, "name": self.name}


def list_ports() -> list[Port]:
    """Serial ports and rigs' lines, by what the system says of them; nothing is opened."""
    from serial.tools.list_ports import comports

    found = []
    for info in sorted(comports(), key=lambda info: info.device):
        names = shown(f"{info.manufacturer or ''} {info.product or ''}")
        ours = (info.vid, info.pid) == USB_IDS or USB_NAME in names
        kind = "usb" if info.vid is not None else "serial"
        detail = " ".join(names.split()) or (shown(info.description) if info.description != "n/a" else "")
        location = (getattr(info, "location", None) or "").partition(":")[0]
        what = "board" if ours else "other"
        ids = f"{info.vid:04x}:{info.pid or 0:04x}" if info.vid is not None else ""
        number = shown(info.serial_number or "")
        found.append(Port(info.device, kind, what, detail, number, location=location, usb_ids=ids))
    for rig in running_rigs():
        for name, device in rig.ports.items():
            world = f", world {Path(rig.world).name}" if rig.world else ""
            detail = shown(f"{rig.rig} rig (pid {rig.pid}){world}")
            found.append(Port(device, name, "rig", detail, rig.board, location=device if name == "usb" else ""))
    return found


def probe(port: Port) -> Port:
    """Ask `version` on a port; returns it with what answers. Ports that by their numbers cannot be ours are let be."""
    if port.what not in ("board", "rig"):
        return port
    try:
        with Link.open(port.device) as link:
            port.version = link.identify(_PROBE_S[port.what])
            port.what = "sapper"
            if not port.serial_number:
                port.serial_number = port.version.get("board", "")
    except LinkError as error:
        port.what = next((what for kind, what in _TROUBLES.items() if isinstance(error, kind)), "no answer")
        port.trouble, port.remedy = error.message, error.remedy
        if port.what == "no answer" and port.kind == "usb":
            port.remedy = _NO_ANSWER.format(quote(port.device))
        port.detail = f"{port.detail}; {error.message}" if port.detail else error.message
    return port


def bootsel_drives(root: Path = bootsel.ROOT) -> list[Port]:
    """Boards in BOOTSEL: the RPI-RP2 drives this machine sees, mounted or not."""
    return [
        Port(drive.name, "drive", "bootsel", f"mounted at {drive.folder}" if drive.folder else "not mounted")
        for drive in bootsel.find_drives(root)
    ]


def port_now(port: str, serial_number: str) -> str:
    """Where a board is now that was on `port`: one that comes back may get another name, and is known by its number."""
    if os.path.exists(port) or not serial_number:
        return port
    return next((each.device for each in list_ports() if each.serial_number == serial_number), port)
