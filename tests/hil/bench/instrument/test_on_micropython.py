"""The instrument's pure modules give the same under MicroPython (unix port, native viper) as under CPython."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sapper_host.files.checkout import ROOT

MICROPYTHON = ROOT / "build" / "micropython"
SCRIPT = Path(__file__).with_name("both_ways.py")
MODULES = ROOT / "hil" / "bench" / "instrument"
PARTS = ("frames", "entries", "slices")

pytestmark = [
    pytest.mark.micropython,
    pytest.mark.skipif(not MICROPYTHON.exists(), reason="build/micropython is not there: `make micropython`"),
]


def run(command: list[str], part: str, **environment: str) -> list[str]:
    done = subprocess.run(
        [*command, str(SCRIPT), part], capture_output=True, text=True, timeout=120, env={**os.environ, **environment}
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.parametrize("part", PARTS)
def test_both_give_the_same(part: str) -> None:
    here = run([sys.executable], part, PYTHONPATH=f"{MODULES}:{ROOT / 'firmware' / 'cpython'}")
    there = run([str(MICROPYTHON)], part, MICROPYPATH=f".frozen:{MODULES}")
    assert len(here) >= 25, "the part printed nothing worth comparing"
    assert there == here
