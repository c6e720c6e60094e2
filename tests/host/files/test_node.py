"""Node is found in one way, by whoever needs it."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from sapper_host.files.checkout import ROOT
from sapper_host.files.node import find_node

pytestmark = pytest.mark.unit

# The finder, and the toolchain: it runs before there are packages, and looks for what it may link into .venv.
THAT_MAY_LOOK = {"host/sapper_host/files/node.py", "firmware/toolchain/workspace.py"}


def program(folder: Path) -> Path:
    path = folder / "node"
    folder.mkdir(parents=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def test_the_named_one_goes_first_then_the_environments_then_the_machines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SAPPER_NODE", raising=False)
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "environment"))
    monkeypatch.setenv("PATH", str(tmp_path / "machine"))
    assert find_node() is None
    machines = program(tmp_path / "machine")
    assert find_node() == str(machines)
    environments = program(tmp_path / "environment" / "bin")
    assert find_node() == str(environments)
    monkeypatch.setenv("SAPPER_NODE", "/named/node")
    assert find_node() == "/named/node"


def test_nobody_else_looks_for_node() -> None:
    looking = re.compile(r"""which\(\s*["']node["']|["']SAPPER_NODE["']\s*[,)\]]""")
    files = [path for room in ("firmware", "host", "hil") for path in (ROOT / room).rglob("*.py")]
    files += [path for path in (ROOT / "tests").rglob("*.py") if "SAPPER_NODE" not in path.read_text("utf-8")]
    found = {path.relative_to(ROOT).as_posix() for path in files if looking.search(path.read_text(encoding="utf-8"))}
    assert found == THAT_MAY_LOOK
