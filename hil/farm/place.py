"""A place of the farm, had for a while: its bench is a rig that the registry knows meanwhile.

    with held("bench-1", wait_s=600) as rig:
        replay(trace, rig)

labgrid's side of it is a process of its own (grid/hold.py, Python of .venv-farm), which gives the place back when this
one ends, however it ends. Whoever is waiting for the bench when it is lost hears of it at once (BenchLostError).
"""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from hil.errors import HilError
from hil.farm.members import by_names
from hil.farm.remote import and_then, remote_rig
from hil.farm.session import RUN, Session
from hil.rigs.firmware import default_uf2
from hil.rigs.registry import RIGS, Entry, open_rig
from hil.rigs.rig import Rig
from sapper_host import processes
from sapper_host.files.checkout import ROOT

FARM_PYTHON = ROOT / ".venv-farm" / "bin" / "python"
_START_S = 40.0  # the holder's own limits add up to less
_RELEASE_S = 30.0  # likewise
_WHY_S = 1.0

Told = Callable[[str], None]


def _to_stderr(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


class PlaceError(HilError):
    """The place is not to be had: who has it, or what is missing."""


class _Placed(Entry):
    """A registry's entry whose rig stands elsewhere; what decides what it does is what decides it there."""

    def files(self, root: Path, firmware: Path | None = None) -> list[Path]:
        return RIGS[self.name.partition("@")[0]].files(root, firmware)


class _Holder:
    """The process that has the place, and the sessions at its bench that are to hear when it is lost."""

    def __init__(self, place: str, wait_s: float, coordinator: str | None) -> None:
        if not FARM_PYTHON.exists():
            raise PlaceError("labgrid is not installed here; run `make farm`")
        command = [FARM_PYTHON, "-m", "hil.farm.grid.hold", place, "--wait", str(wait_s)]
        self._place = place
        self._process = processes.start(
            [*command, *(("--coordinator", coordinator) if coordinator else ())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._said: queue.Queue[dict[str, Any]] = queue.Queue()
        self._sessions: list[Session] = []
        self._lost: str | None = None
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            message = json.loads(line)
            if "lost" in message:
                self._lose(message["lost"])
            self._said.put(message)
        self._lose("who held the place has ended")
        self._said.put({"failed": "who was to hold the place has ended", "remedy": "see what it said above"})

    def _lose(self, why: str) -> None:
        self._lost = self._lost or why
        for session in list(self._sessions):
            session.lost(why)

    def bench(self, limit_s: float, told: Told) -> dict[str, Any]:
        """Where it is, once the place is had. PlaceError."""
        deadline_s = time.monotonic() + limit_s
        while True:
            try:
                message = self._said.get(timeout=max(0.0, deadline_s - time.monotonic()))
            except queue.Empty:
                raise PlaceError(f"{self._place}: the farm does not answer; see whether its coordinator runs") from None
            if "held" in message:
                return dict(message["held"])
            if "failed" in message:
                raise PlaceError(f"{message['failed']}; {message['remedy']}")
            if "waiting" in message:
                since = time.strftime("%H:%M", time.localtime(message["since"]))
                told(f"waiting for {self._place}, held by {message['waiting']} since {since}")

    def session(self, bench: dict[str, Any]) -> Session:
        """A run at it."""
        session = Session(bench["host"], bench["port"], bench["token"], bench["who"], RUN, self._place)
        session.patience_s = _WHY_S
        self._sessions.append(session)
        if self._lost:
            session.lost(self._lost)
        return session

    def end(self) -> None:
        """Leave the bench and give the place back."""
        for session in self._sessions:
            session.close()
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(_RELEASE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


@contextmanager
def held(
    place: str,
    wait_s: float = 0.0,
    coordinator: str | None = None,
    told: Told = _to_stderr,
) -> Iterator[str]:
    """Acquire a place, yield the name by which `open_rig` opens its bench's rig, release it.

    wait_s: how long somebody else may have it; 0: an error says who has it. coordinator: HOST:PORT; without it what
    LG_COORDINATOR says. told: for whom one waits. PlaceError; BenchLostError from the rig when it is lost.
    """
    holder = _Holder(place, wait_s, coordinator)
    try:
        bench = holder.bench(wait_s + _START_S, told)
        entry = _entry(bench, holder)
        RIGS[entry.name] = entry
        try:
            yield entry.name
        finally:
            del RIGS[entry.name]
    finally:
        holder.end()


def open_placed(place: str, rig: str, firmware: Path | None, wait_s: float = 0.0, told: Told = _to_stderr) -> Rig:
    """Acquire a place whose bench is a rig of that name, flash it, give its rig; the place is released when that is
    closed. As `held` otherwise."""
    with ExitStack() as stack:
        name = stack.enter_context(held(place, wait_s, told=told))
        if name.partition("@")[0] != rig:
            raise PlaceError(f"{place} has the rig {name.partition('@')[0]}, not {rig}; say so, or take another place")
        return and_then(open_rig(name, firmware), stack.pop_all().close)


def _entry(bench: dict[str, Any], holder: _Holder) -> Entry:
    rig = bench["rig"]
    if rig not in RIGS:
        raise PlaceError(f"{bench['place']} has a rig '{rig}', which this checkout does not know; bring it up to date")

    def open_there(firmware: Path | None, **options: Any) -> Rig:
        uf2 = (firmware or default_uf2()).read_bytes()
        session = holder.session(bench)
        return remote_rig(session, rig, by_names(session.welcome["offers"]), uf2, options)

    return _Placed(f"{rig}@{bench['place']}", RIGS[rig].offers, open_there, RIGS[rig].firmware)
