"""Compiled native code reads the names that its source has on the board, however many a module has."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from sapper_host.files.checkout import BUILD

pytestmark = pytest.mark.virtual

NAMES = 340
READ = (30, 31, 32, 286, 287, 288, NAMES - 1)


def module(folder: Path) -> bytes:
    """A module of so many names, as mpy-cross makes it for the board."""
    lines = ["import micropython", *(f"name_{i} = {i}" for i in range(NAMES))]
    for i in READ:
        lines += ["@micropython.native", f"def read_{i}():", f"    return name_{i}"]
    (folder / "many.py").write_text("\n".join(lines) + "\n")
    subprocess.run([BUILD / "mpy-cross", "-march=armv6m", "many.py"], cwd=folder, check=True)
    return (folder / "many.mpy").read_bytes()


def test_the_last_of_many_names_of_a_module_is_read_right(repl, tmp_path):
    """MicroPython 1.25 reads those from the 288th on from elsewhere (firmware/toolchain/sources.py: py/asmthumb.c)."""
    compiled = module(tmp_path)
    repl.execute("file = open('/many.mpy', 'wb')")
    for at in range(0, len(compiled), 64):
        repl.execute(f"file.write({compiled[at : at + 64]!r})")
    repl.execute("file.close()")
    read = ", ".join(f"many.read_{i}()" for i in READ)
    assert repl.execute(f"import many, os\nos.remove('/many.mpy')\nprint([{read}])", 20_000).strip() == str(list(READ))
