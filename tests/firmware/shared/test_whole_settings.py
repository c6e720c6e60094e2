"""No accepted file of settings is unsafe: whole files are drawn, and what is unsafe is told by what rover and board do.

The rover is the world's motor (hil/world), no formula of the checks. A file may weaken a stop; then the board says so.
"""

from dataclasses import replace

import pytest
from bench import Encoder, Motor
from hypothesis import example, given
from hypothesis import strategies as st
from lane_of_finds import Lane

from hil.world.motor import Motor as WorldMotor
from hil.world.world_file import load_world_file
from sapper.detector.false_alarms import ALERT_LEVELS, LATE_LEVELS
from sapper.drive.drive import Drive
from sapper.drive.motion import Motion
from sapper.safety.supervisor import ARMED, CONTACT, SAFE, STOPPED, SWEEP, TELEOP
from sapper.shared import limits, together, weakened
from sapper.shared.events import WEAKENED
from sapper.shared.settings import TABLE, SettingError, Settings

pytestmark = pytest.mark.unit

ROWS = {row[0]: row for row in TABLE}
SLOWEST_MM_S = 150
FAULT_MS = 250
FAR_MM = 10**6
LOOP = ("motor_ff_pm", "motor_kp_pm", "motor_ki_pm", "motor_min_pm", "duty_max_pm")


def of_one(row):
    """A value of one setting: an end of its range, its default, or any."""
    name, default, low, high = row[:4]
    values = st.one_of(st.sampled_from((low, high, default)), st.integers(low, high))
    return values.map(lambda value: (name, value))


# Of the board in memory, which has tracks of its own.
NOT_OF_THE_BENCH = (*LOOP, "ticks_per_m", "left_reversed", "right_reversed", "encoder_fault_ms", "track_width_mm")
changes = st.lists(st.sampled_from(TABLE).flatmap(of_one), max_size=24)
about = lambda *names: st.lists(st.sampled_from([ROWS[name] for name in names]).flatmap(of_one), max_size=12)  # noqa: E731
TRACKS = (*LOOP, "encoder_fault_ms", "ticks_per_m", "sweep_mm_s", "speed_max_mm_s", "accel_mm_s2", "coast_ms")


def accepted(pairs):
    """What the board holds after being told these, one `set` after the other: what it refuses changes nothing."""
    settings = Settings()
    for name, value in pairs:
        try:
            settings.set(name, str(value))
        except SettingError:
            continue
    return settings


class Rover:
    """Drive and motion over two tracks of the world's; a track that is stuck stands, a crossed encoder counts down."""

    def __init__(self, settings, stuck=False, crossed=False):
        self.motors = (Motor(), Motor())
        self.encoders = (Encoder(), Encoder())
        self.drive = Drive(settings, self.motors, self.encoders)
        self.motion = Motion(settings, self.drive)
        self.drive.engage()
        spec = replace(load_world_file("clean").rover, coast_ms=150)
        self.tracks = (WorldMotor(spec), WorldMotor(spec))
        self.way_m = [0.0, 0.0]
        self.per_m = settings.get("ticks_per_m")
        self.stuck, self.crossed = stuck, crossed
        self.state = SWEEP

    def tick(self):
        """10 ms; the way of the left track in them (m)."""
        moved = 0.0
        for side in (0, 1):
            if self.stuck and side == 0:
                continue
            before = int(self.way_m[side] * self.per_m)
            way = sum(self.tracks[side].step(0.001, self.motors[side].duty_pm / 1000, True) for _ in range(10))
            self.way_m[side] += way
            ticks = int(self.way_m[side] * self.per_m) - before
            self.encoders[side].ticks = -ticks if self.crossed and side == 0 else ticks
            moved += way / 2
        self.drive.sense()
        self.motion.step(self.state, 10)
        return moved

    def until_fault(self, limit_ms):
        """So many ms until a track was at fault; None when it was not."""
        for ms in range(10, limit_ms + 10, 10):
            self.tick()
            if self.drive.fault_side >= 0:
                return ms
        return None


def up_to_speed_ms(settings, mm_s=SLOWEST_MM_S):
    """From rest to the slowest sweep's speed, as the ramp goes."""
    return 1000 * mm_s // settings.get("accel_mm_s2") + 10


@given(about(*TRACKS))
@example([("duty_max_pm", 100)])
@example([("duty_max_pm", 149)])
@example([("motor_min_pm", 0), ("motor_ff_pm", 0), ("motor_kp_pm", 0), ("motor_ki_pm", 0)])
def test_a_track_that_is_stuck_is_a_fault_soon_after_it_is_driven(pairs):
    settings = accepted(pairs)
    rover = Rover(settings, stuck=True)
    rover.motion.sweep(FAR_MM)
    driven_ms = up_to_speed_ms(settings) + limits.LOOP_STILL_MS
    assert rover.until_fault(driven_ms + FAULT_MS + 20) is not None


@given(about(*TRACKS))
@example([("speed_max_mm_s", 200), ("sweep_mm_s", 600)])
@example([("motor_ff_pm", 5000), ("motor_kp_pm", 0), ("motor_ki_pm", 0)])
def test_a_sweep_is_not_faster_than_the_fastest_that_the_operator_allows(pairs):
    settings = accepted(pairs)
    rover = Rover(settings)
    rover.motion.sweep(FAR_MM)
    way_m = sum([rover.tick() for _ in range(300)][200:])
    fastest = settings.get("speed_max_mm_s")
    assert settings.get("sweep_mm_s") <= fastest
    assert way_m * 1000 <= 1.25 * fastest, f"{way_m * 1000:.0f} mm/s, and {fastest} allowed"


@given(about(*TRACKS))
@example([("ticks_per_m", 100), ("sweep_mm_s", 150)])
def test_a_track_whose_encoder_is_crossed_is_a_fault_as_soon(pairs):
    settings = accepted(pairs)
    rover = Rover(settings, crossed=True)
    rover.motion.sweep(FAR_MM)
    assert rover.until_fault(up_to_speed_ms(settings, settings.get("sweep_mm_s")) + FAULT_MS) is not None


@given(about(*TRACKS, "stop_ramp_ms", "drive_timeout_ms"))
@example([("accel_mm_s2", 50), ("speed_max_mm_s", 1500)])
def test_no_speed_asked_for_is_rest_asked_for_within_a_second(pairs):
    settings = accepted(pairs)
    rover = Rover(settings)
    rover.state = TELEOP
    fastest = settings.get("speed_max_mm_s")
    for _ in range(1000 * fastest // settings.get("accel_mm_s2") // 10 + 20):
        rover.motion.drive(fastest, 0)
        rover.tick()
    for ms in range(0, 5000, 10):
        if rover.drive.resting():
            break
        rover.motion.drive(0, 0)
        rover.tick()
    assert ms <= 1000 + 20


@given(changes)
@example([("vsys_low_mv", 3000)])
@example([("vsys_low_mv", 4300), ("vsys_critical_mv", 4301)])
def test_a_supply_that_would_stop_it_never_arms_it(pairs):
    settings = accepted(pairs)
    assert settings.get("vsys_low_mv") >= settings.get("vsys_critical_mv")


@given(about(*[name for name in ROWS if name not in NOT_OF_THE_BENCH]))
@example([("sweep_marks", 1)])
@example([("det_alert_x100", 2000)])
@example([("det_alert_x100", 415)])
def test_a_sweep_stops_over_a_strong_find_or_arming_and_status_say_by_which_setting_it_might_not(pairs):
    lane = Lane()
    lane.app.settings = settings = accepted(pairs + [("arm_idle_s", 120)])
    for user in (lane.app.detector, lane.app.drive, lane.app.motion):
        user._settings = settings
    lane.app.detector.health._settings = settings
    lane.app.configure()
    lane.tick(60)
    answer = lane.say("arm", 12)
    if "code=" not in answer:
        assert "err checks" in answer
        return
    named = {line.split()[1].split("=")[0] for line in answer.split("\r\n") if line.startswith("  weakened: ")}
    lane.say("arm " + answer.split("code=")[1][:4], 12)
    assert lane.state == ARMED
    lane.say("sweep 5000")
    stopped = lane.state != SWEEP or lane.sweeps_past(700) is not None
    assert named == {name for name in WEAKENED if name in lane.say("status", 12)}
    if settings.get("sweep_marks"):
        assert "sweep_marks" in named
    if not named:
        assert stopped and lane.state in (CONTACT, STOPPED, SAFE)


def test_the_level_from_which_an_alert_is_weakened_is_the_strictest_of_either_table():
    """One setting is the level of both alerts: above the late one's strictest, that one is weaker than at any rate."""
    strictest = [max(level for _, level in table) for table in (ALERT_LEVELS, LATE_LEVELS)]
    assert min(strictest) == limits.ALERT_LEVEL_X100
    assert limits.SWEEP_LEAST_MM_S == SLOWEST_MM_S and limits.RAMP_MOST_MS == 1000 and limits.LOOP_FAST_MS == 500


@pytest.mark.parametrize(
    ("pairs", "name", "value", "other"),
    [
        ([], "speed_max_mm_s", 200, "sweep_mm_s"),
        ([("speed_max_mm_s", 400)], "sweep_mm_s", 500, "speed_max_mm_s"),
        ([], "accel_mm_s2", 400, "speed_max_mm_s"),
        ([], "vsys_low_mv", 4200, "vsys_critical_mv"),
        ([], "vsys_critical_mv", 4700, "vsys_low_mv"),
        ([], "motor_min_pm", 400, "motor_kp_pm"),
        ([("motor_min_pm", 0), ("motor_ff_pm", 0)], "motor_kp_pm", 600, "motor_ff_pm"),
        ([], "det_supply_min_mv", 5500, None),
        ([("det_supply_max_mv", 5000)], "det_supply_min_mv", 5100, "det_supply_max_mv"),
    ],
)
def test_a_step_that_would_make_the_whole_unsafe_is_refused_and_names_the_setting_to_change_first(
    pairs, name, value, other
):
    settings = Settings()
    settings.set_many(pairs)
    before = settings.dump_lines()
    if other is None:
        settings.set(name, value)
        return
    with pytest.raises(SettingError, match=other) as refused:
        settings.set(name, value)
    assert name in str(refused.value) and settings.dump_lines() == before


def test_both_are_changed_in_two_steps_the_one_that_loosens_first():
    settings = Settings()
    settings.set("sweep_mm_s", 150)
    settings.set("speed_max_mm_s", 200)
    settings.set("speed_max_mm_s", 600)
    settings.set("sweep_mm_s", 600)


@given(changes)
def test_what_was_taken_one_by_one_is_taken_as_a_file_and_may_be_armed_with(pairs):
    settings = accepted(pairs)
    again = Settings()
    again.load_text("\n".join(settings.dump_lines()))
    assert again.dump_lines() == settings.dump_lines() and together.problem(again.get) == ""


@given(changes)
def test_defaults_weaken_nothing_and_each_setting_that_weakens_has_a_bit_of_its_own(pairs):
    assert weakened.bits(Settings().get) == 0
    assert tuple(row[0] for row in weakened.TABLE) == WEAKENED
    settings = accepted(pairs)
    told = [row[0] for row in weakened.rows(weakened.bits(settings.get))]
    for name, low, high, what in weakened.TABLE:
        assert (name in told) == (not low <= settings.get(name) <= high), what
        assert low <= ROWS[name][1] <= high and (low > ROWS[name][2] or high < ROWS[name][3])
