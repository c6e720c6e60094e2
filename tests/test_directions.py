"""Imports point one way, and the check that says so sees one that does not; each room says what it is for."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sapper_host.files.checkout import ROOT

# Where the packages of pyproject.toml's [tool.importlinter] lie.
PACKAGES = ("firmware/sapper", "host/sapper_host", "hil")
CHECKER = Path(sys.executable).with_name("lint-imports")

# A wrong import: contract's id, file, line added to it.
WRONG = {
    "the detector knows the hardware": (
        "firmware-pure",
        "firmware/sapper/detector/noise.py",
        "import sapper.hardware.pulser",
    ),
    "the detector goes up": ("firmware-layers", "firmware/sapper/detector/noise.py", "from sapper.safety import watch"),
    "logic reads a pin": ("firmware-pure", "firmware/sapper/drive/velocity.py", "from machine import Pin"),
    "the detector reads one": ("firmware-pure", "firmware/sapper/detector/noise.py", "from machine import Pin"),
    "a file of flash does": ("firmware-pure", "firmware/sapper/storage/name_file.py", "import rp2"),
    "the tables look at memory": ("firmware-pure", "firmware/sapper/shared/units.py", "import uctypes"),
    "a new room of the rigs has no place": ("hil", "hil/attic/__init__.py", '"""Things."""'),
    "logic reads it when called": ("firmware-pure", "firmware/sapper/link/line.py", "def f():\n    import rp2"),
    "the firmware knows the laptop": ("firmware-alone", "firmware/sapper/shared/units.py", "import sapper_host.errors"),
    "a circle in a room": ("firmware-circles", "firmware/sapper/link/line.py", "import sapper.link.link"),
    "a new room has no place": ("firmware-layers", "firmware/sapper/attic/__init__.py", '"""Things."""'),
    "board goes up": ("host-layers", "host/sapper_host/board/link.py", "from sapper_host.flash import uf2"),
    "a room looks beside": (
        "host-layers",
        "host/sapper_host/operate/drive_keys.py",
        "from sapper_host.doctor import boards",
    ),
    "only the type checker sees it": (
        "host-circles",
        "host/sapper_host/board/signing.py",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from sapper_host.board.link import Link",
    ),
    "more of the firmware than its tables": (
        "host-tables",
        "host/sapper_host/recordings/score.py",
        "from sapper.detector.detector import Detector",
    ),
    "a library starts a rig": ("host-rigs", "host/sapper_host/pictures/style.py", "import hil.rigs.rig"),
    "the laptop's library starts a proof": (
        "trees",
        "host/sapper_host/recordings/score.py",
        "from hil.intervals import wilson",
    ),
    "the world plays": ("hil", "hil/world/rover.py", "from hil.play.operator import Operator"),
    "a rig knows the world": ("hil", "hil/rigs/rig.py", "from hil.world.rover import Rover"),
    "a rig knows another": ("rigs", "hil/rigs/sil/rig.py", "from hil.rigs.virtual.symbols import Symbols"),
    "capabilities know who offers them": ("rigs", "hil/rigs/capabilities.py", "from hil.rigs.registry import Entry"),
    "a part knows its Pico, for types": (
        "virtual",
        "hil/rigs/virtual/core.py",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from hil.rigs.virtual.pico import VirtualPico",
    ),
    "a campaign knows the safety rows": (
        "prove",
        "hil/prove/campaign/lane.py",
        "from hil.prove.safety.timeline import value_at",
    ),
    "the line knows its stage": ("safety", "hil/prove/safety/lines.py", "from hil.prove.safety.stage import Stage"),
    "a judge of tests knows the board": (
        "micropython-tests",
        "hil/prove/micropython_tests/judge.py",
        "from hil.prove.micropython_tests.board import open_board",
    ),
    "a circle in the updates": (
        "hil-circles",
        "hil/prove/updates/board.py",
        "from hil.prove.updates.works import all_works",
    ),
}


def check(tree: Path, *contracts: str) -> subprocess.CompletedProcess[str]:
    """The checker's run on the packages of this tree."""
    path = os.pathsep.join(str((tree / package).parent) for package in PACKAGES)
    chosen = [word for contract in contracts for word in ("--contract", contract)]
    return subprocess.run(
        [CHECKER, "--no-cache", "--no-logo", *chosen],
        cwd=tree,
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tree's Python, and nothing else of it."""
    made = tmp_path_factory.mktemp("tree")
    others = shutil.ignore_patterns("node_modules", "__pycache__", "*.mjs")
    for package in PACKAGES:
        shutil.copytree(ROOT / package, made / package, ignore=others)
    shutil.copy(ROOT / "pyproject.toml", made)
    return made


@pytest.fixture
def added(copy: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """The copy with the line of one wrong import; the contract that it breaks."""
    contract, name, line = request.param
    path = copy / name
    before = path.read_bytes() if path.exists() else None
    path.parent.mkdir(exist_ok=True)
    path.write_bytes((before or b"") + f"\n{line}\n".encode())
    yield contract
    if before is None:
        shutil.rmtree(path.parent)
    else:
        path.write_bytes(before)


def test_this_tree_keeps_its_directions() -> None:
    done = check(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


def test_an_untouched_copy_is_taken(copy: Path) -> None:
    done = check(copy)
    assert done.returncode == 0 and "0 broken" in done.stdout, done.stdout + done.stderr


@pytest.mark.parametrize("added", list(WRONG.values()), ids=list(WRONG), indirect=True)
def test_a_wrong_import_is_refused(copy: Path, added: str) -> None:
    done = check(copy, added)
    assert done.returncode == 1 and "1 broken" in done.stdout, done.stdout + done.stderr


def rooms() -> list[Path]:
    """All folders with modules, of Python or of Node."""
    files = [path for package in PACKAGES for ending in ("py", "mjs") for path in (ROOT / package).rglob(f"*.{ending}")]
    return sorted({path.parent for path in files if not {"node_modules", "__pycache__"} & set(path.parts)})


@pytest.mark.unit
@pytest.mark.parametrize("room", rooms(), ids=lambda room: str(room.relative_to(ROOT)))
def test_a_room_says_what_it_is_for(room: Path) -> None:
    package = room / "__init__.py"
    if package.exists():
        text = ast.get_docstring(ast.parse(package.read_text(encoding="utf-8"))) or ""
        assert "." in text, f"{package} needs a docstring: what is in here, and what it may import"
    else:
        # Not imported on this machine: Node's modules, and those of simulated MicroPython.
        page = room / "README.md"
        assert page.exists() and "." in page.read_text(encoding="utf-8"), f"{page}: what is in here, and who runs it?"
