"""The real thing: the image that was built is sound and says what it is, and a build can be cut short anywhere.

The tests that build take the unpacked sources, the compiler and mpy-cross from the user's cache (which `make firmware`
fills) and have everything else of their own.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sapper.shared import version
from sapper_host.files.checkout import ROOT
from sapper_host.flash.build_mark import Build
from sapper_host.flash.uf2 import FLASH_START, read_uf2
from tests.family import left_after, new_mark
from toolchain import cache, sources, uf2

IMAGE = ROOT / "build" / "firmware.uf2"
# MicroPython's file system begins here: the image must end before.
FILE_SYSTEM_START = FLASH_START + 1024 * 1024

needs_image = pytest.mark.skipif(not IMAGE.exists(), reason="no build/firmware.uf2: run 'make firmware'")
needs_sources = pytest.mark.skipif(sources.present() is None, reason="no sources in the cache: run 'make firmware'")
one_at_a_time = pytest.mark.xdist_group("compilers")


@needs_image
def test_the_image_is_sound_says_what_it_is_and_leaves_the_file_system_alone() -> None:
    image = read_uf2(IMAGE)
    about = json.loads(IMAGE.with_suffix(".json").read_text())
    assert image.program() == ("sapper", f"{about['version']}+{about['revision']}")
    assert about["version"] == version.VERSION
    assert image.end <= FILE_SYSTEM_START
    assert image.build == Build(about["version"], about["revision"], image.sha256())


@needs_image
@needs_sources
def test_picotool_shows_name_version_and_our_modules() -> None:
    fetched = sources.present()
    assert fetched is not None
    tool = fetched.usr / "bin" / "picotool"
    text = subprocess.run([tool, "info", "-a", IMAGE], capture_output=True, text=True, check=True).stdout
    assert "name:              sapper" in text
    assert f"version:           {version.VERSION}+" in text
    assert "MicroPython v1.25.0" in text
    assert "0x10100000-0x10200000 (1024K)" in text
    for module in ("_boot", "board_storage", "main", "sapper_build", "sapper/app"):
        assert module in text


class Checkout:
    """A working tree and a cache of the test's own, with the sources, compiler and mpy-cross of the user's."""

    def __init__(self, folder: Path, origin: Path = ROOT / "firmware") -> None:
        self.firmware = folder / "checkout" / "firmware"
        for name in ("board", "sapper", "toolchain"):
            shutil.copytree(origin / name, self.firmware / name)
        shutil.copy(origin / "main.py", self.firmware)
        self.cache = folder / "cache"
        self.cache.mkdir(parents=True)
        self.build = self.firmware.parent / "build"
        self.mark = new_mark()
        for path in [path for name in ("sources", "compiler", "mpy-cross") for path in cache.root().glob(f"{name}-*")]:
            (self.cache / path.name).symlink_to(path)

    def start(self, *verbs: str) -> subprocess.Popen[str]:
        """Start `python3 -m toolchain VERB`."""
        environment = {**os.environ, "PYTHONPATH": str(self.firmware), "SAPPER_CACHE": str(self.cache)}
        environment |= self.mark
        return subprocess.Popen(
            [sys.executable, "-m", "toolchain", *verbs],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def make(self) -> str:
        """Build the firmware to its end; returns what was said."""
        output, errors = self.start("firmware").communicate(timeout=280)
        assert "what to do" not in errors, errors
        return output

    def steps(self) -> int:
        """How many steps ninja took in the last build."""
        log = (self.build / "logs" / "firmware.log").read_text()
        return int(re.findall(r"^\[\d+/(\d+)\]", log, re.MULTILINE)[-1])

    def image(self) -> bytes:
        """The image's content."""
        return (self.build / "firmware.uf2").read_bytes()


@pytest.mark.slow
@pytest.mark.timeout(900)
@needs_sources
@one_at_a_time
def test_a_build_cut_short_goes_on_and_a_changed_module_costs_three_steps(tmp_path: Path) -> None:
    checkout = Checkout(tmp_path)
    for number, objects_wanted in ((signal.SIGKILL, 20), (signal.SIGTERM, 120)):
        building = checkout.start("firmware")
        compiled = cut_short(building, checkout, number, objects_wanted)
        assert compiled >= objects_wanted
        assert not checkout.build.joinpath("firmware.uf2").exists()
    said = checkout.make()
    assert "building the firmware" in said
    first = checkout.image()
    assert read_uf2(checkout.build / "firmware.uf2").program() == ("sapper", f"{version.VERSION}+unknown")

    assert "building the firmware" not in checkout.make(), "nothing had changed"

    module = checkout.firmware / "sapper" / "shared" / "version.py"
    original = module.read_text()
    module.write_text(original + 'MARK = "a mark that only this test makes"\n')
    assert "configuring" not in checkout.make()
    assert checkout.steps() <= 3, "freeze, compile what is frozen, link"
    assert b"a mark that only this test makes" in read_uf2(checkout.build / "firmware.uf2").data

    module.write_text(original)
    assert "building the firmware" not in checkout.make(), "that image was in the cache"
    assert checkout.image() == first

    # A fresh clone elsewhere, same content, same cache: nothing to build, the same image.
    other = Checkout(tmp_path / "other", checkout.firmware)
    shutil.rmtree(other.cache)
    other.cache = checkout.cache
    assert "building" not in other.make()
    assert other.image() == first


def cut_short(building: subprocess.Popen[str], checkout: Checkout, number: signal.Signals, objects: int) -> int:
    """Stop a build when it has made so many objects; returns how many there were."""
    deadline_s = time.monotonic() + 250
    while True:
        # os.walk passes over folders that CMake removes meanwhile; a glob would raise.
        walk = os.walk(checkout.cache / "objects")
        found = sum(
            name.endswith(".o") for folder, _, names in walk if "/build/CMakeFiles/" in folder for name in names
        )
        if found >= objects:
            break
        assert building.poll() is None, building.communicate()
        assert time.monotonic() < deadline_s
        time.sleep(0.1)
    building.send_signal(number)
    left = left_after(checkout.mark, building, 2.0)
    assert not left, "no compiler goes on"
    building.communicate(timeout=30)
    assert building.returncode != 0
    return found


@pytest.mark.slow
@needs_sources
@one_at_a_time
def test_a_module_that_does_not_compile_is_named(tmp_path: Path) -> None:
    checkout = Checkout(tmp_path)
    # The objects of the user's cache: only the freezing is tried here.
    shutil.rmtree(checkout.cache)
    checkout.cache = cache.root()
    with (checkout.firmware / "sapper" / "app.py").open("a") as module:
        module.write("def broken(:\n")
    building = checkout.start("firmware")
    _, errors = building.communicate(timeout=280)
    assert building.returncode == 1
    assert "sapper/app.py" in errors
    assert "SyntaxError" in errors
    assert "what to do:" in errors
    assert "Traceback" not in errors.split("what to do:")[1]


@pytest.mark.unit
def test_every_patch_says_why() -> None:
    assert all(patch.why and patch.old != patch.new for patch in sources.PATCHES)
    assert uf2.MICROPYTHON_VERSION in sources.SOURCE_PACKAGES.values()
