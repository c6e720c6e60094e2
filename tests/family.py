"""A program under test and all that it starts, found by a mark in their environment: who was orphaned is found, too."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

from sapper_host.files.checkout import ROOT

_MARK = "SAPPER_TEST_FAMILY"
_LOOK_S = 0.02
SOURCES = os.pathsep.join(str(ROOT / folder) for folder in ("", "firmware", "firmware/cpython", "host"))


def new_mark() -> dict[str, str]:
    """For the environment of a program, which those that it starts inherit."""
    return {_MARK: uuid4().hex}


def alive(mark: dict[str, str]) -> dict[int, str]:
    """Each that runs with this mark: process id -> command line. Zombies have no environment any more, and are none."""
    text = f"{_MARK}={mark[_MARK]}".encode()
    found = {}
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and text in (entry / "environ").read_bytes().split(b"\0"):
                found[int(entry.name)] = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()[:300]
        except OSError:
            continue  # somebody else's, or gone meanwhile
    return found


def left_after(mark: dict[str, str], process: subprocess.Popen[Any], limit_s: float) -> dict[int, str]:
    """Who is still alive after so long of a machine that has nothing else to do; looked for until nobody is."""
    deadline = time.monotonic() + limit_s * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
    while (left := alive(mark)) and time.monotonic() < deadline:
        process.poll()
        time.sleep(_LOOK_S)
    return left


class Family:
    """Use as a context manager: whoever is left at its end is killed. `process` is the program that was started, in a
    session of its own, as from a terminal; `said` what it and the others have printed."""

    def __init__(self, command: Sequence[str], folder: Path, environment: Mapping[str, str] | None = None) -> None:
        """folder: where what they print is kept."""
        self._mark = new_mark()
        self._log = folder / "said.txt"
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                command,
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, "PYTHONPATH": SOURCES, **(environment or {}), **self._mark},
                start_new_session=True,
            )

    def __enter__(self) -> Family:
        return self

    def __exit__(self, *_: object) -> None:
        while left := self.alive():
            for pid in left:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    continue
            self.process.poll()
        self.process.wait()

    @property
    def said(self) -> str:
        return self._log.read_text(errors="replace")

    def alive(self) -> dict[int, str]:
        """Each that runs: process id -> command line."""
        return alive(self._mark)

    def wait_until(self, part: str, count: int, limit_s: float) -> None:
        """Until `count` of them have `part` in their command line."""
        deadline = time.monotonic() + limit_s
        while sum(part in line for line in self.alive().values()) < count:
            assert self.process.poll() is None, f"it ended with {self.process.returncode}: {self.said[-2000:]}"
            assert time.monotonic() < deadline, (self.alive(), self.said[-2000:])
            time.sleep(_LOOK_S)

    def wait_for_file(self, folder: Path, pattern: str, limit_s: float) -> None:
        """Until there is one of such a name."""
        deadline = time.monotonic() + limit_s
        while not any(folder.glob(pattern)):
            assert time.monotonic() < deadline, self.said[-2000:]
            time.sleep(_LOOK_S)

    def left_after(self, limit_s: float) -> dict[int, str]:
        """See `left_after`."""
        return left_after(self._mark, self.process, limit_s)
