"""The console: the operator types, the board answers, its events appear between in colour.

On a terminal there is a screen (console_screen.py); from a pipe the lines are simply sent, one after the other. While
the rover is armed the console says every 500 ms that the operator is there. Ctrl-C, and whatever else ends the console,
writes `stop` before anything else is done.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from sapper_host.board.answers import is_last
from sapper_host.board.decoder import Event
from sapper_host.board.link import Happening, Link
from sapper_host.board.radio_key import shown
from sapper_host.errors import BoardError, SapperError, Status
from sapper_host.operate.operator import LEAVE, Operator, stops_first
from sapper_host.recordings.session_facts import describe

if TYPE_CHECKING:
    from sapper_host.recordings.recorder import Recorder


def run_lines(link: Link, lines: Iterable[str], recorder: Recorder | None = None) -> None:
    """Send lines from a pipe and print the answers; events go to stderr. BoardError at the end when one failed."""

    def show(happening: Happening) -> None:
        if isinstance(happening, Event):
            print(happening.line(), file=sys.stderr, flush=True)

    link.listen(show, "events on stderr")
    failed: tuple[str, str] | None = None
    operator = Operator(link, telemetry_of(recorder))
    with recording(link, recorder), stops_first(operator), operator, raw_frames(link, recorder):
        for raw in lines:
            line = raw.strip()
            if not line or line.startswith("#"):
                continue
            if line in LEAVE:
                break
            text, ok = operator.say(line)
            print(text, flush=True)
            if not ok:
                failed = (line, text)
    if failed is not None:
        line, last = shown(failed[0]), failed[1].splitlines()[-1]
        if not is_last(last):  # it was not the board that said so
            raise SapperError(f"'{line}' failed: {last}", status=Status.REFUSED)
        name, _, reason = last.removeprefix("err ").partition(": ")
        raise BoardError(line, name, reason)


def run_terminal(link: Link, history_file: Path, recorder: Recorder | None = None, bell: bool = True) -> None:
    """The interactive console, until Ctrl-D or `exit`. Ctrl-C sends `stop`, before anything else is done.

    bell: whether the terminal rings at a find.
    """
    from sapper_host.operate.console_screen import ConsoleScreen

    operator = Operator(link, telemetry_of(recorder))
    with recording(link, recorder), stops_first(operator), operator, raw_frames(link, recorder):
        ConsoleScreen(operator, history_file, recorder, bell).run()


@contextmanager
def recording(link: Link, recorder: Recorder | None) -> Iterator[None]:
    """While the block runs, the recorder hears what the link tells; it has taken all of it when the block has ended."""
    if recorder is None:
        yield
        return
    describe(recorder.describe, link)
    link.listen(recorder.take, "recording")
    try:
        yield
    finally:
        link.unlisten(recorder.take)


def telemetry_of(recorder: Recorder | None) -> str:
    """The command that asks for the telemetry that is wanted."""
    return "telemetry raw" if recorder is not None and recorder.raw else "telemetry on"


@contextmanager
def raw_frames(link: Link, recorder: Recorder | None) -> Iterator[None]:
    """While the block runs, every frame of the detector is told, if the recorder wants it. BoardError when refused."""
    if recorder is None or not recorder.raw:
        yield
        return
    link.command(telemetry_of(recorder), quiet=True)
    try:
        yield
    finally:
        with suppress(SapperError):
            link.command("telemetry off", timeout_s=0.5, quiet=True)


def history_path() -> Path:
    """Where typed lines are kept between sessions."""
    from sapper_host.files import folders

    return folders.cache() / "console_history"
