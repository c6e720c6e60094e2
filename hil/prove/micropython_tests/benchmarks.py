"""MicroPython's benchmarks: what is run, and whether its result is right. How long it took is told, and compared with
what is kept."""

from __future__ import annotations

import subprocess
import sys

from hil.prove.micropython_tests.judge import PASSED, SKIPPED, Outcome, failed
from hil.prove.micropython_tests.rooms import Case
from sapper_host import processes

# As MicroPython's own runner is called for boards of this size: megahertz, kilobytes of heap.
SIZE = (100, 100)
# What a benchmark says whose work has no result.
_NOTHING = b"None"


def script(case: Case) -> bytes:
    """The benchmark, what times it, and the call."""
    head = b"import sys\nsys.path.remove('')\n\n"
    run = case.path.with_name("benchrun.py").read_bytes()
    return head + case.path.read_bytes() + run + b"bm_run(%d, %d)\n" % SIZE


def measured(printed: bytes) -> tuple[int, int, bytes]:
    """Microseconds, work and result of `MICROSECONDS WORK RESULT`; (0, 0, what was printed) of anything else."""
    words = printed.split(None, 2)
    if len(words) < 3 or not words[0].isdigit() or not words[1].isdigit():
        return 0, 0, printed
    return int(words[0]), int(words[1]), words[2].strip()


def expected_result(case: Case) -> bytes:
    """The right result: recorded beside the benchmark, or CPython's own."""
    recorded = case.path.with_name(case.path.name + ".exp")
    if recorded.exists():
        return recorded.read_bytes().strip()
    command = [sys.executable, "-BS", "-c", script(case).decode()]
    answer = processes.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
    return measured(answer.stdout)[2]


def judged(case: Case, printed: bytes, took_s: float) -> Outcome:
    """What became of a benchmark that ended."""
    if b"SKIP" in printed and not printed.endswith(b"CRASH"):
        return Outcome(case.name, SKIPPED, took_s)
    took_us, work, result = measured(printed)
    wanted = result if result == _NOTHING else expected_result(case)
    if took_us and result == wanted:
        return Outcome(case.name, PASSED, took_s, measured_us=took_us, work=work)
    return failed(case, printed, wanted, took_s)
