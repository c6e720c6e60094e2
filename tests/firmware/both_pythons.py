"""A script beside a test, run under MicroPython (unix port, native viper) and under CPython."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sapper_host.files.checkout import ROOT

MICROPYTHON = ROOT / "build" / "micropython"
FIRMWARE = ROOT / "firmware"
MARKS = [
    pytest.mark.micropython,
    pytest.mark.skipif(not MICROPYTHON.exists(), reason="build/micropython is not there: `make micropython`"),
]


def _run(command: list[str], **environment: str) -> list[str]:
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, env={**os.environ, **environment})
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout.splitlines()


def under_cpython(script: Path, *arguments: str) -> list[str]:
    """The lines that it prints."""
    return _run([sys.executable, str(script), *arguments], PYTHONPATH=f"{FIRMWARE}:{FIRMWARE / 'cpython'}")


def under_micropython(script: Path, *arguments: str) -> list[str]:
    """Likewise."""
    return _run([str(MICROPYTHON), str(script), *arguments], MICROPYPATH=f".frozen:{FIRMWARE}")
