"""The bench's rig on an instrument on paper: what it drives is played when it says, what it tells was when it says."""

from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from hil.bench.instrument import wire
from hil.errors import HilError
from hil.play.operator import Operator
from hil.prove.safety.stage import Stage
from hil.rigs.bench.rig import BenchRig
from hil.rigs.firmware import default_uf2
from hil.rigs.rig import NS_PER_MS, NS_PER_S
from sapper.shared.limits import ESTOP_OPEN_US
from sapper.shared.pins import GPIO
from tests.hil.rigs.bench.paper import CONFIG, PaperOutside

pytestmark = pytest.mark.virtual


@pytest.fixture(scope="module")
def uf2() -> Path:
    try:
        return default_uf2()
    except HilError as error:
        pytest.skip(str(error))


@pytest.fixture
def outside(uf2: Path) -> Iterator[PaperOutside]:
    made = PaperOutside(uf2)
    yield made
    made.close()


def _rig(outside: PaperOutside) -> BenchRig:
    return BenchRig(outside, CONFIG)


def _rig_ns(outside: PaperOutside, rig: BenchRig, world_ns: float) -> float:
    """The rig's time of one of the world's, by the instrument's clock itself."""
    return outside.instrument.cycles(round(world_ns)) * 8 - outside.instrument.cycles(0) * 8 - _origin_ns(outside, rig)


def _origin_ns(outside: PaperOutside, rig: BenchRig) -> int:
    clock = rig.player._clock
    return clock._origin_us * 1000 - outside.instrument.cycles(0) * 8


def test_a_rover_boots_arms_and_is_stopped_and_every_time_is_as_it_was(outside: PaperOutside) -> None:
    seen: list[tuple[int, int]] = []
    outside.instrument.also = seen
    with Stage(_rig(outside)) as stage:
        rig = stage.rig
        assert isinstance(rig, BenchRig)
        assert "sapper=" in stage.version
        assert rig.reset_causes() == [(0, "power")]
        since_ns = rig.adc.running_since_ns
        true_ns = _rig_ns(outside, rig, outside.pico.adc.running_since_ns or 0)
        assert since_ns is not None and abs(since_ns - true_ns) < 500_000
        estop = rig.pin(GPIO["ESTOP_OK"])
        estop.watch()
        chance = Random(1)
        for _ in range(3):
            stage.to("ARMED")
            stage.run(rig.lag_ns)
            estop.edges()
            seen.clear()
            at_ns = rig.now_ns + chance.randrange(NS_PER_MS, 20 * NS_PER_MS)
            stage.loop_closed(False, at_ns)
            stage.run(200 * NS_PER_MS)
            ((opened_ns, level),) = estop.edges()
            fell_ns, after = stage.timeline.enable[-1]
            assert (level, after, estop.level, rig.pin(GPIO["MOTOR_EN"]).level) == (0, 0, 0, 0)
            assert abs(opened_ns - at_ns) <= 50
            ((true_fall_ns, _),) = seen
            assert abs(fell_ns - _rig_ns(outside, rig, true_fall_ns)) <= 50
            assert 0 < fell_ns - opened_ns < ESTOP_OPEN_US * 1000
            assert stage.state == "STOPPED"
            stage.safe()


def test_a_chip_that_its_watchdog_reset_is_told_with_the_moment(outside: PaperOutside) -> None:
    with _rig(outside) as rig:
        operator = Operator(rig)
        operator.boot()
        outside.pico.cpu.hang(interrupts_on=False)
        operator.run(2 * NS_PER_S)
        (_, (at_ns, cause)) = rig.reset_causes()
        true_ns = next(t for t, why in outside.pico.reset_causes() if why.startswith("watchdog"))
        assert cause == "watchdog"
        assert abs(at_ns - _rig_ns(outside, rig, true_ns)) < NS_PER_MS
        assert rig.adc.running_since_ns is not None and rig.adc.running_since_ns > at_ns


def test_supply_reset_and_key_are_switched_when_they_are_due(outside: PaperOutside) -> None:
    with _rig(outside) as rig:
        rig.run(500 * NS_PER_MS)
        key = rig.pin(GPIO["ARM_KEY"])
        key.drive(1, rig.now_ns + 30 * NS_PER_MS)
        due_ns = rig.now_ns + 30 * NS_PER_MS
        rig.run(100 * NS_PER_MS)
        done = {name: _rig_ns(outside, rig, at) for at, name, _ in outside.moved}
        assert key.level == 1 and outside.pico.pin(GPIO["ARM_KEY"]).level == 1
        assert 0 <= done["key"] - due_ns < 2 * NS_PER_MS
        rig.run_pin(0)
        rig.run(100 * NS_PER_MS)
        assert rig.pwm(GPIO["COIL_TX"]).duty == 0
        rig.run_pin(1)
        cut = rig.now_ns + 500 * NS_PER_MS
        rig.run(500 * NS_PER_MS)
        assert rig.reset_causes()[1:] == [(cut - 500 * NS_PER_MS, "run")]
        rig.power_cut()
        rig.run(100 * NS_PER_MS)
        assert not rig.powered and not outside.pico.powered
        rig.power_on()
        rig.run(NS_PER_S)
        assert [cause for _, cause in rig.reset_causes()] == ["power", "run", "power"]


def test_time_that_nobody_ran_is_held_and_costs_nothing_but_itself(outside: PaperOutside) -> None:
    with _rig(outside) as rig:
        rig.run(50 * NS_PER_MS)
        before = rig.now_ns
        outside.wait(300 * NS_PER_MS)
        rig.run(10 * NS_PER_MS)
        assert 295 * NS_PER_MS < rig.held_ns < 310 * NS_PER_MS
        assert rig.now_ns == before + rig.held_ns + 10 * NS_PER_MS
        held_ns = rig.held_ns
        outside.instrument.flags = 1 << wire.FLAGS.index("the host is silent: parked")
        rig.run(10 * NS_PER_MS)
        outside.instrument.flags = 0
        assert rig.player.troubles == ["the host is silent: parked"]
        rig.run(300 * NS_PER_MS)
        assert rig.held_ns == held_ns
        assert rig.now_ns - rig.player.present_ns + NS_PER_MS >= CONFIG.lead_ms * NS_PER_MS
        assert rig.now_ns - rig.observed_ns <= rig.lag_ns


def test_a_host_that_cannot_keep_up_is_told_so(outside: PaperOutside, monkeypatch: pytest.MonkeyPatch) -> None:
    with _rig(outside) as rig:
        rig.run(50 * NS_PER_MS)
        whole = outside.wait
        monkeypatch.setattr(outside, "wait", lambda ns: whole(ns + 40 * NS_PER_MS))
        with pytest.raises(HilError, match=r"could not keep up by \d+\.\d ms; end what else keeps"):
            rig.run(300 * NS_PER_MS)
        monkeypatch.undo()


def test_an_instrument_that_is_not_one_names_the_remedy(uf2: Path) -> None:
    for trouble, told in (
        ({"deaf": True, "mute": True}, "does not answer; .* `make instrument`"),
        ({"version": wire.VERSION + 1}, "speaks version 2 of the bench's frames, this checkout 1; `make instrument`"),
        ({"deaf": True}, "has told nothing for 3000 ms; .* `make instrument`"),
    ):
        outside = PaperOutside(uf2)
        for name, value in trouble.items():
            setattr(outside.instrument, name, value)
        with pytest.raises(HilError, match=told):
            _rig(outside)
        assert outside.closed


def test_an_instrument_that_falls_silent_or_complains_ends_the_run(outside: PaperOutside) -> None:
    with _rig(outside) as rig:
        rig.run(50 * NS_PER_MS)
        outside.instrument.flags = 1 << 1
        with pytest.raises(HilError, match="the converter does not answer; `sapper bench check`"):
            rig.run(50 * NS_PER_MS)
        outside.instrument.flags = 0
        outside.instrument.deaf = True
        with pytest.raises(HilError, match="has fallen silent; look at its cable"):
            rig.run(500 * NS_PER_MS)


def test_what_is_not_wired_is_refused_by_name(outside: PaperOutside) -> None:
    with _rig(outside) as rig:
        with pytest.raises(HilError, match=r"no wire for that at GPIO 25 \(LED\); it has one for ARM_KEY, COIL_TX"):
            rig.pin(GPIO["LED"])
        with pytest.raises(HilError, match="MOTOR_EN is the rover's output"):
            rig.pin(GPIO["MOTOR_EN"]).drive(1)
        with pytest.raises(HilError, match="of MOTOR_LEFT the bench tells pulses"):
            rig.pin(GPIO["MOTOR_LEFT"]).watch()
        assert [rig.adc.plays(channel) for channel in range(5)] == [True] * 4 + [False]
        rig.adc.set(4, 700.0)


def test_a_cable_that_is_pulled_or_a_host_that_hangs_is_mended(outside: PaperOutside) -> None:
    with _rig(outside) as rig:
        operator = Operator(rig)
        operator.boot()
        rig.cable.host_hangs()
        rig.usb.write(b"version\n")
        rig.run(300 * NS_PER_MS)
        assert rig.usb.read() == []
        rig.cable.mend()
        rig.cable.unplug_usb()
        rig.run(300 * NS_PER_MS)
        assert not outside.rover_usb.present
        rig.cable.mend()
        rig.run(NS_PER_S)
        assert operator.must("version")
