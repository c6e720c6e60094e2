"""Every input of the firmware image is in its key, and what is staged for the build is exactly those inputs."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from sapper.shared import pins, version
from sapper_host.files.checkout import ROOT
from toolchain import compiler, sources, uf2
from toolchain.errors import ToolchainError

pytestmark = pytest.mark.unit

SOURCES = sources.Sources(Path("/cache/sources-1"), {"micropython": "1.25.0+ds-1"})
CROSS = compiler.Compiler(Path("/cache/compiler-1"), {"gcc-arm-none-eabi": "15:12.2.rel1-1"})


@pytest.fixture
def firmware(tmp_path: Path) -> Path:
    """A copy of what goes into the image."""
    folder = tmp_path / "repository" / "firmware"
    for name in ("board", "sapper"):
        shutil.copytree(ROOT / "firmware" / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "firmware" / "main.py", folder)
    return folder


CHANGES = {
    "a module": "sapper/app.py",
    "main": "main.py",
    "the board's header": "board/mpconfigboard.h",
    "the board's build options": "board/mpconfigboard.cmake",
    "the manifest": "board/manifest.py",
    "the boot script": "board/modules/_boot.py",
    "the program's name": "board/sapper_info.c",
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_changed_file_is_another_image(what: str, firmware: Path) -> None:
    before = uf2.inputs(SOURCES, CROSS, firmware).key
    assert uf2.inputs(SOURCES, CROSS, firmware).key == before
    with (firmware / CHANGES[what]).open("a") as handle:
        handle.write("\n")
    assert uf2.inputs(SOURCES, CROSS, firmware).key != before


def test_a_new_module_and_a_lost_one_are_other_images(firmware: Path) -> None:
    before = uf2.inputs(SOURCES, CROSS, firmware).key
    (firmware / "sapper" / "new_module.py").touch()
    assert uf2.inputs(SOURCES, CROSS, firmware).key != before
    (firmware / "sapper" / "new_module.py").unlink()
    assert uf2.inputs(SOURCES, CROSS, firmware).key == before
    (firmware / "sapper" / "shared" / "version.py").unlink()
    assert uf2.inputs(SOURCES, CROSS, firmware).key != before


def test_other_tools_or_sources_are_another_image(firmware: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = {uf2.inputs(SOURCES, CROSS, firmware).key}
    for other in (
        sources.Sources(Path("/cache/sources-2"), SOURCES.versions),
        sources.Sources(SOURCES.folder, {"micropython": "1.25.0+ds-2"}),
    ):
        keys.add(uf2.inputs(other, CROSS, firmware).key)
    for another in (
        compiler.Compiler(Path("/cache/compiler-2"), CROSS.versions),
        compiler.Compiler(CROSS.folder, {"gcc-arm-none-eabi": "15:14.2.rel1-1"}),
    ):
        keys.add(uf2.inputs(SOURCES, another, firmware).key)
    monkeypatch.setattr(uf2, "CMAKE_OPTIONS", ("-DMICROPY_BOARD=OTHER",))
    keys.add(uf2.inputs(SOURCES, CROSS, firmware).key)
    assert len(keys) == 6


def test_the_machines_own_compiler_does_not_count(
    firmware: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = uf2.inputs(SOURCES, CROSS, firmware).key
    own = tmp_path / "bin" / "arm-none-eabi-gcc"
    own.parent.mkdir()
    own.write_text("#!/bin/sh\necho another compiler\n")
    own.chmod(0o755)
    monkeypatch.setenv("PATH", f"{own.parent}:{os.environ['PATH']}")
    assert uf2.inputs(SOURCES, CROSS, firmware).key == before


def test_what_is_not_an_input_changes_nothing(firmware: Path) -> None:
    before = uf2.inputs(SOURCES, CROSS, firmware).key
    (firmware / "sapper" / "__pycache__").mkdir()
    (firmware / "sapper" / "__pycache__" / "app.cpython-311.pyc").touch()
    (firmware / "notes.txt").touch()
    assert uf2.inputs(SOURCES, CROSS, firmware).key == before


def test_without_main_there_is_no_image(firmware: Path) -> None:
    (firmware / "main.py").unlink()
    with pytest.raises(ToolchainError, match="main.py is missing"):
        uf2.inputs(SOURCES, CROSS, firmware)


def git(repository: Path, *words: str) -> str:
    """Run git in `repository`; returns what it says."""
    identity = ["-c", "user.name=test", "-c", "user.email=test@example.org"]
    command = ["git", "-C", str(repository), *identity, *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def test_the_revision_is_that_of_the_firmware_not_of_the_last_commit(firmware: Path) -> None:
    repository = firmware.parent
    assert uf2.revision(repository) == "unknown"
    git(repository, "init", "-q")
    git(repository, "add", "-A")
    git(repository, "commit", "-qm", "firmware")
    commit = git(repository, "rev-parse", "HEAD")[:10]
    assert uf2.revision(repository) == commit
    (repository / "README.md").write_text("a document\n")
    assert uf2.revision(repository) == commit
    git(repository, "add", "-A")
    git(repository, "commit", "-qm", "document")
    assert uf2.revision(repository) == commit
    (firmware / "main.py").write_text("print('changed')\n")
    assert uf2.revision(repository) == commit + ".dirty"
    git(repository, "commit", "-qam", "changed")
    assert uf2.revision(repository) == git(repository, "rev-parse", "HEAD")[:10]
    (firmware / "sapper" / "not_added.py").touch()
    assert uf2.revision(repository).endswith(".dirty")


def test_the_boards_pin_names_are_those_of_the_pin_map() -> None:
    rows = dict(line.split(",") for line in uf2.pins_csv().decode().splitlines())
    assert rows["MOTOR_EN"] == f"GPIO{pins.GPIO['MOTOR_EN']}"
    assert set(pins.GPIO) <= set(rows)
    assert rows["GP29"] == "GPIO29"


def test_version_and_revision_reach_the_c_code_and_the_board(firmware: Path) -> None:
    files = dict(uf2.inputs(SOURCES, CROSS, firmware).files)
    assert f'"{version.VERSION}"' in files["board/sapper_build.h"].decode()
    made: dict[str, str] = {}
    exec(files["generated/sapper_build.py"], made)
    assert made["GIT_REVISION"] == "unknown"
    assert made["MICROPYTHON"] == "1.25.0"


def test_staging_leaves_equal_files_alone_and_takes_away_what_is_gone(tmp_path: Path) -> None:
    assert uf2.stage((("sapper/a.py", b"1"), ("board/b.h", b"2")), tmp_path) == ["sapper/a.py", "board/b.h"]
    for path in (tmp_path / "sapper/a.py", tmp_path / "board/b.h"):
        os.utime(path, (1, 1))
    assert uf2.stage((("sapper/a.py", b"1"), ("board/b.h", b"3")), tmp_path) == ["board/b.h"]
    assert (tmp_path / "sapper/a.py").stat().st_mtime == 1
    assert (tmp_path / "board/b.h").read_bytes() == b"3"
    assert uf2.stage((("board/b.h", b"3"),), tmp_path) == ["sapper/a.py"]
    assert not (tmp_path / "sapper/a.py").exists()


def test_a_patch_goes_where_its_text_is_and_nowhere_else(tmp_path: Path) -> None:
    patch = sources.Patch("file.h", "#define A (1)\n", "#define A (0)\n", "because")
    (tmp_path / "file.h").write_text("x\n#define A (1)\ny\n")
    sources.apply(patch, tmp_path)
    assert (tmp_path / "file.h").read_text() == "x\n#define A (0)\ny\n"
    with pytest.raises(ToolchainError, match="not the file that was patched"):
        sources.apply(patch, tmp_path)
