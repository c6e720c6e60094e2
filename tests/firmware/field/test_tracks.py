"""Where the tracks may go: a base line that can be kept, lanes that count from where the detector sees, motions that
stop before a track is on other ground, finds that are kept off, and what the operator answers for."""

import math

import pytest
from ground_rover import Rover

from sapper.field import tracks as module
from sapper.ground.cells import BEYOND_BASE_LINE, CELL_MM, KEPT_OFF, NOT_SEARCHED, PLACE_UNKNOWN
from sapper.ground.geometry import SETTLE_MM
from sapper.ground.release import Release
from sapper.ground.trust import look_mm, mark_mm
from sapper.shared.settings import Settings

pytestmark = pytest.mark.unit

REACTION_TICKS = Settings().get("ground_reaction_ms") // 10
HALF_LENGTH_MM = Settings().get("track_length_mm") // 2
AHEAD_MM = Settings().get("coil_ahead_mm")
SURE_MM = 5  # sigma of the pose in memory
OUTER_MM = (Settings().get("track_width_mm") + Settings().get("track_breadth_mm")) // 2


# The base line


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"swath_mm": 600}, ("swath_mm 600", "812", "wider head")),
        ({"coil_ahead_mm": 400}, ("coil_ahead_mm 400", "further ahead")),
        ({"track_breadth_mm": 420}, ("track_breadth_mm 420", "touch")),
    ],
)
def test_a_rover_that_cannot_keep_to_its_ground_gets_no_base_line_but_the_numbers(changes, words):
    rover = Rover(base=None, **changes)
    wrong = rover.tracks.begin(-6000, 0)
    assert all(word in wrong for word in words), wrong
    assert not rover.tracks.on and rover.events == []


def test_nor_does_one_whose_place_is_not_known_or_by_gnss_not_sure_enough():
    rover = Rover(base=None)
    rover.pose.sigma_mm = -1
    assert "place" in rover.tracks.begin(-6000, 0)
    rover.pose.sigma_mm = 40
    assert "swath_mm 900 is below" in rover.tracks.begin(-6000, 0)
    rover.pose.absolute = False
    assert rover.tracks.begin(-6000, 0) == ""


def test_it_is_told_and_so_is_its_end_and_only_then():
    rover = Rover()
    rover.tracks.end()
    rover.tracks.end()
    assert rover.told("base") == [
        {"right_mm": -6000, "left_mm": 0, "on": 1},
        {"right_mm": 0, "left_mm": 0, "on": 0},
    ]
    assert not rover.tracks.on


def test_a_base_line_told_anew_forgets_what_was_searched_and_kept_off():
    rover = Rover()
    rover.lane()
    rover.tracks.found(70, 3000, SIGMA_MM)
    assert rover.searched() and rover.kept()
    assert rover.tracks.begin(-6000, 0) == "" and not rover.searched() and not rover.kept()
    rover.tracks.judged_clutter()
    assert rover.tracks.avoid(0, 0, 100) == 0, "numbers begin anew"


# Lanes


def test_a_lane_marks_and_back_and_ahead_are_allowed_on_it_and_no_farther():
    rover = Rover()
    assert rover.lane(5000) and rover.go(-300, 0, 5000) and rover.go(300, 0, 5000)
    assert not rover.go(300, 0, 1000)
    [refused] = rover.told("ground")
    assert refused["ground"] == rover.tracks.reason == NOT_SEARCHED
    ahead = refused["x_mm"] - rover.x
    assert (
        HALF_LENGTH_MM < ahead < HALF_LENGTH_MM + 135 + look_mm(SURE_MM)
        and abs(refused["y_mm"] - rover.y) < OUTER_MM + 2 * CELL_MM
    )


def test_without_its_search_a_lane_is_refused_at_the_base_line():
    """The known bad: were the marks made without the search, this would go on."""
    rover = Rover()
    assert not rover.go(300, 0, 5000, searches=False)
    assert rover.x + HALF_LENGTH_MM < 0 and not rover.searched()


def test_beside_the_base_line_and_beside_the_lane_it_is_refused():
    rover = Rover(y=-100, x=-1000)
    assert not rover.go(0, 500, 1571) or not rover.go(200, 0, 1000)
    assert rover.tracks.reason == BEYOND_BASE_LINE
    rover = Rover()
    rover.lane(4000)
    assert not rover.go(0, -500, 1571) and rover.tracks.reason == NOT_SEARCHED


def test_turns_and_shifts_before_the_base_line_are_free():
    rover = Rover(x=-900, y=-600)
    assert rover.go(0, -500, 1571) and rover.go(300, 0, 1400) and rover.go(0, 500, 1571)


def test_where_the_place_is_lost_every_motion_stops():
    rover = Rover()
    assert rover.lane(2000)
    rover.pose.sigma_mm = -1
    assert [rover.tick(300, 0, True) for _ in range(4)].count(True) >= 1
    assert rover.tracks.reason == PLACE_UNKNOWN


# What counts


def columns(rover):
    return sorted({col for col, _ in rover.searched()})


@pytest.mark.parametrize("known_from", [0, 333, 777])
def test_nothing_counts_before_the_detector_knows_the_ground_nor_within_a_way_behind_the_coil(known_from):
    rover = Rover(x=-700)
    release = rover.tracks.give_release
    release(Release.MOST_MS, True)
    for _ in range(1000):
        rover.tick(300, 0, rover.x >= known_from)
    first, last = columns(rover)[0], columns(rover)[-1]
    assert 0 <= first * CELL_MM - (known_from + AHEAD_MM) <= CELL_MM + 25 + mark_mm(SURE_MM)
    behind = rover.x + AHEAD_MM - (last + 1) * CELL_MM
    assert SETTLE_MM <= behind <= SETTLE_MM + CELL_MM + 25 + mark_mm(SURE_MM)
    assert columns(rover) == list(range(first, last + 1))


def test_what_was_within_that_way_when_it_went_blind_never_counts():
    rover = Rover()
    rover.tracks.give_release(Release.MOST_MS, True)
    rover.lane(2000)
    blind_at = rover.x + AHEAD_MM
    rover.tick(300, 0, False)
    rover.lane(2000)
    lost = set(range(columns(rover)[0], columns(rover)[-1])) - set(columns(rover))
    assert lost and min(lost) * CELL_MM <= blind_at - SETTLE_MM + CELL_MM and max(lost) * CELL_MM >= blind_at - CELL_MM


@pytest.mark.parametrize("at", range(4))
def test_a_single_blind_tick_breaks_the_way_whichever_it_is(at):
    rover = Rover()
    rover.tracks.give_release(Release.MOST_MS, True)
    rover.lane(2000)
    for _ in range(at):
        rover.tick(300, 0, True)
    rover.tick(300, 0, False)
    rover.lane(2000)
    assert len(columns(rover)) < columns(rover)[-1] - columns(rover)[0]


def rocks(rover):
    for n in range(100):
        rover.tick((0, 13, -13, 0, -13, 0, 13, 0)[n % 8], 0, True, moves=False)


def looks_back(rover):
    rover.go(-150, 0, 250, True)
    rocks(rover)


@pytest.mark.parametrize("stop", [rocks, looks_back])
def test_a_stop_in_the_middle_of_a_lane_leaves_no_gap_when_nothing_strayed(stop):
    whole, stopped = Rover(), Rover()
    whole.lane(5000)
    stopped.lane(2500)
    stop(stopped)
    stopped.lane(5000 - 700 - stopped.x)
    both = min(columns(whole)[-1], columns(stopped)[-1]) - 1
    assert {cell for cell in stopped.searched() if cell[0] <= both} == {
        cell for cell in whole.searched() if cell[0] <= both
    }
    assert both > 80


def test_what_is_marked_in_an_outage_owes_nothing_when_gnss_is_back():
    """Marked as of a drift, it would make the look stand off by all that the drift may have been, 1.3 m around."""
    rover = Rover()
    assert rover.lane(2000)
    rover.pose.absolute = False
    for sigma_mm in range(SURE_MM, 22):
        rover.pose.sigma_mm = sigma_mm
        rover.lane(40)
    rover.pose.absolute, rover.pose.sigma_mm = True, SURE_MM
    rover.tick(0, 0, False)
    assert rover.tracks.trust.since_mm(max(rover.tracks.cells.blocks)) == look_mm(SURE_MM)
    assert rover.go(-150, 0, 1000, True)


def test_the_less_sure_the_place_the_less_of_a_lane_is_marked_until_it_stops():
    rover = Rover()
    assert rover.lane(2000)
    wide = {row for col, row in rover.searched()}
    rover.pose.absolute = False
    for sigma_mm in range(SURE_MM, 60):
        rover.pose.sigma_mm = sigma_mm
        if not rover.lane(40):
            break
    assert 18 <= sigma_mm < 40 and rover.tracks.reason == NOT_SEARCHED
    last = columns(rover)[-1]
    assert {row for col, row in rover.searched() if col == last} < wide


def test_without_gnss_since_the_base_line_was_told_marks_are_of_a_drift():
    rover = Rover(base=None)
    rover.pose.absolute = False
    assert rover.tracks.begin(-6000, 0) == ""
    rover.tracks.give_release(Release.MOST_MS, True)
    rover.lane(1000)
    blocks = {block for block in rover.tracks.cells.blocks if block}
    assert blocks == {4096 - SURE_MM}


# A motion under way


def front_mm(rover):
    return rover.x + HALF_LENGTH_MM


def stopping_mm(v):
    """From a tick that says stop: ramp, and rolling (ground/permission.py); the reaction is what the stop took."""
    get = Settings().get
    rolls_ms = get("ground_stop_mm") * 1000 / get("speed_max_mm_s")
    return v * (get("stop_ramp_ms") / 2 + rolls_ms) / 1000


@pytest.mark.parametrize("v", [50, 300, 600])
def test_it_is_stopped_in_time_and_not_long_before(v):
    rover = Rover(x=-2000)
    assert not rover.go(v, 0, 4000)
    assert front_mm(rover) + stopping_mm(v) < 0
    assert front_mm(rover) + stopping_mm(v) > -(30 + 2 * CELL_MM + v * 0.13)


@pytest.mark.parametrize("v", [-50, -300, -600])
def test_so_it_is_backwards(v):
    rover = Rover(x=-2000, heading=3141)
    assert not rover.go(v, 0, 4000)
    assert front_mm(rover) + stopping_mm(-v) < 0


@pytest.mark.parametrize("phase", range(4))
@pytest.mark.parametrize("how", ["asked", "done"])
def test_what_is_asked_and_what_the_tracks_do_are_both_looked_at_within_the_reaction(how, phase):
    rover = Rover(x=-2000)
    for _ in range(phase):
        rover.tick()
    rover.tracks.avoid(-1600, -350, 250)
    for ticks in range(1, 20):  # noqa: B007 (asked for after the loop)
        rover.drive.speed_mm_s = 300 if how == "done" else 0
        rover.tracks.mark(False, 10)
        if rover.tracks.stops(300 if how == "asked" else 0, 0):
            break
    assert ticks <= REACTION_TICKS // 2
    assert rover.told("ground")[-1]["ground"] == KEPT_OFF


def test_a_stop_is_told_though_the_same_was_refused_before():
    rover = Rover(x=-2000)
    rover.tracks.avoid(-1600, -350, 250)
    for _ in range(5):
        assert not rover.tracks.asks(300, 0)
        rover.tracks.tell_refusal()
    assert len(rover.told("ground")) == 1, "a key that is held down is told once"
    rover.go(300, 0, 300)
    assert len(rover.told("ground")) == 2


def test_after_something_was_allowed_the_same_refusal_is_told_again():
    rover = Rover(x=-2000)
    rover.tracks.avoid(-1520, -350, 250)
    for _ in range(3):
        assert not rover.tracks.asks(300, 0)
        rover.tracks.tell_refusal()
        assert rover.tracks.asks(-300, 0)
    assert len(rover.told("ground")) == 3


# Finds


SIGMA_MM = 30


def found(rover, behind=70):
    rover.tracks.found(behind, round(rover.s) - behind, SIGMA_MM)
    return rover.told("spot")[-1]


def stand_off_mm(ahead):
    """How far round a find, so far ahead of a standing rover, is kept off: the setting, but never onto itself."""
    front = HALF_LENGTH_MM + Settings().get("ground_margin_mm") + look_mm(SURE_MM) + 2 * CELL_MM
    return min(Settings().get("stand_off_mm"), (ahead - front) * 15 // 16)


def distance_to_bar(col, row, x, y, heading, half):
    """From a cell to the line across the heading through (x, y), so far to either side: mm, of its nearest corner, and
    of its farthest."""
    away = []
    for cx in (col * CELL_MM, (col + 1) * CELL_MM):
        for cy in (row * CELL_MM, (row + 1) * CELL_MM):
            along = (cx - x) * math.cos(heading) + (cy - y) * math.sin(heading)
            left = (cy - y) * math.cos(heading) - (cx - x) * math.sin(heading)
            away.append(math.hypot(along, max(0, abs(left) - half)))
    return min(away), max(away)


@pytest.mark.parametrize("heading", [0, 300, 1571, -2356])
def test_a_find_is_told_with_its_place_and_kept_off_as_a_bar_across_its_lanes_tracks(heading):
    rover = Rover(x=-3000, y=-3000, heading=heading)
    rover.pose.sigma_mrad = 10
    spot = found(rover)
    ahead = AHEAD_MM - 70
    x, y = rover.x + ahead * math.cos(rover.heading), rover.y + ahead * math.sin(rover.heading)
    assert math.hypot(spot["x_mm"] - x, spot["y_mm"] - y) < 6
    assert (spot["sigma_mm"], spot["peak_mm"], spot["disc"]) == (
        math.ceil(math.hypot(5 + AHEAD_MM * 10 // 1000, SIGMA_MM)),
        -70,
        0,
    )
    kept = rover.kept()
    stand_off = stand_off_mm(ahead)
    half = OUTER_MM + Settings().get("ground_margin_mm") - stand_off
    assert stand_off >= 100 and half > 0
    low, high = x // CELL_MM - 20, x // CELL_MM + 20
    for col in range(int(low), int(high)):
        for row in range(int(y // CELL_MM) - 20, int(y // CELL_MM) + 20):
            near, far = distance_to_bar(col, row, x, y, rover.heading, half)
            if far <= stand_off - 6:
                assert (col, row) in kept, (col, row)
            if near > stand_off * 1.1 + 6:
                assert (col, row) not in kept, (col, row)


def test_the_lane_does_not_go_on_over_it_until_it_is_clutter():
    def at_find():
        rover = Rover()
        assert rover.lane(3000)
        found(rover)
        return rover

    rover = at_find()
    find_x = rover.told("spot")[-1]["x_mm"]
    assert not rover.lane(1000) and rover.tracks.reason == KEPT_OFF
    assert front_mm(rover) + stopping_mm(300) + CELL_MM < find_x
    assert rover.go(-300, 0, 1000), "back is as free as ever"
    rover = at_find()
    rover.tracks.judged_clutter()
    assert rover.lane(3000) and not rover.kept()


@pytest.mark.parametrize(("behind", "v"), [(-55, 150), (-55, 300), (-55, 400), (0, 0), (0, 300), (70, 300), (120, 0)])
def test_a_rover_that_rolled_to_rest_before_a_find_can_go_back_from_it(behind, v):
    rover = Rover(x=-3000, y=-3000)
    rover.tracks.give_release(Release.MOST_MS, True)
    rover.go(300, 0, 200)
    rover.tick(v)
    found(rover, behind)
    rover.tracks.motion_ended()
    kept = rover.kept()
    for _ in range(REACTION_TICKS):
        rover.tick(v, 0, moves=False)
    rover.x += stopping_mm(v)
    rover.tick(moves=False)
    assert kept and rover.tracks.asks(-100, 0) and rover.go(-100, 0, 300)


@pytest.mark.parametrize("behind", [260, 300, 420, 700])
def test_a_find_at_or_under_the_tracks_ends_the_way_ahead_and_not_the_way_back(behind):
    rover = Rover(x=-3000, y=-3000)
    spot = found(rover, behind)
    assert abs(spot["x_mm"] - (-3000 + AHEAD_MM - behind)) < 3, "told where it is"
    kept = rover.kept()
    assert min(col for col, _ in kept) * CELL_MM > -3000 + HALF_LENGTH_MM
    assert rover.tracks.asks(-300, 0) and not rover.go(300, 0, 500)
    assert rover.tracks.reason == KEPT_OFF and rover.x < -2950
    assert rover.go(-300, 0, 500)


def test_clutter_frees_the_last_find_alone():
    rover = Rover()
    rover.lane(2000)
    found(rover)
    first = rover.kept()
    rover.tracks.give_release(Release.MOST_MS, True)
    rover.lane(350)
    found(rover)
    assert rover.kept() > first
    rover.tracks.judged_clutter()
    assert rover.kept() == first
    rover.tracks.judged_clutter()
    assert rover.kept() == first, "said twice it frees no other"


def test_a_find_that_a_sweep_begins_over_without_a_verdict_is_one_find():
    rover = Rover()
    rover.lane(2000)
    disc = found(rover)["disc"]
    kept = rover.kept()
    assert found(rover)["disc"] == disc and rover.kept() == kept
    rover.tracks.judged_clutter()
    assert not rover.kept()


def test_a_find_is_freed_by_its_number_as_a_whole():
    rover = Rover(x=-3000, y=-3000)
    disc = found(rover)["disc"]
    rover.tracks.avoid(-2000, -3000, 150)
    assert rover.tracks.free(disc)
    assert rover.kept() and max(col for col, _ in rover.kept()) * CELL_MM < -1800
    assert not rover.tracks.free(disc), "it is not kept off any more"


def test_finds_can_be_freed_whatever_was_freed_before_them():
    """Numbers that are free by ones between others are no room for a find's discs in a row."""
    rover = Rover(x=-3000, y=-3000)
    singles = [rover.tracks.avoid(-9000 + 400 * n, -5000, 50) for n in range(10)]
    for number in singles[::2]:
        assert rover.tracks.free(number)
    before = rover.kept()
    assert found(rover)["disc"] >= 0 and rover.kept() > before
    rover.tracks.judged_clutter()
    assert rover.kept() == before


def test_forty_finds_are_kept_off_and_each_can_be_freed():
    rover = Rover(x=-8000, y=-3000, base=(-6000, 0))
    numbers = []
    for _ in range(40):
        rover.tracks.give_release(Release.MOST_MS, True)
        rover.go(200, 0, 160)
        numbers.append(found(rover)["disc"])
    assert numbers == list(range(40))
    for number in numbers[:-1]:
        assert rover.tracks.free(number)
    assert rover.kept(), "the last one"
    rover.tracks.judged_clutter()
    assert not rover.kept()


def test_a_field_of_more_finds_than_there_is_room_for_keeps_off_all_and_frees_none():
    rover = Rover(x=-8000, y=-3000, base=(-6000, 0))
    for n in range(module._DISCS):
        rover.tracks.avoid(-9000 + 100 * n, -5900, 50)
    for _ in range(2):
        rover.tracks.give_release(Release.MOST_MS, True)
        rover.go(600, 0, 120)
        last = found(rover)
    assert last["disc"] == -1
    kept = rover.kept()
    rover.tracks.judged_clutter()
    assert rover.kept() == kept


def test_without_a_base_line_a_find_has_a_place_and_nothing_is_kept_off():
    rover = Rover(base=None)
    assert found(rover)["disc"] == -1 and not rover.kept()


# Discs, and rectangles of before


def test_a_disc_is_kept_off_and_freed_by_its_number():
    rover = Rover(x=-3000, y=-3000)
    first, second = rover.tracks.avoid(-1000, -3000, 300), rover.tracks.avoid(-800, -3000, 300)
    both = rover.kept()
    assert (first, second) == (0, 1) and not rover.go(300, 0, 3000) and rover.x < -1400
    assert rover.tracks.free(second) and rover.kept() < both and rover.kept()
    assert rover.tracks.free(first) and not rover.kept()
    assert not rover.tracks.free(first) and not rover.tracks.free(-1) and not rover.tracks.free(10_000)


def test_what_the_map_forgot_of_a_disc_comes_back_with_it():
    rover = Rover(x=-700)
    rover.tracks.avoid(3000, -350, 200)
    kept = rover.kept()
    rover.tracks.give_release(Release.MOST_MS, True)
    rover.x = 30_000.0
    for _ in range(600):
        rover.tick()
    assert not kept & rover.kept()
    rover.x = 0.0
    for _ in range(1200):
        rover.tick()
    assert kept <= rover.kept()


@pytest.mark.parametrize(
    "corners", [(0, -700, 4000, 0), (25, -713, 4988, -1), (-300, -2000, 9001, 300), (1, 1, 49, 49), (50, 50, 100, 100)]
)
def test_a_rectangle_of_before_is_all_cells_that_are_wholly_in_it_without_a_seam(corners):
    rover = Rover()
    rover.tracks.give(*corners, 0)
    x0, y0, x1, y1 = corners
    shape = rover.tracks.cells.shape
    assert rover.searched() == {
        (col, row)
        for col in range(max(-(-x0 // CELL_MM), shape[0]), min(x1 // CELL_MM, shape[0] + shape[2] + 1))
        for row in range(max(-(-y0 // CELL_MM), shape[1]), min(y1 // CELL_MM, shape[1] + shape[3] + 1))
    }


def test_a_rectangle_larger_than_the_map_is_taken_as_far_as_that_goes():
    rover = Rover()
    rover.tracks.give(-30_000, -30_000, 30_000, 30_000, 0)
    assert len(rover.searched()) == 256 * 128


def test_on_what_was_searched_before_a_rover_goes_as_far_as_its_uncertainty_then_and_now_allows():
    def goes(sigma):
        rover = Rover(x=-1000, y=-400)
        rover.tracks.give(0, -800, 5000, 0, sigma)
        return rover.go(300, 0, 4000)

    assert goes(0) and goes(15) and not goes(60)


# What the operator answers for


def test_a_release_waives_and_is_told_and_ends_with_the_motion():
    rover = Rover()
    rover.tracks.give_release(20_000, False)
    assert rover.go(300, 0, 2000) and rover.x > 1200
    rover.tracks.motion_ended()
    rover.tracks.motion_ended()
    assert rover.told("release") == [{"ms": 20_000, "kept_off": 0}, {"ms": 0, "kept_off": 0}]
    assert not rover.tracks.asks(300, 0)


def test_it_runs_out_in_its_time_also_while_the_rover_stands():
    for moves in (True, False):
        rover = Rover(x=-3000)
        rover.tracks.give_release(500, False)
        for n in range(50):
            assert rover.tracks.release.left_ms > 0, n
            rover.tick(moves=moves)
        assert rover.tracks.release.left_ms == 0 and rover.told("release")[-1] == {"ms": 0, "kept_off": 0}
        assert len(rover.told("release")) == 2


def test_a_turn_on_the_spot_uses_up_its_way_as_well():
    rover = Rover(x=-3000)
    rover.tracks.give_release(Release.MOST_MS, False)
    for _ in range(5000):
        rover.tick(0, 3000, moves=False)
    way_mm = 50 * 3 * Settings().get("track_width_mm") // 2
    assert way_mm > Release.MOST_MM and rover.tracks.release.left_ms == 0


def test_a_motion_under_way_is_stopped_when_it_runs_out():
    rover = Rover()
    rover.tracks.give_release(4000, False)
    assert not rover.go(300, 0, 5000)
    assert -700 + 1150 <= rover.x <= -700 + 1250


def test_what_is_kept_off_takes_a_release_of_its_own():
    rover = Rover(x=-2000)
    rover.tracks.avoid(-1500, -350, 300)
    rover.tracks.give_release(20_000, False)
    assert not rover.go(300, 0, 1000)
    rover.tracks.give_release(20_000, True)
    assert rover.go(300, 0, 1000) and rover.told("release")[-1] == {"ms": 20_000, "kept_off": 1}


# Known bad versions


def weak(monkeypatch, name, bad):
    monkeypatch.setattr(module.Tracks, name, bad)


def test_a_check_that_is_switched_off_is_seen(monkeypatch):
    weak(monkeypatch, "asks", lambda self, *_: True)
    for test in (
        test_without_its_search_a_lane_is_refused_at_the_base_line,
        test_where_the_place_is_lost_every_motion_stops,
    ):
        with pytest.raises(AssertionError):
            test()


def test_a_mark_that_does_not_end_is_seen(monkeypatch):
    mark = module.Tracks.mark
    weak(monkeypatch, "mark", lambda self, searches, elapsed_ms: mark(self, True, elapsed_ms))
    for test in (
        test_without_its_search_a_lane_is_refused_at_the_base_line,
        test_what_was_within_that_way_when_it_went_blind_never_counts,
    ):
        with pytest.raises(AssertionError):
            test()


def test_a_find_that_is_not_kept_off_is_seen(monkeypatch):
    monkeypatch.setattr(module.StandOff, "add_bar", lambda self, *_: 0)
    with pytest.raises(AssertionError):
        test_the_lane_does_not_go_on_over_it_until_it_is_clutter()
