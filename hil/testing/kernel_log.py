"""What the host's kernel says of a bench's USB ports while a test runs: an error there is no verdict on the firmware.

    log = KernelLog.open()
    ...
    for line in errors_at(log.news(), ["1-1.2"]): ...

Lines are taken as /dev/kmsg, `dmesg` and `journalctl -k` give them. Only what a healthy port never causes is an error:
a board that goes away and comes back ('USB disconnect', 'new full-speed USB device') is what benches do all day.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from hil.errors import HilError

KMSG = Path("/dev/kmsg")
_RECORD_BYTES = 8192
LOST = "messages of the kernel were lost: its log is full, and what happened on USB meanwhile is not known"

# What stands before the message: /dev/kmsg's '6,1234,5678901,-;', dmesg's '[ 12.345678] ' or '[Thu Dec 10 ...] ',
# the journal's 'Dec 10 21:32:15 bench kernel: ' and '[ 12.345678] bench kernel: '.
_PREFIX = re.compile(r"^(?:\d+,\d+,\d+,[^;]*;|.*?\bkernel: |\[[^\]]*\] ?)")
# Who speaks: a device '1-1.2', its interface 'cdc_acm 1-1.2:1.0', a port 'usb1-port2' or '1-1-port2', a root hub
# 'usb1', an old hub's port 'hub 1-1:1.0: port 2', a host controller.
_DEVICE = re.compile(r"^(?:[a-z_0-9-]+ )(\d+-\d+(?:\.\d+)*)(?::\d+\.\d+)?: (.*)$")
_PORT = re.compile(r"^usb (?:usb(\d+)|(\d+-\d+(?:\.\d+)*))-port(\d+): (.*)$")
_OLD_PORT = re.compile(r"^hub (\d+)-(\d+(?:\.\d+)*):\d+\.\d+: (.*?port (\d+).*)$")
_ROOT = re.compile(r"^(?:usb|hub) (?:usb(\d+)|(\d+)-0:1\.0): (.*)$")
_CONTROLLER = re.compile(r"^(?:[exou]hci|dwc2|dwc3|musb)\S* \S+: (.*)$")

# Of devices and ports.
_BAD = re.compile(
    r"error -\d+|error: -\d+|err = -\d+|\bfailed\b|not accepting address|not responding to setup address"
    r"|unable to enumerate|cannot (?:reset|enable|disable)|over-current|disabled by hub|hub_ext_port_status failed"
    r"|attempt power cycle|insufficient available bus power|can't (?:set config|restore)|clear tt|babble"
    r"|^reset \S+ USB device",
    re.IGNORECASE,
)
# What a device says of itself may be any words.
_ITS_OWN = re.compile(r"^(?:Product|Manufacturer|SerialNumber): ")
# Of the host's controllers: all ports are gone with them.
_DEAD = re.compile(
    r"died|assume dead|not responding|host system error|host controller error|halt timed out|halt failed"
    r"|abort failed|command ring .* timeout|over-current",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Trouble:
    """An error line: the place it is about ('1-1.2'; '1' for a whole bus; '' for a controller) and its words."""

    place: str
    text: str

    def concerns(self, place: str) -> bool:
        """Whether a device plugged in there has to do with it: it is the place itself, or a hub on the way to it."""
        if not self.place:
            return True
        bus, _, ports = self.place.partition("-")
        if not ports:
            return place.partition("-")[0] == bus
        return place == self.place or place.startswith(self.place + ".")


def trouble(line: str) -> Trouble | None:
    """What is wrong by this line of the kernel's; None where nothing is, or it is not of USB."""
    text = _PREFIX.sub("", line.rstrip("\n"), count=1)
    if match := _PORT.match(text):
        bus, hub, port, words = match.groups()
        place = f"{bus}-{port}" if bus else f"{hub}.{port}"
        return Trouble(place, text) if _BAD.search(words) else None
    if match := _ROOT.match(text):
        words = match.group(3)
        port_of = re.search(r"port (\d+)", words)  # as kernels before 3.14 have it
        bus = match.group(1) or match.group(2)
        return Trouble(f"{bus}-{port_of.group(1)}" if port_of else bus, text) if _BAD.search(words) else None
    if match := _OLD_PORT.match(text):
        bus, hub, words, port = match.groups()
        return Trouble(f"{bus}-{hub}.{port}", text) if _BAD.search(words) else None
    if match := _CONTROLLER.match(text):
        return Trouble("", text) if _DEAD.search(match.group(1)) else None
    if match := _DEVICE.match(text):
        words = match.group(2)
        return Trouble(match.group(1), text) if _BAD.search(words) and not _ITS_OWN.match(words) else None
    return Trouble("", text) if text == LOST else None


def errors_at(lines: Iterable[str], places: Iterable[str]) -> list[str]:
    """The error lines that concern a device at one of these places of USB, in their order."""
    where = tuple(places)
    found = (trouble(line) for line in lines)
    return [each.text for each in found if each and any(each.concerns(place) for place in where)]


class KernelLog:
    """The kernel's messages from the moment this was made. A context manager."""

    def __init__(self, path: Path = KMSG) -> None:
        try:
            self._file = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
            os.lseek(self._file, 0, os.SEEK_END)
        except OSError as error:
            raise HilError(
                f"the kernel's messages cannot be read at {path} ({error.strerror}), so errors of USB would go unseen; "
                "set kernel.dmesg_restrict to 0 by sysctl, or be a user who may read it (in a container: pass it in)"
            ) from None

    def __enter__(self) -> KernelLog:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let it go."""
        os.close(self._file)

    def news(self) -> list[str]:
        """The messages since the last call, without the lines of key and value that follow some."""
        lines: list[str] = []
        while True:
            try:
                record = os.read(self._file, _RECORD_BYTES)
            except BlockingIOError:
                return lines
            except OSError as error:
                if error.errno != errno.EPIPE:
                    raise HilError(f"the kernel's messages cannot be read any more: {error.strerror}") from None
                lines.append(LOST)  # overwritten before they were read; the next read goes on with what is left
                continue
            if not record:  # a file in its place, at its end
                return lines
            lines += [line for line in record.decode("utf-8", "replace").splitlines() if not line.startswith(" ")]
