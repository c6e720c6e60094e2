"""A board of the bench gets a UF2 as a person gives it one: into BOOTSEL, its drive, a copy, and it comes back.

The same code for hardware and for emulated boards; who finds the drive, and how long a copy takes, is `Sockets`.
In BOOTSEL every RP2040 is called the same, so a board is known by the socket that it is plugged into.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from hil.bench.config import Config
from hil.bench.instrument import wire
from hil.bench.link import ID_BODY, Deframer, frame
from hil.bench.outside import BytePort
from hil.bench.parts.parts import RESET_NS, Parts
from hil.bench.port_finding import Listed, fits, plugged_in
from hil.errors import HilError
from sapper_host.connected.bootsel import Drive, find_drives, mount, unmount
from sapper_host.errors import SapperError
from sapper_host.flash.copy import copy_to_drive
from sapper_host.flash.uf2 import Uf2Image, read_uf2

_MS = 1_000_000
_LOOK_NS = 20 * _MS
DRIVE_NS = 10_000 * _MS  # a host that is busy takes seconds to show a drive
_MOUNT_NS = 3_000 * _MS  # the desktop may mount it by itself
_GONE_NS = 10_000 * _MS
_BACK_NS = 15_000 * _MS
_FIRST_NS = 5_000 * _MS
_ANSWER_NS = 3_000 * _MS
_ASK_NS = 200 * _MS
ROVER, INSTRUMENT = "rover", "instrument"
_BY_HAND = {
    ROVER: "`sapper bench check` tries RUN, BOOTSEL and the USB's switch",
    INSTRUMENT: "unplug the instrument, hold its BOOTSEL while plugging it in, and flash it again",
}

Tell = Callable[[int, int], None]


def silent(done: int, total: int) -> None:
    """Nobody is told."""


class Sockets(Protocol):
    """What the host's USB shows of the bench's boards, beside their serial ports."""

    def places(self) -> dict[str, str]:
        """Board -> the socket that it is plugged into, as far as that is known."""

    def kernel_places(self) -> tuple[str, ...]:
        """The sockets of which the kernel's messages tell; none where there is no cable."""

    def drives(self) -> list[Drive]:
        """All boards in BOOTSEL."""

    def written(self) -> None:
        """Return once what was written to a drive has reached its board."""

    def close(self) -> None:
        """Let go of them."""


class HostSockets:
    """Those of a real host."""

    def __init__(
        self, config: Config, listed: Listed = plugged_in, find: Callable[[], list[Drive]] = find_drives
    ) -> None:
        self._config = config
        self._listed, self._find = listed, find
        self._places = {name: port.location for name, port in config.ports.items() if port.location}

    def places(self) -> dict[str, str]:
        """As the file has them, else as they were when the board was last seen."""
        ports = self._listed()
        for name, spec in self._config.ports.items():
            for port in ports:
                if port.location and fits(spec, port):
                    self._places[name] = port.location
        return dict(self._places)

    def kernel_places(self) -> tuple[str, ...]:
        """All of them."""
        return tuple(dict.fromkeys(self.places().values()))

    def drives(self) -> list[Drive]:
        """On USB; those of emulated rigs that run here are none of a bench's."""
        return [drive for drive in self._find() if drive.device or drive.address]

    def written(self) -> None:
        """Each piece was handed through before the next."""

    def close(self) -> None:
        """Nothing is held."""


class Clock(Protocol):
    """The host's: see hil/bench/outside.py."""

    @property
    def now_ns(self) -> int: ...

    def wait(self, duration_ns: int) -> None: ...


@dataclass(frozen=True)
class Flashing:
    """One board's way into BOOTSEL and back."""

    board: str
    port: BytePort
    sockets: Sockets
    clock: Clock

    def run(self, image: Uf2Image, into_bootsel: Callable[[], None], others: Collection[str], tell: Tell) -> None:
        """Have it take the image; it is left running. others: names of drives that are other boards'."""
        place = self.sockets.places().get(self.board, "")
        into_bootsel()
        try:
            drive, mounted = self._mounted(place, others)
            try:
                self._copy(image, drive, tell)
            finally:
                if mounted:
                    unmount(drive)
        except SapperError as error:
            raise HilError(f"the {self.board} was not flashed: {error.message}; {error.remedy}") from None
        self._comes_back(place, others)

    def _copy(self, image: Uf2Image, drive: Drive, tell: Tell) -> None:
        def told(done: int, total: int) -> None:
            self.sockets.written()
            tell(done, total)

        assert drive.folder is not None
        copy_to_drive(image.content, drive.folder, told, threading.Event())

    def _mounted(self, place: str, others: Collection[str]) -> tuple[Drive, bool]:
        """Its drive with its folder, and whether it was mounted here."""
        if not self.until(lambda: self._drive(place, others) is not None, DRIVE_NS):
            raise self._no_drive(place)
        self.until(lambda: bool((found := self._drive(place, others)) and found.folder), _MOUNT_NS)
        drive = self._drive(place, others)
        if drive is None:
            raise self._no_drive(place)
        folder, mounted = mount(drive)
        return replace(drive, folder=folder), mounted

    def _drive(self, place: str, others: Collection[str]) -> Drive | None:
        """The board's own."""
        found = self.sockets.drives()
        if place:
            return next((drive for drive in found if drive.location == place), None)
        new = [drive for drive in found if drive.location not in others]
        if len(new) > 1:
            raise HilError(
                f"{' and '.join(drive.name for drive in new)} are in BOOTSEL, and which is the {self.board} cannot be "
                f"told; unplug the others, or add its location under [ports.{self.board}] in the bench's file"
            )
        return new[0] if new else None

    def _no_drive(self, place: str) -> HilError:
        what = f"the {self.board} shows no drive {DRIVE_NS // (1000 * _MS)} s after it was sent into BOOTSEL"
        strange = [drive.name for drive in self.sockets.drives() if drive.location != place]
        if strange:
            where = f", not in its socket {place}" if place else ""
            return HilError(
                f"{what}; another board does, {' and '.join(strange)}{where}: nothing was copied there; unplug it, or "
                f"correct [ports.{self.board}] in the bench's file"
            )
        if self.port.present:
            what += " and its port never went, so that it did not even restart"
        return HilError(f"{what}; {_BY_HAND[self.board]}")

    def _comes_back(self, place: str, others: Collection[str]) -> None:
        """The drive goes with the last block, and the port comes with what was flashed."""
        if not self.until(lambda: self._drive(place, others) is None, _GONE_NS):
            raise HilError(
                f"the {self.board} still waits in BOOTSEL after the last byte was written to its drive; look at its "
                "cable and hub, and flash it again"
            )
        if not self.until(lambda: self.port.present or self._drive(place, others) is not None, _BACK_NS):
            raise HilError(
                f"the {self.board} took the file and did not come back within {_BACK_NS // (1000 * _MS)} s; is it "
                f"the right file? {_BY_HAND[self.board]}"
            )
        if not self.port.present:
            raise HilError(
                f"the {self.board} is in BOOTSEL again after the copy; look at its supply and cable, and flash it again"
            )

    def until(self, so: Callable[[], bool], limit_ns: int) -> bool:
        """Whether it came to be so in time."""
        until_ns = self.clock.now_ns + limit_ns
        while not so():
            if self.clock.now_ns >= until_ns:
                return False
            self.clock.wait(_LOOK_NS)
        return True


def flash_rover(
    image: Uf2Image, parts: Parts, port: BytePort, sockets: Sockets, clock: Clock, tell: Tell = silent
) -> None:
    """By the bench's switches; its supply and its USB are on. HilError when it did not take it."""
    sockets.places()  # before its port goes
    parts.switches.set("run", True)
    clock.wait(_ASK_NS + RESET_NS)  # held in reset it shows no drive: what shows one is another board
    others = {drive.location for drive in sockets.drives()}
    try:
        Flashing(ROVER, port, sockets, clock).run(image, parts.enter_bootsel, others, tell)
    finally:
        parts.switches.set_all({"run": False, "bootsel": False})


def flash_instrument(image: Uf2Image, port: BytePort, sockets: Sockets, clock: Clock, tell: Tell = silent) -> str:
    """By a frame that sends it into BOOTSEL; one that waits there is taken as it is. Its number, once it runs what was
    flashed. HilError when it does not."""
    flashing = Flashing(INSTRUMENT, port, sockets, clock)
    if not flashing.until(lambda: port.present or bool(sockets.drives()), _FIRST_NS):
        raise HilError(
            "the instrument has neither a port as the bench's file tells nor a drive; look at its cable, end what else "
            "uses its port, or unplug it, hold its BOOTSEL while plugging it in, and flash it again"
        )
    others = {drive.location for drive in sockets.drives()} if port.present else set()

    def into_bootsel() -> None:
        if port.present:
            port.write(frame(wire.BOOT))

    flashing.run(image, into_bootsel, others, tell)
    return _answers(image, port, clock)


def _answers(image: Uf2Image, port: BytePort, clock: Clock) -> str:
    """The image has in it what ID tells that the firmware was built from."""
    frames, until_ns = Deframer(), clock.now_ns + _ANSWER_NS
    while clock.now_ns < until_ns:
        port.write(frame(wire.HELLO))
        clock.wait(_ASK_NS)
        for kind, payload in (each for _, data in port.read() for each in frames.feed(data)):
            if kind == wire.ID and len(payload) == ID_BODY.size:
                _, number, _, built = ID_BODY.unpack(payload)
                if built.hex().encode() not in image.data:
                    raise HilError(
                        f"the instrument runs something else ({built.hex()}) than {image.path.name}, which it was "
                        "given; flash it again"
                    )
                return str(number.hex())
    raise HilError(
        f"what the instrument was flashed with does not answer as one; is {image.path.name} the instrument's? "
        "`make instrument` makes it; then " + _BY_HAND[INSTRUMENT]
    )


def checked(uf2: Path) -> Uf2Image:
    """The file, read and checked. HilError."""
    try:
        return read_uf2(uf2)
    except SapperError as error:
        raise HilError(f"{error.message}; {error.remedy}") from None
