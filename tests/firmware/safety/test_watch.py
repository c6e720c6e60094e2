"""Each input of the watch alone, put into the whole application: the exact state, reason and tick, from every state
that it acts in; and one step less of it changes nothing."""

import pytest
from bench import COPPER, Bench

from sapper.detector.detector import FLAG_ALERT
from sapper.safety.supervisor import ARMED, CONTACT, OPERATOR_EVENTS, SAFE, STOPPED, SWEEP, TELEOP
from sapper.shared.events import FAULTS, STATES, TRIGGERS
from sapper.shared.units import temp_dc, vsys_mv

pytestmark = pytest.mark.unit

ENABLED = (ARMED, TELEOP, SWEEP, CONTACT)
CRITICAL_MV = 4300
BLINDING = range(1, FAULTS.index("encoder_left"))  # what the detector's health can say


def raw_of(mv):
    """The least value of a frame's supply that reads so many millivolts."""
    return next(raw for raw in range(1 << 16) if vsys_mv(raw) >= mv)


def open_loop(bench):
    bench.board.inputs.loop = 0


def open_loop_shortly(bench):
    """Shorter than a tick: closed again when it is looked at."""
    bench.board.inputs.latched = 1


def key_off(bench):
    bench.board.inputs.key = 0


def lose_left(bench):
    bench.app.drive.fault_side = 0


def lose_right(bench):
    bench.app.drive.fault_side = 1


def drop_interlock(bench):
    bench.board.interlock.up = 0


def stop_frames(bench):
    bench.board.acquisition.alive = False


def lower_supply(bench):
    bench.board.acquisition.frame[3] = raw_of(CRITICAL_MV) - 1


# Event, what alone brings it, ticks it takes, state and reason.
ALONE = (
    ("estop_open", open_loop, 1, "STOPPED", "estop_open"),
    ("estop_open", open_loop_shortly, 1, "STOPPED", "estop_open"),
    ("key_off", key_off, 1, "STOPPED", "key_off"),
    ("encoder", lose_left, 1, "FAULT", "encoder"),
    ("encoder", lose_right, 1, "FAULT", "encoder"),
    ("interlock", drop_interlock, 1, "STOPPED", "interlock"),
    ("acquisition", stop_frames, 4, "STOPPED", "acquisition"),
    ("supply", lower_supply, 20, "STOPPED", "supply"),
)
# The events below have a test each.
OF_THEIR_OWN = {"overrun", "blind", "blind_teleop", "link_lost", "pings_lost", "idle", "alert"}


def test_every_event_that_no_operator_says_and_no_motion_ends_with_is_tried_here():
    assert {row[0] for row in ALONE} | OF_THEIR_OWN == set(TRIGGERS) - set(OPERATOR_EVENTS) - {
        "exception",
        "swept",
        "ground",
        "moved",
        "rested",
        "drive_stale",
        "look_lost",
    }


@pytest.fixture(params=ENABLED, ids=[STATES[state] for state in ENABLED])
def enabled(request):
    """A board in each state that may hold MOTOR_EN."""
    return Bench().to(request.param)


@pytest.mark.parametrize(("event", "bring", "ticks", "state", "reason"), ALONE, ids=[row[1].__name__ for row in ALONE])
def test_alone_it_stops_at_its_tick_by_its_name(enabled, event, bring, ticks, state, reason):
    moved = enabled.app.state in (TELEOP, SWEEP)
    stops = len(enabled.told("stop"))
    bring(enabled)
    assert enabled.until_changed() == (ticks, state, reason)
    assert enabled.still()
    assert [stop["detail"] for stop in enabled.told("stop")[stops:]] == [event] * moved


@pytest.mark.parametrize("bring", [row[1] for row in ALONE], ids=[row[1].__name__ for row in ALONE])
@pytest.mark.parametrize("state", [SAFE, STOPPED], ids=["SAFE", "STOPPED"])
def test_where_nothing_can_move_it_changes_nothing(bring, state):
    bench = Bench().to(state)
    bring(bench)
    assert bench.until_changed(100) is None and bench.still()


def test_with_none_of_them_every_state_goes_on():
    for state in (ARMED, SWEEP, CONTACT):
        bench = Bench().to(state)
        for _ in range(50):
            bench.say("", ticks=5)
            assert bench.app.state == state and bench.board.interlock.up


def test_an_opening_before_arming_counts_for_nothing():
    """The edge latch holds it until it is looked at; the ticks of SAFE look, and so does the arming itself."""
    bench = Bench()
    bench.board.inputs.key = 1
    bench.tick(5)
    code = bench.last("arm")[8:12]
    handle = bench.app.console.handle

    def opened_after_the_look(link, line):
        bench.board.inputs.latched = 1
        handle(link, line)

    bench.app.console.handle = opened_after_the_look
    bench.say("arm " + code, ticks=1)
    assert bench.app.state == ARMED and bench.until_changed(50) is None


@pytest.mark.parametrize(("elapsed_ms", "stops"), [(60, False), (61, True), (600, True)])
def test_a_tick_that_begins_more_than_60_ms_after_the_last_is_a_stop(enabled, elapsed_ms, stops):
    state = enabled.app.state
    enabled.app.tick(elapsed_ms)
    if stops:
        assert enabled.app.state == STOPPED and enabled.told("state")[-1]["reason"] == "overrun" and enabled.still()
    else:
        assert enabled.app.state == state


@pytest.mark.parametrize("armed_before", [False, True])
def test_a_motor_en_that_does_not_rise_is_a_stop_at_the_third_tick_and_not_before(armed_before):
    """The PIO takes the arming within the tick; two are given, each time."""
    bench = Bench()
    if armed_before:
        bench.to(ARMED).say("disarm")
    bench.board.interlock.cut = True
    bench.board.inputs.key = 1
    bench.tick(5)
    bench.say("arm " + bench.last("arm")[8:12], ticks=1)
    assert bench.app.state == ARMED
    assert bench.until_changed() == (3, "STOPPED", "interlock")


def test_a_loop_that_does_not_feed_finds_motor_en_down_and_stops_by_name(enabled):
    """The interlock holds for 50 ms after the last feed; the tick after finds it."""
    enabled.tick()
    for _ in range(4):
        enabled.tick(feed=False)
        assert enabled.board.interlock.up and enabled.app.state in ENABLED
    enabled.tick(feed=False)
    assert not enabled.board.interlock.up
    assert (enabled.app.state, enabled.told("state")[-1]["reason"]) == (STOPPED, "interlock")


def test_three_ticks_without_a_frame_are_none_too_many_and_the_fourth_is_told_once(enabled):
    for _ in range(5):
        enabled.board.acquisition.alive = False
        assert enabled.until_changed(3) is None
        enabled.board.acquisition.alive = True
        enabled.say("", ticks=1)
        assert enabled.app.watch.frame_age == 0
    assert enabled.told("fault") == []
    enabled.board.acquisition.alive = False
    enabled.tick(30)
    assert [fault["fault"] for fault in enabled.told("fault")] == ["acquisition"]
    assert enabled.app.watch.frame_age == 30


def test_a_supply_that_sags_for_less_than_200_ms_or_not_below_its_bound_is_no_stop():
    bench = Bench().to(SWEEP)
    for _ in range(4):
        bench.board.acquisition.frame[3] = raw_of(CRITICAL_MV) - 1
        assert bench.until_changed(19) is None
        bench.board.acquisition.frame[3] = raw_of(CRITICAL_MV)
        bench.say("", ticks=1)
    assert bench.app.watch.vsys_mv == CRITICAL_MV
    assert bench.until_changed(100) is None


def test_supply_and_temperature_are_those_of_the_newest_frame():
    bench = Bench()
    bench.board.acquisition.frame[3] = 30000
    bench.board.acquisition.frame[4] = 14500
    bench.tick()
    assert (bench.app.watch.vsys_mv, bench.app.watch.temp_dc) == (vsys_mv(30000), temp_dc(14500))
    bench.board.acquisition.frame[3] = 31000
    bench.board.acquisition.alive = False
    bench.tick()
    assert bench.app.watch.vsys_mv == vsys_mv(30000), "no new frame"


@pytest.mark.parametrize("fault", BLINDING, ids=[FAULTS[fault] for fault in BLINDING])
def test_a_detector_that_cannot_see_ends_what_moves_at_once_and_nothing_that_stands(enabled, fault):
    enabled.app.detector.health.fault = fault
    enabled.app.detector.health.blind = True
    if enabled.app.state in (TELEOP, SWEEP):
        assert enabled.until_changed() == (1, "STOPPED", "blind") and enabled.still()
    else:
        assert enabled.until_changed(50) is None


def test_teleop_blind_brings_the_machine_home_and_sweeps_nothing():
    for state, expected in ((TELEOP, None), (SWEEP, (1, "STOPPED", "blind"))):
        bench = Bench()
        bench.say("set teleop_blind 1")
        bench.to(state)
        bench.app.detector.health.fault = FAULTS.index("noise")
        assert bench.until_changed(20) == expected


def test_silence_in_a_sweep_is_a_stop_after_1500_ms():
    bench = Bench().to(SWEEP)
    bench.say("", ticks=1)
    assert bench.until_changed(148) is None
    bench.say("", ticks=1)
    assert bench.until_changed() == (150, "STOPPED", "link_lost") and bench.still()
    assert [(link["port"], link["up"], link["away_ms"]) for link in bench.told("link")] == [("usb", 0, 1500)]


def test_after_a_loss_what_happened_since_the_last_line_is_told_again_and_nothing_before_it():
    bench = Bench().to(SWEEP)
    bench.say("", ticks=20)
    assert bench.until_changed() == (131, "STOPPED", "link_lost")
    bench.tick(50)
    told = bench.say("", ticks=12)
    assert "to=STOPPED" in told and "up=0" in told and "up=1 away_ms=2010" in told
    assert "to=SWEEP" not in told and " boot " not in told
    assert "to=STOPPED" not in bench.say("", ticks=12), "once"


def test_silence_in_teleop_is_a_stop_where_it_is_one_before_the_command_is_stale():
    bench = Bench()
    bench.say("set link_timeout_ms 200")
    bench.to(TELEOP)
    assert bench.until_changed() == (20, "STOPPED", "link_lost")


@pytest.mark.parametrize("state", [ARMED, CONTACT], ids=["ARMED", "CONTACT"])
def test_silence_standing_is_a_stop_only_of_a_program_that_pinged(state):
    bench = Bench().to(state)
    bench.say("", ticks=1)
    assert bench.until_changed(400) is None and bench.told("link") == []
    bench.say("ping", ticks=1)
    assert bench.until_changed() == (150, "STOPPED", "link_lost")
    assert [(link["up"], link["away_ms"]) for link in bench.told("link")] == [(0, 1500)]


def test_pings_of_an_earlier_arming_bind_nobody():
    bench = Bench().to(ARMED)
    bench.say("ping")
    bench.say("disarm")
    bench.to(ARMED)
    assert bench.until_changed(400) is None


@pytest.mark.parametrize("state", [ARMED, CONTACT], ids=["ARMED", "CONTACT"])
def test_armed_and_unused_it_disarms_after_its_time(state):
    bench = Bench()
    bench.say("set arm_idle_s 5")
    bench.to(state)
    bench.say("mark", ticks=1)
    assert bench.until_changed(600) == (500, "SAFE", "idle") and bench.still()


def flags_of(bench):
    """What the detector says of each tick, from now on."""
    step, said = bench.app.detector.step, []

    def spied(*args):
        said.append(step(*args))
        return said[-1]

    bench.app.detector.step = spied
    return said


def over_an_object(bench, ticks=100):
    """The coil comes over an object; ticks until the state is another, or None."""
    for _ in range(14):
        bench.say("", ticks=10)
    bench.board.acquisition.under = COPPER
    state = bench.app.state
    for count in range(1, ticks + 1):
        bench.say("", ticks=1)
        if bench.app.state != state:
            return count
    return None


def test_an_alert_in_a_sweep_is_contact_in_the_very_tick_that_it_is_raised_in():
    bench = Bench().to(SWEEP)
    said = flags_of(bench)
    assert over_an_object(bench)
    assert said[-1] & FLAG_ALERT and not any(flags & FLAG_ALERT for flags in said[:-1])
    assert (bench.app.state, bench.told("state")[-1]["reason"]) == (CONTACT, "alert")
    assert not any(motor.duty_pm for motor in bench.board.motors) and bench.board.interlock.up
    [detect] = bench.told("detect")
    detector = bench.app.detector
    assert (detect["strength"], detect["statistic"], detect["level"], detect["class"]) == (
        detector.strength,
        detector.statistic,
        detector.level,
        "non_ferrous",
    )
    assert detect["statistic"] >= detect["level"] and bench.board.indicators.marks == 0


def test_with_sweep_marks_an_alert_goes_on_and_its_contact_is_marked_once():
    bench = Bench()
    bench.say("set sweep_marks 1")
    bench.to(SWEEP)
    assert over_an_object(bench, 50) is None and len(bench.told("detect")) == 1
    bench.board.acquisition.under = (0, 0, 0)
    for _ in range(40):
        bench.say("", ticks=10)
    [contact] = bench.told("contact")
    assert bench.app.state == SWEEP
    assert bench.board.indicators.marks == len(bench.told("mark")) == 1
    assert 420 < contact["peak_mm"] < 700 and contact["extent_mm"] > 0 and contact["snr_x10"] > 0


def test_a_contact_that_is_driven_over_is_not_marked():
    bench = Bench()
    bench.say("set sweep_marks 1")
    bench.to(TELEOP)
    for n in range(420):
        bench.board.acquisition.under = COPPER if 140 <= n < 200 else (0, 0, 0)
        bench.say("drive 300 0", ticks=1)
    assert len(bench.told("contact")) == 1 and bench.board.indicators.marks == 0


def test_a_sweep_that_stops_over_its_finds_does_not_mark_them_by_itself():
    bench = Bench().to(CONTACT)
    bench.say("verdict clutter", ticks=1)
    bench.say("sweep 100000", ticks=1)
    for _ in range(30):
        bench.say("", ticks=10)
    assert len(bench.told("contact")) == 1 and bench.board.indicators.marks == 0


def test_ground_counts_as_searched_in_a_sweep_alone_and_each_change_is_told_once():
    bench = Bench().to(SWEEP)
    for _ in range(20):
        bench.say("", ticks=10)
    assert bench.app.watch.searched == 1
    bench.say("stop", ticks=2)
    assert bench.app.watch.searched == 0
    bench.tick(50)
    told = bench.told("covered")
    assert [row["searched"] for row in told] == [1, 0]
    assert told[0]["from_mm"] > 100 and told[1]["from_mm"] > told[0]["from_mm"]
    bench = Bench().to(TELEOP)
    for _ in range(200):
        bench.say("drive 300 0", ticks=1)
    assert bench.app.watch.searched == 0 and bench.told("covered") == []


def test_a_fault_of_the_detector_is_told_by_its_name():
    bench = Bench().to(SWEEP)
    for _ in range(10):
        bench.say("", ticks=10)
    bench.board.acquisition.under = (0, -33000, -33000)
    bench.tick(10)
    assert [row["fault"] for row in bench.told("fault")] == ["no_pulse"]
    assert (bench.app.state, bench.told("state")[-1]["reason"]) == (STOPPED, "blind")
