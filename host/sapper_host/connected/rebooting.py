"""A board restarted, whatever it does now: Sapper by its command, MicroPython's prompt or a program there by hand."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import Any

from sapper_host.board.link import Link
from sapper_host.connected.ports import list_ports, port_now
from sapper_host.errors import AtPromptError, LinkError, LinkGoneError, SapperError, Status

_ASK_S = 3.0
_BACK_S = 20.0
_AWAY_S = 0.5
_RETRY_S = 0.2
# Ends a program at the prompt, and leaves what is half typed.
_INTERRUPT = b"\r\x03\x03"
_INTERRUPTED_S = 0.3
_HARD_RESET = b"import machine;machine.reset()\r"


@dataclass
class Restarted:
    """What came of it. was: what the board did before ('sapper', 'prompt', 'program'); version: what answers now."""

    port: str
    was: str = ""
    version: dict[str, str] = field(default_factory=dict)
    error: str = ""
    remedy: str = ""
    status: int = Status.OK
    took_s: float = 0.0

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        return asdict(self)


def reboot(port: str) -> Restarted:
    """Restart the board on `port`, and wait until Sapper answers there again. What goes wrong is in the outcome."""
    began = time.monotonic()
    outcome = Restarted(port)
    try:
        number = next((each.serial_number for each in list_ports() if each.device == port), "")
        with Link.open(port) as link, suppress(LinkGoneError):
            outcome.was, board = _restart(link)
            number = number or board
        _wait(outcome, number)
    except SapperError as error:
        outcome.error, outcome.remedy, outcome.status = error.message, error.remedy, error.status
    outcome.took_s = round(time.monotonic() - began, 2)
    return outcome


def _restart(link: Link) -> tuple[str, str]:
    """(what the board did, its number where it told it)."""
    try:
        board = link.identify(_ASK_S).get("board", "")
    except LinkGoneError:
        raise
    except AtPromptError:
        link.write(_HARD_RESET)
        return "prompt", ""
    except LinkError as nothing:
        link.write(_INTERRUPT)
        time.sleep(_INTERRUPTED_S)
        try:
            link.identify(_INTERRUPTED_S)
        except AtPromptError:
            link.write(_HARD_RESET)
            return "program", ""
        except LinkError:
            raise nothing from None
        raise LinkError("the board answered only when it was asked again", "say `sapper reboot` again") from None
    link.command("reboot")
    return "sapper", board


def _wait(outcome: Restarted, number: str) -> None:
    until = time.monotonic() + _BACK_S
    time.sleep(_AWAY_S)
    while True:
        try:
            outcome.port = port_now(outcome.port, number)
            with Link.open(outcome.port) as link:
                outcome.version = link.identify(_ASK_S)
                return
        except LinkError as error:
            if time.monotonic() >= until:
                raise LinkError(
                    f"it was restarted, but did not answer within {_BACK_S:g} s: {error.message}", error.remedy
                ) from None
        time.sleep(_RETRY_S)
