"""Somebody's own repository with scenarios: a folder that has nothing of ours but what is installed."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
TREES = (ROOT, ROOT / "firmware", ROOT / "host")


@dataclass
class Ran:
    """How pytest ended there, what it printed, and what it left."""

    status: int
    out: str
    folder: Path

    @property
    def report(self) -> Path:
        return self.folder / "build" / "scenarios"

    @property
    def page(self) -> str:
        return (self.report / "report.html").read_text()

    @property
    def book(self) -> Path:
        return self.folder / "book.sqlite"


def run(folder: Path, files: dict[str, str], *words: str, tests: tuple[str, ...] = (), limit_s: int = 280) -> Ran:
    """Write these files and run pytest there. tests: what to run instead of what is there."""
    for name, text in files.items():
        (folder / name).write_text(text)
    if not (folder / "pytest.ini").exists():
        (folder / "pytest.ini").write_text("[pytest]\naddopts = -p no:cacheprovider\n")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    environment["PYTHONPATH"] = os.pathsep.join([str(folder), *map(str, TREES)])
    environment["XDG_STATE_HOME"] = str(folder / "state")
    command = [sys.executable, "-m", "pytest", "-p", "hil.testing.plugin", "-ra", *words, *tests]
    if "--rig" in words:
        command += ["--rig-book", str(folder / "book.sqlite")]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=limit_s)
    return Ran(done.returncode, done.stdout + done.stderr, folder)
