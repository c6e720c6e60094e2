"""Which board is meant: by port, name or number, or the only one there is; and why those that are there cannot be."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from sapper_host.connected.other_devices import other_device
from sapper_host.connected.ports import Port, bootsel_drives, list_ports, probe
from sapper_host.errors import LinkError

# Names the board to use where --port does not.
VARIABLE = "SAPPER_PORT"
# So much of a board's number stands for the whole: what the monitor shows.
_NUMBER_LEAST = 6
_AT_ONCE = 8
# What cannot be used, what to do about which comes first.
_FIRST = ("busy", "forbidden", "micropython", "bootsel", "no answer", "other")
_NOTHING = "plug one in, start `sapper rig virtual`, or name it with --port; `sapper doctor` looks for the cause"


def probe_all(ports: Iterable[Port]) -> list[Port]:
    """All of them asked at once."""
    with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
        return list(pool.map(probe, ports))


def wanted(port: str | None) -> str | None:
    """What --port says, or the environment in its place."""
    return port or os.environ.get(VARIABLE) or None


def find_port(port: str | None) -> str:
    """The port to use: the one that --port or SAPPER_PORT means, or the only Sapper connected. LinkError when there is
    none, or a choice; it says what is there and why it cannot be used."""
    if named := wanted(port):
        return port_of(named)
    found = probe_all(list_ports())
    ours = [each for each in found if each.ours and each.kind != "radio"]
    if len(ours) == 1:
        return ours[0].device
    if ours:
        raise LinkError(f"there are {len(ours)} boards: {_listed(ours)}", "choose one with --port")
    raise none_usable(found)


def find_all() -> list[str]:
    """The ports of all Sappers. LinkError when there is none."""
    found = probe_all(list_ports())
    ours = [each for each in found if each.ours and each.kind != "radio"]
    if not ours:
        raise none_usable(found)
    return [each.device for each in ours]


def find_unasked() -> list[str]:
    """Ports that by what the system says of them are a board's, whatever runs there; nothing is opened."""
    return [each.device for each in list_ports() if each.what in ("board", "rig") and each.kind != "radio"]


def port_of(text: str) -> str:
    """The port that a person's word for it means: a port stays what it is; a board's name or number (or its first six
    digits) is looked for. LinkError when no board has it, or several."""
    if _is_port(text):
        return text
    asked = list_ports()
    found = [each for each in asked if each.serial_number.lower() == text.lower()]
    if not found:
        asked = probe_all(asked)
        found = [each for each in asked if each.name == text or _begins_number(each, text)]
    found = _once(found)
    if len(found) == 1:
        return found[0].device
    if found:
        raise LinkError(f"{len(found)} boards are called {text}: {_listed(found)}", "choose one by its port")
    there = _once(each for each in asked if each.ours)
    remedy = f"there are {_listed(there)}" if there else "`sapper devices` lists what is connected"
    raise LinkError(f"there is no board {text}", remedy)


def none_usable(asked: Iterable[Port]) -> LinkError:
    """The error for: no Sapper answers. It names what is there instead. asked: ports that were probed."""
    there = [*(each for each in asked if not each.ours), *bootsel_drives()]
    # A serial port without USB numbers says nothing about what may be behind it; a rig's radio leads to its board.
    there = [each for each in there if each.kind not in ("serial", "radio")]
    if not there:
        return LinkError("no board found", _NOTHING)
    there.sort(key=lambda each: _FIRST.index(each.what) if each.what in _FIRST else len(_FIRST))
    told = [_trouble(each) for each in there]
    remedies = list(dict.fromkeys(remedy for _, remedy in told))
    kind = "no board found" if all(each.what == "other" for each in there) else "no board can be used"
    return LinkError(f"{kind}: {'; '.join(what for what, _ in told)}", "; or ".join(remedies))


def _trouble(port: Port) -> tuple[str, str]:
    if port.what == "bootsel":
        return f"{port.device} waits in BOOTSEL, a drive without a console", "flash it: `sapper flash`"
    if port.what == "other":
        what, remedy = other_device(port.usb_ids, port.detail)
        return f"{port.device} is {what}", remedy
    what = port.trouble if port.device in port.trouble else f"{port.device}: {port.trouble or port.what}"
    return what, port.remedy


def _is_port(text: str) -> bool:
    return "/" in text or "\\" in text or bool(re.fullmatch(r"COM\d+", text, re.IGNORECASE))


def _begins_number(port: Port, text: str) -> bool:
    return len(text) >= _NUMBER_LEAST and port.serial_number.lower().startswith(text.lower())


def _once(ports: Iterable[Port]) -> list[Port]:
    """Each board once: not by its radio where it is there by USB."""
    found = list(ports)
    by_usb = {each.serial_number for each in found if each.kind != "radio"}
    return [each for each in found if each.kind != "radio" or each.serial_number not in by_usb]


def _listed(ports: Iterable[Port]) -> str:
    return ", ".join(f"{each.name} ({each.device})" if each.name else each.device for each in ports)


def complete_port(incomplete: str) -> list[tuple[str, str]]:
    """Shell completion of --port: ports, and boards' numbers. Nothing is opened."""
    found = list_ports()
    words = [(port.device, port.detail or port.what) for port in found]
    words += [(port.serial_number, port.device) for port in _once(found) if port.serial_number]
    return [(word, help_text) for word, help_text in words if word.startswith(incomplete)]
