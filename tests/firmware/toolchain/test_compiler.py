"""One cross compiler for whoever builds: started with its own libraries, and nothing of the machine gets in."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from toolchain import compiler, debian, progress, sources, uf2
from toolchain.errors import ToolchainError

pytestmark = pytest.mark.unit

needs_compiler = pytest.mark.skipif(compiler.present() is None, reason="no compiler in the cache: run 'make firmware'")
needs_sources = pytest.mark.skipif(sources.present() is None, reason="no sources in the cache: run 'make firmware'")
ELF = b"\x7fELF"


def unpacked(folder: Path) -> Path:
    """Something like an unpacked package: a program, and a 'loader' that says what it was told to start, and how."""
    for place in ("usr/bin", "lib/some-linux-gnu", "usr/lib/some-linux-gnu"):
        (folder / place).mkdir(parents=True)
    loader = folder / "lib/some-linux-gnu/ld-linux-some.so.2"
    loader.write_text('#!/bin/sh\nfor word in "$@"; do echo "$word"; done\n')
    loader.chmod(0o755)
    program = folder / "usr/bin/tool"
    program.write_bytes(ELF + b" of a program")
    program.chmod(0o755)
    return program


def started(program: Path, *words: str) -> list[str]:
    return subprocess.run([program, *words], capture_output=True, text=True, check=True).stdout.splitlines()


def test_a_program_starts_with_the_libraries_beside_it_wherever_the_folder_goes(tmp_path: Path) -> None:
    debian.run_with_own_libraries(unpacked(tmp_path / "partial"), tmp_path / "partial")
    (tmp_path / "partial").rename(tmp_path / "final")
    root = tmp_path / "final"
    (tmp_path / "link").symlink_to(root / "usr/bin/tool")
    for program in (root / "usr/bin/tool", tmp_path / "link"):
        option, libraries, hidden, *words = started(program, "two words", "$HOME")
        assert option == "--library-path"
        wanted = [root / "lib/some-linux-gnu", root / "usr/lib/some-linux-gnu"]
        assert [Path(path).resolve() for path in libraries.split(":")] == wanted
        assert Path(hidden).resolve() == root / "usr/bin/tool.program"
        assert Path(hidden).read_bytes().startswith(ELF)
        assert words == ["two words", "$HOME"]


def test_what_is_no_program_is_left_alone(tmp_path: Path) -> None:
    unpacked(tmp_path)
    script, library, link = (tmp_path / "usr/bin" / name for name in ("script", "plugin.so", "link"))
    script.write_text("#!/bin/sh\n")
    library.write_bytes(ELF)
    link.symlink_to("tool")
    before = {path.name for path in (tmp_path / "usr/bin").iterdir()}
    for path in (script, library, link, tmp_path / "usr"):
        debian.run_with_own_libraries(path, tmp_path)
    assert {path.name for path in (tmp_path / "usr/bin").iterdir()} == before


def test_without_a_loader_it_says_so(tmp_path: Path) -> None:
    program = unpacked(tmp_path)
    shutil.rmtree(tmp_path / "lib")
    with pytest.raises(ToolchainError, match="loader"):
        debian.run_with_own_libraries(program, tmp_path)


@pytest.mark.parametrize(
    ("version", "upstream"),
    [("15:12.2.rel1-1", "12.2.rel1"), ("2.40-2+18+b1", "2.40"), ("3.3.0-1.3+deb12u1", "3.3.0")],
)
def test_the_makers_part_of_a_version(version: str, upstream: str) -> None:
    assert compiler.upstream(version) == upstream


@needs_compiler
def test_the_compiler_is_the_one_that_was_pinned_and_needs_nothing_of_the_machine() -> None:
    cross = compiler.present()
    assert cross is not None
    assert {name: compiler.upstream(version) for name, version in cross.versions.items()} == {
        name: compiler.upstream(version) for name, version in compiler.PACKAGES.items()
    }
    assert re.match(r"arm-none-eabi-gcc \(.*\) 12\.2\.1", compiler.says(cross.tool("gcc")))
    # Every program that it calls, and every folder that it looks into, is its own.
    asked = [cross.tool("gcc"), "-mcpu=cortex-m0plus", "-mthumb", "-v", "-x", "c", "-E", os.devnull]
    done = subprocess.run(asked, capture_output=True, text=True, check=True, env={"PATH": "/nowhere:/usr/bin:/bin"})
    folders = done.stderr.split("search starts here:")[-1].split("End of search list")[0].split()
    assert len(folders) >= 3
    assert all(Path(folder).resolve().is_relative_to(cross.folder.resolve()) for folder in folders)
    for name in ("cc1", "as", "ld", "collect2", "libc.a", "nosys.specs"):
        option = "-print-file-name=" if "." in name else "-print-prog-name="
        found = subprocess.run([*asked[:3], option + name], capture_output=True, text=True, check=True).stdout.strip()
        assert Path(found).resolve().is_relative_to(cross.folder.resolve()), name


@needs_sources
def test_equal_pins_give_equal_code_whatever_order_python_gives_a_set(tmp_path: Path) -> None:
    fetched = sources.present()
    assert fetched is not None
    (tmp_path / "pins.csv").write_bytes(uf2.pins_csv())
    boards = fetched.micropython / "ports" / "rp2" / "boards"
    made = set()
    for seed in range(8):
        command = [sys.executable, boards / "make-pins.py", "--board-csv", tmp_path / "pins.csv"]
        command += ["--prefix", boards / "rp2_prefix.c", "--af-csv", boards / "rp2_af.csv"]
        command += ["--num-gpios", "30", "--num-ext-gpios", "10"]
        command += ["--output-source", tmp_path / "pins.c", "--output-header", tmp_path / "pins.h"]
        environment = {**os.environ, "PYTHONHASHSEED": str(seed)}
        subprocess.run(command, cwd=boards, env=environment, check=True, capture_output=True)
        made.add((tmp_path / "pins.c").read_bytes())
    assert len(made) == 1


def test_a_persons_own_compiler_options_do_not_reach_the_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in uf2.FOREIGN:
        monkeypatch.setenv(name, "a person's own")
    told = progress.run(["env"], tmp_path / "log", "", env={"CFLAGS": "ours"}, without=uf2.FOREIGN)
    assert "a person's own" not in told and "CFLAGS=ours" in told.splitlines()
