"""The board's own moves, on tracks that slip: each comes there, and goes on after a break, wherever that was."""

import math

import pytest
from rolling import Rolling

from sapper.drive import moves
from sapper.drive.motion import BROKEN, MOVED
from sapper.drive.moves import AHEAD, BACK, LANE, LINE_MOST_MM, LINE_MOST_MRAD, NONE
from sapper.safety.supervisor import SWEEP

pytestmark = pytest.mark.unit

NEAR_MM = 20
NEAR_MRAD = 20
# Where one track slips more than the other, a turn on the spot is none: the rover's middle goes on a small circle.
ASKEW_MM = 37
# Each track's share of its way that the ground gives, and how much wider than it is the rover turns.
GROUNDS = {
    "firm": ((1.0, 1.0), 1.3),
    "loose": ((0.93, 0.97), 1.6),
    "looser on the right": ((1.0, 0.92), 2.0),
}
ground = pytest.mark.parametrize("kind", GROUNDS)


def rover(kind="firm", x=0, y=0, heading=0, **changes):
    slip, wider = GROUNDS[kind]
    return Rolling(x, y, heading, slip, wider, **changes)


def begin(made, name, *goal):
    """As the console does; '' or why not."""
    if name == "shift":
        made.moves.shift(*goal)
    elif name == "turn":
        made.moves.turn(*goal)
    else:
        wrong = made.moves.straight({"ahead": AHEAD, "back": BACK}[name], *goal)
        if wrong:
            return wrong
    made.motion.begin_move()
    return ""


def go(made, name, *goal):
    assert not begin(made, name, *goal)
    return made.until_ended()


def off(made, x, y, heading):
    """(mm, mrad) from there."""
    truth = made.truth
    turned = (truth.heading_rad - heading / 1000 + math.pi) % (2 * math.pi) - math.pi
    return math.hypot(truth.x_mm - x, truth.y_mm - y), abs(turned) * 1000


def is_there(made, x, y, heading, near_mm=NEAR_MM):
    mm, mrad = off(made, x, y, heading)
    return mm <= near_mm and mrad <= NEAR_MRAD


# Each kind, from beside its line: (begin, name, goal, end)
KINDS = {
    "ahead": ((-3000, -340, 20), ("ahead", -500, -350), (-500, -350, 0)),
    "back": ((4000, -362, -15), ("back", -800, -350), (-800, -350, 0)),
    "ahead to the left": ((-900, -3000, 1560), ("ahead", -900, -700), (-900, -700, 1571)),
    "ahead to the right": ((-900, 0, -1580), ("ahead", -900, -2000), (-900, -2000, -1571)),
    "back towards the area": ((-900, 0, 3130), ("back", 600, 0), (600, 0, 3142)),
    "a turn to the left": ((-900, -350, 0), ("turn", 1571), (-900, -350, 1571)),
    "a turn to the right": ((-900, -350, 300), ("turn", -1571), (-900, -350, -1571)),
    "over half a turn": ((-900, -350, 3000), ("turn", -3000), (-900, -350, -3000)),
    "a small turn": ((-900, -350, 30), ("turn", 0), (-900, -350, 0)),
    "a shift to the right": ((-900, -350, 10), ("shift", -1050), (-900, -1050, 0)),
    "a shift to the left": ((-900, -1050, -8), ("shift", -350), (-900, -350, 0)),
    "a shift that is there": ((-900, -350, 400), ("shift", -350), (-900, -350, 0)),
}


@ground
@pytest.mark.parametrize("name", KINDS)
def test_each_move_comes_there_and_stands(name, kind):
    start, said, end = KINDS[name]
    made = rover(kind, *start)
    assert go(made, *said) == MOVED
    turns = said[0] in ("turn", "shift") and kind == "looser on the right"
    assert is_there(made, *end, ASKEW_MM if turns else NEAR_MM), off(made, *end)
    assert made.moves.kind == NONE and made.drive.speed_mm_s == 0


@pytest.mark.parametrize("name", KINDS)
def test_it_stands_when_it_says_so(name):
    start, said, _ = KINDS[name]
    made = rover("firm", *start)
    assert not begin(made, *said)
    while not made.tick():
        pass
    assert all(abs(track.speed_mm_s) < 30 for track in made.tracks), [track.speed_mm_s for track in made.tracks]


@pytest.mark.parametrize("share", [0.03, 0.2, 0.35, 0.5, 0.65, 0.8, 0.97])
@pytest.mark.parametrize("name", KINDS)
def test_broken_off_anywhere_and_said_anew_it_goes_on(name, share):
    start, said, end = KINDS[name]
    whole = rover("loose", *start)
    go(whole, *said)
    made = rover("loose", *start)
    assert not begin(made, *said)
    for _ in range(round(whole.ticks * share)):
        if made.tick():
            break
    made.halt()
    begun = made.ticks
    wrong = begin(made, *said)
    if wrong:
        assert "that place is" in wrong, wrong  # it had come there
    else:
        assert made.until_ended() == MOVED
        assert made.ticks - begun <= whole.ticks * (1 - share) + 300
    assert is_there(made, *end), off(made, *end)


def parts_of_a_shift(made):
    """The part that a shift is in, tick by tick, to its end."""
    parts = []
    while not made.tick() and len(parts) < 6000:
        parts.append(made.moves._part)
    return parts


def test_a_shift_is_broken_off_in_the_middle_of_each_of_its_parts_and_goes_on_with_that_part():
    start, said, end = KINDS["a shift to the right"]
    made = rover("loose", *start)
    begin(made, *said)
    parts = parts_of_a_shift(made)
    for part in range(3):
        first = parts.index(part)
        middle = first + parts.count(part) // 2
        made = rover("loose", *start)
        begin(made, *said)
        for _ in range(middle):
            made.tick()
        made.halt()
        heading = made.pose.heading_mrad
        begin(made, *said)
        again = parts_of_a_shift(made)
        assert again.count(part) > parts.count(part) // 4
        turned_back = part == 1 and abs(made.pose.heading_mrad - heading) < 100
        assert not turned_back and (part == 0 or again.count(0) < 60), part
        made.halt()
        assert is_there(made, *end), (part, off(made, *end))


def test_a_turn_that_never_comes_there_is_broken_off():
    made = rover()
    begin(made, "turn", 1000)
    made.stuck = True
    assert made.until_ended() == BROKEN
    assert 2900 < made.ticks < 3200 and made.truth.heading_rad == 0


@pytest.mark.parametrize("part", [0, 2])
def test_so_is_a_turn_of_a_shift(part):
    made = rover("firm", -900, -350)
    begin(made, "shift", -1050)
    while made.moves._part != part:
        made.tick()
    made.stuck = True
    assert made.until_ended() == BROKEN


@pytest.mark.parametrize(
    ("place", "kind", "goal", "word"),
    [
        ((0, LINE_MOST_MM + 1, 0), AHEAD, (1000, 0), "101 mm beside"),
        ((0, -LINE_MOST_MM - 1, 0), BACK, (-1000, 0), "-101 mm beside"),
        ((0, 0, LINE_MOST_MRAD + 1), LANE, (1000, 0), "201 mrad off"),
        ((0, 0, 0), AHEAD, (-1, 0), "1 mm behind"),
        ((0, 0, 0), LANE, (0, 0), "0 mm behind"),
        ((0, 0, 0), BACK, (5, 0), "5 mm ahead"),
        ((0, 0, 1571), AHEAD, (0, -10), "10 mm behind"),
        ((0, 0, -1571), BACK, (0, -10), "10 mm ahead"),
        ((0, 0, 785), AHEAD, (1000, 0), "mrad off"),
    ],
)
def test_a_straight_move_that_is_none_is_refused_and_nothing_is_under_way(place, kind, goal, word):
    made = rover("firm", *place)
    wrong = made.moves.straight(kind, *goal)
    assert word in wrong and made.moves.kind == NONE


def test_at_the_bounds_it_is_taken():
    for place in ((0, LINE_MOST_MM, 0), (0, -LINE_MOST_MM, 0), (0, 0, LINE_MOST_MRAD), (0, 0, -LINE_MOST_MRAD)):
        assert rover("firm", *place).moves.straight(AHEAD, 1000, 0) == ""


def test_no_move_is_faster_than_the_settings_of_all_driving():
    made = rover("firm", travel_mm_s=900, travel_mrad_s=2000, speed_max_mm_s=200, turn_max_mrad_s=300, sweep_mm_s=200)
    begin(made, "shift", -1050)
    fastest = sharpest = 0
    while not made.tick():
        fastest = max(fastest, abs(made.motion.asked_mm_s))
        sharpest = max(sharpest, abs(made.motion.asked_mrad_s))
    assert fastest == 200 and sharpest == 300


def test_what_is_asked_of_the_ground_is_what_is_asked_of_the_tracks():
    made = rover("firm", -3000, -340, 20)
    begin(made, "back", -5000, -350)
    for _ in range(200):
        made.tick()
        assert (made.motion.asked_mm_s, made.motion.asked_mrad_s) == (made.moves.speed_mm_s, made.moves.turn_mrad_s)
    assert made.motion.asked_mm_s < 0


@ground
def test_a_lane_is_held_by_place_and_ends_there_where_tracks_alone_would_have_strayed(kind):
    def swept(lane):
        made = rover(kind, -1000, -320, 0)
        assert made.moves.straight(LANE, 7000, -350) == ""
        made.motion.sweep(8000, lane)
        if not lane:
            made.moves.end()
        assert made.until_ended(6000, SWEEP)
        return off(made, 7000, -350, 0)

    mm, mrad = swept(True)
    assert mm <= NEAR_MM and mrad <= NEAR_MRAD
    if kind != "firm":
        assert swept(False)[0] > 200, "the known bad: straight on by the tracks"


def test_an_operator_who_takes_over_ends_the_move():
    made = rover()
    begin(made, "ahead", 3000, 0)
    for _ in range(50):
        made.tick()
    made.motion.drive(0, 0)
    assert made.moves.kind == NONE and made.motion.kind == moves.DRIVE
    made.tick()
    assert made.drive.resting()


def test_halted_in_teleop_without_a_move_it_stands():
    """Whatever leads there: no move's goal of before, nor (0, 0), is gone to."""
    made = rover("firm", -500, 0)
    begin(made, "ahead", 3000, 0)
    made.motion.halt()
    for _ in range(10):
        made.tick()
    assert made.drive.resting() and made.truth.x_mm == -500
