"""The virtual Pico's flash chip, from outside: its contents, what was done to it, and power cuts in the middle."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from hil.rigs.virtual import protocol
from hil.rigs.virtual.chip import Chip
from hil.rigs.virtual.errors import VirtualPicoError
from sapper_host.flash.uf2 import FLASH_BYTES, FLASH_START, PAYLOAD_BYTES, SECTOR_BYTES, Uf2Error, read_uf2

PHASES = ("before", "half")


def uf2_image(path: Path, base: bytes | None = None) -> bytes:
    """All contents of a flash with a UF2 in it: `base` (or erased flash) with the file's sectors erased and programmed.

    Raises VirtualPicoError when it is not a whole UF2 for the Pico, or `base` does not fit.
    """
    image = bytearray(base if base is not None else b"")
    if len(image) > FLASH_BYTES:
        raise VirtualPicoError(f"a flash image of {len(image)} bytes does not fit the Pico's {FLASH_BYTES}")
    image += b"\xff" * (FLASH_BYTES - len(image))
    try:
        uf2 = read_uf2(path)
    except Uf2Error as error:
        raise VirtualPicoError(str(error)) from None
    for page in uf2.pages:
        sector = (page - FLASH_START) & ~(SECTOR_BYTES - 1)
        image[sector : sector + SECTOR_BYTES] = b"\xff" * SECTOR_BYTES
    for page in uf2.pages:
        offset = page - FLASH_START
        image[offset : offset + PAYLOAD_BYTES] = uf2.page(page)
    return bytes(image)


class FlashOperation(NamedTuple):
    """One erase or page program, as the chip carried it out."""

    name: str
    address: int
    length: int
    start_ns: int
    busy_ns: int


class Flash:
    """2 MB of SPI NOR. Operations are numbered from 0 as they begin, since the virtual Pico was made."""

    size = FLASH_BYTES

    def __init__(self, chip: Chip) -> None:
        self._chip = chip

    def image(self) -> bytes:
        """All its contents, `size` bytes."""
        return self.read(0, FLASH_BYTES)

    def read(self, offset: int, length: int) -> bytes:
        """Some of its contents, past the chip's own interface."""
        return self._chip.query(protocol.read_at(protocol.FLASH_READ, offset, length))

    def write(self, offset: int, data: bytes) -> None:
        """Replaces contents as a programmer clip would; reset the board afterwards."""
        if offset < 0 or offset + len(data) > FLASH_BYTES:
            raise VirtualPicoError(f"{len(data)} bytes at {offset} do not fit a flash of {FLASH_BYTES}")
        self._chip.post(protocol.write_at(protocol.FLASH_WRITE, offset, data))

    def program_uf2(self, path: Path) -> None:
        """Erases and programs the sectors of a UF2, as the boot ROM's drive does; reset the board afterwards."""
        before = self.image()
        after = uf2_image(path, before)
        for sector in range(0, FLASH_BYTES, SECTOR_BYTES):
            contents = after[sector : sector + SECTOR_BYTES]
            if contents != before[sector : sector + SECTOR_BYTES]:
                self.write(sector, contents)

    @property
    def operations(self) -> int:
        """How many erases and page programs have begun."""
        return self._chip.status().flash_operations

    def operation_log(self, start: int = 0) -> list[FlashOperation]:
        """The operations numbered `start` and above."""
        log = self._chip.call("flashLog", start)
        return [
            FlashOperation(
                each["name"], each["address"], each["length"], round(each["startNanos"]), round(each["busyNanos"])
            )
            for each in log
        ]

    @property
    def busy(self) -> bool:
        """Whether an operation is under way."""
        return bool(self._chip.call("flashBusy"))

    def cut_power_at(self, operation: int | None, phase: str = "before") -> None:
        """Plans a power cut at the operation of that number: 'before' it, or 'half'-way through (None: no cut).

        Half-way through a page program a prefix of the changed bytes is programmed and the next byte in part; half-way
        through an erase a part is erased and another reads as anything (seeded). The run then ends with the power off.
        """
        self._check_phase(phase)
        self._chip.call("flashCutAt", -1 if operation is None else operation, phase)

    def record(self, on: bool = True) -> None:
        """From the next operation on, keeps what each one changed, for `torn_image`."""
        self._chip.call("flashRecord", on)

    def torn_image(self, operation: int, phase: str, seed: int = 0) -> bytes:
        """All contents as `cut_power_at(operation, phase)` would have left them, of an operation already recorded.

        One run of an update then gives the image of every power cut in it; only the boots from them remain to be run.
        Every operation from that one on must have been recorded, and none of `write` and `program_uf2` come between.
        `seed` decides the undetermined bits.
        """
        self._check_phase(phase)
        if not 0 <= operation < self.operations:
            raise VirtualPicoError(
                f"there are {self.operations} flash operations so far, and none numbered {operation}"
            )
        return self._chip.query(protocol.torn_image(operation, phase == "half", seed))

    @staticmethod
    def _check_phase(phase: str) -> None:
        if phase not in PHASES:
            raise VirtualPicoError(f"the phase of a power cut is one of {', '.join(PHASES)}, not '{phase}'")

    def slow_next(self, busy_ns: float) -> None:
        """The next operation takes this long (the data sheet allows 400 ms for a sector)."""
        self._chip.call("flashSlowNext", busy_ns)

    def unique_id(self) -> bytes:
        """The chip's 8-byte unique number, from the seed; MicroPython's `machine.unique_id()`."""
        return bytes(self._chip.call("uniqueId"))
