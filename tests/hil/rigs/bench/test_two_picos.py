"""The bench on two emulated Picos, the rover's firmware on one and the instrument's on the other: it tells what is so.

The truth is the emulator's own record of the rover's pins.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest

from hil.errors import HilError
from hil.play.operator import Operator
from hil.play.replay import replay
from hil.prove.safety.stage import Stage
from hil.rigs.bench.emulated import EmulatedOutside
from hil.rigs.bench.opened import open_bench
from hil.rigs.bench.rig import BenchRig
from hil.rigs.rig import NS_PER_MS, NS_PER_S
from hil.rigs.spread import FRESH, SAMPLES_AS_PLAYED
from hil.traces.synthetic import synthetic_trace
from hil.world.encoder import QUARTERS, Edges
from hil.world.wiring import Decoder
from sapper.shared.limits import ESTOP_OPEN_US
from sapper.shared.pins import GPIO

pytestmark = [pytest.mark.virtual, pytest.mark.slow]

_AGREES_NS = 100  # asked for are 1 us for an edge, 2 us for a latency


@pytest.fixture
def rig() -> Iterator[BenchRig]:
    try:
        made = open_bench(seed=3)
    except HilError as error:
        if "make " not in str(error):
            raise
        pytest.skip(str(error))
    with made:
        yield made


def _outside(rig: BenchRig) -> EmulatedOutside:
    assert isinstance(rig.outside, EmulatedOutside)
    return rig.outside


@pytest.mark.parametrize("moments", [3, pytest.param(100, marks=pytest.mark.whole)])
def test_an_emergency_stop_takes_as_long_by_the_instrument_as_it_took(rig: BenchRig, moments: int) -> None:
    rover = _outside(rig).pair.rover
    true_enable, true_loop = rover.pin(GPIO["MOTOR_EN"]), rover.pin(GPIO["ESTOP_OK"])
    true_enable.watch()
    true_loop.watch()
    loop = rig.pin(GPIO["ESTOP_OK"])
    loop.watch()
    stage = Stage(rig)
    chance = Random(1)
    for _ in range(moments):
        stage.to("ARMED")
        stage.run(rig.lag_ns)
        for each in (loop, true_loop, true_enable):
            each.edges()
        at_ns = rig.now_ns + chance.randrange(NS_PER_MS, 20 * NS_PER_MS)
        stage.loop_closed(False, at_ns)
        stage.run(100 * NS_PER_MS)
        ((opened_ns, _),) = loop.edges()
        fell_ns, level = stage.timeline.enable[-1]
        ((true_opened_ns, _),), ((true_fell_ns, _),) = true_loop.edges(), true_enable.edges()
        assert abs(opened_ns - at_ns) <= _AGREES_NS
        assert level == 0 and 0 < fell_ns - opened_ns < ESTOP_OPEN_US * 1000
        assert abs((fell_ns - opened_ns) - (true_fell_ns - true_opened_ns)) <= _AGREES_NS
        stage.safe()
    assert stage.repeats == [] and rig.player.troubles == [] and rig.held_ns == 0


def test_encoders_count_exactly_what_was_played_and_voltages_are_what_was_asked(rig: BenchRig) -> None:
    operator = Operator(rig)
    operator.boot()
    operator.must("telemetry raw")
    asked_mv = (700.0, 1500.0, 2400.0)
    for channel, millivolts in enumerate(asked_mv):
        rig.adc.set(channel, millivolts)
    chance = Random(2)
    edges = {"A": Edges(), "B": Edges()}
    quarter, at_ns = 0, rig.now_ns + NS_PER_MS
    for _ in range(20):
        step = chance.choice((-1, 1))
        gap_ns = chance.randrange(100_000, 2_000_000)
        for _ in range(chance.randrange(1, 60)):
            at_ns += gap_ns
            before, after = QUARTERS[(quarter - 1) % 4], QUARTERS[(quarter - 1 + step) % 4]
            quarter += step
            for letter, was, now in zip("AB", before, after, strict=True):
                if was != now:
                    edges[letter].times_ns.append(at_ns)
                    edges[letter].levels.append(now)
    decoder = Decoder(QUARTERS[-1])
    decoder.take(edges["A"], edges["B"])
    for letter, line in edges.items():
        rig.pin(GPIO[f"ENC_LEFT_{letter}"]).drive_edges(line.times_ns, line.levels)
    operator.run(at_ns - rig.now_ns + 300 * NS_PER_MS)
    told = [frame for frame in operator.heard.frames if frame.name == "RAW"][-1].fields
    assert decoder.ticks != 0 and told["left_4"] == decoder.ticks & 0xFFFF
    for channel, millivolts in enumerate(asked_mv):
        # As it comes out of the bag: the converter's offset is 20 mV at most, its gain 1.25 % (its data sheet).
        assert abs(told[f"gate{channel}_4"] / 16 * 3300 / 4096 - millivolts) < 20 + 0.0125 * millivolts + 3


def test_a_rover_that_loses_its_supply_or_hangs_starts_again_and_the_bench_tells(rig: BenchRig) -> None:
    operator = Operator(rig)
    operator.boot()
    rig.power_cut()
    rig.run(200 * NS_PER_MS)
    rig.power_on()
    on_ns = rig.now_ns
    operator.boot()
    rover = _outside(rig).pair.rover
    rover.cpu.hang(interrupts_on=False)
    operator.run(2 * NS_PER_S)
    assert [cause for _, cause in rig.reset_causes()] == ["power", "power", "watchdog"]
    assert rig.reset_causes()[1][0] == on_ns
    true_ns = [t for t, why in rover.reset_causes() if why.startswith("watchdog")][-1]
    # Both by the instrument's clock, which the host knows to a millisecond.
    told_ns = rig.reset_causes()[2][0]
    assert abs(rig.player.instrument_ns(true_ns) - told_ns) < 2 * NS_PER_MS


def test_a_recording_gives_the_same_contacts_as_on_the_virtual_rig(rig: BenchRig) -> None:
    rig.close()
    trace = synthetic_trace("lane", 4.5, 0.4, (1.5, 3.0))
    parts = {name: SAMPLES_AS_PLAYED[name] | {"flash_wear": FRESH} for name in ("virtual", "bench")}
    runs = {name: replay(trace, name, "mark", parts=parts[name])["events"] for name in parts}
    contacts = {name: [event for event in events if event["kind"] == "contact"] for name, events in runs.items()}
    assert len(contacts["bench"]) == len(contacts["virtual"]) == 2
    for ours, theirs in zip(contacts["bench"], contacts["virtual"], strict=True):
        assert ours["class"] == theirs["class"]
        assert abs(ours["peak_m"] - theirs["peak_m"]) <= 0.020
        assert abs(ours["strength"] - theirs["strength"]) <= 0.03 * theirs["strength"]
