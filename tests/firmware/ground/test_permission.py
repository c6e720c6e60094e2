"""What may be driven: never where a track touches ground that was not searched, and seldom refused without need."""

import random

import pytest
from ground_kit import MODULES, Kit, Values, mutant
from ground_oracle import CELL, poses, touched, tracks

from sapper.ground import geometry
from sapper.ground.cells import (
    BEYOND_BASE_LINE,
    KEPT_OFF,
    NOT_SEARCHED,
    OFF_MAP,
    PLACE_UNKNOWN,
    REASONS,
)
from sapper.ground.release import Release
from sapper.ground.trust import ZERO, look_mm

pytestmark = pytest.mark.unit

SIGMAS = (0, 0, 0, 5, 20, 60)


class Drawn:
    """A motion from a place, and the cells that the tracks touch in it, their margin with them."""

    def __init__(self, number, **values):
        random_ = random.Random(number)
        self.random = random_
        self.values = Values(**values).values
        self.x = random_.choice((3_000, 1_234_567, 777, 2_000_000)) + random_.randint(0, 5000)
        self.y = random_.choice((0, -1_234_567, 1_999_990, -55)) + random_.randint(-2500, 2500)
        self.heading = random_.choice((random_.randint(-3200, 3200), random_.randint(-40000, 40000)))
        self.v = random_.choice((0, 300, -300, random_.randint(-600, 600)))
        self.w = random_.choice((0, 0, 1, 1000, -1000, random_.randint(-1500, 1500), random_.choice((-6000, 3000))))
        self.sigma = random_.choice(SIGMAS)

    def touched(self, during_ms, more_mm=0.0):
        points = tracks(self.values, self.values["ground_margin_mm"] + look_mm(self.sigma) + more_mm)
        way = poses(self.v, self.w / 1000, during_ms / 1000, self.x, self.y, self.heading / 1000)
        return touched(points, *way)

    def ask(self, kit, holes):
        """Whether it is allowed where all is searched but for some cells."""
        kit.cells.begin(self.x, self.y)
        kit.all_searched(*holes)
        kit.trust.tell(self.sigma, True)
        return kit.permission.ask(self.v, self.w, self.x, self.y, self.heading)


def around(cells):
    """Cells beside these."""
    return {(c + i, r + j) for c, r in cells for i in (-1, 0, 1) for j in (-1, 0, 1)} - cells


SMALL = {"columns_bits": 7, "rows_bits": 7}


def forbidden_is_refused(kit, numbers):
    """In each motion each of some cells that a track only just touches is not searched: a single one."""
    for number in numbers:
        drawn = Drawn(number)
        cells = drawn.touched(kit.permission.during_ms)
        outermost = sorted(cells & around(around(cells)))
        for hole in drawn.random.sample(outermost, min(3, len(outermost))) + [drawn.random.choice(sorted(cells))]:
            assert not drawn.ask(kit, [hole]), (number, hole)
            assert kit.permission.reason == NOT_SEARCHED
            assert (kit.permission.where_x_mm() // CELL, kit.permission.where_y_mm() // CELL) == hole


def refused_without_need(kit, numbers, holes):
    """Share of motions that are refused where `holes`, of those that no track touches, are not searched."""
    refused = 0
    for number in numbers:
        drawn = Drawn(number)
        cells = drawn.touched(kit.permission.during_ms)
        free = sorted(around(cells))
        refused += not drawn.ask(kit, drawn.random.sample(free, min(holes, len(free))))
    return refused / len(numbers)


def test_no_track_ever_goes_where_one_cell_was_not_searched(whole):
    forbidden_is_refused(Kit(**SMALL), range(3000 if whole else 100))


def test_of_motions_right_beside_a_hole_few_are_refused_without_need(whole):
    share = refused_without_need(Kit(**SMALL), range(10_000, 13_000 if whole else 10_080), 1)
    print(f"refused without need, one cell beside the outline not searched: {share:.3f}")
    assert share < 0.3


def test_all_searched_is_all_allowed():
    kit = Kit(**SMALL)
    assert all(Drawn(number).ask(kit, []) for number in range(5000, 5300))


_LAST = """take = high - low + 1
            mask = ((1 << take) - 1) << bit
            word = base + ((low & shape[_COLUMNS]) >> 4)
            reason"""
BAD = {
    "the margin is left out": ("permission", ('self._margin_mm = get("ground_margin_mm")', "self._margin_mm = 0")),
    "uncertainty is left out": ("permission", ("margin = self._margin_mm + since", "margin = self._margin_mm")),
    "arcs are sampled too coarsely": (
        "permission",
        ("STEP_URAD = const(125_000)", "STEP_URAD = const(900_000)"),
        ("ahead += ((((b * half)", "ahead += ((((0 * half)"),
        ("aside += ((((a * half)", "aside += ((((0 * half)"),
    ),
    "only the middle of an arc is looked at": (
        "permission",
        ("while turn > STEP_URAD:", "while turn > 100 * STEP_URAD:"),
        ("        a = plan", "        half = 1\n        a = plan"),
    ),
    "the way to a stop is left out": ("permission", ('(get("stop_ramp_ms") + 1) // 2', "0")),
    "turns the wrong way": ("permission", ("step = 0 - step", "step = 0 + step")),
    "one track is forgotten": ("outline", ("    job[_B0] = 0 - high\n    job[_B1] = 0 - low", "")),
    "a cell has to be touched wholly": ("outline", ("job[_WHOLE] = 0", "job[_WHOLE] = 1")),
    "a row's last cell is forgotten": (
        "bits",
        (_LAST, _LAST.replace("low + 1", "low\n                high -= 1")),
    ),
}


def through(bad):
    """The look at both tracks, with a mutant's look at cells, or a mutant of itself."""
    if "outline" in bad:
        return bad["outline"].look_at_tracks
    looks = mutant(MODULES["outline"])
    looks.look = bad["bits"].look
    return looks.look_at_tracks


@pytest.mark.parametrize("name", BAD)
def test_a_permission_that_is_not_safe_is_seen(name):
    room, *changes = BAD[name]
    bad = {room: mutant(MODULES[room], *changes)}
    if room != "permission":  # it looks by what it imported
        bad["permission"] = mutant(MODULES["permission"])
        bad["permission"].look_at_tracks = through(bad)
    kit = Kit(bad, **SMALL)
    during = Kit(**SMALL).permission.during_ms
    with pytest.raises(AssertionError):
        for number in range(120):
            drawn = Drawn(number)
            cells = drawn.touched(during)
            outermost = sorted(cells & around(around(cells)))
            for hole in drawn.random.sample(outermost, min(3, len(outermost))):
                assert not drawn.ask(kit, [hole])


def standing(kit, x, y, heading=0):
    return kit.permission.ask(0, 0, x, y, heading)


def test_before_the_base_line_all_is_safe_between_its_ends_and_but_for_what_is_kept_off():
    kit = Kit()
    kit.cells.base_line(-10_000, 0)
    kit.cells.begin(0, -5000)
    p = kit.permission
    assert standing(kit, -200, -5000)
    assert p.ask(0, 1000, -400, -5000, 0)
    assert not standing(kit, -100, -5000) and p.reason == NOT_SEARCHED and p.where_x_mm() == 25
    kit.cells.begin(0, 0)
    assert standing(kit, -500, -290)
    assert (
        not standing(kit, -500, -270) and p.reason == BEYOND_BASE_LINE and p.where_x_mm() < 0 and p.where_y_mm() == 25
    )
    kit.cells.begin(0, -10_000)
    assert standing(kit, -500, -9710)
    assert not standing(kit, -500, -9730) and p.reason == BEYOND_BASE_LINE and p.where_y_mm() == -10_025
    kit.cells.begin(0, -5000)
    kit.cells.keep_off(-500, -4500, 100)
    assert not standing(kit, -500, -4700) and p.reason == KEPT_OFF
    assert standing(kit, -500, -4900)
    assert len(REASONS) == PLACE_UNKNOWN + 1 and REASONS[p.reason] == ""


def test_a_base_line_that_is_no_multiple_of_cells_is_cut_to_whole_ones():
    kit = Kit()
    kit.cells.base_line(-1030, 1030)
    kit.cells.begin(0, 0)
    assert standing(kit, -500, 717) and not standing(kit, -500, 719)
    assert standing(kit, -500, -717) and not standing(kit, -500, -719)


def test_an_unsure_place_moves_the_base_line_too():
    for absolute in (True, False):
        kit = Kit()
        kit.cells.base_line(-10_000, 0)
        kit.cells.begin(0, -5000)
        kit.trust.tell(100, absolute)
        assert standing(kit, -500 - 2, -5000)
        assert not standing(kit, -450, -5000) and kit.permission.reason == NOT_SEARCHED
    # What was marked in the same drift just now stands off nothing, the base line all of it.
    kit.cells.blocks[:] = type(kit.cells.blocks)("H", [ZERO - 100] * len(kit.cells.blocks))
    assert standing(kit, -500 - 2, -5000) and not standing(kit, -450, -5000)
    for col in range(-7, 8):
        for row in range(-110, -90):
            kit.cells.give(row, col, col, 1, ZERO - 100)
    assert standing(kit, -150, -5000) and standing(kit, 100, -5000)


def test_off_the_map_and_an_unknown_place_are_refused():
    kit = Kit()
    kit.cells.begin(100_000, 0)
    p = kit.permission
    kit.all_searched()
    left, low = kit.cells.shape[0] * CELL, kit.cells.shape[1] * CELL
    assert standing(kit, left + 200, 0)
    for x, y in ((left + 150, 0), (left + 25_600 - 150, 0), (100_000, low + 250), (100_000, low + 12_800 - 250)):
        assert not standing(kit, x, y) and p.reason == OFF_MAP
        assert not (left < p.where_x_mm() < left + 25_600 and low < p.where_y_mm() < low + 12_800)
    for sigma in (-1, 4001, 200):
        kit.trust.tell(sigma, True)
        assert (
            not standing(kit, 100_000, 0)
            and p.reason == PLACE_UNKNOWN
            and (p.where_x_mm(), p.where_y_mm()) == (100_025, 25)
        )
    kit.trust.tell(0, True)
    assert standing(kit, 100_000, 0)


def test_a_release_waives_what_it_says_until_it_ends():
    kit = Kit()
    kit.cells.begin(5000, 0)
    p, release = kit.permission, Release()

    def may():
        return p.ask(300, 0, 5000, 0, 0, release)

    assert not may() and p.reason == NOT_SEARCHED
    release.give(1000, 500)
    assert may()
    kit.trust.tell(-1, True)
    assert may()
    kit.trust.tell(0, True)
    kit.cells.keep_off(5250, 210, 10)
    assert not may() and p.reason == KEPT_OFF
    release.give(1000, 500, kept_off=True)
    assert may() and release.spend(999, 499_999) and may()
    assert not release.spend(1, 0) and not may() and not release.kept_off
    release.give(1000, 500)
    assert release.spend(10, 499_000) and not release.spend(10, 1000) and release.left_ms == 0
    for time_ms, travel_mm in ((0, 1), (1, 0), (60_001, 1), (1, 20_001), (-1, 5)):
        with pytest.raises(ValueError, match="a release lasts"):
            release.give(time_ms, travel_mm)
    assert not release.spend(0, 0)


def test_off_the_map_a_release_still_sees_what_is_kept_off_on_it():
    kit = Kit(columns_bits=6, rows_bits=6)
    kit.cells.begin(800, 800)
    release = Release()
    release.give(1000, 1000)
    x = (kit.cells.shape[0] + 64) * CELL - 100
    assert kit.permission.ask(-600, 0, x, 800, 0, release)
    assert not kit.permission.ask(-600, 0, x, 800, 0) and kit.permission.reason == OFF_MAP


def test_a_geometry_that_cannot_keep_the_invariant_is_refused_with_the_numbers():
    assert geometry.problem(Values().get) == ""
    assert geometry.needed_swath_mm(Values().get) == 420 + 80 + 60 + 112
    wrong = geometry.problem(Values(swath_mm=500).get)
    assert all(word in wrong for word in ("swath_mm 500", "672", "420", "80", "30", "wider head"))
    wrong = geometry.problem(Values(coil_ahead_mm=200).get)
    assert all(word in wrong for word in ("coil_ahead_mm 200", "300", "further ahead"))
    assert "track_breadth_mm 420" in geometry.problem(Values(track_breadth_mm=420).get)
    assert "swath_mm" in geometry.problem(Values().get, sigma_mm=15)
    assert geometry.problem(Values(swath_mm=860, coil_ahead_mm=560).get, sigma_mm=15) == ""
    assert geometry.problem(Values(swath_mm=630).get, cell_mm=25) == ""
    assert "swath_mm" in geometry.problem(Values(swath_mm=680).get, sigma_mm=0), "an absolute place, however sure"
