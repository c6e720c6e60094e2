"""The second image, the bench's instrument: its inputs are its own, and the rover's image knows nothing of it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from sapper_host.files.checkout import ROOT
from toolchain import compiler, instrument, sources, uf2

pytestmark = pytest.mark.unit

SOURCES = sources.Sources(Path("/cache/sources-1"), {"micropython": "1.25.0+ds-1"})
CROSS = compiler.Compiler(Path("/cache/compiler-1"), {"gcc-arm-none-eabi": "15:12.2.rel1-1"})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of what goes into the image."""
    copy = tmp_path / "repository" / "hil" / "bench" / "instrument"
    shutil.copytree(instrument.FOLDER, copy, ignore=shutil.ignore_patterns("__pycache__"))
    return copy


@pytest.mark.parametrize("name", ["loop.py", "lines.py", "wire.py", "board/memory.ld", "board/instrument_usb.c"])
def test_a_changed_file_is_another_image(name: str, folder: Path) -> None:
    before = instrument.inputs(SOURCES, CROSS, folder).key
    assert instrument.inputs(SOURCES, CROSS, folder).key == before
    with (folder / name).open("a") as handle:
        handle.write("\n")
    assert instrument.inputs(SOURCES, CROSS, folder).key != before


def test_what_python_leaves_beside_the_modules_is_none(folder: Path) -> None:
    before = instrument.inputs(SOURCES, CROSS, folder).key
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "loop.cpython-311.pyc").touch()
    assert instrument.inputs(SOURCES, CROSS, folder).key == before


def test_the_two_images_share_neither_objects_nor_names() -> None:
    rover, other = uf2.inputs(SOURCES, CROSS), instrument.inputs(SOURCES, CROSS)
    assert rover.objects_key != other.objects_key
    assert (rover.name, other.name) == ("firmware", "instrument")
    assert not set(uf2.delivered(rover.name)) & set(uf2.delivered(other.name))


def test_the_rovers_image_is_another_only_by_what_is_the_rovers(folder: Path) -> None:
    """Its firmware folder decides; nothing of hil/ is among its files."""
    assert not any("instrument" in name for name, _ in uf2.inputs(SOURCES, CROSS).files)


def test_content_stands_for_the_modules_alone(folder: Path) -> None:
    """ID tells it: another board definition runs the same modules."""
    before = instrument.inputs(SOURCES, CROSS, folder).content
    with (folder / "board" / "memory.ld").open("a") as handle:
        handle.write("\n")
    assert instrument.inputs(SOURCES, CROSS, folder).content == before
    with (folder / "loop.py").open("a") as handle:
        handle.write("\n")
    assert instrument.inputs(SOURCES, CROSS, folder).content != before
    assert len(bytes.fromhex(before)) == 8, "ID has room for eight bytes"


def test_all_that_the_instrument_imports_is_frozen_into_it() -> None:
    """Flat modules: none of the tables is imported by its place in the tree."""
    for name, text in instrument.inputs(SOURCES, CROSS).files:
        if name.startswith("instrument/"):
            assert b"from hil" not in text and b"import hil" not in text, name
    assert (ROOT / "hil" / "bench" / "instrument" / "main.py").exists()
