"""Which cells a rectangle touches, and which it holds whole, at any heading, as points a millimetre apart have it."""

import random

import numpy as np
import pytest
from ground_kit import mutant
from ground_oracle import CELL, points_of, touched
from ground_oracle import rectangle as points_in

from sapper.ground import direction, rectangle
from sapper.ground.root import root_up
from sapper.shared.sine import sine_table

pytestmark = pytest.mark.unit

SINE = sine_table()
HEADINGS = [
    0,
    1,
    785,
    1570,
    1571,
    2356,
    3141,
    3142,
    4712,
    4713,
    6283,
    6284,
    7854,
    -1,
    -1571,
    -6283,
    31416,
    -99999,
    400000,
]


def cells_of(room, sides, x, y, heading_mrad, whole):
    """{(column, row)} by the firmware."""
    job, out = room.new_job(CELL), room.new_spans()
    job[room.A0], job[room.A1], job[room.B0], job[room.B1] = sides
    direction.direct(SINE, direction.phase_of(heading_mrad), job, room.COS)
    job[room.X], job[room.Y], job[room.WHOLE] = x % CELL, y % CELL, whole
    rows = room.spans(job, out)
    assert 0 <= rows <= room.ROWS_MOST
    return {
        (x // CELL + col, y // CELL + out[room.FIRST_ROW] + i)
        for i in range(rows)
        for col in range(out[room.HEAD + 2 * i], out[room.HEAD + 2 * i + 1] + 1)
    }


def drawn(number):
    random_ = random.Random(number)
    a0, b0 = random_.randint(-700, 500), random_.randint(-700, 500)
    sides = (a0, a0 + random_.choice((0, 30, 90, 300, 600)), b0, b0 + random_.choice((0, 80, 140, 680)))
    heading = HEADINGS[number] if number < len(HEADINGS) else random_.randint(-40000, 40000)
    return sides, random_.randint(-2_000_000, 2_000_000), random_.randint(-2_000_000, 2_000_000), heading


def at(points, x, y, heading_mrad):
    return points, np.array([float(x)]), np.array([float(y)]), np.array([heading_mrad / 1000])


def check(room, number):
    """Returns the cells touched: by the firmware, by points."""
    sides, x, y, heading = drawn(number)
    a0, a1, b0, b1 = sides
    seen = cells_of(room, sides, x, y, heading, 0)
    # A millimetre within, as cosines are whole numbers: what nothing but rounding decides is nobody's.
    if a1 - a0 > 2 and b1 - b0 > 2:
        real = touched(*at(points_in(a0 + 1, a1 - 1, b0 + 1, b1 - 1), x, y, heading))
        assert real <= seen, number
    whole = cells_of(room, sides, x, y, heading, 1)
    assert whole <= seen
    if whole:
        q_x, q_y = points_of(sorted(whole), 2)
        cos, sin = np.cos(heading / 1000), np.sin(heading / 1000)
        a, b = cos * (q_x - x) + sin * (q_y - y), cos * (q_y - y) - sin * (q_x - x)
        assert a.min() >= a0 - 0.5 and a.max() <= a1 + 0.5 and b.min() >= b0 - 0.5 and b.max() <= b1 + 0.5, number
    # And no more than that: what is touched two millimetres further out, and held one further in.
    assert seen <= touched(*at(points_in(a0 - 2, a1 + 2, b0 - 2, b1 + 2), x, y, heading)), number
    inner = touched(*at(points_in(a0 - 1, a1 + 1, b0 - 1, b1 + 1), x, y, heading)) - whole
    if inner:
        q_x, q_y = points_of(sorted(inner), 2)
        cos, sin = np.cos(heading / 1000), np.sin(heading / 1000)
        a, b = cos * (q_x - x) + sin * (q_y - y), cos * (q_y - y) - sin * (q_x - x)
        held = (a >= a0 + 1) & (a <= a1 - 1) & (b >= b0 + 1) & (b <= b1 - 1)
        assert not held.reshape(-1, 4).all(axis=1).any(), number
    return seen


def test_cells_are_those_that_points_a_millimetre_apart_tell():
    total = sum(len(check(rectangle, number)) for number in range(2000))
    assert total > 50_000


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("if job[_WHOLE]:", "if 0 and job[_WHOLE]:"),
        ("while high1 >= 0 and ahead > 0", "while high1 >= 0 and ahead > step_c"),
        ("last_col = 0\n", "last_col = -1\n"),
        ("a0 = 0 - b1", "a0 = b0"),
        ("low3 += 1\n            left -= step_s", "low3 += 1\n            left -= step_c"),
    ],
)
def test_a_wrong_rectangle_is_seen(old, new):
    bad = mutant(rectangle, (old, new))
    with pytest.raises(AssertionError):
        for number in range(300):
            check(bad, number)


def test_too_many_rows_are_none():
    job, out = rectangle.new_job(CELL), rectangle.new_spans()
    job[rectangle.COS] = 16384
    job[rectangle.A1], job[rectangle.B1] = 100, 5000
    assert rectangle.spans(job, out) == -1 and out[rectangle.ROWS] == 0


def test_directions_are_those_of_the_heading_however_often_it_went_round():
    out = [0, 0]
    for heading in [*HEADINGS, *range(-20000, 20000, 37)]:
        direction.direct(SINE, direction.phase_of(heading), out, 0)
        off = abs(complex(*out) / 16384 - np.exp(1j * heading / 1000))
        assert off < (8e-5 if abs(heading) < 355000 else 3e-4), heading


def test_roots_are_rounded_up():
    for n in [*range(2000), *(random.Random(1).randrange(1 << 29) for _ in range(2000)), 4000 * 4000]:
        root = root_up(n)
        assert root * root >= n and (n == 0 or (root - 1) ** 2 < n)
    assert root_up(-1) == 0
