"""The pure modules give the same under MicroPython (unix port, native viper) as under CPython."""

import os
import subprocess
import sys

import pytest
from both_ways import PARTS

from sapper_host.files.checkout import ROOT

MICROPYTHON = ROOT / "build" / "micropython"
SCRIPT = ROOT / "tests" / "firmware" / "both_ways.py"
FAKES = ROOT / "tests" / "firmware" / "fakes"

pytestmark = [
    pytest.mark.micropython,
    pytest.mark.skipif(not MICROPYTHON.exists(), reason="build/micropython is not there: `make micropython`"),
]


def run(command, part, **environment):
    done = subprocess.run(
        [*command, str(SCRIPT), part], capture_output=True, text=True, timeout=120, env={**os.environ, **environment}
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("part", PARTS)
def test_both_give_the_same(part):
    shim = ROOT / "firmware" / "cpython"
    here = run([sys.executable], part, PYTHONPATH=f"{ROOT / 'firmware'}:{shim}:{FAKES}")
    there = run([str(MICROPYTHON)], part, MICROPYPATH=f".frozen:{ROOT / 'firmware'}:{FAKES}")
    assert len(here.splitlines()) >= 8, "the part printed nothing worth comparing"
    assert there.splitlines() == here.splitlines()


def printed(script):
    """The numbers that a script of this folder prints."""
    environment = {"MICROPYPATH": f".frozen:{ROOT / 'firmware'}:{FAKES}"}
    command = [str(MICROPYTHON), str(ROOT / "tests" / "firmware" / script)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, env={**os.environ, **environment})
    assert done.returncode == 0, done.stderr
    return [int(line) for line in done.stdout.split()]


def test_raw_telemetry_allocates_nothing():
    assert printed("no_allocation_raw.py") == [99]


def test_a_tick_over_the_wrap_of_time_allocates_nothing():
    assert printed("no_allocation_weeks.py") == [10]


def test_a_flood_of_refused_radio_lines_allocates_nothing():
    dropped = printed("no_allocation.py")
    assert len(dropped) == 5 and all(count >= 2 for count in dropped)
