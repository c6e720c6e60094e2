"""Updates of several boards at once: a thread and a line on the screen for each, a table and a report at the end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sapper_host.connected.port_board import PortBoard
from sapper_host.errors import SapperError, Status, shared_status
from sapper_host.screen.boards import Show, board_screen
from sapper_host.screen.columns import line, padded
from sapper_host.screen.several import at_once
from sapper_host.update.bundle import IMAGE_BYTES_MAX, Bundle
from sapper_host.update.update import Result, update


@dataclass
class Outcome:
    """What became of the board on one port: a result, or an error."""

    port: str
    result: Result | None = None
    error: SapperError | None = None

    @property
    def status(self) -> Status:
        """As an exit status."""
        return Status.OK if self.error is None else self.error.status

    def as_dict(self) -> dict[str, Any]:
        """For the JSON report."""
        out: dict[str, Any] = {"port": self.port, "status": int(self.status)}
        if self.result is not None:
            out |= self.result.as_dict()
        if self.error is not None:
            out |= {"outcome": "failed", "error": self.error.message, "remedy": self.error.remedy}
        return out


def update_all(
    ports: Sequence[str],
    bundle: Bundle,
    worker: Callable[[str, Bundle, Show], Outcome] | None = None,
    allow_older: bool = False,
) -> list[Outcome]:
    """Update the boards on all ports at the same time. Ctrl-C ends the program's part; the boards stay whole."""
    work = worker or (lambda port, bundle, show: one(port, bundle, show, allow_older))
    with board_screen(ports) as screen:

        def job(row: int) -> Callable[[], Outcome]:
            return lambda: work(ports[row], bundle, lambda text, share: screen(row, text, share))

        return at_once([job(row) for row in range(len(ports))])


def one(port: str, bundle: Bundle, show: Show, allow_older: bool = False) -> Outcome:
    """The board on one port; what goes wrong stands in the outcome."""
    outcome = Outcome(port)
    try:
        with PortBoard(port) as board:
            outcome.result = update(board, bundle, show, allow_older=allow_older)
        show(outcome.result.outcome, 1.0)
    except SapperError as error:
        outcome.error = error
        show("failed", 1.0)
    return outcome


def status_of(outcomes: Sequence[Outcome]) -> Status:
    """The exit status for all: that of the boards that failed if they agree, else ERROR."""
    return shared_status(outcome.status for outcome in outcomes if outcome.error is not None)


def report(bundle: Bundle, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """The JSON report."""
    return {
        "bundle": bundle.values | {"files": len(bundle.files), "slot_bytes": IMAGE_BYTES_MAX},
        "status": int(status_of(outcomes)),
        "boards": [outcome.as_dict() for outcome in outcomes],
    }


def table(outcomes: Sequence[Outcome]) -> list[str]:
    """Lines for people: a row a board, and under it what went wrong and what to do."""
    rows = [("port", "board", "result", "runs", "sent", "seconds")]
    for outcome in outcomes:
        result = outcome.result
        if result is None:
            rows.append((outcome.port, "-", "FAILED", "-", "-", "-"))
            continue
        after = result.after
        runs = f"{after.get('sapper')}+{after.get('git')} from {after.get('source')}"
        sent = f"{result.bytes} bytes, {result.sent} of {result.sectors} sectors" if result.sectors else "nothing"
        rows.append((outcome.port, result.board, result.outcome, runs, sent, f"{result.seconds:.1f}"))
    lines = []
    for i, cells in enumerate(padded(rows)):
        lines.append(line(cells))
        error = outcomes[i - 1].error if i else None
        if error is not None:
            lines.append(f"    {error.message}")
            lines += [f"    do: {error.remedy}"] if error.remedy else []
    return lines
