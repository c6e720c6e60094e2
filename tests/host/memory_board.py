"""The firmware's own application at the other end of a pseudo-terminal, on a board in memory whose flash lasts.

What answers is `sapper.app.Application` on tests/firmware/fakes; here are the line and the flash, and what can go wrong
with them. What is on `flash` is what a restart, or another MemoryBoard made with it, begins with.
"""

from __future__ import annotations

import errno
import gc
import io
import os
import sys
import threading
import time
from calendar import timegm
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from sapper.crypto.keys import KEY_BYTES, from_hex
from sapper.shared.settings import Settings
from sapper_host.files.checkout import ROOT
from tests.host.fake_board import SerialEnd

sys.path.insert(0, str(ROOT / "tests" / "firmware" / "fakes"))

import key_places  # noqa: E402 - as the next
from bench import Bench  # noqa: E402 - the board in memory, whose `machine` has to be on the path

from sapper.hardware import clock  # noqa: E402
from sapper.safety import checks  # noqa: E402
from sapper.shared.events import PORTS  # noqa: E402
from sapper.shared.pins import VSYS_DIVIDER  # noqa: E402
from sapper.storage import key_file, name_file, settings_file  # noqa: E402
from sapper.storage.team_key import TeamKey  # noqa: E402

BOARD = "e6614c775b000001"
CHECKS = tuple(name for name, _ in checks.SELF_TEST)
_SETTLED_TICKS = 5  # from power-up until frames, supply and detector have been looked at
_AT_RESET_S = 1609459200.0  # where MicroPython puts the clock at every start
TEAM_KEY = "the team's key"  # its place, in Flash.full
_TURN = threading.Lock()  # one board runs at a time: the firmware's modules are there once


@dataclass
class Flash:
    """What outlives the power: files, and the pages of the team's key. full: paths, or TEAM_KEY, that cannot be
    written; forgets: paths whose old file stays though the new one seemed to take its place."""

    files: dict[str, bytes] = field(default_factory=dict)
    full: tuple[str, ...] = ()
    forgets: tuple[str, ...] = ()
    pages: list[bytes] = field(default_factory=lambda: [b"\xff" * key_places.PAGE_BYTES] * 2)

    def read(self, place: int) -> bytes:
        """A page of the team's key."""
        return self.pages[place]

    def write(self, place: int, page: bytes) -> None:
        """Likewise."""
        if TEAM_KEY in self.full:
            raise OSError(errno.ENOSPC)
        self.pages[place] = page

    def open(self, path: str, mode: str = "r") -> io.IOBase:
        """As MicroPython's; OSError(28) where it is full, as there."""
        if "w" in mode:
            if path.startswith(self.full):
                raise OSError(errno.ENOSPC)
            return _Writing(self.files, path) if "b" in mode else io.TextIOWrapper(_Writing(self.files, path))
        if path not in self.files:
            raise FileNotFoundError(errno.ENOENT, path)
        data = io.BytesIO(self.files[path])
        return data if "b" in mode else io.TextIOWrapper(data)

    def rename(self, old: str, new: str) -> None:
        data = self.files.pop(old)
        if new not in self.forgets:
            self.files[new] = data

    def __getattr__(self, name: str) -> Any:
        """What else the firmware asks `os` for."""
        return getattr(os, name)

    def remove(self, path: str) -> None:
        if self.files.pop(path, None) is None:
            raise FileNotFoundError(errno.ENOENT, path)

    @property
    def settings(self) -> list[str]:
        """The lines of the saved settings."""
        return self.files.get(settings_file.PATH, b"").decode().splitlines()

    @property
    def name(self) -> str:
        return self.files.get(name_file.PATH, b"").decode()

    @property
    def key(self) -> bytes:
        return from_hex(self.files.get(key_file.RADIO.path, b"").decode(), KEY_BYTES) or b""

    @property
    def team_key(self) -> bytes:
        kept = TeamKey(self)
        kept.load()
        return kept.key or b""


class _Writing(io.BytesIO):
    def __init__(self, files: dict[str, bytes], path: str) -> None:
        super().__init__()
        self._files, self._path = files, path

    def close(self) -> None:
        if not self.closed:
            self._files[self._path] = self.getvalue()
        super().close()


class _Heap:
    """`gc` of a board: not the tests' whole heap is collected."""

    mem_free = gc.mem_free

    @staticmethod
    def collect() -> None:
        pass


class _Clock:
    """`time` and `machine` as hardware/clock.py uses them: a clock that is set to 2021 by every start."""

    gmtime = staticmethod(time.gmtime)

    def __init__(self) -> None:
        self._offset_s = _AT_RESET_S - time.monotonic()

    def time(self) -> int:
        return int(self._offset_s + time.monotonic())

    def RTC(self) -> _Clock:  # noqa: N802 - as it is called there
        return self

    def datetime(self, moment: tuple[int, ...]) -> None:
        year, month, day, _, *clock_time = moment
        self._offset_s = timegm((year, month, day, *clock_time[:3])) - time.monotonic()


class MemoryBoard(SerialEnd):
    """refuse: the beginning of a line -> what comes back in its place: that line does not reach the board. cut_at:
    (number of the line, 'before' or 'after' it is carried out): the plug is pulled there, unanswered."""

    def __init__(self, flash: Flash | None = None, port_name: str = "usb") -> None:
        super().__init__()
        self.flash = flash or Flash()
        self.refuse: dict[str, str] = {}
        self.cut_at: tuple[int, str] | None = None
        self.heard: list[str] = []
        self.boots = 0
        self._index = PORTS.index(port_name)
        self._supply_mv = 5000
        self._line = bytearray()
        self._start_anew()

    @property
    def settings(self) -> Settings:
        """The running application's."""
        return self.bench.app.settings

    @property
    def state(self) -> str:
        """What `status` calls it."""
        return self.say("status").split("state=")[1].split()[0]

    @property
    def clock_is_set(self) -> bool:
        return self._clock.time() >= clock.EARLIEST_S

    def say(self, line: str) -> str:
        """Another's line, on the USB that nobody else listens to; its answer."""
        with self._running():
            return str(self.bench.last(line, 0, 5))

    def arm(self) -> None:
        """Key on, code given."""
        with self._running():
            assert self.bench.arm() == "ok state=ARMED"

    def supply(self, millivolts: int) -> None:
        """The battery, from now on."""
        with self._running():
            self._supply_mv = millivolts
            self._settle()

    def _start_anew(self) -> None:
        self.boots += 1
        self._clock = _Clock()
        with self._running():
            self.bench = Bench(self.flash)
            self._settle()

    def _settle(self) -> None:
        self.bench.board.acquisition.frame[3] = (self._supply_mv << 16) // (3300 * VSYS_DIVIDER) + 1
        self.bench.tick(_SETTLED_TICKS)

    @contextmanager
    def _running(self) -> Iterator[None]:
        """The firmware's modules have this board's files and clock: what is global there is that board's alone."""
        with _TURN, pytest.MonkeyPatch.context() as patch:
            for name, module in list(sys.modules.items()):
                if name.startswith("sapper."):
                    patch.setattr(module, "open", self.flash.open, raising=False)
                    if getattr(module, "os", None) is os:
                        patch.setattr(module, "os", self.flash)
                    if getattr(module, "gc", None) is gc:
                        patch.setattr(module, "gc", _Heap)
            patch.setattr(key_places, "_flash", self.flash)
            patch.setattr(clock, "time", self._clock)
            patch.setattr(clock, "machine", self._clock)
            yield

    def _receive(self, data: bytes) -> None:
        """Line by line, each to its answer: a host of ours waits for one before it says the next."""
        for byte in data:
            self._line.append(byte)
            if byte == 10 and not self._leave.is_set():
                line = bytes(self._line)
                self._line.clear()
                self._carry(line)

    def _carry(self, line: bytes) -> None:
        text = line.decode("ascii", "replace").rstrip()
        number = len(self.heard)
        self.heard.append(text)
        cut = self.cut_at is not None and number == self.cut_at[0]
        if cut and self.cut_at[1] == "before":
            self.unplug()
            return
        instead = next((answer for start, answer in self.refuse.items() if text.startswith(start)), None)
        said = self._answered(line) if instead is None else instead.encode() + b"\r\n"
        if cut:
            self.unplug()
            return
        self.send(said)
        if self.bench.app.leave_for == "reboot":
            self._start_anew()

    def _answered(self, line: bytes) -> bytes:
        """What the board has said when it has nothing more to say."""
        with self._running():
            port, link = self.bench.ports[self._index], self.bench.app.links[self._index]
            if self._index == 0:
                port.sent = b""  # what `say` heard there is nobody else's
            port.waiting += line
            self.bench.tick()
            while port.waiting or link._lines or not link.idle():
                self.bench.tick()
            said, port.sent = bytes(port.sent), b""
            return said
