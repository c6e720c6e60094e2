"""What the rig says the detector had to see is what the board's detector sees, sample by sample."""

from random import Random

import numpy as np
import pytest

from hil.prove.safety import truth
from hil.prove.safety.faults import FAULTS, FIND
from hil.prove.safety.gates import Gates
from hil.prove.safety.stage import open_stage
from hil.prove.safety.ticks import at_start_of_tick
from hil.prove.safety.wheels import Wheel
from hil.rigs.rig import NS_PER_MS, TICK_NS
from hil.world.encoder import Edges, Encoder
from hil.world.world_file import load_world_file


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
            frame = truth.frame_of(stage, tick_ns, found_ns, truth.SEEN)
            told = [(at, event) for at, event in stage.operator.heard.came if event.kind == "detect" and at > found_ns]
            assert frame is not None and [event.args["statistic"] for _, event in told] == [frame.statistic]
            assert frame.start_ns + TICK_NS < told[0][0] < frame.start_ns + 2 * TICK_NS
            since_ns = stage.rig.adc.running_since_ns
            for off_ns in (-20_000, 0, 60_000):  # a start that was found a little early is of the same tick
                assert truth.frame_of(stage, since_ns + 500 * TICK_NS + off_ns, found_ns, truth.SEEN) == frame
            stage.safe()
            assert not truth.known(stage)  # what was before is forgotten, so it may not be asked
            with pytest.raises(ValueError):
                truth.frame_of(stage, tick_ns, found_ns, truth.SEEN)


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


class _Adc:
    """Takes what the gates play, as a converter's input does: later points replace what was scheduled after them."""

    def __init__(self):
        self.points = [{}, {}, {}]

    def set(self, gate, millivolts, now_ns=0):
        self.points[gate] = {now_ns: millivolts}

    def play(self, gate, times, values, interpolate):
        assert interpolate == "hold"
        kept = {t: v for t, v in self.points[gate].items() if t < times[0]}
        self.points[gate] = kept | dict(zip(times.tolist(), values.tolist(), strict=True))

    def at(self, gate, t_ns):
        return self.points[gate][max(t for t in self.points[gate] if t <= t_ns)]


@pytest.mark.unit
def test_what_the_gates_saw_is_what_was_played_to_the_converter():
    adc = _Adc()
    gates = Gates(adc, 1)
    gates.play_to(0, 1)
    gates.bend((-60.0, -36.0, -12.0), 300_250_000)
    gates.play_to(1_300_000_000, 1_305_000_000)
    times = np.array([0, 499_999, 500_000, 300_249_999, 300_250_000, 300_750_001, 1_299_000_000, 1_305_000_000])
    for gate in range(3):
        assert gates.seen_mv(gate, times).tolist() == [adc.at(gate, t) for t in times.tolist()]
    before = adc.at(1, 1_309_999_999)
    gates.hold(1, 1234.0, 1_310_000_000)
    assert gates.seen_mv(1, np.array([1_309_999_999, 1_310_000_000])).tolist() == [before, 1234.0]
    gates.forget_before(1_310_000_000)
    assert gates.seen_mv(1, np.array([1_310_000_000])).tolist() == [1234.0]
