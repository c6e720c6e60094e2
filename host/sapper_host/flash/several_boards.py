"""Several boards at once: a thread and a line on the screen for each, a table and a report at the end."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sapper_host.connected.bootsel import ROOT
from sapper_host.errors import Status, shared_status
from sapper_host.flash.board import BoardFlash, Tell
from sapper_host.flash.build_mark import UNKNOWN
from sapper_host.flash.outcome import PHASES, Outcome
from sapper_host.flash.targets import Target
from sapper_host.flash.uf2 import PAYLOAD_BYTES, Uf2Image
from sapper_host.flash.whereabouts import check_distinct
from sapper_host.processes import Ended
from sapper_host.screen.boards import board_screen
from sapper_host.screen.columns import line, padded
from sapper_host.screen.several import at_once

_RESULTS = {"verified": "verified", "unchanged": "verified, had it already"}


def flash_all(
    targets: Sequence[Target], image: Uf2Image, limit_s: float, root: Path = ROOT, force: bool = False
) -> list[Outcome]:
    """Flash all boards at the same time, in the order given. Ctrl-C stops all of them; what became of each is told.

    force: also those that have the firmware already. SapperError when two of them could be taken for each other.
    """
    check_distinct(targets)
    stop = threading.Event()
    claimed: set[str] = set()
    with board_screen([target.name for target in targets]) as show:
        flashes = [
            BoardFlash(target, image, _teller(show, i), stop, limit_s, claimed, root, force)
            for i, target in enumerate(targets)
        ]
        try:
            return at_once([flash.run for flash in flashes], interrupted=stop.set)
        except Ended:
            stop.set()
            raise


def status_of(outcomes: Sequence[Outcome]) -> Status:
    """The exit status for all: that of the boards that failed if they agree, else ERROR."""
    return shared_status(Status(outcome.status) for outcome in outcomes if not outcome.verified)


def report(image: Uf2Image, outcomes: Sequence[Outcome], started: datetime) -> dict[str, Any]:
    """The JSON report: the file, when, and what became of each board."""
    program, version = image.program()
    return {
        "file": {
            "path": str(image.path),
            "sha256": hashlib.sha256(image.content).hexdigest(),
            "flash_bytes": len(image.pages) * PAYLOAD_BYTES,
            "program": program,
            "version": version,
            "build": UNKNOWN if image.build is None else str(image.build),
            "flash_sha256": image.sha256(),
        },
        "started": started.isoformat(timespec="seconds"),
        "ended": datetime.now(UTC).isoformat(timespec="seconds"),
        "status": int(status_of(outcomes)),
        "boards": [outcome.as_dict() for outcome in outcomes],
    }


def describe(image: Uf2Image) -> str:
    """A line for people on what is flashed."""
    if image.build is None:
        return f"{image.path}: {UNKNOWN}: the file itself cannot be verified, only that a board has what it holds"
    return f"{image.path}: {image.build}, as its build made it (SHA-256 {image.build.sha256[:16]})"


def table(outcomes: Sequence[Outcome]) -> list[str]:
    """Lines for people: a row a board, and under it what went wrong, what to do, and how the board is left."""
    rows = [("board", "at", "result", "runs", "seconds")]
    for outcome in outcomes:
        took = " ".join(f"{phase} {seconds:.1f}" for phase, seconds in outcome.seconds.items())
        result = _RESULTS.get(outcome.verdict) or f"FAILED while {PHASES[outcome.phase]}"
        rows.append((outcome.board or "-", outcome.name, result, _runs(outcome), took))
    lines = []
    for i, cells in enumerate(padded(rows)):
        lines.append(line(cells))
        if i and not outcomes[i - 1].verified:
            outcome = outcomes[i - 1]
            lines.append(f"    {outcome.error}")
            lines += [f"    do: {outcome.remedy}"] if outcome.remedy else []
            lines.append(f"    the board: {outcome.state}")
        elif i and outcomes[i - 1].after.get("source", "factory") != "factory":
            lines.append("    note: the file is the factory image; the board still runs an update from its slot")
    return lines


def _runs(outcome: Outcome) -> str:
    after = outcome.after
    if "sapper" in after:
        return f"sapper {after['sapper']} {after.get('git', '')} {after.get('source', '')}".strip()
    return f"MicroPython {after['micropython']}" if "micropython" in after else "-"


def _teller(show: Callable[[int, str, float], None], row: int) -> Tell:
    def tell(phase: str, done: int, total: int) -> None:
        show(row, PHASES[phase], 1.0 if phase == "done" else done / total if total else 0.0)

    return tell
