"""What a test must print, and whether it did."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from hil.prove.micropython_tests.rooms import Case
from sapper_host import processes

PASSED, FAILED, SKIPPED = "passed", "failed", "skipped"
RESULTS = (PASSED, FAILED, SKIPPED)
_SAID = {b"SKIP\n": SKIPPED, b"SKIP-TOO-LARGE\n": SKIPPED}
# The last lines of a test that counts by itself (unittest.py on the board).
_COUNTED = re.compile(rb"-{70}\nRan \d+ tests\n\n(OK|FAILED)[^\n]*\n\Z")


@dataclass(frozen=True)
class Outcome:
    """One test: 'passed', 'failed' or 'skipped'; the board's time it took; where it failed, what it printed and had to
    print; of a benchmark, the microseconds that it measured, and for how much work (in a unit of its own)."""

    name: str
    result: str
    emulated_s: float
    printed: str = ""
    expected: str = ""
    measured_us: int = 0
    work: int = 0

    @property
    def room(self) -> str:
        """The name of its room."""
        return self.name.rpartition("/")[0]


def script(case: Case) -> bytes:
    """What runs on the board: the test as it is."""
    return case.path.read_bytes()


def expected_output(test: Path) -> bytes:
    """What the test must print: in a .exp file beside it, or what CPython prints."""
    recorded = test.with_name(test.name + ".exp")
    if recorded.exists():
        return recorded.read_bytes().replace(b"\r\n", b"\n")
    answer = processes.run(
        [sys.executable, "-BS", test], cwd=test.parent, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60
    )
    return bytes(answer.stdout) + (b"CRASH" if answer.returncode else b"")


def matches(printed: bytes, wanted: bytes) -> bool:
    """Whether a test printed what it must; a line '########' of a recorded output stands for any lines, or none."""
    parts = (b"\n" + wanted).split(b"\n########")
    return re.fullmatch(rb"(?:\n[^\n]*)*?".join(re.escape(part) for part in parts), b"\n" + printed) is not None


def judged(case: Case, printed: bytes, took_s: float) -> Outcome:
    """What became of a test that ended."""
    if printed in _SAID:
        return Outcome(case.name, _SAID[printed], took_s)
    if counted := _COUNTED.search(printed):
        good = counted[1] == b"OK"
        return Outcome(case.name, PASSED, took_s) if good else failed(case, printed, b"OK\n", took_s)
    wanted = expected_output(case.path)
    return Outcome(case.name, PASSED, took_s) if matches(printed, wanted) else failed(case, printed, wanted, took_s)


def failed(case: Case, printed: bytes, wanted: bytes, took_s: float) -> Outcome:
    """A test that did not print what it must."""
    return Outcome(case.name, FAILED, took_s, printed.decode(errors="replace"), wanted.decode(errors="replace"))
