"""The board on its bench, in what it runs now: Sapper, or MicroPython's prompt. However a visit ends, it is left in
SAFE, running Sapper."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from sapper_host.board.dialog import Dialog
from sapper_host.errors import DISARM, LinkError, LinkGoneError, SapperError, Status
from sapper_host.silicon.raw_prompt import RESTART_S, RawPrompt

BACK_S = 20.0
_ASK_AGAIN_S = 0.1
_QUIET_S = 0.2
# Ends a program, then whichever prompt it was started from; the friendly one takes the line. To a Sapper that has come
# back already it means nothing.
_RESET = b"\r\x03\x03\x02import machine;machine.reset()\r"


class Board(Protocol):
    """The line to a board, through restarts, and the laptop's clock beside it: PortBoard, or a rig's."""

    @property
    def dialog(self) -> Dialog: ...

    def reopen(self, wait_s: float) -> None: ...

    def clock(self) -> float: ...


class Bench:
    """Leaves a board alone until it is asked for something. hands: told what a person has to do, and does not wait."""

    def __init__(self, board: Board, hands: Callable[[str], None]) -> None:
        self.board = board
        self.hands = hands
        self._prompt: RawPrompt | None = None
        self._left = False  # Sapper may not be what runs: from before it is left until it answers again

    @property
    def dialog(self) -> Dialog:
        """The open line."""
        return self.board.dialog

    def clock(self) -> float:
        """Seconds, by the laptop."""
        return self.board.clock()

    def begin(self) -> dict[str, str]:
        """The values of `version`. SapperError where no Sapper answers, or one that is not in SAFE."""
        self.dialog.write(b"\n")
        self.dialog.quiet(_QUIET_S)
        try:
            version = self.dialog.ask("version", expect="sapper=").values()
        except LinkError:
            self.dialog.look_for_prompt(len("version"))
            raise
        state = self.dialog.ask("status", expect="state=").values()["state"]
        if state != "SAFE":
            raise SapperError(f"the rover is {state}, not SAFE", DISARM, Status.REFUSED)
        return version

    def prompt(self) -> RawPrompt:
        """MicroPython's prompt: Sapper is left for it, unless it was before."""
        if self._prompt is None:
            self._left = True
            self.dialog.ask("repl", expect="MicroPython")
            self._prompt = RawPrompt(self.dialog)
        return self._prompt

    def restart(self) -> float:
        """The chip's reset; when it is, by the laptop's clock."""
        self.prompt().restart()
        self._prompt = None
        at_s = self.clock() + RESTART_S
        with suppress(LinkGoneError):
            self.dialog.quiet(2 * RESTART_S)
        return at_s

    def answering(self) -> tuple[float, int]:
        """After a restart: (the laptop's clock at the first answer, the board's milliseconds told in it)."""
        until = self.clock() + BACK_S
        gone = True
        while True:
            try:
                if gone:
                    self.board.reopen(max(0.0, until - self.clock()))
                    gone = False
                self.dialog.write(b"\n")
                answer = self.dialog.ask("ping", _ASK_AGAIN_S, check=False, expect="t_ms=")
                if answer.ok:
                    at_s = self.clock()
                    self.dialog.quiet(_QUIET_S)
                    self._left = False
                    return at_s, int(answer.values()["t_ms"])
            except LinkGoneError:
                gone = True
            except LinkError:
                pass
            if self.clock() >= until:
                raise LinkError(f"the board did not answer within {BACK_S:g} s of its restart", "`sapper reboot`")

    def sapper(self) -> None:
        """Sapper, running: restarted where the prompt was."""
        if self._left:
            self.restart()
            self.answering()

    def make_safe(self) -> None:
        """Whatever goes on: motors off, SAFE, Sapper running. SapperError when the board does not confirm that."""
        if self._left:
            self._prompt = None
            with suppress(LinkError):
                self.dialog.write(_RESET)
                self.dialog.quiet(_QUIET_S)
            self.answering()
        else:
            self.dialog.hear = None
            self.dialog.write(b"\nstop\n")
            self.dialog.quiet(_QUIET_S)
        self.dialog.ask("telemetry off", expect="telemetry=")
        self.dialog.ask("disarm", expect="state=")
        state = self.dialog.ask("status", expect="state=").values()["state"]
        if state != "SAFE":
            raise SapperError(f"the rover is {state}, not SAFE", "open the emergency-stop loop, then `sapper doctor`")
