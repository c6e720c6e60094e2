"""The monitor: a steady link, a state, and one of three ways to show it (screen, lines, JSON)."""

from __future__ import annotations

import json
import queue
import sys
import threading
import time
from dataclasses import replace
from types import TracebackType
from typing import Any

from rich.console import Console
from rich.live import Live

from sapper_host.board.answers import Answer
from sapper_host.board.consumer import Consumer
from sapper_host.board.decoder import Counts, Event, Frame, Item, Text
from sapper_host.board.link import Link
from sapper_host.board.signing import WatchOnlyError, watching_only
from sapper_host.board.status_text import frames_of_status
from sapper_host.connected.reconnect import SteadyLink
from sapper_host.errors import BoardError, SapperError
from sapper_host.operate.bell import Bell
from sapper_host.operate.monitor_state import MonitorState, describe
from sapper_host.operate.monitor_view import plain_line, render
from sapper_host.operate.status_poll import StatusPoll
from sapper_host.recordings.recorder import Recorder, event_message, frame_message

_SCREEN_HZ = 10
_LINE_S = 1.0
# Items that wait to be printed; when whoever reads our output is slower for long, the oldest are dropped and counted.
_QUEUE_MAX = 10_000


def _goodbye(link: Link) -> None:
    """Leave the line as text, as the next user expects it."""
    link.command("telemetry off", timeout_s=0.5)


class Monitor:
    """Watches one board until told to leave; a context manager. Raises LinkError when the port is none at the start."""

    def __init__(self, port: str, recorder: Recorder | None = None, as_json: bool = False, bell: bool = True) -> None:
        self.state = MonitorState(port)
        self._bell = Bell(bell)
        self._ring = threading.Event()
        self._recorder = recorder
        # The recorder has a thread of its own: a slow or full disk holds nothing up.
        self._recording = Consumer("recording", self._record, self._record_ended) if recorder is not None else None
        self._as_json = as_json
        self._counts = Counts()
        self._queue: queue.SimpleQueue[dict[str, Any] | str] = queue.SimpleQueue()
        self._dropped = 0
        self._polling = False
        self._steady = SteadyLink(port, self._take, self._found, self._lost, self._setup)
        self._poll = StatusPoll(lambda: self._steady.link if self._polling else None, self._take_status, quiet=True)

    def __enter__(self) -> Monitor:
        self._poll.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._poll.close()
        self._steady.close(None if self._polling else _goodbye)
        if self._recording is not None:
            self._recording.close()

    def run(self, seconds: float | None = None) -> None:
        """Show until Ctrl-C, or for so many seconds."""
        until = None if seconds is None else time.monotonic() + seconds
        if self._as_json or not sys.stdout.isatty():
            self._lines(until)
        else:
            self._screen(until)

    def _setup(self, link: Link) -> None:
        """Ask for telemetry; over a radio that must be signed, and whoever has no key asks `status` instead."""
        self._counts = link.decoder.counts
        try:
            link.command("telemetry on")
        except WatchOnlyError:
            assert link.watches_only is not None
            self._watch_only(link.watches_only)
        except BoardError as refusal:
            if refusal.name != "unsigned":
                raise
            self._watch_only(refusal)
        else:
            self._polling = False
            self.state.watches()

    def _watch_only(self, why: SapperError) -> None:
        if not self._polling:
            text = f"no telemetry on this link: asking `status` once a second. {watching_only(why)}"
            self._note(text, {"topic": "host", "note": text})
        self._polling = True
        self.state.watches(why.message, why.remedy)

    def _take_status(self, answer: Answer) -> None:
        """Show what `status` says; recorded as telemetry only when it tells the board's time, else as it was said."""
        values = answer.values()
        frames = frames_of_status(values, self.state.last_t_ms)
        for frame in frames:
            if "t_ms" in values:
                self._take(frame)
            else:
                self.state.take(frame, self._counts)
        if "t_ms" not in values:
            if self._recording is not None:
                self._recording.put(Text(answer.last))
            if self._as_json:
                self._print_later({"topic": "status"} | values)

    def _take(self, item: Item) -> None:
        """By the reading thread: nothing here waits."""
        self.state.take(item, self._counts)
        if self._bell.rings(item):
            self._ring.set()
        if self._recording is not None:
            self._recording.put(item)
        if self._as_json:
            self._print_later(_as_json(item))
        elif isinstance(item, Event):
            self._print_later(f"{item.t_ms / 1000:.2f} s  {describe(item)}")

    def _record(self, item: Item | str) -> None:
        assert self._recorder is not None
        if isinstance(item, str):
            self._recorder.note(item)
        else:
            self._recorder.take(item)

    def _record_ended(self, trouble: str) -> None:
        self.state.warned(f"NOT RECORDED: {trouble}")
        self._print_later({"topic": "host", "note": trouble} if self._as_json else trouble)

    def _found(self, version: dict[str, str]) -> None:
        self.state.found(version)
        text = f"link to Sapper {version['sapper']} board {version.get('board', '?')} on {self.state.port}"
        self._note(text, {"topic": "host", "link": True, "version": version})

    def _lost(self, trouble: str) -> None:
        if self.state.lost(trouble):
            self._note(f"link lost: {trouble}; waiting for it", {"topic": "host", "link": False, "reason": trouble})

    def _note(self, text: str, message: dict[str, Any]) -> None:
        if self._recording is not None:
            self._recording.put(text)
        self._print_later(message if self._as_json else text)

    def _print_later(self, item: dict[str, Any] | str | None) -> None:
        if item is None:
            return
        if self._queue.qsize() >= _QUEUE_MAX:
            self._dropped += 1
        else:
            self._queue.put(item)

    def _screen(self, until: float | None) -> None:
        console = Console()
        unicode = (console.encoding or "").lower().startswith("utf")
        with Live(console=console, screen=True, auto_refresh=False) as live:
            while until is None or time.monotonic() < until:
                seen, counts = self.state.snapshot(), replace(self._counts)
                picture = render(seen, counts, console.width, console.height, unicode)
                live.update(picture, refresh=True)
                if self._ring.is_set():
                    self._ring.clear()
                    console.bell()
                while not self._queue.empty():
                    self._queue.get()  # the screen has its own list of events
                time.sleep(1 / _SCREEN_HZ)

    def _lines(self, until: float | None) -> None:
        next_line = time.monotonic() + _LINE_S
        was_fresh = False
        while until is None or time.monotonic() < until:
            try:
                item = self._queue.get(timeout=0.1)
                print(json.dumps(item, separators=(",", ":")) if isinstance(item, dict) else item, flush=True)
            except queue.Empty:
                pass
            if not self._as_json and time.monotonic() >= next_line:
                next_line += _LINE_S
                seen = self.state.snapshot()
                fresh, connected = seen.fresh, seen.connected
                line = plain_line(seen) if fresh else ""
                if was_fresh and not fresh and connected:
                    line = "the board is silent; its last values are old"
                was_fresh = fresh
                if line:
                    print(line, flush=True)


def _as_json(item: Item) -> dict[str, Any] | None:
    """One thing heard, as a JSON line: the messages of a recording with their topic."""
    match item:
        case Frame(name=name):
            return {"topic": f"/{name.lower()}"} | frame_message(item)
        case Event():
            return {"topic": "/event"} | event_message(item)
        case _:
            return None
