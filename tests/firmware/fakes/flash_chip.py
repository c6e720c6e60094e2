"""The second half of the flash in memory, as `rp2.Flash` shows it, and the board's own modules over it.

As awkward as the chip: programming only clears bits, an erase that is cut leaves anything, and the power may go before
each operation or half-way through it.
"""

import importlib.util
import os
import random
import sys
import types
from pathlib import Path

import flash_layout

SECTOR = flash_layout.SECTOR_BYTES
_FROZEN_BARE = {
    "slot_trailer": "sapper.update.slot_trailer",
    "two_copies": "sapper.storage.two_copies",
    "whole_file": "sapper.storage.whole_file",
    "hmac_sha256": "sapper.crypto.hmac_sha256",
}
_OWN = ("key_places", "slots")


class PowerGone(BaseException):
    """The power went."""


class Chip:
    """`data`: what it holds. cut: (operations until the power goes, whether half of that one is done)."""

    def __init__(self):
        self.data = bytearray(b"\xff" * flash_layout.STORAGE_BYTES)
        self.operations = 0
        self.cut = None

    def _do(self, at, new):
        if self.cut and self.operations >= self.cut[0]:
            if self.cut[1]:
                half = len(new) // 2
                self.data[at : at + half] = new[:half]
            raise PowerGone
        self.operations += 1
        self.data[at : at + len(new)] = new

    def erase(self, at, length):
        """Blank sectors, one operation each."""
        assert at % SECTOR == 0 and length % SECTOR == 0
        for sector in range(at, at + length, SECTOR):
            torn = self.cut and self.operations >= self.cut[0]
            self._do(sector, random.Random(sector).randbytes(SECTOR) if torn else b"\xff" * SECTOR)

    def program(self, at, data):
        """Pages, one operation each."""
        assert at % 256 == 0 and len(data) % 256 == 0
        for page in range(0, len(data), 256):
            there = self.data[at + page : at + page + 256]
            self._do(at + page, bytes(a & b for a, b in zip(there, data[page : page + 256], strict=True)))

    def part(self, start=0, len=flash_layout.STORAGE_BYTES):
        """As rp2.Flash(start=, len=): a block device that reads as a buffer (of now)."""
        return _Part(self, start, len)


class _Part(bytearray):
    def __new__(cls, *_):
        return super().__new__(cls)

    def __init__(self, chip, start, length):
        super().__init__(chip.data[start : start + length])
        self._chip = chip
        self._start = start

    def readblocks(self, number, buffer, offset=0):
        at = self._start + number * SECTOR + offset
        buffer[:] = self._chip.data[at : at + len(buffer)]

    def writeblocks(self, number, buffer, offset=None):
        at = self._start + number * SECTOR
        if offset is None:
            self._chip.erase(at, SECTOR)
        self._chip.program(at + (offset or 0), bytes(buffer))

    def ioctl(self, operation, argument):
        assert operation == 6
        self._chip.erase(self._start + argument * SECTOR, SECTOR)


def board_modules(monkeypatch, chip, folder):
    """The board's own modules over this chip, imported anew: (slots, key_places). folder: its file system."""
    rp2 = types.ModuleType("rp2")
    rp2.Flash = chip.part
    vfs = types.ModuleType("vfs")
    vfs.mount = vfs.umount = lambda *_: None
    vfs.VfsRom = lambda _area: None
    sapper_flash = types.ModuleType("sapper_flash")
    sapper_flash.erase = chip.erase
    hot_set = types.ModuleType("sapper_hot_set")
    hot_set.give_to_slot = hot_set.keep_for_factory = lambda: None
    storage = types.ModuleType("board_storage")
    storage.FAILED, storage.state = "failed", "mounted"
    for module in (rp2, vfs, sapper_flash, hot_set, storage):
        monkeypatch.setitem(sys.modules, module.__name__, module)
    for bare, name in _FROZEN_BARE.items():
        monkeypatch.setitem(sys.modules, bare, importlib.import_module(name))
    for name in _OWN:
        monkeypatch.setitem(sys.modules, name, None)  # gone again after the test
        del sys.modules[name]
    places = importlib.util.spec_from_file_location(
        "key_places", Path(flash_layout.__file__).with_name("key_places.py")
    )
    key_places = sys.modules["key_places"] = importlib.util.module_from_spec(places)
    places.loader.exec_module(key_places)
    slots = importlib.import_module("slots")
    monkeypatch.setattr(slots, "sys", types.SimpleNamespace(path=[]))
    monkeypatch.setattr(slots, "POINTER", os.path.join(folder, "update.txt"))
    monkeypatch.setattr(slots, "mpy_version", lambda: 4870)
    return slots, key_places
