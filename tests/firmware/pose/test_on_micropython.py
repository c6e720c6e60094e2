"""The pose tells the same under MicroPython (unix port, native viper) as under CPython, and a tick leaves nothing on
the heap."""

from pathlib import Path

import pytest
from both_pythons import MARKS, under_cpython, under_micropython

SCRIPT = Path(__file__).with_name("pose_both_ways.py")

pytestmark = MARKS


@pytest.mark.parametrize(("part", "least"), [("root", 400), ("drives", 900)])
def test_both_say_the_same(part: str, least: int) -> None:
    here = under_cpython(SCRIPT, part)
    there = under_micropython(SCRIPT, part)
    assert len(here) >= least
    assert there == here


def test_a_tick_and_a_fix_leave_nothing_on_the_heap() -> None:
    lines = [line.split() for line in under_micropython(SCRIPT, "heap")]
    assert len(lines) == 8
    assert {name: used for name, used, _ in lines if used != "0"} == {}


def test_an_object_a_tick_is_seen() -> None:
    lines = [line.split() for line in under_micropython(SCRIPT, "heap", "canary")]
    assert min(int(used) for _, used, _ in lines) >= 600 * 16
