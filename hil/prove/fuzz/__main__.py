"""`python -m hil.prove.fuzz`: every target for a while; inputs that failed are kept in build/fuzz/. Status 3 if any."""

from __future__ import annotations

import argparse
import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import as_completed

from hil.prove.fuzz.engine import Failure, fuzz, keep, little_memory
from hil.prove.fuzz.targets import TARGETS, seeds_of
from hil.workers import workers
from sapper_host import processes
from sapper_host.files.checkout import BUILD, ROOT
from sapper_host.files.temporary import temporary_folder
from sapper_host.outside.text import shown

_HEAP_SCRIPT = ROOT / "tests" / "hil" / "prove" / "fuzz" / "heap.py"


def heap_growth(inputs: int, seed: int) -> int | None:
    """Bytes that hostile input on both lines leaves on the heap, on MicroPython; None when it is not built.

    Raises subprocess.CalledProcessError when the script fails.
    """
    micropython = BUILD / "micropython"
    if not micropython.exists():
        return None
    path = f".frozen:{ROOT / 'firmware'}:{ROOT / 'tests' / 'firmware' / 'fakes'}"
    done = processes.run(
        [str(micropython), "-X", "heapsize=2M", str(_HEAP_SCRIPT), str(inputs), str(seed)],
        env={**os.environ, "MICROPYPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    return int(done.stdout.split()[-1])


def one(name: str, seed: int, seconds: float) -> tuple[str, int, list[Failure]]:
    """One target for a while, in little memory: (its name, inputs, failures)."""
    target = TARGETS[name]
    feed, seeds = target.make(), seeds_of(name)
    for data in seeds[:1]:  # loads what it needs before memory is short
        with contextlib.suppress(Exception):
            feed(data)
    with little_memory():
        count, failures = fuzz(name, feed, seeds, seed, seconds, 1 << 60, target.grammar)
    return name, count, failures


@contextlib.contextmanager
def _folders_of_workers() -> Iterator[None]:
    """Workers that are killed leave their folders: they have them in one that is this process's."""
    before = os.environ.get("TMPDIR")
    with temporary_folder("fuzz") as folder:
        os.environ["TMPDIR"] = folder
        try:
            yield
        finally:
            os.environ.pop("TMPDIR")
            if before is not None:
                os.environ["TMPDIR"] = before


def results(names: list[str], seed: int, seconds: float, jobs: int) -> Iterator[tuple[str, int, list[Failure]]]:
    """What became of each target, as it is ready; as many at once as there are jobs."""
    with _folders_of_workers(), workers(min(jobs, len(names))) as pool:
        waiting = {pool.submit(one, name, seed, seconds): name for name in names}
        for future in as_completed(waiting):
            error, name = future.exception(), waiting[future]
            if error is None:
                yield future.result()
            else:  # the target could not be made, or its worker ended: no other target is held up by that
                yield name, 0, [Failure(name, b"", f"not run: {type(error).__name__}: {error}")]


def main(arguments: list[str] | None = None) -> int:
    """Run it; returns the exit status."""
    parser = argparse.ArgumentParser(prog="hil.prove.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=240.0, help="for each target")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="targets whose name holds this text")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="targets at once")
    options = parser.parse_args(arguments)
    names = [name for name in TARGETS if options.only in name]
    if not names:
        parser.error(f"no target's name holds '{options.only}'; there are {', '.join(TARGETS)}")
    failed = 0
    for name, count, failures in results(names, options.seed, options.seconds, max(1, options.jobs)):
        print(f"{'ok  ' if not failures else 'FAIL'} {name:<16} {count:>9} inputs", flush=True)
        for failure, path in zip(failures, keep(failures, BUILD / "fuzz"), strict=True):
            print(f"     {shown(failure.error, 160)}\n     {path}")
        failed += len(failures)
    if not options.only:
        try:
            grown = heap_growth(int(options.seconds * 100), options.seed)
        except subprocess.CalledProcessError as error:
            print(f"FAIL heap: {error.stderr.strip()[-300:]}")
            return 3
        print(
            "heap growth on MicroPython: "
            + ("not measured, build/micropython is missing" if grown is None else f"{grown} bytes")
        )
        failed += grown != 0  # not measured is not passed
    return 3 if failed else 0


if __name__ == "__main__":
    sys.exit(processes.command(main))
