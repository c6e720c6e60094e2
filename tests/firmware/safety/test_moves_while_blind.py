"""Nothing moves while blind: whatever was said before, a sweep stops over a find, and tells only searched ground so."""

import machine
import pytest
from lane_of_finds import FAR_MM, RADIO, USB, Lane, acting, enabled, forms, lines_of

from sapper.link.status import flags
from sapper.safety.supervisor import ARMED, CONTACT, STOPPED, SWEEP, TELEOP
from sapper.shared.events import KIND_ID, STATES

pytestmark = pytest.mark.unit

EVERY_STATE = range(len(STATES))
# Those that end the application, or write what the next start would read.
LEAVES = ("reboot", "bootloader", "repl", "storage erase", "update receive")
PAST_MM = 90
SEARCHED, PINPOINTS = 8, 16  # bits of STATUS.flags


class Clock:
    """`machine.RTC`, set to no effect."""

    def datetime(self, moment):
        pass


@pytest.fixture(autouse=True)
def as_on_a_board(monkeypatch):
    """A clock that can be set; and no collection of CPython's own large heap at each arming."""
    monkeypatch.setattr("sapper.app.gc.collect", lambda: 0)
    monkeypatch.setattr(machine, "RTC", Clock, raising=False)


def wrong(lane):
    """Whatever state that led to: one that sweeps, or may, stops over the find. '' or what it did instead."""
    if lane.state != SWEEP:
        if not enabled(lane):
            return ""
        lane.say("sweep 5000")
    if lane.state != SWEEP:
        return ""
    past_mm = lane.sweeps_past()
    if past_mm is None:
        return "swept over a find"
    return "" if -400 < past_mm <= PAST_MM else f"ended in {STATES[lane.state]} {past_mm} mm past it"


def legal(lane, choice=forms):
    return [line for line in choice(lane.state) if line not in LEAVES]


def tried(state, port, length, choice=forms, every=1):
    """Every sequence of so many commands from `state` on, each legal where it is said, and a sweep after it; how many
    there are. every: of them each such one is tried.
    """
    count = 0
    failed = []
    begun = [()]
    for _ in range(length - 1):
        begun = [said + (line,) for said in begun for line in legal(at(state, port, said), choice)]
    for said in begun:
        for line in legal(at(state, port, said), choice):
            count += 1
            if (count + state) % every:
                continue
            lane = at(state, port, said)
            try:
                lane.do(line)
                told = wrong(lane)
            except AssertionError as error:
                told = str(error)
            if told:
                failed.append(f"{STATES[state]}, {', '.join((*said, line))}: {told}")
    assert not failed, f"{len(failed)} of {count}:\n" + "\n".join(failed)
    return count


def at(state, port, said):
    lane = Lane(port).to(state)
    for line in said:
        lane.do(line)
    return lane


@pytest.mark.parametrize("port", [USB, RADIO], ids=["usb", "radio"])
@pytest.mark.parametrize("state", EVERY_STATE, ids=STATES)
def test_after_any_command_a_sweep_stops_over_a_find(state, port):
    assert tried(state, port, 1) == len(legal(Lane(port).to(state))) >= 10


@pytest.mark.parametrize("state", EVERY_STATE, ids=STATES)
def test_after_any_two_commands_a_sweep_stops_over_a_find(state, whole):
    assert tried(state, USB, 2, every=1 if whole else 3) >= 100


@pytest.mark.slow
@pytest.mark.parametrize("state", [ARMED, TELEOP, SWEEP, CONTACT], ids=["ARMED", "TELEOP", "SWEEP", "CONTACT"])
def test_after_any_three_that_do_something_a_sweep_stops_over_a_find(state, whole):
    """Where nothing is armed the first of three is `arm`, and then it is two."""
    assert tried(state, USB, 3, acting, every=1 if whole else 5) >= 300


def events(lane, kind):
    """Those of this kind that are in the log, as (a, b)."""
    log = lane.app.log
    return [
        (log.rows[log.at(n) + 4], log.rows[log.at(n) + 5])
        for n in range(log.oldest(), log.next)
        if log.rows[log.at(n) + 2] == KIND_ID[kind]
    ]


def test_a_new_kind_of_argument_has_to_be_given_values():
    with pytest.raises(KeyError, match="fly"):
        lines_of("fly", "fly HEIGHT_MM")
    assert lines_of("land", "land [now|later]") == ["land", "land now", "land later"]


def test_a_sweep_ends_pinpointing_and_says_so():
    lane = Lane().to(ARMED)
    lane.say("pinpoint on")
    assert flags(lane.app) & PINPOINTS
    lane.say("sweep 5000")
    assert lane.state == SWEEP and not flags(lane.app) & PINPOINTS
    assert lane.sweeps_past() <= PAST_MM and lane.state == CONTACT


def test_nothing_counts_as_searched_while_it_pinpoints():
    lane = Lane().to(SWEEP)
    lane.until(lambda: lane.app.watch.searched, 400)
    assert lane.app.detector.searched_ok()
    lane.app.detector.pinpoint_begin()  # no command does that in SWEEP
    lane.bench.tick(2)
    assert not lane.app.detector.searched_ok() and not flags(lane.app) & SEARCHED
    assert events(lane, "covered")[-1][1] == 0


@pytest.mark.parametrize("end", ["disarm", "stop"])
def test_pinpointing_ends_when_the_rover_is_no_longer_armed(end):
    lane = Lane().to(ARMED)
    lane.say("pinpoint on")
    lane.say(end)
    assert not lane.app.pinpointing and not flags(lane.app) & PINPOINTS


def test_what_the_detector_forgets_by_itself_is_not_told_as_pinpointing():
    lane = Lane().to(ARMED)
    lane.say("pinpoint on")
    lane.app.detector.reset()  # as after a jump of the odometer
    assert not flags(lane.app) & PINPOINTS


def test_ground_passed_while_pinpointing_is_not_known_afterwards():
    lane = Lane().to(ARMED)
    lane.do("drive 600 0")
    bins = lane.app.detector.ground.bins
    lane.say("pinpoint on")
    lane.say("drive 100 0", 30)
    lane.say("pinpoint off")
    lane.tick(60)
    assert bins > 10 and lane.app.detector.ground.bins < 5, "bins were made up for what was passed"


def test_ground_stood_on_while_pinpointing_stays_known():
    lane = Lane().to(ARMED)
    lane.do("drive 600 0")
    bins = lane.app.detector.ground.bins
    lane.say("pinpoint on", 50)
    lane.say("pinpoint off", 50)
    assert lane.app.detector.ground.bins == bins


def over_a_find(lane):
    """TELEOP onto a find, at rest on it: told, and not stopped for, as the operator drives."""
    lane.to(ARMED)
    lane.ground.find_mm = 700
    for _ in range(200):
        lane.say("drive 300 0", 5)
        if lane.app.detector.alert:
            break
    lane.tick(60)
    assert lane.state == ARMED and lane.app.detector.alert
    return lane


def test_a_sweep_does_not_leave_a_find_that_teleop_met_without_a_verdict():
    lane = over_a_find(Lane())
    lane.say("sweep 5000")
    assert lane.state == CONTACT
    lane.say("verdict clutter")
    lane.say("sweep 5000")
    assert lane.state == SWEEP
    lane.tick(100)
    assert lane.state == SWEEP, "a verdict was given"


def test_nor_after_a_turn_that_makes_it_learn_the_ground_anew():
    lane = over_a_find(Lane())
    lane.say("drive 0 900", 80)
    lane.say("sweep 5000")
    assert lane.state == CONTACT


def test_the_verdict_on_one_find_does_not_pass_the_next():
    lane = over_a_find(Lane())
    lane.say("sweep 5000")
    lane.say("verdict clutter")
    lane.ground.find_mm = FAR_MM
    lane.say("sweep 5000")
    assert lane.sweeps_past(1200) <= PAST_MM and lane.state == CONTACT


def test_searching_is_told_to_end_with_the_sweep_even_when_no_frame_comes_any_more():
    lane = Lane().to(SWEEP)
    lane.until(lambda: lane.app.watch.searched, 400)
    lane.ground.alive = False
    lane.tick(20)
    assert lane.state == STOPPED and not flags(lane.app) & SEARCHED
    assert events(lane, "covered")[-1][1] == 0


def test_the_paint_is_for_what_a_sweep_comes_by_not_for_what_was_pinpointed_before():
    lane = Lane()
    lane.app.settings.set("sweep_marks", 1)
    lane.app.configure()
    lane.to(ARMED)
    lane.say("pinpoint on", 30)
    lane.ground.find_mm = 0
    lane.tick(30)
    lane.say("sweep 5000")
    assert events(lane, "contact") and not lane.bench.board.indicators.marks


@pytest.mark.parametrize("line", ["drive 0 900", "drive -300 0"])
def test_a_sweep_after_a_turn_or_a_way_back_begins_with_unknown_ground(line):
    lane = Lane().to(ARMED)
    lane.do("drive 600 0")
    lane.do("drive 600 0")
    assert lane.app.detector.searched_ok()
    lane.do(line)
    lane.say("sweep 5000")
    assert lane.state == SWEEP and not lane.app.watch.searched


def test_a_sweep_straight_on_keeps_what_lies_behind():
    lane = Lane().to(ARMED)
    lane.do("drive 600 0")
    lane.do("drive 600 0")
    lane.say("sweep 5000")
    assert lane.app.watch.searched
