"""`python -m hil.prove.fuzz`: every target for a while; inputs that failed are kept in build/fuzz/. Status 3 if any."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys

from hil.prove.fuzz.engine import fuzz, keep
from hil.prove.fuzz.targets import TARGETS, seeds_of
from sapper_host import processes
from sapper_host.files.checkout import BUILD, ROOT

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


def main(arguments: list[str] | None = None) -> int:
    """Run it; returns the exit status."""
    parser = argparse.ArgumentParser(prog="hil.prove.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=300.0, help="for each target")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="targets whose name holds this text")
    options = parser.parse_args(arguments)
    if not any(options.only in name for name in TARGETS):
        parser.error(f"no target's name holds '{options.only}'; there are {', '.join(TARGETS)}")
    failed = 0
    for name, (make, _) in TARGETS.items():
        if options.only not in name:
            continue
        count, failures = fuzz(name, make(), seeds_of(name), options.seed, options.seconds, 1 << 60)
        print(f"{'ok  ' if not failures else 'FAIL'} {name:<16} {count:>9} inputs", flush=True)
        for failure, path in zip(failures, keep(failures, BUILD / "fuzz"), strict=True):
            print(f"     {failure.error[:160]}\n     {path}")
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
