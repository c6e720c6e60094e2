"""What is marked was swept: each point of each cell lay under the coil, wherever the rover was when it believed itself
elsewhere."""

import random

import numpy as np
import pytest
from ground_kit import MODULES, Kit, mutant
from ground_oracle import points_of, swept

from sapper.ground.trust import ZERO, mark_mm

pytestmark = pytest.mark.unit

TICKS = 500
SMALL = {"columns_bits": 7, "rows_bits": 7}


def way(number):
    """Poses, one a tick, of a lane at any heading that is steered, halts, backs, and turns at its end."""
    random_ = random.Random(number)
    x = float(random_.choice((0, 1_000_000, -1_200_345)))
    y = float(random_.choice((0, -1_000_000, 2_345_678)))
    heading = random_.uniform(-20, 20)
    kind = number % 5
    turn, speed = 0.0, 300.0
    for i in range(TICKS):
        if i % 25 == 0:
            turn = {0: 0.0, 1: random_.gauss(0, 0.05), 2: random_.gauss(0, 0.3), 3: 0.4, 4: random_.gauss(0, 0.1)}[kind]
        if kind == 4 and i % 100 == 0:
            speed = random_.choice((600.0, 300.0, 0.0, -200.0))
        if kind == 2 and i > 400:
            turn, speed = 1.0, 0.0
        heading += turn / 100
        x += speed / 100 * np.cos(heading)
        y += speed / 100 * np.sin(heading)
        yield x, y, heading, random_.random() < 0.005


def drive(number, kit, error=None, sigma=0, absolute=True):
    """The coil's true way, a list of unbroken ones, and how many cells are marked at the end that were not swept.

    error(i): (x, y) by which the believed place is off at a tick."""
    ahead, half = kit.settings.get("coil_ahead_mm"), kit.settings.get("swath_mm") / 2
    parts, part = [], []
    begun = False
    for i, (x, y, heading, lost) in enumerate(way(number)):
        off_x, off_y = error(i) if error else (0.0, 0.0)
        sigma_now = sigma(i) if callable(sigma) else sigma
        seen = round(x + off_x), round(y + off_y)
        if not begun:
            kit.cells.begin(*seen)
            kit.swept.lost()
            begun = True
        kit.trust.tell(sigma_now, absolute and sigma_now > 0)  # 0: sure, it has not walked
        if lost:
            kit.swept.lost()
            parts.append(part)
            part = []
        else:
            kit.swept.step(*seen, round(heading * 1000))
            part.append((x + ahead * np.cos(heading), y + ahead * np.sin(heading), heading))
    parts.append(part)
    marked = sorted(kit.searched())
    if not marked:
        return 0, 0
    q_x, q_y = points_of(marked, 6)
    under = np.zeros(len(q_x), bool)
    for one in parts:
        if len(one) > 1:
            c_x, c_y, h = np.array(one).T
            under |= swept(c_x, c_y, h, half, q_x, q_y, 0.0)
    return len(marked), int((~under.reshape(len(marked), -1).all(axis=1)).sum())


def nothing_unswept(kit_of, numbers, **options):
    total = 0
    for number in numbers:
        marked, wrong = drive(number, kit_of(), **options)
        assert not wrong, (number, marked, wrong)
        total += marked
    return total


def test_each_point_of_a_marked_cell_was_swept(whole):
    assert nothing_unswept(lambda: Kit(**SMALL), range(200 if whole else 10)) > 1500


def test_so_it_was_where_the_detector_decides_later_and_nothing_within_that_way_counts(whole):
    assert nothing_unswept(lambda: Kit(settle_mm=100, **SMALL), range(100 if whole else 10)) > 1000
    kit = Kit(settle_mm=100)
    for x in range(-900, 900, 3):
        kit.swept.step(x, 0, 0)
    last_mm = (max(col for col, _ in kit.searched()) + 1) * 50
    coil_mm = x + kit.settings.get("coil_ahead_mm")
    assert coil_mm - 100 - 50 - 20 <= last_mm <= coil_mm - 100


def off(number, most):
    """An error that stays, in any direction."""
    random_ = random.Random(number)
    angle = random_.uniform(0, 7)
    return lambda i: (most * np.cos(angle), most * np.sin(angle))


@pytest.mark.parametrize("sigma", [5, 20, 24, 25])
def test_so_it_was_where_the_place_is_off_by_what_a_mark_answers_for(whole, sigma):
    total = 0
    for number in range(100 if whole else 5):
        total += nothing_unswept(lambda: Kit(**SMALL), [number], error=off(number, mark_mm(sigma)), sigma=sigma)
    assert total > (500 if sigma <= 20 else 300)  # it marks something


def test_an_error_that_changes_all_the_time_within_what_a_mark_answers_for_marks_nothing_unswept():
    for number in (0, 1, 4):
        assert nothing_unswept(
            lambda: Kit(**SMALL),
            [number],
            error=lambda i: (24 * np.sin(i / 25), 24 * np.cos(i / 31)),  # 34 mm at most, mark_mm(15)
            sigma=15,
        )


def test_a_drift_takes_off_only_what_it_grew_by():
    """Two places that are 200 mm off alike mark as much as one that is not off, since the map is off with them."""
    sure, drifting, unsure = Kit(**SMALL), Kit(**SMALL), Kit(**SMALL)
    assert drive(0, sure)[0] > 100
    drive(0, drifting, sigma=70, absolute=False)
    drive(0, unsure, sigma=120)
    assert drifting.searched() == sure.searched() and not unsure.searched()
    numbers = set(drifting.cells.blocks)
    assert numbers == {0, ZERO - 70} and set(sure.cells.blocks) == {0, ZERO}


@pytest.mark.parametrize("settle_mm", [0, 100])
def test_along_a_straight_lane_no_cell_is_lost_between_strips(settle_mm):
    for heading, sigma in ((0, 0), (300, 0), (785, 0), (2000, 10), (-1571, 10)):
        kit = Kit(settle_mm=settle_mm, **SMALL)
        kit.cells.begin(0, 0)
        kit.trust.tell(sigma, sigma > 0)
        cos, sin = np.cos(heading / 1000), np.sin(heading / 1000)
        for i in range(-700, 700):
            kit.swept.step(round(3 * i * cos), round(3 * i * sin), heading)
        marked = kit.searched()
        # 12 mm within on each side, and what uncertainty takes.
        half = 340 - 12 - (mark_mm(sigma) if sigma else 0)
        expected = set()
        for col in range(-64, 64):
            for row in range(-64, 64):
                x, y = points_of([(col, row)], 2)
                along, aside = cos * x + sin * y, cos * y - sin * x
                if along.min() > -1100 and along.max() < 2000 and np.abs(aside).max() < half:
                    expected.add((col, row))
        assert len(expected) > 200 and expected <= marked, (heading, len(expected - marked))


def test_what_jumps_turns_on_the_spot_or_backs_marks_nothing():
    for steps in (
        [(60 * i, 0, 0) for i in range(60)],
        [(0, 0, 20 * i) for i in range(600)],
        [(-3 * i, 0, 0) for i in range(600)],
        [(0, 3 * i, 0) for i in range(600)],
    ):
        kit = Kit()
        for x, y, heading in steps:
            kit.swept.step(x, y, heading)
        assert not kit.searched()


def test_an_unknown_place_marks_nothing_and_begins_anew():
    kit = Kit()
    for x in range(-900, 900, 3):
        kit.trust.tell(-1 if 0 <= x < 300 else 0, True)
        kit.swept.step(x, 0, 0)
    cols = {col for col, _ in kit.searched()}
    assert min(cols) <= 0 and max(cols) >= 20 and not cols & set(range(8, 13))


BAD = {
    "cells that are only partly inside": ("cells", ("job[rectangle.WHOLE] = 1", "job[rectangle.WHOLE] = 0")),
    "the coil is wider than it is": ("outline", (">> 21) - 3 - off - _GUARD_MM", ">> 21) + 60")),
    "what it comes aside is left out": (
        "outline",
        ("job[_B0] = coil[at + _MOST_LEFT] - wide", "job[_B0] = 0 - wide"),
        ("job[_B1] = coil[at + _LEAST_LEFT] + wide", "job[_B1] = wide"),
    ),
    "a turned coil sweeps as far as a straight one": ("outline", ("- ((half * turn * 34) >> 15)", "")),
    "breaks are left out": ("outline", ("def lost(self):", "def lost(self):\n        return\n")),
    "what settles late is taken for a coil that is mounted further back": (
        "outline",
        ('settings.get("coil_ahead_mm")', 'settings.get("coil_ahead_mm") - 100'),
    ),
    "uncertainty is not taken off": ("outline", ("off = (17 * off + 7) >> 3", "off = 0")),
    "a large uncertainty is not taken off": ("outline", ("off = _K * off", "off = 0")),
}


@pytest.mark.parametrize("name", BAD)
def test_a_mark_that_is_not_safe_is_seen(name):
    room, *changes = BAD[name]
    bad = {room: mutant(MODULES[room], *changes)}

    def made():
        kit = Kit(bad, **SMALL)
        kit.swept._begun = False
        return kit

    with pytest.raises(AssertionError):
        for number in range(15):
            sigma = 30 if "large uncertainty" in name else 20 if "uncertainty" in name else 0
            nothing_unswept(made, [number], error=off(number, mark_mm(sigma) if sigma else 0), sigma=sigma)
