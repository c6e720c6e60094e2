"""The test-piece check: a known piece of metal passed over the coil, judged by the board, before it may be armed."""

from math import cos, pi

import pytest
from bench import COPPER, Bench

from sapper.safety.supervisor import ARMED, SAFE
from sapper.shared import fields
from sapper.shared.detector_settings import TUNING
from sapper.shared.events import FAULTS, PIECE_STEPS
from sapper.shared.limits import PIECE_AWAY_MS, PIECE_BRING_MS, PIECE_HELD_MS, PIECE_QUIET_MS, TICK_MS, TIME_WRAP_MS
from sapper.shared.settings import row_of

pytestmark = pytest.mark.unit

SOIL = (-2000, -1764, -1834)  # 101 mV at gate 0, and the others as the settings have it
NOTHING = (0, 0, 0)
QUIET, BRING, AWAY = PIECE_QUIET_MS // TICK_MS, PIECE_BRING_MS // TICK_MS, PIECE_AWAY_MS // TICK_MS
PASS = 30  # ticks that the piece is under the middle of the coil
RAMP = [(1 - cos(pi * tick / 60)) / 2 for tick in range(60)]


def times(gates, factor):
    return tuple(int(value * factor) for value in gates)


@pytest.fixture
def bench():
    bench = Bench()
    bench.board.inputs.key = 1
    bench.say("set arm_needs_testpiece 1")
    bench.tick(50)
    return bench


def steps(bench):
    """What the check told, in order."""
    return [event["step"] for event in bench.told("testpiece")]


def over(bench, gates, ticks=PASS):
    """Something comes under the coil as a hand brings it, stays for so long, and goes again."""
    for share in [*RAMP, *[1.0] * ticks, *reversed(RAMP)]:
        bench.board.acquisition.under = times(gates, share)
        bench.tick()
    bench.board.acquisition.under = NOTHING


def passes(bench, piece=COPPER):
    """A whole check."""
    assert bench.last("testpiece begin").startswith("ok testpiece=quiet")
    bench.tick(QUIET + 20)
    over(bench, piece)
    bench.tick(100)


def refused(bench):
    """The names of the checks that keep it from being armed."""
    return [line.split(":")[0].strip() for line in bench.say("arm").split("\r\n") if line.startswith("  ")]


def test_a_piece_that_comes_and_goes_passes_is_told_and_lets_the_rover_be_armed(bench):
    assert refused(bench) == ["testpiece"]
    assert "`testpiece begin`" in bench.last("arm")
    passes(bench)
    assert steps(bench) == ["quiet", "bring", "away", "passed"]
    [*_, last] = bench.told("testpiece")
    assert 110 < last["snr_x10"] < 166 and last["need_x10"] == 100 and 1400 < last["noise_uv"] < 1500
    assert " testpiece=1 " in bench.last("status")
    assert bench.last("testpiece").startswith("ok testpiece=passed snr_x10=")
    assert bench.arm() == "ok state=ARMED"


def test_where_no_setting_asks_for_it_none_is_needed(bench):
    bench.say("set arm_needs_testpiece 0")
    assert " testpiece=0 " in bench.last("status")
    assert bench.arm() == "ok state=ARMED"


def test_the_loop_goes_on_and_the_motors_are_off_meanwhile(bench):
    bench.say("testpiece begin")
    for _ in range(QUIET + BRING + 10):
        bench.tick()
        assert bench.app.state == SAFE and bench.still()
    assert bench.last("ping").startswith("ok t_ms=")


def waits(bench):
    """All the time there is for the piece, but for its last ticks, in no time."""
    passing = bench.app.piece_check._passing
    if passing:
        passing.left = min(passing.left, 5)
    bench.tick(6)


# What is done in place of a pass, how the check ends, a word of what to do.
def nothing(bench):
    bench.tick(BRING + 5)


def too_small(bench):
    over(bench, times(COPPER, 0.5))
    waits(bench)


def left_lying(bench):
    over(bench, COPPER, PASS + AWAY)


def coil_moved(bench):
    over(bench, SOIL)
    waits(bench)


def coil_lifted_off_another_soil(bench):
    over(bench, (2000, 1764, int(1834 * 1.06)))
    waits(bench)


def gates_swapped(bench):
    over(bench, (COPPER[0], COPPER[2], COPPER[1]))
    waits(bench)


def a_spike(bench):
    bench.board.acquisition.under = times(COPPER, 1.5)
    bench.tick(4)
    bench.board.acquisition.under = NOTHING
    waits(bench)


def front_end_faulty(bench):
    bench.app.detector.health.fault = FAULTS.index("stuck_gate1")
    bench.tick(2)


def rover_pushed(bench):
    bench.app.drive.speed_mm_s = 10
    bench.app.piece_check.step()


def settings_changed(bench):
    bench.say("set det_ground1_pm 890")


BAD = (
    (nothing, "missing", "pass the test piece"),
    (too_small, "weak", "nearer"),
    (left_lying, "left", "take"),
    (coil_moved, "soil", "still"),
    (coil_lifted_off_another_soil, "soil", "still"),
    (gates_swapped, "inverted", "wires"),
    (a_spike, "weak", "nearer"),
    (front_end_faulty, "fault", "status"),
    (rover_pushed, "ended", "begin"),
    (settings_changed, "changed", "begin"),
)


@pytest.mark.parametrize(("bad", "step", "word"), BAD, ids=[row[0].__name__ for row in BAD])
def test_what_is_no_pass_of_a_piece_is_refused_by_its_name_and_does_not_arm(bench, bad, step, word):
    bench.say("testpiece begin")
    bench.tick(QUIET + 20)
    bad(bench)
    assert steps(bench)[-1] == step
    answer = bench.last("testpiece")
    assert answer.startswith(f"err testpiece: {step}") and word in answer
    assert "testpiece" in refused(bench)


def test_metal_that_moves_or_noise_from_the_start_is_refused(bench):
    bench.say("testpiece begin")
    bench.tick(QUIET // 2 + 10)
    over(bench, times(COPPER, 2.5))
    assert steps(bench)[-1] == "unquiet"


def test_every_step_that_ends_a_check_is_brought_about_here():
    told = {name for name, _ in PIECE_STEPS}
    assert told == {row[1] for row in BAD} | {"none", "quiet", "bring", "away", "passed", "unquiet", "expired"}


def test_a_tenth_over_the_level_asked_for_it_passes_and_under_it_not(bench):
    passes(bench)
    [*_, last] = bench.told("testpiece")
    bench.say(f"set testpiece_snr_x10 {last['snr_x10'] * 9 // 10}")
    passes(bench)
    assert steps(bench)[-1] == "passed"
    bench.say(f"set testpiece_snr_x10 {last['snr_x10'] + 5}")
    passes(bench)
    waits(bench)
    assert steps(bench)[-1] == "weak"


def test_shorter_than_it_has_to_be_held_it_is_no_piece(bench):
    bench.say("testpiece begin")
    bench.tick(QUIET + 20)
    need = bench.app.settings.get("testpiece_snr_x10")
    for ticks in range(1, 40):
        bench.board.acquisition.under = COPPER
        bench.tick(ticks)
        bench.board.acquisition.under = NOTHING
        bench.tick(60)
        if steps(bench)[-1] != "bring":
            break
    assert bench.app.piece_check.snr_x10 > need and PIECE_HELD_MS // TICK_MS < ticks < 3 * PIECE_HELD_MS // TICK_MS


@pytest.mark.parametrize(
    "name", [row[0] for row in TUNING] + ["pulse_rate_hz", "pulse_us", "gate0_ns", "gate1_ns", "gate2_ns"]
)
def test_a_setting_that_makes_it_another_detector_takes_the_check_away(bench, name):
    passes(bench)
    value = bench.app.settings.get(name)
    for other in (value + 1, value - 1):
        if bench.last(f"set {name} {other}").startswith("ok"):
            break
    assert bench.app.settings.get(name) != value
    bench.say(f"set {name} {value}")
    assert steps(bench)[-1] == "changed" and refused(bench) == ["testpiece"]


def test_a_level_above_what_the_piece_gave_takes_it_away_and_one_below_does_not(bench):
    passes(bench)
    snr_x10 = bench.app.piece_check.snr_x10
    bench.say(f"set testpiece_snr_x10 {snr_x10}")
    assert refused(bench) == []
    bench.say(f"set testpiece_snr_x10 {snr_x10 + 1}")
    assert steps(bench)[-1] == "changed" and refused(bench) == ["testpiece"]


def test_a_level_that_is_changed_on_the_way_ends_a_check(bench):
    bench.say("testpiece begin")
    bench.say("set testpiece_snr_x10 110")
    assert steps(bench)[-1] == "changed"


def test_other_settings_leave_it(bench):
    passes(bench)
    bench.say("set sweep_mm_s 310")
    bench.say("set arm_needs_testpiece 1")
    assert refused(bench) == []


def test_a_fault_of_the_detector_takes_it_away(bench):
    passes(bench)
    bench.app.log_fault(FAULTS.index("noise"))
    assert steps(bench)[-1] == "fault" and refused(bench) == ["testpiece"]


@pytest.mark.parametrize("begun_ms", [1000, TIME_WRAP_MS - 1_000_000], ids=["soon", "as time begins again"])
def test_after_the_hours_set_it_has_expired(bench, begun_ms):
    bench.app.t_ms = begun_ms
    bench.say("set testpiece_hours 1")
    passes(bench)
    bench.app.t_ms = (bench.app.t_ms + 3_590_000) % TIME_WRAP_MS
    bench.app.upkeep()
    assert refused(bench) == []
    bench.app.t_ms = (bench.app.t_ms + 10_000) % TIME_WRAP_MS
    assert refused(bench) == ["testpiece"]
    bench.app.upkeep()
    assert steps(bench)[-1] == "expired"


def test_its_longest_time_is_over_before_board_time_begins_again():
    assert row_of("testpiece_hours")[3] * 3_600_000 < TIME_WRAP_MS // 2


def test_another_start_knows_of_none(bench):
    passes(bench)
    bench.say("save")
    again = Bench()
    again.board.inputs.key = 1
    again.tick(50)
    assert refused(again) == ["testpiece"]


def test_armed_it_is_not_begun_and_arming_ends_one_that_runs(bench):
    bench.say("set arm_needs_testpiece 0")
    bench.say("testpiece begin")
    bench.arm()
    bench.tick()
    assert bench.app.state == ARMED and steps(bench)[-1] == "ended"
    assert bench.last("testpiece begin").startswith("err state:")


def test_a_faulty_detector_begins_none(bench):
    bench.app.detector.health.fault = FAULTS.index("noise")
    assert bench.last("testpiece begin").startswith("err testpiece: fault noise;") and steps(bench) == []


def test_its_events_are_read_by_hosts(bench):
    passes(bench)
    log = bench.app.log
    lines = [log.text(number) for number in range(log.oldest(), log.next)]
    assert [fields.parse_line(line)["step"] for line in lines if " testpiece " in line][-1] == "passed"


def test_the_operator_may_end_one(bench):
    bench.say("testpiece begin")
    assert bench.last("testpiece end").startswith("ok testpiece=ended")
    bench.tick(QUIET + BRING)
    assert steps(bench) == ["quiet", "ended"]
