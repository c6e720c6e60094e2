"""The converter beside the instrument: what its I2C says is at the rover's inputs when its bytes have been clocked."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from hil.rigs.virtual.pair import BENCH_CONVERTER, PicoPair
from tests.hil.rigs.virtual.pair_pokes import IN_THE_ROM_NS, US, Pokes, at_inputs, conversions, readied, spoilt

pytestmark = pytest.mark.virtual

OPTIONS = {
    "seed": 3,
    "rover": {"crystal_ppm": 30.0, "adc_noise_lsb": 0.0},
    "instrument": {"crystal_ppm": -30.0},
}
I2C0 = 0x40044000
ABORTED = I2C0 + 0x80
SETTLED_NS = 6000
# Of the internal reference, as the part leaves the factory: 0.5 mV a code, off by 5 % and 20 mV at most.
MV_PER_CODE = 0.5


@pytest.fixture(scope="module")
def made() -> Iterator[PicoPair]:
    with PicoPair(None, None, **OPTIONS) as both:
        both.run(IN_THE_ROM_NS)
        yield both


def begun(both: PicoPair) -> PicoPair:
    """The instrument's I2C0 at its pins, fast mode, the converter as target."""
    readied(both)
    instrument = Pokes(both.instrument)
    instrument.put(0x4000F000, 1 << 3)
    for register, value in (
        (0x6C, 0),
        (0x00, 0x65),
        (0x04, BENCH_CONVERTER.address),
        (0x1C, 38),
        (0x20, 72),
        (0x6C, 1),
    ):
        instrument.put(I2C0 + register, value)
    for gpio in (BENCH_CONVERTER.sda, BENCH_CONVERTER.scl):
        instrument.function(gpio, 3)
    both.run(100 * US)
    both.instrument.pin(BENCH_CONVERTER.scl).edges()
    return both


@pytest.fixture
def both(made: PicoPair) -> PicoPair:
    if not made.instrument.powered:
        made.instrument.power_on()
        made.run(IN_THE_ROM_NS)
    return begun(made)


def say(both: PicoPair, *codes: int) -> None:
    """Fast write: outputs A, B, ... get these codes, one after the other."""
    data = [byte for code in codes for byte in (code >> 8, code & 0xFF)]
    for at, byte in enumerate(data):
        Pokes(both.instrument).put(I2C0 + 0x10, byte | (1 << 9 if at == len(data) - 1 else 0))


def close_to(codes: tuple[int, ...]) -> list[object]:
    return [pytest.approx(code * MV_PER_CODE, rel=0.05, abs=20) for code in codes]


def test_each_output_leads_to_its_input(both: PicoPair) -> None:
    for codes in ((1000, 2000, 3000, 4000), (3500, 500, 1500, 0)):
        say(both, *codes)
        both.run(400 * US)
        assert at_inputs(both) == close_to(codes[:3])


@pytest.mark.parametrize("channel", [0, 1, 2])
def test_a_voltage_moves_when_the_output_s_second_byte_has_been_clocked_and_is_there_6_us_later(
    both: PicoPair, channel: int
) -> None:
    say(both, 200, 200, 200)
    both.run(400 * US)
    both.instrument.pin(BENCH_CONVERTER.scl).edges()
    both.run(7_654.3)
    say(both, 3800, 3800, 3800)
    times, got = conversions(both, channel, 400 * US)
    clocked = [t for t, level in both.instrument.pin(BENCH_CONVERTER.scl).edges() if level == 1]
    at = clocked[9 * (1 + 2 * (channel + 1)) - 1]
    before, after = got[0], got[-1]
    assert after - before == pytest.approx(3600 * MV_PER_CODE, rel=0.05)
    assert np.all(got[times < at] == before)
    assert np.all(got[times > at + 2500 + SETTLED_NS] == after)
    moving = times[got != before][0]
    assert at <= moving <= at + 2500 + 0.1 * SETTLED_NS + 2000  # a bit's time, its first way, a conversion's


@pytest.mark.parametrize(
    ("fault", "names"),
    [
        ("open", ("DAC_SDA",)),
        ("open", ("DAC_SCL",)),
        ("swap", ("DAC_SDA", "DAC_SCL")),
        ("short", ("DAC_SCL", "DAC_SDA")),
    ],
)
def test_nothing_moves_while_the_bus_is_broken_and_all_does_once_it_is_mended(both: PicoPair, fault, names) -> None:
    say(both, 1000, 1000, 1000)
    both.run(400 * US)
    getattr(both.wires, fault)(*names)
    say(both, 3000, 3000, 3000)
    both.run(400 * US)
    assert at_inputs(both) == close_to((1000, 1000, 1000))
    both.wires.mend()
    begun(both)
    Pokes(both.instrument).pico.memory.read_word(I2C0 + 0x54)  # CLR_TX_ABRT
    say(both, 2000, 2000, 2000)
    both.run(400 * US)
    assert at_inputs(both) == close_to((2000, 2000, 2000))


def test_without_the_instruments_power_there_is_no_voltage_and_with_it_the_factorys(both: PicoPair) -> None:
    say(both, 3000, 3000, 3000)
    both.run(400 * US)
    both.instrument.power_cut()
    both.run(20 * US)
    assert at_inputs(both) == [0, 0, 0]
    both.instrument.power_on()
    both.run(IN_THE_ROM_NS)
    assert at_inputs(both) == close_to((0, 0, 0))


def test_faults_of_the_lines_of_voltages_hold_for_what_the_converter_says(both: PicoPair) -> None:
    both.wires.open("GATE_1")
    both.wires.swap("GATE_0", "GATE_2")
    say(both, 1000, 2000, 3000)
    both.run(400 * US)
    assert at_inputs(both) == close_to((3000, 0, 1000))


def test_an_emulator_whose_voltages_come_by_the_wrong_clock_is_found_out(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    spoilt(monkeypatch, tmp_path, "pair_converter.mjs", "board.toWorld(nanos), millivolts", "nanos, millivolts")
    with PicoPair(None, None, **OPTIONS) as both:
        both.run(2 * IN_THE_ROM_NS)
        begun(both)
        check = partial(
            test_a_voltage_moves_when_the_output_s_second_byte_has_been_clocked_and_is_there_6_us_later, both
        )
        with pytest.raises(AssertionError):
            check(0)
