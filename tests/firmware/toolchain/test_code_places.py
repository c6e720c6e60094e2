"""Native functions of an update: those of the hot set lie off every word, so that the board copies them, all others on
one, so that they run where they lie; and no reader sees a difference but that."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from hil.rigs.firmware import default_uf2
from sapper_host.files.checkout import ROOT
from toolchain import code_places, hot_set, mpy, sources

pytestmark = pytest.mark.unit

SOURCE = """
import micropython

@micropython.viper
def sums(values: ptr32, count: int) -> int:
    total = 0
    while count > 0:
        count -= 1
        total += values[count]
    return total

class Part:
    @micropython.native
    def %s(self, value):
        return value + 1
    @micropython.native
    def last(self):
        return [each for each in range(3)]
    def slow(self):
        return "text"
"""
HOT = frozenset(("sapper_part_Part_last",))


@pytest.fixture(scope="module")
def micropython() -> Path:
    fetched = sources.present()
    assert fetched, "`make firmware` first"
    return fetched.micropython


@pytest.mark.parametrize("name", ["of", "off", "offs", "offse", "a_name_of_some_length"])
def test_cold_functions_lie_on_words_and_hot_ones_off_them_whatever_stands_before(
    tmp_path: Path, micropython: Path, name: str
) -> None:
    source, compiled, placed = tmp_path / "part.py", tmp_path / "part.mpy", tmp_path / "placed.mpy"
    source.write_text(SOURCE % name)
    cross = ROOT / "build" / "mpy-cross"
    subprocess.run([cross, *mpy.FLAGS, "-s", "sapper/part.py", "-o", compiled, source], check=True)
    placed.write_bytes(code_places.placed(compiled.read_bytes(), compiled, HOT, micropython))
    before = {name: at for name, at, _ in code_places.native_functions(compiled, micropython)}
    after = {name: at for name, at, _ in code_places.native_functions(placed, micropython)}
    assert (
        list(after)
        == list(before)
        == ["sapper_part_sums", f"sapper_part_Part_{name}", "sapper_part_Part_last"]
        + [each for each in before if each.startswith("sapper_part_Part_last_")]
    )
    assert {name for name, at in after.items() if at % 4} == HOT
    assert len(placed.read_bytes()) <= len(compiled.read_bytes()) + 3 * len(after)
    for name, at in after.items():
        assert placed.read_bytes()[at:].startswith(compiled.read_bytes()[before[name] :][:16])


def test_every_function_of_an_update_lies_as_the_hot_set_of_this_tree_says(micropython: Path) -> None:
    """By the names that the image has them under: a list whose names fit nothing would copy nothing."""
    listed = hot_set.read((ROOT / "firmware" / hot_set.LIST).read_text())
    hot = hot_set.application_functions(listed)
    built = Path(default_uf2()).parent / "mpy"
    places = [
        (name, at) for file in built.rglob("*.mpy") for name, at, _ in code_places.native_functions(file, micropython)
    ]
    assert len(places) > 50
    off = {name for name, at in places if at % 4}
    assert off == hot & {name for name, _ in places}
    assert len(off) > len(hot) * 0.9
