"""The emulator's files import one way, from the process down to the rooms, and the check of that has eyes."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from hil.rigs.virtual import link

FOLDER = Path(link.__file__).parent
RULES = FOLDER / ".dependency-cruiser.mjs"

# A file, what it must not import, and the rule that says so.
AGAINST_THE_RULES = [
    ("time/clock.mjs", "../machine.mjs", "imports of time/"),
    ("outside/wires.mjs", "../pins/pads.mjs", "imports of outside/"),
    ("pio/runner.mjs", "../serial/uart.mjs", "imports of pio/"),
    ("chip.mjs", "./proof/reference.mjs", "imports of chip.mjs"),
    ("machine.mjs", "./bridge.mjs", "imports of machine.mjs"),
    ("cpu/state.mjs", "./trace.mjs", "circle"),
    ("cpu/decode.mjs", "rp2040js", "rp2040js"),
    ("serial/uart.mjs", "node:fs", "module of Node"),
    ("cpu/blocks.mjs", "node:fs", "modules of Node in cpu/blocks.mjs"),
    ("pins/io_bank.mjs", "semver", "package"),
    ("pins/pads.mjs", "./pad.mjs", "not found"),
    ("sound/beeper.mjs", "../time/clock.mjs", "not in the table"),
    ("beeper.mjs", "./time/clock.mjs", "not in the table"),
]


def check(folder: Path) -> subprocess.CompletedProcess[str]:
    """What `make lint` runs, in `folder`."""
    command = [link.ready_node(), "node_modules/.bin/depcruise", "node"]
    # A build server may set CI, for which it would colour its words.
    plain = {name: value for name, value in os.environ.items() if name not in ("CI", "FORCE_COLOR")} | {"NO_COLOR": "1"}
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, env=plain)


def copy_to(folder: Path) -> Path:
    """The sources and the rules, to be spoilt."""
    shutil.copytree(FOLDER / "node", folder / "node")
    for file in (RULES, FOLDER / "package.json"):
        shutil.copy(file, folder)
    (folder / "node_modules").symlink_to(FOLDER / "node_modules")
    return folder


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the check says of a copy with all of AGAINST_THE_RULES in it."""
    folder = copy_to(tmp_path_factory.mktemp("rooms"))
    for file, imported, _ in AGAINST_THE_RULES:
        path = folder / "node" / file
        path.parent.mkdir(exist_ok=True)
        with path.open("a", encoding="utf-8") as text:
            text.write(f"import '{imported}';\n")
    done = check(folder)
    assert done.returncode >= len(AGAINST_THE_RULES)
    return done.stdout


def test_the_sources_keep_to_the_rules_here_and_as_a_copy(tmp_path: Path):
    for folder in (FOLDER, copy_to(tmp_path)):
        done = check(folder)
        assert done.returncode == 0, done.stdout
        assert "no dependency violations" in done.stdout


@pytest.mark.parametrize(("file", "imported", "rule"), AGAINST_THE_RULES, ids=[rule for *_, rule in AGAINST_THE_RULES])
def test_an_import_against_the_rules_is_found(said: str, file: str, imported: str, rule: str):
    (line,) = (line for line in said.splitlines() if f"error {rule}: node/{file} " in line)
    assert rule == "circle" or Path(imported).name.removeprefix("node:") in line


def test_every_room_is_in_the_rules_and_says_what_it_is():
    for room in (path for path in (FOLDER / "node").iterdir() if path.is_dir()):
        assert f"'{room.name}/':" in RULES.read_text(encoding="utf-8"), room
        assert (room / "README.md").is_file(), room
