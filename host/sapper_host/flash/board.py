"""One board from what it does now to a verified firmware: asked, found as a drive, copied to, found again, checked."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from sapper_host.board.link import Link
from sapper_host.connected.bootsel import ROOT, Drive, find_drives, is_there, mount, unmount
from sapper_host.connected.ports import list_ports
from sapper_host.errors import LinkError, LinkGoneError, NoAnswerError, SapperError, Status
from sapper_host.flash.copy import copy_to_drive, copy_with_picotool, find_picotool
from sapper_host.flash.prompt import Prompt
from sapper_host.flash.targets import Target
from sapper_host.flash.uf2 import Uf2Image
from sapper_host.flash.verify import digester, open_patiently, verify

# What a board is doing, and what is to be said of it when it goes no further.
PHASES = {
    "ask": ("asking it into BOOTSEL", "as it was: nothing was changed"),
    "drive": ("waiting for its drive", "its old firmware is whole; unplugged and plugged in again it starts"),
    "copy": (
        "copying",
        "its firmware is not whole: plug it in again (holding BOOTSEL if need be) and flash it",
    ),
    "return": ("waiting for it to start", "the whole file was copied, but the board was not heard of since"),
    "verify": ("verifying", "the whole file was copied, but what is in flash was not confirmed"),
    "done": ("verified", "its flash holds the firmware of the file"),
}
_LOOK_S = 0.1
_IDENTIFY_S = 3.0
# The system shows a drive before a desktop has mounted it, and USB before its drive.
_MOUNT_GRACE_S = 4.0
_PICOTOOL_GRACE_S = 8.0

Tell = Callable[[str, int, int], None]


class Interrupted(SapperError):  # noqa: N818 -- the person's wish, not an error
    """Ctrl-C."""

    status = Status.INTERRUPTED

    def __init__(self) -> None:
        super().__init__("stopped with Ctrl-C")


@dataclass
class Outcome:
    """What became of a board. `before` and `after`: what it said of itself; `seconds`: each phase's."""

    name: str
    location: str = ""
    board: str = ""
    phase: str = "ask"
    state: str = ""
    error: str = ""
    remedy: str = ""
    status: int = Status.OK
    verified_bytes: int = 0
    before: dict[str, str] = field(default_factory=dict)
    after: dict[str, str] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def verified(self) -> bool:
        """Whether the board runs the file's firmware, as its own flash says."""
        return self.phase == "done"

    def as_dict(self) -> dict[str, Any]:
        """For the JSON report."""
        return {"verified": self.verified} | asdict(self)


class BoardFlash:
    """The way of one board. `claimed`: the places of all boards under way; `tell(phase, done, of how many)`."""

    def __init__(
        self,
        target: Target,
        image: Uf2Image,
        tell: Tell,
        stop: threading.Event,
        limit_s: float,
        claimed: set[str],
        root: Path = ROOT,
    ) -> None:
        self._target = target
        self._image = image
        self._tell = tell
        self._stop = stop
        self._limit_s = limit_s
        self._claimed = claimed
        self._root = root
        self._known_drives = {drive.name for drive in find_drives(root)}
        self._known_ports = {port.device for port in list_ports()}
        self._mounted = False  # by us
        self._copied = False  # at least in part
        self.outcome = Outcome(target.name, target.location, target.board)
        if target.location:
            claimed.add(target.location)

    def run(self) -> Outcome:
        """All of it. What goes wrong stands in the outcome; nothing is raised but for faults of this program."""
        outcome = self.outcome
        try:
            if self._target.drive is None:
                self._timed("ask", self._ask)
            drive = self._timed("drive", self._wait_for_drive)
            try:
                self._timed("copy", lambda: self._copy(drive))
            finally:
                if self._mounted and is_there(drive, self._root):
                    unmount(drive)
            port = self._timed("return", lambda: self._wait_for_board(drive))
            self._timed("verify", lambda: self._verify(port))
            self._phase("done")
        except SapperError as error:
            outcome.error, outcome.remedy, outcome.status = error.message, error.remedy, error.status
        untouched = outcome.phase == "copy" and not self._copied
        outcome.state = PHASES["drive" if untouched else outcome.phase][1]
        return outcome

    def _timed(self, phase: str, action: Callable[[], Any]) -> Any:
        self._phase(phase)
        start = time.monotonic()
        try:
            return action()
        finally:
            self.outcome.seconds[phase] = round(time.monotonic() - start, 2)

    def _phase(self, phase: str) -> None:
        self.outcome.phase = phase
        self._tell(phase, 0, 0)

    def _ask(self) -> None:
        """Send a running board into BOOTSEL."""
        port = self._target.port
        with open_patiently(port) as link:
            try:
                self.outcome.before = link.identify(_IDENTIFY_S)
            except LinkGoneError:
                raise
            except LinkError:
                pass  # not a Sapper, or not now: perhaps MicroPython
            else:
                self.outcome.board = self.outcome.before.get("board", "") or self.outcome.board
                with suppress(LinkGoneError, NoAnswerError):  # it may go at once
                    link.command("bootloader")
                return
        with Prompt(port) as prompt:
            self.outcome.before = prompt.identity()
            self.outcome.board = self.outcome.before["board"] or self.outcome.board
            prompt.to_bootsel()

    def _wait_for_drive(self) -> Drive:
        """The board as a drive that can be written: mounted, or picotool at hand."""
        since: float | None = None
        for _ in self._looking():
            drive = self._find_drive()
            if drive is None:
                continue
            since = since or time.monotonic()
            waited_s = time.monotonic() - since
            if drive.folder is not None:
                return drive
            if drive.device and waited_s > _MOUNT_GRACE_S:
                folder, self._mounted = mount(drive)
                return replace(drive, folder=folder)
            if not drive.device and waited_s > _PICOTOOL_GRACE_S:
                if find_picotool() is None:
                    raise SapperError(
                        f"the board at USB {drive.location} is in BOOTSEL, but the system shows no drive of it",
                        "install picotool, or allow USB drives on this machine",
                        Status.NO_DEVICE,
                    )
                return drive
        raise SapperError(
            f"{self._target.name} did not come up in BOOTSEL within {self._limit_s:g} s",
            "unplug it, hold its BOOTSEL button while plugging it in, and flash again",
            Status.NO_DEVICE,
        )

    def _find_drive(self) -> Drive | None:
        target = self._target
        if target.drive is not None and target.drive.folder is not None:
            return target.drive
        drives = find_drives(self._root)
        if target.location:
            return next((drive for drive in drives if drive.location == target.location), None)
        if target.drive is not None:
            return next((drive for drive in drives if drive.device == target.drive.device), None)
        # Nothing tells where its port is plugged in: then it is the one that came.
        new = (d for d in drives if d.name not in self._known_drives and d.location not in self._claimed)
        return next(new, None)

    def _copy(self, drive: Drive) -> None:
        if drive.folder is None:
            assert drive.address is not None
            self._copied = True
            copy_with_picotool(self._image.path, drive.address, self._stop)
            self._check_stop()
            return

        def tell(done: int, total: int) -> None:
            self._copied = True
            self._tell("copy", done, total)

        copy_to_drive(self._image.content, drive.folder, tell, self._stop)
        self._check_stop()
        self._wait_until_gone(drive)

    def _wait_until_gone(self, drive: Drive) -> None:
        """The drive goes when the board has taken the last block."""
        for _ in self._looking():
            if not is_there(drive, self._root):
                return
        raise SapperError(
            f"the board did not start within {self._limit_s:g} s after the whole file was copied",
            "unplug the board, hold BOOTSEL while plugging it in, and flash it again",
            Status.SHORTFALL,
        )

    def _wait_for_board(self, drive: Drive) -> str:
        """Its port, once it answers there, as a Sapper or as MicroPython."""
        last: SapperError | None = None
        port = ""
        for _ in self._looking():
            port = self._where_now() or port
            if not port:
                continue
            try:
                self.outcome.after = self._identify(port)
                return port
            except LinkError as error:
                last = error
                if "MicroPython" in error.message:
                    break
        if port and not isinstance(last, LinkGoneError):
            # A program that neither talks nor listens may run on it: MicroPython's prompt interrupts it.
            try:
                with Prompt(port) as prompt:
                    self.outcome.after = prompt.identity()
                return port
            except LinkError as error:
                last = last or error
        if drive.address is not None and is_there(drive, self._root):
            last = SapperError(
                "the board is in BOOTSEL again", "this firmware does not start on it; is it the right file?"
            )
        what = f": {last.message}" if last else ""
        raise SapperError(
            f"the board was not heard of within {self._limit_s:g} s after it had the whole file{what}",
            last.remedy if last and last.remedy else "unplug it and plug it in again, then `sapper devices`",
            Status.NO_DEVICE,
        )

    def _identify(self, port: str) -> dict[str, str]:
        with Link.open(port) as link:
            return link.identify(_IDENTIFY_S)

    def _where_now(self) -> str:
        """The board's port now: at the same place, or with the same number, or the one that came."""
        target = self._target
        ports = list_ports()
        if target.location:
            here = [port.device for port in ports if port.location == target.location]
            if here:
                return here[0]
        number = self.outcome.board.lower()
        moved = [port.device for port in ports if number and port.serial_number.lower() == number]
        if moved:
            return moved[0]
        if not target.location:
            if target.port:
                return target.port
            new = (p for p in ports if p.what == "board" and p.device not in self._known_ports)
            return next((p.device for p in new if p.location not in self._claimed), "")
        return ""

    def _verify(self, port: str) -> None:
        outcome = self.outcome
        found = outcome.after.get("board", "")
        if outcome.before and found and found.lower() != outcome.board.lower():
            raise SapperError(
                f"another board came back: {found} instead of {outcome.board}", "leave the cables alone meanwhile"
            )
        outcome.board = found or outcome.board

        def tell(done: int, total: int) -> None:
            self._check_stop()
            self._tell("verify", done, total)

        with digester(port) as asked:
            outcome.verified_bytes = verify(self._image, asked, tell)

    def _looking(self) -> Iterator[None]:
        """Turns of a search, until the limit or Ctrl-C."""
        end = time.monotonic() + self._limit_s
        while time.monotonic() < end:
            self._check_stop()
            yield
            self._stop.wait(_LOOK_S)

    def _check_stop(self) -> None:
        if self._stop.is_set():
            raise Interrupted
