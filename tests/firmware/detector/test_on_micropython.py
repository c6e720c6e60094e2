"""The detector says the same under MicroPython (unix port, native viper) as under CPython, and allocates nothing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sapper_host.files.checkout import ROOT

MICROPYTHON = ROOT / "build" / "micropython"
SCRIPT = Path(__file__).with_name("detector_both_ways.py")
FIRMWARE = ROOT / "firmware"

pytestmark = [
    pytest.mark.micropython,
    pytest.mark.skipif(not MICROPYTHON.exists(), reason="build/micropython is not there: `make micropython`"),
]


def run(command: list[str], *arguments: str, **environment: str) -> str:
    done = subprocess.run(
        [*command, str(SCRIPT), *arguments],
        capture_output=True,
        text=True,
        timeout=200,
        env={**os.environ, **environment},
    )
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout


def test_both_say_the_same() -> None:
    here = run([sys.executable], PYTHONPATH=f"{FIRMWARE}:{FIRMWARE / 'cpython'}")
    there = run([str(MICROPYTHON)], MICROPYPATH=f".frozen:{FIRMWARE}")
    assert here.count("contact") >= 9, here
    assert there == here


def test_a_step_allocates_nothing() -> None:
    lines = run([str(MICROPYTHON)], "heap", MICROPYPATH=f".frozen:{FIRMWARE}").splitlines()
    assert len(lines) == 3
    for line in lines:
        assert int(line.split()[1]) > 1000
        assert line.endswith("locked")
