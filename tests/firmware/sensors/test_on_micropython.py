"""The parsers say the same under MicroPython (unix port, native viper) as under CPython, and allocate nothing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from sensors_both_ways import PARTS

from sapper_host.files.checkout import ROOT

MICROPYTHON = ROOT / "build" / "micropython"
MPY_CROSS = ROOT / "build" / "mpy-cross"
SCRIPT = Path(__file__).with_name("sensors_both_ways.py")
FIRMWARE = ROOT / "firmware"

pytestmark = [
    pytest.mark.micropython,
    pytest.mark.skipif(not MICROPYTHON.exists(), reason="build/micropython is not there: `make micropython`"),
]


def run(command, *arguments, **environment):
    done = subprocess.run(
        [*command, str(SCRIPT), *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, **environment},
    )
    return done.returncode, done.stdout, done.stderr


def there(*arguments):
    return run([str(MICROPYTHON)], *arguments, MICROPYPATH=f".frozen:{FIRMWARE}:{SCRIPT.parent}")


@pytest.mark.parametrize("part", PARTS)
def test_both_say_the_same(part):
    here = run([sys.executable], part, PYTHONPATH=f"{FIRMWARE}:{FIRMWARE / 'cpython'}:{SCRIPT.parent}")
    assert here[0] == 0 and len(here[1].splitlines()) > 200, here[2]
    assert there(part) == here


def test_no_byte_and_no_fix_allocates():
    status, said, wrong = there("heap")
    assert status == 0, wrong
    counts = [int(word) for word in said.split()[:-1]]
    assert said.endswith("locked\n") and counts[0] > 300 and min(counts[1:]) > 20, said


def test_an_allocation_would_be_seen():
    status, _, wrong = there("heap", "canary")
    assert status != 0 and "MemoryError" in wrong


@pytest.mark.skipif(not MPY_CROSS.exists(), reason="build/mpy-cross is not there: `make mpy`")
@pytest.mark.parametrize("name", [path.name for path in sorted((FIRMWARE / "sapper" / "sensors").glob("*.py"))])
def test_it_compiles_for_the_board(name, tmp_path):
    """A viper function may be too long for Thumb's jumps, and only there."""
    source = FIRMWARE / "sapper" / "sensors" / name
    command = [str(MPY_CROSS), "-march=armv6m", "-o", str(tmp_path / "out.mpy"), str(source)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
