"""The pose tells the same under MicroPython (unix port, native viper) as under CPython, and a tick leaves nothing on
the heap."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sapper_host.files.checkout import ROOT

MICROPYTHON = ROOT / "build" / "micropython"
SCRIPT = Path(__file__).with_name("pose_both_ways.py")
FIRMWARE = ROOT / "firmware"

pytestmark = [
    pytest.mark.micropython,
    pytest.mark.skipif(not MICROPYTHON.exists(), reason="build/micropython is not there: `make micropython`"),
]


def run(command: list[str], *arguments: str, **environment: str) -> list[str]:
    done = subprocess.run(
        [*command, str(SCRIPT), *arguments],
        capture_output=True,
        text=True,
        timeout=100,
        env={**os.environ, **environment},
    )
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout.splitlines()


@pytest.mark.parametrize(("part", "least"), [("root", 400), ("drives", 900)])
def test_both_say_the_same(part: str, least: int) -> None:
    here = run([sys.executable], part, PYTHONPATH=f"{FIRMWARE}:{FIRMWARE / 'cpython'}")
    there = run([str(MICROPYTHON)], part, MICROPYPATH=f".frozen:{FIRMWARE}")
    assert len(here) >= least
    assert there == here


def test_a_tick_and_a_fix_leave_nothing_on_the_heap() -> None:
    lines = [line.split() for line in run([str(MICROPYTHON)], "heap", MICROPYPATH=f".frozen:{FIRMWARE}")]
    assert len(lines) == 8
    assert {name: used for name, used, _ in lines if used != "0"} == {}


def test_an_object_a_tick_is_seen() -> None:
    lines = [line.split() for line in run([str(MICROPYTHON)], "heap", "canary", MICROPYPATH=f".frozen:{FIRMWARE}")]
    assert min(int(used) for _, used, _ in lines) >= 600 * 16
