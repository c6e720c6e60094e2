"""Misses come to the sections they fall into, and the costliest bytes go into RAM, as far as there is room."""

from __future__ import annotations

from pathlib import Path

import pytest

from hil.errors import HilError
from hil.prove.hot_set import choice
from hil.prove.hot_set.sections import FLASH, Image, Placed, Section
from hil.prove.hot_set.traced import Figures, Trace
from hil.prove.hot_set.work import WORK

pytestmark = pytest.mark.unit

SMALL = Section("map.c.o", ".text.small")
LARGE = Section("map.c.o", ".text.large")
COLD = Section("cold.c.o", ".text.cold")
TEXT = Section("a.c.o", ".rodata.str1.1")
STUBS = Section("linker stubs", ".fini.__stub")
MOVED = Section("b.c.o", ".text.moved")
START = 0x10001000
IMAGE = Image(
    [
        Placed(".text", START, 30, SMALL),
        Placed(".text", START + 30, 402, LARGE),
        Placed(".text", START + 432, 64, COLD),
        Placed(".text", START + 496, 16, STUBS),
        Placed(".rodata", START + 512, 100, TEXT),
        Placed(".hot_set", 0x20000000, 40, MOVED),
    ]
)
NOTHING = Figures(0.0, {})


def misses(count: int, work_us: float = 0.0) -> tuple[Figures, Figures]:
    """So many misses, all in SMALL, of work that takes so long without them: with the cache, and without."""
    return Figures(work_us + count * choice.MISS_US, {START: count}), Figures(work_us, {})


def cost_of(name: str, second: tuple[Figures, Figures], tick: tuple[Figures, Figures] = (NOTHING, NOTHING)) -> float:
    """What SMALL costs when that work is all there is."""
    traced, uncached = ({name: Trace(1.0, second[i], tick[i])} for i in (0, 1))
    return choice.costs(IMAGE, traced, uncached)[SMALL]


def test_misses_weigh_by_the_room_that_the_limit_leaves_beside_the_work() -> None:
    limit_us = WORK["boot"].second_us
    assert limit_us is not None
    stall_us = 1000 * choice.MISS_US
    for work_us in (0.0, 0.5 * limit_us):
        assert cost_of("boot", misses(1000, work_us)) == pytest.approx(stall_us / (limit_us - work_us))


def test_work_that_fills_its_limit_weighs_much_but_not_without_end() -> None:
    limit_us = WORK["boot"].second_us
    assert limit_us is not None
    full, over = (cost_of("boot", misses(1000, factor * limit_us)) for factor in (1.0, 5.0))
    assert full == over > 5 * cost_of("boot", misses(1000, 0.8 * limit_us))


def test_a_second_of_the_work_and_its_longest_tick_add_up() -> None:
    second, tick = misses(1000), misses(700)
    none = (NOTHING, NOTHING)
    assert cost_of("sweep", second, tick) == pytest.approx(cost_of("sweep", second) + cost_of("sweep", none, tick))
    assert cost_of("sweep", second) > 0 < cost_of("sweep", none, tick)


def test_the_costliest_byte_comes_first_and_the_room_is_kept() -> None:
    cost = {SMALL: 1.0, LARGE: 2.0, TEXT: 50.0, STUBS: 50.0}
    assert choice.best(IMAGE, cost, 1000) == [SMALL, LARGE], "LARGE costs more, but not by the byte"
    assert choice.best(IMAGE, cost, 32) == [SMALL]
    assert choice.best(IMAGE, cost, 31) == [], "its 30 bytes take 32"
    assert choice.best(IMAGE, cost, 404) == [SMALL], "what does not fit is passed over"
    assert choice.best(IMAGE, {LARGE: 2.0, SMALL: 0.1}, 404) == [LARGE]


def test_what_never_misses_what_is_in_ram_and_what_no_script_can_move_stay() -> None:
    chosen = choice.best(IMAGE, {SMALL: 1.0, TEXT: 1.0, STUBS: 1.0, MOVED: 1.0}, 10_000)
    assert chosen == [SMALL]
    assert MOVED not in IMAGE.bytes_of(*FLASH)


def test_an_image_without_its_table_is_refused_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(HilError, match="make firmware"):
        Image.beside(tmp_path / "firmware.uf2")
