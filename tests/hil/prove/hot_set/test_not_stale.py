"""The hot set that is committed is the one that the image has, and it still is what is hot."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hil.prove.hot_set import choice
from hil.prove.hot_set.__main__ import ROOM_B, trace_one
from hil.prove.hot_set.listing import LIST
from hil.prove.hot_set.sections import EARLY, HOT, STUBS, Image, Section
from hil.rigs.firmware import default_uf2
from sapper_host.files.checkout import BUILD

IMAGE = BUILD / "firmware.uf2"
needs_image = pytest.mark.skipif(not IMAGE.exists(), reason="no build/firmware.uf2: run 'make firmware'")
_ROW = re.compile(r"(hot|early) +(\d+) +[\d.]+ +(\S+) (\S+)")
_STUBS_B = 4096
_STALL_MOST = 0.22  # of the limit on the load of a sweep: 3.3 ms of each second per percent


def listed() -> dict[Section, tuple[str, int]]:
    """The committed list: section -> when it is copied, bytes."""
    rows = [_ROW.fullmatch(line) for line in LIST.read_text().splitlines() if not line.startswith("#")]
    return {Section(row[3], row[4]): (row[1], int(row[2])) for row in rows if row}


@needs_image
def test_every_section_of_the_list_is_in_ram_with_the_bytes_that_it_tells_and_nothing_else_is() -> None:
    image = Image.beside(IMAGE)
    wanted = listed()
    assert len(wanted) > 100
    hot, data = image.bytes_of(*HOT), image.bytes_of(EARLY)
    wrong = [
        f"{section}: {size} B listed, {(hot if when == 'hot' else data).get(section)} B in RAM"
        for section, (when, size) in wanted.items()
        if (hot if when == "hot" else data).get(section) != size
    ]
    assert not wrong, "make the list anew: make hotset"
    assert {section for section in hot if section.object != STUBS} == {
        section for section, (when, _) in wanted.items() if when == "hot"
    }


@needs_image
def test_the_hot_set_keeps_its_room() -> None:
    image = Image.beside(IMAGE)
    assert sum(size for _, size in listed().values()) <= ROOM_B
    assert sum(image.bytes_of(*HOT).values()) <= ROOM_B + _STUBS_B


@needs_image
def test_frozen_functions_are_named_after_themselves_not_after_their_place_in_a_file() -> None:
    native = [row.section.name for row in Image.beside(IMAGE).placed if row.section.name.startswith(".text.fun_data_")]
    assert len(native) > 50
    assert not [name for name in native if re.search(r"_dot_py\d*$", name)]


@pytest.mark.virtual
@pytest.mark.slow
def test_in_a_sweep_the_cache_hardly_misses() -> None:
    stalled = _stalled(default_uf2())
    assert stalled < _STALL_MOST, f"{stalled:.1%} of the limit on load: make the list anew: make hotset"


def _stalled(uf2: Path) -> float:
    """What of the limit on a sweep's load the misses take."""
    trace = trace_one("sweep", uf2, BUILD)
    row = next(row for row in choice.stalls({"sweep": trace}, {"sweep": trace}) if row.of == "sweep")
    return row.stall_us / row.limit_us
