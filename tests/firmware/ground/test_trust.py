"""What uncertainty costs a look: what the place may have drifted since the ground was marked, by the world's truth."""

import math
import random

import pytest
from ground_kit import CELL_MM, MODULES, Kit, mutant

from sapper.ground import outline
from sapper.ground.trust import FLOOR_MM, NEAR_MM, NEVER, SIGMA_MOST_MM, ZERO, K, look_mm, mark_mm

pytestmark = pytest.mark.unit


def told(*sigmas, absolute=False, kit=None):
    kit = kit or Kit()
    for sigma in sigmas:
        kit.trust.tell(sigma, absolute)
    return kit


def test_an_absolute_place_stands_off_by_all_of_its_own_uncertainty():
    kit = told(20, absolute=True)
    assert kit.trust.since_mm(ZERO) == kit.trust.since_mm(NEVER) == look_mm(20) == 45
    assert mark_mm(20) + look_mm(20) >= K * math.hypot(20, 20)
    assert kit.trust.since_mm(ZERO + 100) == K * 120


def short_of(mark, look, most=200):
    """The pairs of sigmas of which what a mark takes off and a look adds is less than three sigma of both."""
    return [(a, b) for a in range(most) for b in range(most) if mark(a) + look(b) < K * math.hypot(a, b)]


def test_a_mark_and_a_look_together_are_three_sigma_of_both_whatever_the_two_are():
    assert short_of(mark_mm, look_mm) == []
    for far in (SIGMA_MOST_MM - 1, SIGMA_MOST_MM):
        for other in range(SIGMA_MOST_MM + 1):
            assert mark_mm(far) + look_mm(other) >= K * math.hypot(far, other)
            assert mark_mm(other) + look_mm(far) >= K * math.hypot(far, other)


def test_a_mark_without_its_floor_or_of_less_would_be_short():
    """The known bad."""

    def no_floor(sigma):
        return mark_mm(sigma) if sigma > NEAR_MM else (17 * sigma + 7) >> 3

    assert short_of(no_floor, look_mm)
    assert short_of(lambda sigma: min(mark_mm(sigma), 2 * sigma), look_mm)
    assert short_of(mark_mm, lambda sigma: 2 * sigma)


@pytest.mark.parametrize("sigma", [0, 1, 10, 15, 16, 17, 23, 24, 25, 40])
def test_a_strip_is_narrower_by_what_mark_mm_says(sigma):
    """At each place across the grid: the rows that are marked are those that mark_mm leaves of the swath."""
    assert (outline._NEAR, outline._FLOOR) == (NEAR_MM, FLOOR_MM)
    for across in range(0, CELL_MM, 3):
        kit = Kit(values=WIDE)
        kit.cells.begin(0, 0)
        kit.trust.tell(sigma, True)
        for x in range(0, 1500, 5):
            kit.swept.step(x, across, 0)
        half = WIDE["swath_mm"] // 2 - 3 - outline._GUARD_MM - mark_mm(sigma)
        rows = sorted({row for _, row in kit.searched()})
        assert rows == list(range(-(-(across - half) // CELL_MM), (across + half) // CELL_MM)), across


def test_a_drifting_one_by_what_it_walked_since():
    kit = told(0, 50, 130)
    assert kit.trust.since_mm(ZERO - 50) == K * 120
    assert kit.trust.since_mm(ZERO - 130) == 0
    assert kit.trust.since_mm(ZERO) == K * 130
    # Never less than a steady drift's difference, nor than the root of the difference of squares.
    for then in range(0, 130):
        since = kit.trust.since_mm(ZERO - then)
        assert since >= K * (130 - then) and since >= K * math.sqrt(130**2 - then**2)


@pytest.mark.parametrize("after", [(20, True), (40, False), (-1, False), (-1, True)])
def test_a_drift_that_ends_leaves_what_was_marked_in_it_owing_all_of_it(after):
    kit = told(10, 60, 90)
    kit.cells.blocks[3] = ZERO - 10
    kit.cells.blocks[4] = ZERO
    kit.cells.blocks[5] = ZERO + 300
    before = kit.trust.drift
    kit.trust.tell(*after)
    assert list(kit.cells.blocks[2:6]) == [NEVER, ZERO + 90, ZERO, ZERO + 300]
    assert kit.trust.drift == before + 1
    if after[0] >= 0:
        assert kit.trust.since_mm(ZERO + 90) == K * (90 + after[0])


def test_a_sigma_that_does_not_fall_ends_nothing():
    kit = told(10, 60, 60, 90)
    kit.cells.blocks[3] = ZERO - 10
    kit.trust.tell(90, False)
    assert kit.cells.blocks[3] == ZERO - 10
    assert told(SIGMA_MOST_MM + 1).trust.sigma_mm == told(-5).trust.sigma_mm == -1


def lane(kit, number, walk_mm, absolute=False):
    """A lane out and back, the place believed one and the true one another. Returns how many motions were allowed, and
    the worst by how far a track's edge was truly off what the coil had truly swept, across the lane (mm, > 0: bad).

    The error walks across the lane by walk_mm each metre (three sigma, always the same way: the worst it may), and the
    rover steers by what it believes."""
    random_ = random.Random(number)
    kit.cells.base_line(-10_000, 0)
    kit.cells.begin(0, -5000)
    half = kit.settings.get("swath_mm") / 2
    edge = (kit.settings.get("track_width_mm") + kit.settings.get("track_breadth_mm")) / 2
    ahead, length = kit.settings.get("coil_ahead_mm"), kit.settings.get("track_length_mm") / 2
    side = random_.choice((-1, 1))
    offset = random_.choice((0, 7, 24, 31))
    swept = {}
    travelled, allowed, worst = 0, 0, -math.inf
    out = [(x, 300) for x in range(-900, 3000, 3)]
    for x, v in out + [(x, -300) for x, _ in reversed(out)]:
        travelled += 3
        if absolute:
            error = side * (K * 10 if v > 0 else -K * 10)
            kit.trust.tell(10, True)
        else:
            error = side * walk_mm * travelled / 1000
            kit.trust.tell(math.ceil(abs(error) / K), False)
        true_y = offset - error
        kit.cells.follow(x, -5000 + offset)
        if v > 0:
            kit.swept.step(x, -5000 + offset, 0)
            swept[(x + ahead) // 3] = true_y
        else:
            kit.swept.lost()
        if not kit.permission.ask(v, 0, x, -5000 + offset, 0):
            continue
        allowed += 1
        for front in (x - length, x, x + length):
            if front <= 0:
                continue
            at = swept.get(front // 3)
            worst = max(worst, math.inf if at is None else abs(true_y - at) + edge - half)
    return allowed, worst


WIDE = {"swath_mm": 900, "coil_ahead_mm": 500}


def test_no_track_truly_leaves_what_was_truly_swept_however_the_place_drifts():
    for number in range(2):
        for walk in (0, 5, 20, 60):
            allowed, worst = lane(Kit(values=WIDE), number, walk)
            assert worst <= 0, (number, walk, worst)
            assert allowed > 600 or walk == 60, (number, walk, allowed)
        allowed, worst = lane(Kit(values=WIDE), number, 0, absolute=True)
        assert worst <= 0 and allowed > 2400


BAD = {
    "drift since is taken off too little": ("return K * root_up(sigma * sigma - owed * owed)", "return 0"),
    "a third of it": ("return K * root_up(sigma * sigma - owed * owed)", "return K * (sigma + owed) // 3"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_trust_that_is_too_high_is_seen(name):
    bad = {"trust": mutant(MODULES["trust"], BAD[name])}
    with pytest.raises(AssertionError):
        for walk in (20, 40, 60):
            assert lane(Kit(bad, WIDE), 0, walk)[1] <= -kit_margin()


def kit_margin():
    """What is left of the margin in any case: a look that is right keeps all of it."""
    return Kit().settings.get("ground_margin_mm")
