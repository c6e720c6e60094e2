"""The map is a torus: what scrolls out is forgotten, what scrolls in is not searched, wherever on the plane it lies."""

import random

import pytest
from ground_kit import MODULES, Kit, mutant

from sapper.ground.bits import worst
from sapper.ground.cells import KEPT_OFF
from sapper.ground.rectangle import A0, A1, B0, B1, COS, SIN, new_job, place
from sapper.ground.stand_off import StandOff
from sapper.ground.trust import NEVER, ZERO

pytestmark = pytest.mark.unit

CELL = 50
BLOCK = 32
SIZE = {"columns_bits": 8, "rows_bits": 7}
COLUMNS, ROWS = 256, 128


class Known:
    """What has to be known, cell by cell of the plane: a set, cut to the window."""

    def __init__(self, kit):
        self.kit = kit
        self.searched = set()
        self.kept = set()

    def cut(self):
        left, low = self.kit.cells.shape[:2]
        for cells in (self.searched, self.kept):
            cells -= {(c, r) for c, r in cells if not (left <= c < left + COLUMNS and low <= r < low + ROWS)}

    def check(self):
        self.cut()
        assert self.kit.searched() == self.searched
        assert self.kit.kept() == self.kept


def mark(kit, known, x, y):
    """A square of three cells by three, held whole."""
    job = new_job(CELL)
    job[COS], job[SIN] = 16384, 0
    job[A0] = job[B0] = 0
    job[A1] = job[B1] = 150
    corner_x, corner_y = x // CELL * CELL, y // CELL * CELL
    place(job, corner_x, corner_y)
    kit.cells.mark(job, ZERO)
    known.searched |= {(corner_x // CELL + i, corner_y // CELL + j) for i in range(3) for j in range(3)}
    known.cut()


def wander(kit, number, steps=400):
    """Goes here and there, with marks and discs, and compares at moments."""
    random_ = random.Random(number)
    x = random_.choice((100_000, 1_048_576, 2_000_000))
    y = random_.choice((-1_048_576, 0, 1_700_000, -2_000_000))
    known = Known(kit)
    kit.cells.base_line(-(1 << 29), 1 << 29)
    kit.cells.begin(x, y)
    goes = [random_.choice((-1, 0, 1)), random_.choice((-1, 0, 1))]
    for step in range(steps):
        if step % 40 == 0:
            goes = [random_.choice((-1, 0, 1)), random_.choice((-1, 0, 1))]
        x += goes[0] * random_.randint(0, 400)
        y += goes[1] * random_.randint(0, 400)
        while not kit.cells.follow(x, y):
            pass
        known.cut()
        left, low = kit.cells.shape[:2]
        # Never nearer to an edge than a block less than half of it.
        assert COLUMNS // 2 - BLOCK <= x // CELL - left < COLUMNS // 2 + BLOCK
        assert ROWS // 2 - BLOCK <= y // CELL - low < ROWS // 2 + BLOCK
        mark(kit, known, x + random_.randint(-4500, 4500), y + random_.randint(-2500, 2500))
        if step % 20 == 0:
            centre = x + random_.randint(-1500, 1500), y + random_.randint(-1500, 1500)
            before = kit.kept()
            kit.cells.keep_off(*centre, 60)
            known.kept |= kit.kept() - before
        if step % 25 == 0:
            known.check()
    known.check()


def disc(x, y, radius):
    """Cells that a disc reaches into, by the nearest point of each."""
    found = set()
    for col in range((x - radius) // CELL, (x + radius) // CELL + 1):
        for row in range((y - radius) // CELL, (y + radius) // CELL + 1):
            aside_x = max(0, col * CELL - x, x - (col + 1) * CELL)
            aside_y = max(0, row * CELL - y, y - (row + 1) * CELL)
            if aside_x**2 + aside_y**2 < radius**2:
                found.add((col, row))
    return found


@pytest.mark.parametrize("number", range(6))
def test_the_map_knows_what_it_should_and_no_more(number):
    wander(Kit(**SIZE), number)


BAD = {
    "what scrolls in is not cleared": ("bits", "searched[word] = 0\n", "pass\n"),
    "what is kept off scrolls in": ("bits", "kept[word] = 0\n", "pass\n"),
    "one part of a line is not cleared": ("cells", "area[_PART] += 1", "area[_PART] += 2"),
    "the other end is cleared": (
        "cells",
        "area[_AREA_COL] = shape[_LEFT] + columns if ahead",
        "area[_AREA_COL] = shape[_LEFT] + _BLOCK if ahead",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_a_map_that_is_not_cleared_is_seen(name):
    room, *change = BAD[name]
    bad = {"cells": mutant(MODULES["cells"], *([tuple(change)] if room == "cells" else []))}
    if room == "bits":
        bad["cells"].wipe = mutant(MODULES["bits"], tuple(change)).wipe
    with pytest.raises(AssertionError):
        for number in range(6):
            wander(Kit(bad, **SIZE), number)


def test_discs_are_kept_off_by_every_cell_they_touch():
    random_ = random.Random(3)
    for _ in range(60):
        kit = Kit(**SIZE)
        x, y, radius = random_.randint(900_000, 900_500), random_.randint(-500, 500), random_.randint(0, 1200)
        kit.cells.begin(x, y)
        kit.cells.keep_off(x, y, radius)
        assert disc(x, y, radius) <= kit.kept() <= disc(x, y, radius + 2)
        kit.cells.free(x, y, radius)
        assert kit.kept() == set()
    for radius in (-1, 2001):
        with pytest.raises(ValueError, match="outside 0..2000"):
            kit.cells.keep_off(0, 0, radius)


@pytest.mark.parametrize("parts", range(1, 5))
@pytest.mark.parametrize("way", [(1, 0), (-1, 0), (0, 1), (0, -1)])
@pytest.mark.parametrize("how", ["kept off", "given", "freed beside"])
def test_what_is_told_of_a_line_that_is_going_out_is_not_taken_for_ground_of_the_one_that_comes_in(how, way, parts):
    """Both lie in the same words. The line goes out a quarter a tick, and a disc or a rectangle comes in between."""
    kit = Kit(**SIZE)
    kit.cells.base_line(-(1 << 29), 1 << 29)
    kit.cells.begin(100_000, 0)
    stand_off = StandOff(kit.cells)
    left, low, columns, rows = kit.cells.shape[:4]
    # In the middle of what goes out.
    col = left + columns // 2 if not way[0] else left + BLOCK // 2 if way[0] > 0 else left + columns - BLOCK // 2
    row = low + rows // 2 if not way[1] else low + BLOCK // 2 if way[1] > 0 else low + rows - BLOCK // 2
    x, y = col * CELL, row * CELL
    if how == "freed beside":
        stand_off.add(x, y, 100)
        stand_off.add(x + 50, y + 50, 100)
    far = 100_000 + way[0] * 3 * BLOCK * CELL, way[1] * 2 * BLOCK * CELL
    for _ in range(parts):
        assert not kit.cells.follow(*far) or parts == 4
    if how == "kept off":
        kit.cells.keep_off(x, y, 100)
    elif how == "freed beside":
        stand_off.remove(0)
    else:
        kit.cells.give(row, col, col + 2, 3, ZERO)
    while not kit.cells.follow(*far):
        pass
    assert not kit.searched() and not kit.kept()


def test_a_rectangle_is_kept_off_by_every_cell_it_touches():
    kit = Kit(**SIZE)
    kit.cells.begin(1000, 0)
    job = new_job(CELL)
    job[COS], job[A0], job[A1], job[B0], job[B1] = 16384, -10, 60, 0, 49
    place(job, 1000, 0)
    kit.cells.keep_off_rectangle(job)
    assert kit.kept() == {(19, 0), (20, 0), (21, 0)}
    job[B1] = 5000
    with pytest.raises(ValueError, match="96 rows"):
        kit.cells.keep_off_rectangle(job)


def test_one_stand_off_freed_leaves_the_others():
    kit = Kit(**SIZE)
    kit.cells.begin(1000, 0)
    stand_off = StandOff(kit.cells, most=3)
    numbers = [stand_off.add(1000 + 200 * i, 100 * i, 250) for i in range(3)]
    assert numbers == [0, 1, 2]
    discs = []
    for i in range(3):
        alone = Kit(**SIZE)
        alone.cells.begin(1000, 0)
        alone.cells.keep_off(1000 + 200 * i, 100 * i, 250)
        discs.append(alone.kept())
    assert kit.kept() == discs[0] | discs[1] | discs[2]
    assert stand_off.remove(1) and kit.kept() == discs[0] | discs[2]
    assert not stand_off.remove(1)
    assert stand_off.add(1400, 600, 100) == 1
    # One too many is kept off for good, and so are all from then on.
    assert stand_off.add(1000, 700, 100) == -1 and disc(1000, 700, 100) <= kit.kept()
    before = kit.kept()
    assert not stand_off.remove(0) and kit.kept() == before


def test_what_was_kept_off_before_the_base_line_is_not_forgotten_as_safe():
    kit = Kit()
    cells, p = kit.cells, kit.permission
    cells.base_line(-100_000, 0)

    def go(y):
        while not cells.follow(-500, y):
            pass

    cells.begin(-500, -5000)
    go(-50_000)
    go(-5000)
    assert p.ask(0, 0, -500, -5000, 0)
    stand_off = StandOff(cells)
    stand_off.add(-500, -5200, 200)
    assert not p.ask(0, 0, -500, -5000, 0) and p.reason == KEPT_OFF
    go(-50_000)
    # From there on nothing that comes in before the base line is taken for safe, unless somebody frees it.
    assert not p.ask(0, 0, -500, -50_000, 0) and p.reason == KEPT_OFF
    go(-5000)
    assert not p.ask(0, 0, -500, -5000, 0) and p.reason == KEPT_OFF
    cells.free(-500, -5000, 2000)
    assert p.ask(0, 0, -500, -5000, 0)
    stand_off.again()
    assert not p.ask(0, 0, -500, -5000, 0)
    cells.begin(-500, -50_000)
    assert p.ask(0, 0, -500, -50_000, 0)


def near(cells, x, y, reach):
    """The least trust within so much of a place."""
    return worst(
        cells.blocks, cells.shape, (x - reach) // CELL, (x + reach) // CELL, (y - reach) // CELL, (y + reach) // CELL
    )


def test_a_blocks_trust_is_the_least_of_its_marks_and_goes_with_it():
    kit = Kit()
    cells = kit.cells
    cells.begin(0, 0)
    assert near(cells, 0, 0, 500) == NEVER
    known = Known(kit)
    mark(kit, known, 100, 100)
    cells.give(3, 3, 5, 1, ZERO - 50)
    assert near(cells, 0, 0, 500) == ZERO
    cells.give(3, 3, 5, 1, ZERO + 50)
    cells.give(3, 40, 45, 1, ZERO + 70)
    assert near(cells, 0, 0, 500) == ZERO + 50 and near(cells, 0, 0, 1600) == ZERO + 70
    assert near(cells, 0, -200, 100) == NEVER
    # A mark over a border of blocks counts in both.
    cells.give(3, 31, 32, 1, ZERO + 90)
    assert near(cells, 200, 200, 100) == near(cells, 1800, 200, 100) == ZERO + 90
    while not cells.follow(60_000, 0):
        pass
    while not cells.follow(0, 0):
        pass
    assert near(cells, 0, 0, 12_000) == NEVER
    # Far outside there is nothing, and the torus is not looked through.
    assert near(cells, 100_000, 0, 1000) == NEVER


def test_memory_is_32_kb_and_a_number_a_block():
    kit = Kit()
    assert 2 * len(kit.cells.searched) + 2 * len(kit.cells.kept) == 32 * 1024
    assert 2 * len(kit.cells.blocks) == 256
