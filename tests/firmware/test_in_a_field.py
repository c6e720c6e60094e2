"""The application in a field: told its place and base line it sweeps lanes, stops over a find and keeps off it, goes
back and aside by itself, refuses what would put a track on other ground, and stops, latched, before it is there."""

import re

import pytest
from bench import Bench
from ground_rover import cells_of
from lane_of_finds import FAR_MM, USB, Lane

from sapper.drive import moves
from sapper.ground import runs
from sapper.ground.cells import Cells
from sapper.safety.supervisor import ARMED, CONTACT, SAFE, STOPPED, SWEEP, TELEOP
from sapper.shared.events import GROUNDS, REASON_NAMES, STATES
from sapper.shared.wire import GROUND_WORDS
from sapper_host.board.decoder import Frame, StreamDecoder

pytestmark = pytest.mark.unit

X0, Y0 = -1000, -700
AHEAD_MM = 520


def keeps_sure(pose):
    """As with a gyro, of which this bench has none: without one a place is soon too unsure for a lane."""
    step = pose.step

    def sure(*ticks):
        step(*ticks)
        pose.sigma_mm, pose.sigma_mrad = 5, 3

    pose.step = sure


class Field(Lane):
    """A board that was told its place before the base line, and that; not yet armed."""

    def __init__(self, base="-6000 0", **changed):
        super().__init__()
        settings = {"sweep_mm_s": 300, "coil_ahead_mm": AHEAD_MM, **changed}
        self.app.settings.set_many(tuple(settings.items()))
        self.app.configure()
        assert "ok placed" in self.say(f"place {X0} {Y0} 0 5 3")
        keeps_sure(self.app.field.place.pose)
        if base:
            assert "ok base=on" in self.say("base " + base)

    @property
    def pose(self):
        return self.app.field.place.pose

    @property
    def reason(self):
        return REASON_NAMES[self.app.reason]

    def told(self, kind):
        return self.bench.told(kind)

    def armed(self):
        for _ in range(40):
            self.do("arm")
            if self.state == ARMED:
                break
            self.tick(20)
        assert self.state == ARMED
        return self

    def answer(self, line):
        """The answer alone."""
        lines = [one for one in self.say(line).split("\r\n") if one.startswith(("ok", "err "))]
        return lines[-1]

    def must(self, line):
        answer = self.answer(line)
        assert answer.startswith("ok"), answer

    def goes(self, line, most=3000):
        """Say it, and wait, pinging, until the motion is over: (state, reason)."""
        self.must(line)
        self.until(lambda: self.state not in (TELEOP, SWEEP), most)
        return STATES[self.state], self.reason

    def moves_told(self):
        return [(event["move"], event["move_step"]) for event in self.told("move")]

    def is_at(self, x, y, heading, near_mm=25):
        pose = self.pose
        assert abs(pose.x_mm - x) <= near_mm and abs(pose.y_mm - y) <= near_mm, (pose.x_mm, pose.y_mm)
        assert abs(pose.heading_mrad - heading) <= 30, pose.heading_mrad

    def with_a_find(self, at_mm=2000):
        self.ground.find_mm = self.app.drive.odometry.s_mm + at_mm
        return self


DONE = ("ARMED", "done")


def test_a_lane_a_find_back_and_aside():
    field = Field().armed().with_a_find(2000)
    assert field.goes(f"lane 2500 {Y0}") == ("CONTACT", "alert")
    [spot] = field.told("spot")
    assert abs(spot["x_mm"] - (X0 + 2000 + AHEAD_MM)) < 150 and abs(spot["y_mm"] - Y0) < 10 and spot["disc"] >= 0
    field.must("verdict mine")
    field.ground.find_mm = FAR_MM
    # It may come as near as the find is kept off from, and there it ends.
    assert field.goes(f"lane 2500 {Y0}") == ("STOPPED", "ground")
    assert field.told("ground")[-1]["ground"] == "kept_off" and field.pose.x_mm + 150 + 100 < spot["x_mm"]
    field.must("disarm")
    field.armed()
    assert field.answer(f"ahead 2500 {Y0}").startswith("err ground: kept off at ") and field.state == ARMED
    assert field.goes(f"back {X0} {Y0}") == DONE
    field.is_at(X0, Y0, 0)
    assert field.goes("shift -1400") == DONE
    field.is_at(X0, -1400, 0, 40)
    assert field.moves_told() == [
        ("lane", "begun"), ("lane", "broken_off"), ("lane", "begun"), ("lane", "broken_off"),
        ("back", "begun"), ("back", "done"), ("shift", "begun"), ("shift", "done"),
    ]  # fmt: skip


def test_a_find_that_is_clutter_does_not_end_its_lane():
    field = Field().armed().with_a_find(1500)
    assert field.goes(f"lane 2000 {Y0}")[0] == "CONTACT"
    field.must("verdict clutter")
    field.ground.find_mm = FAR_MM
    assert field.goes(f"lane 2000 {Y0}") == DONE
    field.is_at(2000, Y0, 0)
    assert not cells_of(field.app.field.tracks.cells, field.app.field.tracks.cells.kept)
    searched = cells_of(field.app.field.tracks.cells, field.app.field.tracks.cells.searched)
    cols = sorted({col for col, _ in searched})
    assert cols == list(range(cols[0], cols[-1] + 1)), "a stop over a find leaves no gap"


def test_what_was_not_swept_is_not_driven_on_ahead_and_the_stop_is_latched():
    field = Field().armed()
    assert field.goes(f"ahead 3000 {Y0}") == ("STOPPED", "ground")
    assert field.pose.x_mm + 150 < 0 and field.bench.still()
    event = field.told("ground")[-1]
    assert event["ground"] == "not_searched" and event["x_mm"] >= 0
    assert field.app.field.tracks.reason == GROUNDS.index("not_searched")
    assert field.answer(f"back {X0} {Y0}").startswith("err state") and field.answer("arm").startswith("err state")
    assert field.state == STOPPED
    field.must("disarm")
    assert field.armed().goes(f"back {X0} {Y0}") == DONE
    assert field.moves_told()[:2] == [("ahead", "begun"), ("ahead", "broken_off")]


def test_with_the_check_off_it_would_have_gone_there(monkeypatch):
    """The known bad."""
    field = Field(base="").armed()
    assert field.goes(f"ahead 1000 {Y0}") == DONE and field.pose.x_mm > 900
    field = Field().armed()
    monkeypatch.setattr(field.app.field.tracks, "asks", lambda *_: True)
    assert field.goes(f"ahead 1000 {Y0}") == DONE and field.pose.x_mm > 900


def test_a_sweep_into_ground_that_the_detector_does_not_know_is_stopped():
    """Armed with the coil over the base line the lane has no way to learn the ground on."""
    field = Field()
    field.must(f"place -400 {Y0} 0 5 3")
    field.armed()
    assert field.goes(f"lane 3000 {Y0}") == ("STOPPED", "ground")
    assert field.pose.x_mm + 150 < 0


def test_a_drive_held_down_is_stopped_before_a_track_is_there():
    field = Field().armed()
    for _ in range(200):
        if field.answer("drive 200 0").startswith("err"):
            break
        field.tick(5)
    field.tick(20)
    assert (field.state, field.reason) == (STOPPED, "ground") and field.pose.x_mm + 150 < 0


def test_a_drive_from_rest_is_refused_told_once_and_leaves_it_armed():
    field = Field()
    field.must(f"place -200 {Y0} 0 5 3")
    field.armed()
    for _ in range(10):
        assert field.answer("drive 200 0").startswith("err ground: not searched at ")
    assert field.state == ARMED and len(field.told("ground")) == 1
    field.must("drive -200 0")
    assert field.state == TELEOP


def test_a_drive_refused_ends_the_boards_own_move_and_says_so():
    field = Field()
    field.must(f"place -330 {Y0} 0 5 3")
    field.armed()
    field.must(f"back -3000 {Y0}")
    assert field.answer("drive 600 0").startswith("err ground")
    assert field.moves_told() == [("back", "begun"), ("back", "broken_off")]
    assert field.app.motion.moves.kind == moves.NONE and field.app.drive.resting()


def test_a_drive_takes_over_from_a_move():
    field = Field().armed()
    field.must(f"back -3000 {Y0}")
    field.tick(30)
    field.must("drive -100 0")
    assert field.moves_told() == [("back", "begun"), ("back", "broken_off")]
    field.tick(100)
    assert field.state == ARMED and field.reason == "drive_stale" and len(field.told("move")) == 2


@pytest.mark.parametrize("end", ["stop", "silence"])
def test_a_lane_that_was_stopped_goes_on_to_its_end_when_it_is_said_anew(end):
    field = Field().armed()
    field.must(f"lane 2000 {Y0}")
    field.until(lambda: field.pose.x_mm > 500, 1000)
    if end == "stop":
        field.say("stop")
    else:
        field.tick(200)
    assert field.state == STOPPED and field.reason == {"stop": "operator", "silence": "link_lost"}[end]
    assert field.moves_told() == [("lane", "begun"), ("lane", "broken_off")]
    field.must("disarm")
    # The detector begins anew, and has to learn the ground on what was searched.
    assert field.armed().goes(f"back -300 {Y0}") == DONE
    assert field.goes(f"lane 2000 {Y0}") == DONE
    field.is_at(2000, Y0, 0)
    searched = cells_of(field.app.field.tracks.cells, field.app.field.tracks.cells.searched)
    cols = sorted({col for col, _ in searched})
    assert cols == list(range(cols[0], cols[-1] + 1)) and cols[-1] * 50 > 2200


@pytest.mark.parametrize("line", ["shift -1400", "turn 1571", f"back -2000 {Y0}"])
def test_a_move_goes_on_after_a_lost_link(line):
    field = Field().armed()
    field.must(line)
    field.tick(250)
    assert (field.state, field.reason) == (STOPPED, "link_lost")
    field.must("disarm")
    assert field.armed().goes(line) == DONE


def test_a_release_is_for_one_motion():
    field = Field().armed()
    field.must("release 20000")
    assert field.goes(f"ahead 1000 {Y0}") == DONE and field.pose.x_mm > 900
    assert [(event["ms"], event["kept_off"]) for event in field.told("release")] == [(20_000, 0), (0, 0)]
    assert field.answer(f"ahead 1500 {Y0}").startswith("err ground")
    assert field.answer(f"back {X0} {Y0}").startswith("err ground"), "where it stands now nothing was searched"


def test_a_release_that_is_not_used_runs_out():
    field = Field().armed()
    field.must("release 1000")
    field.tick(101)
    assert field.app.field.tracks.release.left_ms == 0
    assert field.goes(f"ahead 1000 {Y0}") == ("STOPPED", "ground")


def test_an_avoided_disc_stops_a_move_and_freed_it_does_not():
    field = Field().armed()
    number = re.search(r"avoid=(\d+)", field.answer(f"avoid -2500 {Y0} 300"))[1]
    assert field.goes(f"back -4000 {Y0}") == ("STOPPED", "ground")
    assert field.told("ground")[-1]["ground"] == "kept_off" and field.pose.x_mm - 150 > -2200
    field.must("disarm")
    field.must(f"avoid free {number}")
    assert field.armed().goes(f"back -4000 {Y0}") == DONE


def test_what_a_mission_says_was_searched_can_be_driven_on():
    field = Field().armed()
    field.must("searched 0 -1050 3000 -350 10")
    assert field.goes(f"ahead 2000 {Y0}") == DONE


def test_the_maps_frames_say_what_the_board_holds():
    field = Field()
    field.must("telemetry on")
    field.must("avoid 1000 -3000 250")
    field.armed().goes(f"lane 2000 {Y0}")
    tracks = field.app.field.tracks
    tracks.teller.again()
    rounds = tracks.teller.rounds
    field.bench.ports[USB].sent = b""
    for _ in range(4000):
        if tracks.teller.rounds > rounds:
            break
        field.tick()
        if _ % 50 == 0:
            field.bench.ports[USB].waiting += b"ping\n"
    field.tick(100)
    found = [one for one in StreamDecoder().feed(field.bench.ports[USB].sent) if getattr(one, "name", "") == "GROUND"]
    assert len(found) >= 8 and all(isinstance(one, Frame) for one in found)
    taken = Cells(50, 8, 7, True)
    taken.begin(field.pose.x_mm, field.pose.y_mm)
    for frame in found:
        values = frame.fields
        piece = b"".join(values[f"w{n}"].to_bytes(4, "little") for n in range(GROUND_WORDS))
        assert not any(piece[values["length"] :])
        runs.take(taken, piece[: values["length"]])
    assert taken.searched == tracks.cells.searched and taken.kept == tracks.cells.kept
    assert any(taken.searched) and any(taken.kept)


def test_a_map_frame_is_two_a_second_once_there_is_a_base_line_and_not_before():
    def frames(field):
        field.must("telemetry on")
        field.bench.ports[USB].sent = b""
        field.tick(500)
        items = StreamDecoder().feed(field.bench.ports[USB].sent)
        return sum(getattr(item, "name", "") == "GROUND" for item in items)

    assert frames(Field(base="")) == 0
    assert frames(Field()) == 10
    assert frames(Field(telemetry_ground_hz=0)) == 0
    assert frames(Field(telemetry_ground_hz=5)) == 25


def field_line(field):
    return dict(word.split("=", 1) for word in field.answer("field").split()[1:])


def test_the_field_line_says_where_and_how_sure_and_what_was_refused():
    field = Field().armed()
    words = field_line(field)
    assert (words["placed"], words["x_mm"], words["y_mm"], words["base"]) == ("1", str(X0), str(Y0), "1")
    assert (words["gnss"], words["gyro"], words["origin"], words["ground"]) == ("silent", "unplugged", "0", "none")
    field.goes(f"ahead 3000 {Y0}")
    words = field_line(field)
    assert words["ground"] == "not_searched" and int(words["at_x_mm"]) >= 0 and int(words["at_y_mm"]) < 0


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("lane 2000 -900", "err line: 200 mm beside the line and 0 mrad off it"),
        (f"lane -1500 {Y0}", "err line: that place is 500 mm behind"),
        (f"back 0 {Y0}", "err line: that place is 1000 mm ahead"),
        (f"ahead {X0} {Y0}", "err line: that place is 0 mm behind"),
        ("turn 4000", "err value"),
        ("shift", "err usage"),
        ("release 0", "err value"),
        ("release 60001", "err value"),
        ("release 1000 all", "err usage"),
        ("avoid free 7", "err value: no disc 7"),
        ("avoid 0 0 2001", "err value"),
        ("searched 0 0 30001 1000 5", "err value"),
        ("searched 5 5 5 10 5", "err value"),
        ("base 0 0", "err value: RIGHT_MM 0 is not below LEFT_MM 0"),
        ("place 0 0 0 0 3", "err value"),
        ("origin 81 0 0 0 0 0", "err value"),
        ("origin 47 0 8", "err usage"),
        ("origin -33 868800000 151 209300000 0 0", "err value: LAT_DEG and _BILLIONTHS are of two signs"),
        ("origin 33 0 -1 5 0 0", "err value: LON_DEG"),
        ("rtcm", "err usage"),
        ("rtcm 0wA", "err value: that is no base64"),
    ],
)
def test_what_cannot_be_is_refused_by_name_and_nothing_moves(line, why):
    field = Field().armed()
    answer = field.answer(line)
    assert answer.startswith(why), answer
    assert field.state == ARMED and field.app.motion.moves.kind == moves.NONE and not field.told("move")
    assert field.goes(f"back -1500 {Y0}") == DONE, "the next is taken"


@pytest.mark.parametrize("line", ["lane 2000 0", "back -2000 0", "ahead 2000 0", "turn 0", "shift 0", "base -6000 0"])
def test_without_a_place_there_is_no_move_and_no_base_line(line):
    bench = Bench()
    assert bench.last("field").startswith("ok placed=0")
    bench.arm()
    answer = bench.last(line)
    assert answer.startswith(("err place: the place is not known", "err ground: the place is not known"))
    assert bench.app.state == ARMED


def test_where_there_is_no_room_for_a_field_it_is_refused_and_all_else_goes_on(monkeypatch):
    bench = Bench()

    def full(*_):
        raise MemoryError

    monkeypatch.setattr("sapper.field.field.Tracks", full)
    assert bench.last("place 0 0 0 5 3").startswith("err memory: there is no room for a field")
    assert bench.app.state == SAFE and bench.app.field is None and bench.app.motion.moves is None
    assert not bench.told("fault") and bench.last("rtcm 0wAEPtAAAYP21A==").startswith("err memory")
    bench.arm()
    assert bench.last("sweep 1000").startswith("ok") and bench.app.state == SWEEP
    monkeypatch.undo()
    bench.say("stop")
    bench.say("disarm")
    assert bench.last("place 0 0 0 5 3") == "ok placed"


@pytest.mark.parametrize("line", ["lane 2000 0", "turn 0", "place 0 0 0 5 3", "field"])
def test_a_field_is_begun_in_safe_alone(line):
    bench = Bench()
    bench.arm()
    assert bench.last(line).startswith("err place: no field was begun") and bench.app.field is None


@pytest.mark.parametrize("line", ["searched 0 0 100 100 5", "avoid 0 0 100", "avoid free 0", "release 1000"])
def test_without_a_base_line_nothing_of_the_ground_is_taken(line):
    field = Field(base="").armed()
    assert field.answer(line).startswith("err ground: no base line")


def test_a_rover_whose_measures_cannot_keep_the_ground_is_told_the_numbers():
    answer = Field(base="", swath_mm=600).answer("base -6000 0")
    assert answer.startswith("err ground: swath_mm 600 is below 672")


def test_the_end_of_the_base_line_ends_the_check():
    field = Field().armed()
    field.must("base off")
    assert field.goes(f"ahead 1000 {Y0}") == DONE and not field.app.field.tracks.on


def test_on_a_find_that_a_lane_begins_over_it_stops_at_once_and_keeps_off_one_bar():
    field = Field().armed().with_a_find(1500)
    assert field.goes(f"lane 2000 {Y0}")[0] == "CONTACT"
    kept = cells_of(field.app.field.tracks.cells, field.app.field.tracks.cells.kept)
    field.app.raise_event("cmd_verdict")  # as a verdict that judges nothing
    field.app.begin_sweep(1000)
    assert field.state == CONTACT
    assert cells_of(field.app.field.tracks.cells, field.app.field.tracks.cells.kept) == kept
    field.must("verdict clutter")
    assert not any(field.app.field.tracks.cells.kept)


def test_disarmed_the_map_and_the_place_stay():
    field = Field().armed()
    field.goes(f"lane 1000 {Y0}")
    searched = bytes(field.app.field.tracks.cells.searched)
    field.must("disarm")
    field.tick(300)
    assert (
        field.state == SAFE and bytes(field.app.field.tracks.cells.searched) == searched and field.app.field.tracks.on
    )
    field.is_at(1000, Y0, 0)
