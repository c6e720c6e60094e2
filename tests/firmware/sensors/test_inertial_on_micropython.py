"""The IMU's arithmetic: the same under MicroPython (unix port, native viper) as under CPython; nothing is allocated."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sapper_host.files.checkout import ROOT

MICROPYTHON = ROOT / "build" / "micropython"
SCRIPT = Path(__file__).with_name("inertial_both_ways.py")
FIRMWARE = ROOT / "firmware"

pytestmark = [
    pytest.mark.micropython,
    pytest.mark.skipif(not MICROPYTHON.exists(), reason="build/micropython is not there: `make micropython`"),
]


def run(command, *arguments, **environment):
    command = [*command, str(SCRIPT), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, env={**os.environ, **environment})


def there(*arguments):
    return run([str(MICROPYTHON)], *arguments, MICROPYPATH=f".frozen:{FIRMWARE}:{SCRIPT.parent}")


def test_both_say_the_same():
    here = run([sys.executable], PYTHONPATH=f"{FIRMWARE}:{FIRMWARE / 'cpython'}:{SCRIPT.parent}")
    assert here.returncode == 0, here.stderr
    lines = here.stdout.splitlines()
    assert {line.split()[4] for line in lines} == {"0", "1", "4", "5", "6"} and len(lines) > 3000
    assert {line.split()[5] for line in lines} == {line.split()[6] for line in lines} == {"True", "False"}
    done = there()
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == lines


def test_no_tick_allocates():
    done = there("heap")
    assert (done.returncode, done.stdout) == (0, "[0, 1, 4, 5, 6] locked\n"), done.stderr


def test_an_allocation_would_be_seen():
    done = there("heap", "canary")
    assert done.returncode != 0 and "MemoryError" in done.stderr
