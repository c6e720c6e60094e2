"""The contracts of pyproject.toml notice an import that runs back up, also one for types alone, and a new circle."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sapper_host.files.checkout import ROOT

pytestmark = pytest.mark.unit

PACKAGES = {"hil": ROOT / "hil", "sapper_host": ROOT / "host" / "sapper_host", "sapper": ROOT / "firmware" / "sapper"}
FOR_TYPES = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    "
# The contract, a file, and a line in it that breaks the contract.
BROKEN = (
    ("trees", "sapper_host/recordings/score.py", "from hil.intervals import wilson"),
    ("hil", "hil/world/rover.py", "from hil.play.operator import Operator"),
    ("hil", "hil/rigs/rig.py", "from hil.world.rover import Rover"),
    ("rigs", "hil/rigs/sil/rig.py", "from hil.rigs.virtual.symbols import Symbols"),
    ("rigs", "hil/rigs/capabilities.py", FOR_TYPES + "from hil.rigs.registry import Entry"),
    ("virtual", "hil/rigs/virtual/core.py", FOR_TYPES + "from hil.rigs.virtual.pico import VirtualPico"),
    ("prove", "hil/prove/campaign/lane.py", "from hil.prove.safety.timeline import value_at"),
    ("safety", "hil/prove/safety/lines.py", FOR_TYPES + "from hil.prove.safety.stage import Stage"),
    ("hil-circles", "hil/prove/updates/board.py", "from hil.prove.updates.works import all_works"),
)


def lint(tree: Path, *contracts: str) -> subprocess.CompletedProcess[str]:
    wanted = [word for contract in contracts for word in ("--contract", contract)]
    program = Path(sys.executable).with_name("lint-imports")
    return subprocess.run(
        [str(program), "--no-logo", "--no-cache", *wanted], cwd=tree, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The three trees beside each other, with the contracts."""
    folder = tmp_path_factory.mktemp("tree")
    for name, source in PACKAGES.items():
        shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("node_modules", "__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def test_the_tree_keeps_them(tree: Path) -> None:
    done = lint(tree, *dict.fromkeys(contract for contract, _, _ in BROKEN))
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(("contract", "name", "line"), BROKEN, ids=[f"{c}: {name}" for c, name, _ in BROKEN])
def test_an_import_against_them_is_noticed(tree: Path, contract: str, name: str, line: str) -> None:
    path = tree / name
    before = path.read_text()
    path.write_text(f"{before}\n{line}\n")
    try:
        done = lint(tree, contract)
    finally:
        path.write_text(before)
    assert done.returncode == 1 and "BROKEN" in done.stdout, done.stdout + done.stderr
