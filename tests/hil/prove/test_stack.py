"""The stack's reserve: measured where the stack is, and missed by a board that goes deeper than it may."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from hil.prove.benchmarks import stack
from hil.prove.micropython_tests.prompt import RawPrompt
from hil.rigs.firmware import default_uf2
from hil.rigs.rig import NS_PER_S
from hil.rigs.virtual import VirtualPico
from sapper.shared import limits
from toolchain import compiler

pytestmark = pytest.mark.virtual

# Calls until MicroPython refuses one: the deepest that Python code can get.
TOO_DEEP = b"def deeper():\n    deeper()\ndeeper()"


def test_a_start_leaves_the_reserve_and_code_that_goes_as_deep_as_it_can_does_not() -> None:
    pico = VirtualPico(default_uf2())
    painted = stack.Painted(pico.insight)
    pico.run(NS_PER_S)
    after_start = painted.left_b()
    assert after_start >= limits.STACK_RESERVE_B
    prompt = RawPrompt(pico)
    try:
        printed, _ = prompt.run(TOO_DEEP)
        assert b"maximum recursion depth exceeded" in printed
        assert painted.left_b() < limits.STACK_RESERVE_B // 4
    finally:
        prompt.close()


def test_the_row_is_of_the_work_that_left_least(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stack, "_application", lambda: iter([("a start", 2000), ("a sweep", 1500)]))
    monkeypatch.setattr(stack, "_exceptions", lambda: iter([("exceptions", 1023)]))
    monkeypatch.setattr(stack, "_update", lambda: iter([("an update", 1600)]))
    (row,) = stack.rows()
    assert row.value == 1023 and "exceptions" in row.name and not row.ok
    monkeypatch.setattr(stack, "_exceptions", lambda: iter([("exceptions", 1024)]))
    assert stack.rows()[0].ok


def test_the_stack_is_where_the_linker_put_it() -> None:
    cross = compiler.present()
    if cross is None:
        pytest.skip("no compiler in the cache: run 'make firmware'")
    names = subprocess.run(
        [cross.tool("nm"), Path(default_uf2()).with_suffix(".elf")], capture_output=True, text=True, check=True
    ).stdout
    symbols = {name: int(at, 16) for at, name in re.findall(r"^(\w+) \w (__Stack\w+)$", names, re.MULTILINE)}
    assert (symbols["__StackBottom"], symbols["__StackTop"]) == (stack.BOTTOM, stack.TOP)
