"""What the rig says the detector had to see is what the board's detector sees, sample by sample."""

from dataclasses import replace
from random import Random

import pytest

from hil.prove.safety import truth
from hil.prove.safety.faults import FAULTS, FIND
from hil.prove.safety.scenarios import SCENARIOS
from hil.prove.safety.stage import open_stage
from hil.prove.safety.ticks import at_start_of_tick
from hil.prove.safety.trial import run_trial
from hil.prove.safety.wheels import Wheel
from hil.rigs.rig import NS_PER_MS, TICK_NS
from hil.world.encoder import Edges, Encoder
from hil.world.world_file import load_world_file

FIND_ROW = next(scenario for scenario in SCENARIOS if scenario.fault == FIND)
_EDGE_IN_A_TICK = 5


@pytest.mark.virtual
@pytest.mark.xdist_group("truth")
def test_the_board_alerts_with_the_statistic_that_the_rig_worked_out_and_in_the_next_tick(firmware):
    with open_stage("virtual", firmware, seed=6) as stage:
        for seed in range(3):
            if seed:
                stage.reboot()
            tick_ns = at_start_of_tick(stage)
            stage.to("SWEEP")
            stage.run(2800 * NS_PER_MS)
            found_ns = stage.now_ns
            FAULTS[FIND](stage, Random(seed))
            stage.run(400 * NS_PER_MS)
            frames = truth.frames_of(stage, tick_ns, found_ns, truth.SEEN)
            told = [(at, event) for at, event in stage.operator.heard.came if event.kind == "detect" and at > found_ns]
            starts = {frame and frame.start_ns for frame in frames}
            assert len(starts) == len(told) == 1
            (start_ns,), ((at_ns, event),) = starts, told
            statistics = [frame.statistic for frame in frames]
            # An edge of an encoder as a tick looks at it counts in that tick or in the next, so a bin may have a frame
            # more or less. A frame off, the statistic of this find changes by tens.
            assert min(statistics) - _EDGE_IN_A_TICK <= event.args["statistic"] <= max(statistics) + _EDGE_IN_A_TICK
            assert start_ns + TICK_NS < at_ns < start_ns + 2 * TICK_NS
            for off_ns in (-20_000, 20_000):
                others = truth.frames_of(stage, tick_ns + off_ns, found_ns, truth.SEEN)
                assert start_ns in {other and other.start_ns for other in others}
            # A tick as a frame begins, which was found a little early, is that tick and not one of the frame before.
            since_ns = stage.rig.adc.running_since_ns
            tick_500_ns = round(since_ns + 500 * TICK_NS / (1 + stage.rig.parts.crystal_ppm * 1e-6))
            as_it_begins, early, too_early = (
                truth.frames_of(stage, tick_500_ns - off_ns, found_ns, truth.SEEN) for off_ns in (0, 20_000, 50_000)
            )
            assert {frame and frame.start_ns for frame in as_it_begins} & {frame and frame.start_ns for frame in early}
            assert as_it_begins != too_early
            stage.safe()
            assert not truth.known(stage)  # what was before is forgotten, so it may not be asked
            with pytest.raises(ValueError):
                truth.frames_of(stage, tick_ns, found_ns, truth.SEEN)


@pytest.mark.virtual
@pytest.mark.xdist_group("truth")
def test_motors_stop_as_long_after_the_frame_began_as_its_arithmetic_takes(firmware, monkeypatch):
    with open_stage("virtual", firmware, seed=6) as stage:
        for seed in range(1000, 1008):
            done = run_trial(stage, FIND_ROW, seed)
            assert done.ok and not done.undecided, (seed, done.latency_us, done.wrong, done.repeats)
            assert 13_000 < done.latency_us < 14_500, (seed, done.latency_us)
        # One frame late, the same would be 3.5 ms: before the frame was whole.
        frames_of = truth.frames_of

        def late(*where):
            return [replace(frame, start_ns=frame.start_ns + TICK_NS) for frame in frames_of(*where)]

        monkeypatch.setattr(truth, "frames_of", late)
        assert "before the alert" in run_trial(stage, FIND_ROW, 1000).wrong


@pytest.mark.unit
def test_a_wheel_counts_as_the_worlds_encoder_does_to_and_fro():
    spec = load_world_file("clean").rover
    encoder, random = Encoder(spec, False), Random(1)
    wheel = Wheel(encoder.levels)
    start = encoder.ticks
    for step in range(400):
        a, b = Edges(), Edges()
        encoder.move(step * 1000, step * 1000 + 1000, random.uniform(-0.004, 0.005), a, b)
        wheel.edges(a, b)
        assert wheel.count(step * 1000 + 1000) == encoder.ticks - start
    assert encoder.ticks - start > 50
    half = wheel.count(200_000)
    wheel.forget_before(200_000)
    assert wheel.count(200_000) == half and wheel.count(400_000) == encoder.ticks - start
