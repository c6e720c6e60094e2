"""`stop` to boards from outside a console: said first, looked at after."""

from __future__ import annotations

import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any

from sapper_host.board.link import Link
from sapper_host.connected.ports import Port
from sapper_host.errors import AtPromptError, LinkError, NoAnswerError, PortBusyError, SapperError, Status

_CONFIRMED_S = 2.0
_BUSY = "stop it there (Ctrl-C, or `stop`), or open the emergency-stop loop"
_UNCONFIRMED = "open the emergency-stop loop, then `sapper doctor`"


@dataclass
class Stopped:
    """What came of it. confirmed: the board answered that it stands; state: as it told; error: why it may not."""

    port: str
    confirmed: bool = False
    state: str = ""
    error: str = ""
    remedy: str = ""
    status: int = Status.OK
    took_ms: int = 0

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        return asdict(self)


def stop_all(boards: Iterable[list[str]]) -> list[Stopped]:
    """Stop boards, all at once; each is a list of ports that lead to it, tried in order until it confirms."""
    each = list(boards)
    with ThreadPoolExecutor(max_workers=max(1, len(each))) as pool:
        return list(pool.map(_stop_by_any, each))


def ways(ports: Iterable[Port]) -> list[list[str]]:
    """The ports that lead to boards, a list for each board: USB, then its radio, which may be free where USB is not."""
    found = [port for port in ports if port.what in ("board", "rig")]
    radios = {port.serial_number: (port.device,) for port in found if port.kind == "radio"}
    by_usb = [port for port in found if port.kind != "radio"]
    return [[port.device, *radios.get(port.serial_number, ())] for port in by_usb]


def _stop_by_any(ports: list[str]) -> Stopped:
    outcomes = []
    for port in ports:
        outcomes.append(_stop(port))
        if outcomes[-1].confirmed:
            return outcomes[-1]
    return outcomes[0]


def _stop(port: str) -> Stopped:
    began = time.monotonic()
    outcome = Stopped(port)
    try:
        with Link.open(port) as link:
            try:
                answer = link.stop(_CONFIRMED_S)
            except NoAnswerError:
                link.identify(_CONFIRMED_S)  # says what is there instead
                answer = link.stop(_CONFIRMED_S)
        outcome.state = answer.values().get("state", "")
        outcome.confirmed = answer.ok
        if not answer.ok:
            outcome.error, outcome.remedy, outcome.status = answer.text, _UNCONFIRMED, Status.REFUSED
    except SapperError as error:
        outcome.error, outcome.remedy, outcome.status = error.message, _remedy(error), error.status
    outcome.took_ms = round((time.monotonic() - began) * 1000)
    return outcome


def _remedy(error: SapperError) -> str:
    if isinstance(error, PortBusyError):
        return _BUSY
    if isinstance(error, AtPromptError):
        return f"Sapper has left its motors off there; {error.remedy}"
    if isinstance(error, LinkError) and error.remedy and not isinstance(error, NoAnswerError):
        return f"{_UNCONFIRMED}; {error.remedy}"
    return _UNCONFIRMED
