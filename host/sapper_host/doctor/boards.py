"""The boards part of `sapper doctor`: every Raspberry Pi device on USB and every rig, what it is, and what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sapper_host.board.serial_stream import holders_of
from sapper_host.connected.bootsel import BOOT_IDS, find_drives, read_line, usb_ids
from sapper_host.connected.other_devices import OTHERS, VENDOR
from sapper_host.connected.ports import Port, probe
from sapper_host.connected.run_registry import running_rigs
from sapper_host.errors import Status

OK, NOTE, WRONG = "ok", "note", "wrong"


@dataclass(frozen=True)
class Row:
    """One thing that was looked at. state: 'ok', 'note' (may matter) or 'wrong'; status: the exit status if wrong."""

    what: str
    state: str
    found: str
    remedy: str = ""
    status: Status = Status.NO_DEVICE


def board_rows(
    root: Path, may_open: Callable[[str], bool], ask: Callable[[Port], Port] = probe, rigs: bool = True
) -> list[Row]:
    """A row a board; one row when there is none. `ask` opens a port and says what is there."""
    rows = [*_waiting(root), *_running(root, may_open, ask), *(_rigs(ask) if rigs else ())]
    if rows:
        return rows
    adapters = [path.name for path in sorted((root / "dev").glob("ttyUSB*"))]
    beside = f"; there are serial adapters: {', '.join(adapters)} (a radio?)" if adapters else ""
    return [
        Row(
            "board",
            WRONG,
            f"no board on USB{beside}",
            "plug one in. If its light is on and it is still not here, the cable only charges: take another cable, "
            "then another socket; or hold BOOTSEL while plugging it in",
        )
    ]


def _waiting(root: Path) -> Iterator[Row]:
    for drive in find_drives(root):
        what = f"board {drive.name}"
        if drive.folder is not None:
            yield Row(what, NOTE, "in BOOTSEL, its drive is mounted", "`sapper flash`")
        elif drive.device:
            yield Row(what, NOTE, "in BOOTSEL, its drive is not mounted", "`sapper flash` mounts it, or says how")
        else:
            remedy = "allow USB drives (module usb-storage), or install picotool; then `sapper flash`"
            yield Row(what, WRONG, "in BOOTSEL, but the system shows no drive of it", remedy)


def _running(root: Path, may_open: Callable[[str], bool], ask: Callable[[Port], Port]) -> Iterator[Row]:
    for device in sorted((root / "sys/bus/usb/devices").glob("*")):
        vendor, product = usb_ids(device)
        if vendor != VENDOR or (vendor, product) == BOOT_IDS:
            continue
        name = read_line(device / "product") or "unnamed"
        what = f"board USB {device.name}"
        if product in OTHERS:
            found, remedy = OTHERS[product]
            yield Row(what, WRONG, f"{found}: {name}", remedy)
            continue
        ports = sorted(path.name for path in device.glob("*/tty/tty*"))
        if not ports:
            remedy = "load its driver: `sudo modprobe cdc_acm`; if it comes and goes, take another cable"
            yield Row(what, WRONG, f"on USB as {name}, but without a serial port", remedy)
        for port in ports[:1]:
            path = str(root / "dev" / port)
            yield _port(path, root, may_open, ask, Port(path, "usb", "board", name, read_line(device / "serial")))


def _port(path: str, root: Path, may_open: Callable[[str], bool], ask: Callable[[Port], Port], port: Port) -> Row:
    what = f"board {path}"
    if not may_open(path):
        remedy = (
            "`sapper doctor --udev-rule` prints the rule that allows it; "
            "or `sudo usermod -aG dialout $USER`, then log in again"
        )
        return Row(what, WRONG, "no permission to open it", remedy)
    holders = holders_of(path, root / "proc")
    if holders:
        remedy = "close it there first"
        if any("ModemManager" in holder for holder in holders):
            remedy = "wait a minute; for good: `sapper doctor --udev-rule` prints the rule that keeps ModemManager away"
        return Row(what, WRONG, f"in use by {', '.join(holders)}", remedy)
    return _answer(what, ask(port))


def _answer(what: str, asked: Port) -> Row:
    if not asked.ours:
        state = NOTE if asked.what == "micropython" else WRONG
        return Row(what, state, asked.trouble or "nothing that is known answers", asked.remedy)
    version = asked.version
    found = f"Sapper answers: {version.get('sapper', '')} {version.get('git', '')}, board {version.get('board', '')}"
    found += f", called {asked.name}" if asked.name else ""
    found += f", from {version['source']}" if "source" in version else ""
    return Row(what, OK, found)


def _rigs(ask: Callable[[Port], Port]) -> Iterator[Row]:
    waiting = {drive.location for drive in find_drives()}
    for rig in running_rigs():
        port = rig.ports.get("usb", "")
        if port and port not in waiting:
            yield _answer(f"rig {port}", ask(Port(port, "usb", "rig", f"{rig.rig} rig (pid {rig.pid})")))
