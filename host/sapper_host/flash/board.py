"""One board from what it does now to a verified firmware: asked, found as a drive, copied to, found again, checked."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from sapper_host.board.link import Link
from sapper_host.connected.bootsel import ROOT, Drive, is_there, mount, unmount
from sapper_host.errors import (
    BoardError,
    LinkError,
    LinkGoneError,
    NoAnswerError,
    PortBusyError,
    PortForbiddenError,
    SapperError,
    Status,
)
from sapper_host.flash.copy import copy_to_drive, copy_with_picotool, find_picotool
from sapper_host.flash.outcome import Interrupted, Outcome
from sapper_host.flash.prompt import Prompt
from sapper_host.flash.targets import Target
from sapper_host.flash.uf2 import Uf2Image
from sapper_host.flash.verify import Console, Digester, MismatchError, digester, open_patiently, verify
from sapper_host.flash.whereabouts import Whereabouts

_LOOK_S = 0.1
_IDENTIFY_S = 3.0
# The system shows a drive before a desktop has mounted it, and USB before its drive.
_MOUNT_GRACE_S = 4.0
_PICOTOOL_GRACE_S = 8.0

Tell = Callable[[str, int, int], None]


class BoardFlash:
    """The way of one board. `claimed`: the places of all boards under way; `tell(phase, done, of how many)`.

    force: also where the board has the very firmware already.
    """

    def __init__(
        self,
        target: Target,
        image: Uf2Image,
        tell: Tell,
        stop: threading.Event,
        limit_s: float,
        claimed: set[str],
        root: Path = ROOT,
        force: bool = False,
    ) -> None:
        self._target = target
        self._image = image
        self._tell = tell
        self._stop = stop
        self._limit_s = limit_s
        self._root = root
        self._force = force
        self._where = Whereabouts(target, claimed, root)
        self._mounted = False  # by us
        self.outcome = Outcome(target.name, target.location, target.board)

    def run(self) -> Outcome:
        """All of it. What goes wrong stands in the outcome; nothing is raised but for faults of this program."""
        outcome = self.outcome
        try:
            if self._target.drive is None:
                self._timed("ask", self._ask)
                if outcome.verdict == "unchanged":
                    self._phase("done")
                    return outcome
            outcome.verdict = "waiting"
            drive = self._timed("drive", self._wait_for_drive)
            try:
                self._timed("copy", lambda: self._copy(drive))
            finally:
                if self._mounted and is_there(drive, self._root):
                    unmount(drive)
            port = self._timed("return", lambda: self._wait_for_board(drive))
            outcome.verdict = "unread"
            self._timed("verify", lambda: self._verify(port))
            outcome.verdict = "verified"
            self._phase("done")
        except SapperError as error:
            outcome.error, outcome.remedy, outcome.status = error.message, error.remedy, error.status
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
        """Send a running board into BOOTSEL, unless it has the firmware already."""
        port = self._target.port
        outcome = self.outcome
        with open_patiently(port) as link:
            try:
                outcome.before = link.identify(_IDENTIFY_S)
            except LinkGoneError:
                raise
            except LinkError:
                pass  # not a Sapper, or not now: perhaps MicroPython
            else:
                outcome.board = outcome.before.get("board", "") or outcome.board
                if self._has_it(Console(link)):
                    return
                with suppress(LinkGoneError, NoAnswerError):  # it may go at once
                    link.command("bootloader")
                return
        with Prompt(port) as prompt:
            outcome.before = prompt.identity()
            outcome.board = outcome.before["board"] or outcome.board
            with suppress(LinkError):  # another Python than ours, perhaps
                prompt.load_digest()
                if self._has_it(prompt):
                    return
            prompt.to_bootsel()

    def _has_it(self, asked: Digester) -> bool:
        """Whether the board's flash holds the image already, as it says; not so where it cannot be asked."""
        if self._force or self._runs_another_build():
            return False
        try:
            compared = verify(self._image, asked, lambda done, total: self._told("ask", done, total), tries=1)
        except (MismatchError, BoardError, NoAnswerError):
            return False
        outcome = self.outcome
        outcome.verified_bytes, outcome.verdict, outcome.after = compared, "unchanged", outcome.before
        return True

    def _runs_another_build(self) -> bool:
        """By what the factory image, the one in question, says of itself: then its flash need not be asked."""
        build, before = self._image.build, self.outcome.before
        if build is None or before.get("source") != "factory":
            return False
        return (before.get("sapper"), before.get("git")) != (build.version, build.git)

    def _wait_for_drive(self) -> Drive:
        """The board as a drive that can be written: mounted, or picotool at hand."""
        since: float | None = None
        for _ in self._looking():
            drive = self._where.drive()
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

    def _copy(self, drive: Drive) -> None:
        outcome = self.outcome

        def tell(done: int, total: int) -> None:
            outcome.verdict, outcome.sent, outcome.total = "partly", done, total
            self._tell("copy", done, total)

        if drive.folder is None:
            assert drive.address is not None
            tell(0, len(self._image.content))
            copy_with_picotool(self._image.path, drive.address, self._stop)
            self._check_stop()
            tell(outcome.total, outcome.total)
            outcome.verdict = "unheard"
            return
        copy_to_drive(self._image.content, drive.folder, tell, self._stop)
        self._check_stop()
        outcome.verdict = "unheard"
        self._wait_until_gone(drive)

    def _wait_until_gone(self, drive: Drive) -> None:
        """The drive goes when the board has taken the last block."""
        for _ in self._looking():
            if not is_there(drive, self._root):
                return
        self.outcome.verdict = "partly"
        raise SapperError(
            f"the board still waits in BOOTSEL, {self._limit_s:g} s after the last byte was written to its drive",
            "unplug the board, hold BOOTSEL while plugging it in, and flash it again",
            Status.SHORTFALL,
        )

    def _wait_for_board(self, drive: Drive) -> str:
        """Its port, once it answers there, as a Sapper or as MicroPython."""
        last: SapperError | None = None
        port = ""
        gone = drive.folder is not None  # then that has been waited for
        for _ in self._looking():
            if not is_there(drive, self._root):
                gone = True
            elif gone:
                self._in_bootsel_again()
            port = self._where.port(self.outcome.board) or port
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
        if is_there(drive, self._root):
            self._in_bootsel_again()
        what = f": {last.message}" if last else ""
        held = isinstance(last, (PortBusyError, PortForbiddenError))
        raise SapperError(
            f"the board was not heard of within {self._limit_s:g} s after its drive had gone{what}",
            last.remedy
            if last and held
            else "unplug it and plug it in again; if `sapper devices` does not show it then, "
            "hold BOOTSEL while plugging it in, and flash it again",
            Status.NO_DEVICE,
        )

    def _in_bootsel_again(self) -> None:
        self.outcome.verdict = "bootsel"
        raise SapperError(
            "the board is in BOOTSEL again",
            "look at cable and plug, then flash it again; if it comes to the same, is it the right file?",
            Status.NO_DEVICE,
        )

    def _identify(self, port: str) -> dict[str, str]:
        with Link.open(port) as link:
            return link.identify(_IDENTIFY_S)

    def _verify(self, port: str) -> None:
        outcome = self.outcome
        found = outcome.after.get("board", "")
        if outcome.before and found and found.lower() != outcome.board.lower():
            raise SapperError(
                f"another board came back: {found} instead of {outcome.board}", "leave the cables alone meanwhile"
            )
        outcome.board = found or outcome.board
        try:
            with digester(port) as asked:
                tell = lambda done, total: self._told("verify", done, total)  # noqa: E731
                outcome.verified_bytes = verify(self._image, asked, tell)
        except MismatchError:
            outcome.verdict = "different"
            raise

    def _told(self, phase: str, done: int, total: int) -> None:
        self._check_stop()
        self._tell(phase, done, total)

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
