"""What stands between this laptop and a board: each thing that can be wrong, its state, and the remedy.

`examine` looks at a `Machine`: the real one, or a test's, whose /sys, /dev and /proc lie elsewhere.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from sapper_host import processes
from sapper_host.connected.bootsel import ROOT
from sapper_host.connected.ports import Port, probe
from sapper_host.doctor.boards import NOTE, OK, WRONG, Row, board_rows
from sapper_host.errors import Status
from sapper_host.files import folders
from sapper_host.files.node import find_node

PYTHON_LEAST = (3, 11)
NODE_LEAST = 20
# A firmware build's workspace and the campaign's results.
CACHE_LEAST_MB = 1500
_VERSION_LIMIT_S = 10.0

UDEV_FILE = "70-sapper.rules"
UDEV_RULE = """\
# Raspberry Pi Pico: the person at this machine may use it, running and in BOOTSEL, and ModemManager leaves it alone.
SUBSYSTEM=="tty", ATTRS{idVendor}=="2e8a", TAG+="uaccess", ENV{ID_MM_DEVICE_IGNORE}="1"
SUBSYSTEM=="usb", ATTR{idVendor}=="2e8a", TAG+="uaccess", ENV{ID_MM_DEVICE_IGNORE}="1"
"""
_UDEV_REMEDY = (
    f"`sapper doctor --udev-rule | sudo tee /etc/udev/rules.d/{UDEV_FILE}`, then "
    "`sudo udevadm control --reload && sudo udevadm trigger`, and plug the board in again"
)
# Programs beside Python: name, what for, the remedy when it is missing.
TOOLS = (
    (
        "picotool",
        "flashes boards whose drive the system does not show",
        "install picotool if `sapper flash` asks for it",
    ),
    ("udisksctl", "mounts a board's drive", "install udisks2, or mount by hand as `sapper flash` says"),
)
LIBRARIES = ("mpremote", "pyserial", "rich", "typer", "numpy", "mcap")


@dataclass
class Machine:
    """What is examined. `may_open`: whether this person may read and write a port; `ask`: what answers there."""

    root: Path = ROOT
    groups: set[str] = field(default_factory=lambda: _groups())
    may_open: Callable[[str], bool] = lambda port: os.access(port, os.R_OK | os.W_OK)
    ask: Callable[[Port], Port] = probe
    cache: Path = field(default_factory=folders.cache)


def examine(machine: Machine) -> list[Row]:
    """All checks, the boards last."""
    rows: list[Row] = [_python(), _node(), *_tools(), *_libraries(), _cache(machine), _permission(machine)]
    return rows + board_rows(machine.root, machine.may_open, machine.ask)


def status_of(rows: list[Row]) -> Status:
    """The exit status: that of the first thing that is wrong."""
    return next((row.status for row in rows if row.state == WRONG), Status.OK)


def as_json(rows: list[Row]) -> list[dict[str, Any]]:
    """For --json. status: what the row makes the command end with, 0 unless it is wrong."""
    return [asdict(row) | {"status": int(row.status if row.state == WRONG else Status.OK)} for row in rows]


def _python() -> Row:
    found = f"{platform.python_version()} at {sys.executable}"
    if sys.version_info >= PYTHON_LEAST:
        return Row("Python", OK, found)
    least = ".".join(map(str, PYTHON_LEAST))
    return Row("Python", WRONG, found, f"install Python {least} or later, then `make setup`", Status.ERROR)


def _node() -> Row:
    """The emulator's; without it everything but the virtual rover works."""
    remedy = "`make setup` puts one in; only `sapper rig virtual` and its like need it"
    program = find_node()
    if program is None:
        return Row("Node", NOTE, "there is none", remedy)
    found = _first_line([program, "--version"])
    major = re.match(r"v(\d+)\.", found)
    if major and int(major.group(1)) >= NODE_LEAST:
        return Row("Node", OK, f"{found} at {program}")
    return Row("Node", NOTE, f"{found or 'no version'} at {program}; {NODE_LEAST} or later is needed", remedy)


def _first_line(command: list[str]) -> str:
    try:
        done = processes.run(command, capture_output=True, text=True, timeout=_VERSION_LIMIT_S)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return (done.stdout.strip().splitlines() or [""])[0]


def _tools() -> Iterator[Row]:
    for name, purpose, remedy in TOOLS:
        path = shutil.which(name)
        yield Row(name, OK, path) if path else Row(name, NOTE, f"there is none; it {purpose}", remedy)


def _libraries() -> Iterator[Row]:
    found, missing = [], []
    for name in LIBRARIES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            missing.append(name)
    if missing:
        yield Row("libraries", WRONG, f"missing: {', '.join(missing)}", "run `make setup` again", Status.ERROR)
    else:
        yield Row("libraries", OK, ", ".join(found))


def _cache(machine: Machine) -> Row:
    """Where things are built and rigs register; its nearest folder that exists tells space and permission."""
    folder = machine.cache
    there = next(path for path in (folder, *folder.absolute().parents) if os.path.lexists(path))
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        remedy = f"make {there} writable, or set SAPPER_CACHE to a folder of yours"
        return Row("cache", WRONG, f"{folder} cannot be written", remedy, Status.ERROR)
    free_mb = shutil.disk_usage(there).free // 2**20
    found = f"{folder}, {free_mb} MB free"
    if free_mb < CACHE_LEAST_MB:
        return Row("cache", NOTE, found, f"free {CACHE_LEAST_MB} MB there, or set SAPPER_CACHE to another disk")
    return Row("cache", OK, found)


def _permission(machine: Machine) -> Row:
    """Who may use boards here, told before one is plugged in: by a rule for them, or by the group of serial ports."""
    for folder in ("etc/udev/rules.d", "run/udev/rules.d", "usr/lib/udev/rules.d", "lib/udev/rules.d"):
        for rules in sorted((machine.root / folder).glob("*.rules")):
            try:
                text = rules.read_text(encoding="utf-8", errors="replace")
            except OSError:
                continue
            if "2e8a" in text.lower() and ("uaccess" in text or "MODE" in text):
                return Row("permission", OK, f"the rule {rules} gives access to boards")
    for group in ("root", "dialout", "uucp", "plugdev"):
        if group in machine.groups:
            return Row("permission", OK, f"this user is in the group {group}")
    return Row("permission", NOTE, "no udev rule for boards, and this user is not in the group dialout", _UDEV_REMEDY)


def _groups() -> set[str]:
    """Names of this process's groups; 'root' for root, who needs none."""
    import grp

    names = {"root"} if os.geteuid() == 0 else set()
    for number in os.getgroups():
        try:
            names.add(grp.getgrgid(number).gr_name)
        except KeyError:
            continue  # a group without a name
    return names
