"""Ground told as searched: frames of the board's own teller, kept rows, and nothing of frames that are damaged."""

from __future__ import annotations

import random

import numpy as np
import pytest

from sapper.ground.cells import Cells
from sapper.ground.runs import Teller
from sapper.ground.trust import ZERO, Trust
from sapper_host.field.moves import Pose
from sapper_host.field.searched import NONE, Searched, SearchedError, sigma_most_mm
from tests.host.field.fields import USUAL, rectangle

pytestmark = pytest.mark.unit


def frames(cells: Cells) -> list[bytes]:
    trust = Trust(cells)
    trust.tell(10, True)
    teller, buffer, out = Teller(cells, trust), bytearray(279), []
    while teller.rounds < 1:
        out.append(bytes(buffer[: teller.frame_into(buffer, 200)]))
    return out


@pytest.fixture(scope="module")
def cells() -> Cells:
    made = Cells()
    made.begin(2000, -2000)
    for row in range(-40, -10):
        made.give(row, 0, 90 + row, 1, ZERO)
    made.give(-20, 10, 15, 2, ZERO)
    return made


def test_what_the_board_tells_is_taken_cell_by_cell(cells: Cells) -> None:
    searched = Searched(rectangle(4, 2.8), 50)
    for frame in frames(cells):
        searched.take(frame)
    known = searched.sigma_mm != NONE
    assert known[:, -30 - searched.low].sum() == 61
    assert known[:, -20 - searched.low].sum() == 71 - 6, "what is kept off is not claimed"
    assert not known[:, -9 - searched.low].any()


def test_a_row_that_is_kept_comes_back(cells: Cells) -> None:
    searched, other = Searched(rectangle(4, 2.8), 50), Searched(rectangle(4, 2.8), 50)
    for frame in frames(cells):
        searched.take(frame)
    for row in searched.changed:
        other.give_row(row, searched.row(row))
    assert (other.sigma_mm == searched.sigma_mm).all()
    with pytest.raises(SearchedError, match="row 3"):
        other.give_row(3, b"nonsense")


def test_nothing_of_a_damaged_frame_is_taken(cells: Cells) -> None:
    chance = random.Random(4)
    searched = Searched(rectangle(4, 2.8), 50)
    for frame in frames(cells)[:20]:
        spoilt = bytearray(frame)
        spoilt[chance.randrange(len(spoilt))] ^= 1 << chance.randrange(8)
        for bad in (bytes(spoilt), frame[:-1], frame[: chance.randrange(len(frame))], b""):
            with pytest.raises(SearchedError):
                searched.take(bad)
    assert (searched.sigma_mm == NONE).all()
    with pytest.raises(SearchedError, match="cells of 50 mm; this map's are of 100"):
        Searched(rectangle(4, 2.8), 100).take(frames(cells)[0])


def test_better_known_counts_and_worse_does_not_take_it_away() -> None:
    searched = Searched(rectangle(4, 2.8), 50)
    assert searched.mark(0, 10, -10, -9, 100) == 10
    assert searched.doubtful(USUAL).sum() == 10 and not searched.claimed(USUAL).any()
    assert searched.mark(0, 5, -10, -9, sigma_most_mm(USUAL)) == 5
    assert searched.mark(0, 10, -10, -9, 200) == 0
    assert searched.claimed(USUAL).sum() == 5 and searched.doubtful(USUAL).sum() == 5


def test_how_far_a_lane_is_searched_either_way_and_sideways() -> None:
    searched = Searched(rectangle(4, 2.8), 50)
    searched.mark(0, 30, -15, 1, 0)  # 0 to 1.5 m of a lane whose middle is -350
    assert searched.along(Pose(-50, -350), Pose(4000, -350), USUAL) == 1550
    assert searched.along(Pose(-50, -350), Pose(1400, -350), USUAL) == 1450
    assert searched.along(Pose(1000, -350, 2), Pose(0, -350, 2), USUAL) == 1000
    assert searched.along(Pose(2000, -350, 2), Pose(0, -350, 2), USUAL) == 0
    assert searched.along(Pose(750, -100, 3), Pose(750, -2000, 3), USUAL) == 650
    assert searched.along(Pose(750, -650, 1), Pose(750, -50, 1), USUAL) == 600


@pytest.mark.parametrize("seed", range(5))
def test_rectangles_hold_all_of_it_and_nothing_else(seed: int) -> None:
    chance = random.Random(seed)
    searched = Searched(rectangle(4, 2.8), 50)
    for _ in range(8):
        i, j = chance.randrange(80), chance.randrange(-50, 0)
        searched.mark(i, i + chance.randint(1, 30), j, j + chance.randint(1, 14), chance.choice([0, 10, 300]))
    got = np.zeros(searched.sigma_mm.shape, dtype=bool)
    told = searched.rectangles(50)
    for x0, y0, x1, y1, sigma in told:
        part = slice(x0 // 50, x1 // 50), slice(y0 // 50 - searched.low, y1 // 50 - searched.low)
        assert not got[part].any() and searched.sigma_mm[part].max() == sigma
        got[part] = True
    assert (got == (searched.sigma_mm <= 50)).all() and len(told) < 60


def test_shapes_have_the_cells_area() -> None:
    searched = Searched(rectangle(4, 2.8), 50)
    searched.mark(3, 17, -20, -5, 0)
    searched.mark(10, 30, -12, -2, 0)
    assert searched.shape(searched.claimed(USUAL)).area == pytest.approx(searched.claimed(USUAL).sum() * 0.0025)
