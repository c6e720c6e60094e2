"""MicroPython's own tests/basics, run on the virtual Pico with our image: proof that emulator and image agree.

    python -m hil.prove.micropython_tests [--jobs N] [PATTERN ...]

Every test runs in a fresh interpreter. What it must print is in a .exp file beside it, or is what CPython prints. A
test that prints SKIP does not apply to this image. The tests are those of the sources the image was built from.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import as_completed
from dataclasses import asdict, dataclass
from fnmatch import fnmatch
from pathlib import Path

from hil.errors import HilError
from hil.rigs.firmware import default_uf2
from hil.rigs.spread import FIRST_START_MS
from hil.rigs.virtual.errors import VirtualPicoError
from hil.rigs.virtual.pico import VirtualPico
from hil.workers import workers
from sapper_host import processes
from sapper_host.files.checkout import BUILD, toolchain

REPORT = BUILD / "micropython-tests.json"

# Test -> why it cannot pass here. One that passes after all is an error too: then this table is wrong.
EXPECTED_FAILURES = {
    "exception_chain": "expects a compile-time warning, which boards do not print (upstream leaves it out there too)",
}

MS = 1_000_000
_BOOT_NS = FIRST_START_MS * MS
_SLICE_NS = 5 * MS
# Longest a test takes, emulated.
_TEST_LIMIT_NS = 60_000 * MS
_PROMPT_LIMIT_NS = 3_000 * MS


@dataclass(frozen=True)
class Outcome:
    """One test: 'passed', 'failed' or 'skipped'; the board's time it took; where it failed, what it printed."""

    name: str
    result: str
    emulated_s: float
    printed: str = ""
    expected: str = ""


class RawPrompt:
    """MicroPython's raw prompt on a virtual Pico: runs a script in a fresh interpreter."""

    def __init__(self, pico: VirtualPico, boot_ns: int = _BOOT_NS) -> None:
        """Bring a board that has just got its power to the prompt. It is the prompt's from now on: `close` ends it.

        `boot_ns` after that the application is told to end: early enough, it is stopped while it starts.
        """
        self.pico = pico
        self._received = b""
        self._began_ns = 0
        self.pico.run(boot_ns)
        self.pico.usb.write(b"\r\x03\x03")  # out of the application, which listens to Ctrl-C while it is safe to
        self.pico.run(200 * MS)
        self.pico.usb.write(b"\r\x02")
        self._expect(b">>>", _PROMPT_LIMIT_NS)
        self.pico.usb.write(b"\r\x01")
        self._expect(b"raw REPL; CTRL-B to exit\r\n>", _PROMPT_LIMIT_NS)

    def run(self, script: bytes) -> tuple[bytes, float]:
        """What `script` prints (and its traceback, then CRASH), and the emulated seconds it took."""
        self.start(script)
        return self.finish()

    def start(self, script: bytes) -> None:
        """Start `script` in a fresh interpreter."""
        self.pico.usb.write(b"\x04")
        self._expect(b"raw REPL; CTRL-B to exit\r\n>", _PROMPT_LIMIT_NS)
        self._began_ns = self.pico.now_ns
        self.pico.usb.write(script + b"\x04")
        self._expect(b"OK", _PROMPT_LIMIT_NS)

    def finish(self) -> tuple[bytes, float]:
        """Let time pass until the script started last has ended; returns what `run` returns."""
        printed = self._expect(b"\x04", _TEST_LIMIT_NS)
        raised = self._expect(b"\x04", _PROMPT_LIMIT_NS)
        # The prompt; after SystemExit it comes at the end of a soft reboot.
        self._expect(b">", _PROMPT_LIMIT_NS)
        took_s = (self.pico.now_ns - self._began_ns) / 1e9
        return printed + (raised + b"CRASH" if raised else b""), took_s

    def _expect(self, mark: bytes, limit_ns: int) -> bytes:
        """Let time pass until `mark` has come; returns what came before it."""
        deadline_ns = self.pico.now_ns + limit_ns
        while mark not in self._received:
            if self.pico.now_ns > deadline_ns:
                raise HilError(
                    f"{mark!r} did not come within {limit_ns / 1e9:.0f} s; last came {self._received[-200:]!r}"
                )
            self.pico.run(_SLICE_NS)
            self._received += b"".join(data for _, data in self.pico.usb.read())
        before, _, self._received = self._received.partition(mark)
        return before

    def close(self) -> None:
        """End the virtual Pico."""
        self.pico.close()


def tests_folder() -> Path:
    """tests/basics of the sources the image was built from. HilError when they cannot be had."""
    answer = toolchain("where", capture_output=True)
    if answer.returncode != 0:
        raise HilError(f"no MicroPython sources: {answer.stderr.strip()}")
    return Path(answer.stdout.splitlines()[-1]) / "tests" / "basics"


def select(folder: Path, patterns: Sequence[str]) -> list[Path]:
    """The tests whose names match one of the shell patterns (none: all), sorted."""
    tests = sorted(folder.glob("*.py"))
    return [test for test in tests if not patterns or any(fnmatch(test.stem, pattern) for pattern in patterns)]


def expected_output(test: Path) -> bytes:
    """What the test must print."""
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


def run_tests(tests: Sequence[Path], uf2: Path) -> list[Outcome]:
    """Run `tests` one after the other on one virtual Pico; after one that hangs or breaks it, on a new one."""
    outcomes = []
    prompt: RawPrompt | None = None
    try:
        for test in tests:
            try:
                prompt = prompt or RawPrompt(VirtualPico(uf2))
                printed, took_s = prompt.run(test.read_bytes())
            except (HilError, VirtualPicoError) as error:
                outcomes.append(Outcome(test.stem, "failed", 0.0, f"{type(error).__name__}: {error}"))
                if prompt is not None:
                    prompt.close()
                    prompt = None
                continue
            outcomes.append(_judge(test, printed.replace(b"\r\n", b"\n"), took_s))
    finally:
        if prompt is not None:
            prompt.close()
    return outcomes


def _judge(test: Path, printed: bytes, took_s: float) -> Outcome:
    if printed in (b"SKIP\n", b"SKIP-TOO-LARGE\n"):
        return Outcome(test.stem, "skipped", took_s)
    wanted = expected_output(test)
    if matches(printed, wanted):
        return Outcome(test.stem, "passed", took_s)
    return Outcome(test.stem, "failed", took_s, printed.decode(errors="replace"), wanted.decode(errors="replace"))


def run_all(tests: Sequence[Path], uf2: Path, jobs: int) -> list[Outcome]:
    """Run `tests` on `jobs` virtual Picos at once; outcomes sorted by name. Says how far it is."""
    # Small parts: a new board costs a second, and the parts differ much in what they take.
    parts = [list(tests[start : start + 40]) for start in range(0, len(tests), 40)]
    outcomes: list[Outcome] = []
    with workers(jobs) as pool:
        for done in as_completed([pool.submit(run_tests, part, uf2) for part in parts]):
            outcomes += done.result()
            print(f"\r{len(outcomes)} of {len(tests)} tests", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return sorted(outcomes, key=lambda outcome: outcome.name)


def verdict(outcomes: Sequence[Outcome]) -> list[str]:
    """What is not as it should be, a line each; empty if all is well."""
    lines = []
    for outcome in outcomes:
        if outcome.result == "failed" and outcome.name not in EXPECTED_FAILURES:
            lines.append(f"{outcome.name} failed; it printed\n{outcome.printed}\ninstead of\n{outcome.expected}")
        if outcome.result == "passed" and outcome.name in EXPECTED_FAILURES:
            lines.append(f"{outcome.name} passed: take it out of EXPECTED_FAILURES")
    return lines


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its exit status."""
    parser = argparse.ArgumentParser(prog="python -m hil.prove.micropython_tests", description=__doc__)
    parser.add_argument("patterns", nargs="*", help="names of tests, as shell patterns (default: all)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="virtual Picos at once")
    options = parser.parse_args(arguments)
    try:
        uf2 = default_uf2()
        tests = select(tests_folder(), options.patterns)
        if not tests:
            raise HilError(f"no test is named {' or '.join(options.patterns)}; leave the name out to run all")
        began_s = time.monotonic()
        outcomes = run_all(tests, uf2, options.jobs)
    except HilError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    wrong = verdict(outcomes)
    counts = {result: sum(o.result == result for o in outcomes) for result in ("passed", "failed", "skipped")}
    report = {"counts": counts, "expected_failures": EXPECTED_FAILURES, "outcomes": [asdict(o) for o in outcomes]}
    REPORT.write_text(json.dumps(report, indent=1))
    for line in wrong:
        print(line)
    emulated_s = sum(outcome.emulated_s for outcome in outcomes)
    print(
        f"tests/basics on the virtual Pico: {counts['passed']} passed, {counts['failed']} failed "
        f"({len(EXPECTED_FAILURES)} expected), {counts['skipped']} do not apply; "
        f"{emulated_s:.0f} s emulated in {time.monotonic() - began_s:.0f} s; {REPORT}"
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(processes.command(main))
