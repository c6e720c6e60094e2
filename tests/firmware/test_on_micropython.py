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


def said(script, *arguments):
    """The lines that a script of this folder prints."""
    environment = {"MICROPYPATH": f".frozen:{ROOT / 'firmware'}:{FAKES}"}
    command = [str(MICROPYTHON), str(ROOT / "tests" / "firmware" / script), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, env={**os.environ, **environment})
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def printed(script):
    """The numbers that a script of this folder prints."""
    return [int(line) for line in said(script)]


def heap_bytes(*arguments):
    """{what is said and told in motion: bytes of heap that it leaves behind}."""
    words = [line.split() for line in said("no_allocation_motion.py", *arguments)]
    return {name: int(used) for name, used in words}


def test_nothing_that_is_said_or_told_in_motion_leaves_anything_on_the_heap():
    used = heap_bytes()
    assert len(used) == 50 and {name: count for name, count in used.items() if count} == {}


def test_an_object_made_in_each_tick_is_seen_on_every_path_of_them():
    assert min(heap_bytes("canary").values()) >= 20 * 5 * 16


def test_raw_telemetry_allocates_nothing():
    assert printed("no_allocation_raw.py") == [99]


def test_a_tick_over_the_wrap_of_time_allocates_nothing():
    assert printed("no_allocation_weeks.py") == [10]


def test_a_flood_of_refused_radio_lines_allocates_nothing():
    dropped = printed("no_allocation.py")
    assert len(dropped) == 5 and all(count >= 2 for count in dropped)
