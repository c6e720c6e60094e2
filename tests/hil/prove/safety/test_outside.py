"""Rows on a rig that sees a board from outside alone: kept where they are with Insight, missed on bad firmware, never
counted from later than the inside of the chip would tell."""

import pytest

from hil.errors import HilError
from hil.prove.safety import played, trial, truth
from hil.prove.safety.by_line import BY_LINE
from hil.prove.safety.canaries import CANARIES, canaries_of
from hil.prove.safety.scenarios import SCENARIOS, goes_by_line, needs
from hil.prove.safety.ticks import at_start_of_tick
from hil.prove.safety.trial import run_trial
from hil.prove.safety.ways import offered_by, ways_of
from hil.rigs.capabilities import Analogue, Cable, Inertial, Lines, Pins, Power, Reset, Time
from hil.rigs.registry import RIGS
from hil.rigs.rig import NS_PER_MS, TICK_NS
from sapper.shared.limits import FEED_HOLD_MS
from sapper.shared.pins import GPIO
from tests.hil.prove.safety import outside_rig

OF_A_BENCH = frozenset((Lines, Pins, Analogue, Time, Power, Reset, Cable))
# A row of each kind: (name, limit in us, what else to the name).
KEPT = (
    ("hang, interrupts on, in SWEEP", 60_000),
    ("hang, interrupts off, in TELEOP", 1_000_000),
    ("flash erase of 400 ms, in TELEOP", 60_000),
    ("hang put into the loop by hand, in SWEEP", 60_000),
    ("exception in a tick, in TELEOP", 60_000),
    ("clock is moved by minutes, in SWEEP", 60_000),
    ("ticks_us wraps, in TELEOP", 60_000),
    ("loop open for 50 us, in TELEOP", 100),
    ("loop opens while it is armed, in SAFE", 100),
    ("left encoder cut, in SWEEP", 250_000),
    ("right encoder: half the counts lost, in SWEEP", 100_000),
    ("USB unplugged, in SWEEP", 1_600_000),
    ("brown-out, in SWEEP", 60_000),
    ("a line is garbled, in TELEOP, over the radio", 0),
)
MISSED = (
    ("hang, interrupts on, in SWEEP", 60_000, "a feed holds for 100 ms"),
    ("hang, interrupts off, in SWEEP", 1_000_000, "the watchdog waits for 2 s"),
    ("flash erase of 400 ms, in SWEEP", 60_000, "a feed holds for 100 ms"),
    ("hang put into the loop by hand, in TELEOP", 60_000, "a feed holds for 100 ms"),
    ("exception in a tick, in SWEEP", 60_000, "an exception is passed over"),
    ("clock is moved by minutes, in TELEOP", 60_000, "a clock that jumps passes for 10 ms, and a feed holds for 2 s"),
    ("ticks_us wraps, in SWEEP", 60_000, "ticks are compared as numbers that never wrap"),
    ("loop open for 50 us, in SWEEP", 100, "the interlock's PIO program does not look at the loop"),
    ("a find, in SWEEP", 25_000, "the detector's answer comes 50 ms late"),
    ("gate 1 frozen, in TELEOP", 100_000, "not seeing is a stop 150 ms later"),
    ("left encoder cut, in TELEOP", 250_000, "a track's fault is a stop 300 ms later"),
    ("brown-out, in SWEEP", 60_000, "reset and power cut do not reach the chip"),
)


class Inside:
    """The same stage, with the inside of its chip."""

    def __init__(self, stage):
        self.rig, self.note = stage.rig.inner, stage.note
        self.timeline, self.tracks, self.known_from_ns = stage.timeline, stage.tracks, stage.known_from_ns

    @property
    def now_ns(self):
        return self.rig.now_ns


def row(name, limit_us):
    return next(s for s in SCENARIOS if s.name == name and s.limit_us == limit_us)


@pytest.fixture(scope="module")
def stage(firmware):
    with outside_rig.open_outside(firmware, seed=3) as stage:
        assert offered_by(stage.rig) == OF_A_BENCH
        stage.rig.inner.insight.record_conversions()
        stage.reboot()  # from its start on
        yield stage


@pytest.mark.virtual
@pytest.mark.xdist_group("outside")
@pytest.mark.parametrize(("name", "limit_us"), KEPT, ids=[name for name, _ in KEPT])
def test_a_row_is_kept_from_outside(stage, name, limit_us):
    scenario = row(name, limit_us)
    done = run_trial(stage, scenario, 11)
    assert done.wrong == "" and done.repeats == () and done.kept, done.latency_us
    assert not done.ways.inside
    assert done.ways.by_line == (scenario.fault in BY_LINE)
    if scenario.start == "tick":
        # MOTOR_EN is held for so long after the last completed tick: a start that tells less would be after it.
        assert done.latency_us >= FEED_HOLD_MS * 1000


@pytest.mark.virtual
@pytest.mark.xdist_group("outside")
@pytest.mark.parametrize(("name", "limit_us", "what"), MISSED, ids=[f"{name}: {what}" for name, _, what in MISSED])
def test_a_row_is_missed_from_outside_on_its_canary(stage, name, limit_us, what):
    scenario = row(name, limit_us)
    (canary,) = (each for each in CANARIES if each.what == what)
    assert canary in canaries_of(scenario)
    try:
        done = run_trial(stage, scenario, 1000, canary.code, canary.deaf)
    finally:
        stage.repeats.clear()
    assert not done.kept, done


@pytest.mark.virtual
@pytest.mark.xdist_group("outside")
@pytest.mark.parametrize(
    ("name", "limit_us", "seeds"),
    [
        ("a find, in SWEEP", 25_000, range(1000, 1006)),
        ("gate 0 frozen, in SWEEP", 100_000, range(1000, 1003)),
        pytest.param("a find, in SWEEP", 25_000, range(2000, 2040), marks=pytest.mark.whole),
        pytest.param("gate 0 frozen, in SWEEP", 100_000, range(2000, 2020), marks=pytest.mark.whole),
    ],
    ids=["alert", "blind", "alert, many", "blind, many"],
)
def test_what_the_detector_had_to_see_is_never_told_later_than_its_converter_tells(
    stage, monkeypatch, name, limit_us, seeds
):
    seen, look = [], played.window_of

    def window_of(stage, frame_ns, duty_ns, from_ns, until_ns, what):
        window = look(stage, frame_ns, duty_ns, from_ns, until_ns, what)
        inside = Inside(stage)
        seen.append((window, truth.frames_of(inside, at_start_of_tick(inside), from_ns, what)))
        return window

    monkeypatch.setattr(trial.played, "window_of", window_of)
    narrow = 0
    for seed in seeds:
        stage.run(seed * 1_130_000 % TICK_NS)  # another place of the frames in a step of what is played
        done = run_trial(stage, row(name, limit_us), seed)
        assert done.kept, (seed, done.latency_us, done.wrong)
        window, frames = seen[-1]
        assert window is not None and None not in frames, seed
        starts = [frame.start_ns for frame in frames]
        assert window.earliest_ns <= min(starts), (seed, window.earliest_ns - min(starts))
        if limit_us == 25_000:
            assert max(starts) <= window.latest_ns, (seed, max(starts) - window.latest_ns)
            narrow += window.latest_ns - window.earliest_ns <= TICK_NS + NS_PER_MS
    # A find leaves nothing open but which side of a frame's end it came on, unless the bin that it came in is at the
    # alert's level.
    assert limit_us != 25_000 or narrow >= len(seeds) * 2 // 3


@pytest.mark.virtual
@pytest.mark.xdist_group("outside")
def test_only_what_a_bench_has_a_wire_for_can_be_asked(stage):
    for use in (stage.rig.pin, stage.rig.pwm):
        with pytest.raises(HilError, match="is not wired"):
            use(GPIO["LED"])
    assert not stage.rig.adc.plays(4) and stage.rig.adc.running_since_ns is None


@pytest.mark.unit
def test_a_bench_has_the_means_for_every_row():
    """But for a rover in a field: what its gyro feels only an emulated board can be told."""
    lacking = {s: needs(s, OF_A_BENCH) - OF_A_BENCH for s in SCENARIOS}
    assert {s.name: lacks for s, lacks in lacking.items() if lacks and not s.in_field} == {}
    assert {lacks for s, lacks in lacking.items() if s.in_field} == {frozenset({Inertial})}
    by_line = {s.fault for s in SCENARIOS if goes_by_line(s, OF_A_BENCH)}
    assert by_line == set(BY_LINE)


@pytest.mark.unit
def test_a_row_tells_how_it_was_run_and_a_rig_with_insight_is_asked_for_it():
    hang = row("hang, interrupts on, in SWEEP", 60_000)
    outside = ways_of(hang, OF_A_BENCH)
    assert "set off by a line" in outside.fault and "the last change of a duty" in outside.start
    assert outside.resets(hang)
    virtual = ways_of(hang, RIGS["virtual"].offers)
    assert virtual.fault == "by the rig, in its chip" and virtual.start == "its core fell asleep"
    assert virtual.inside and not virtual.resets(hang)
