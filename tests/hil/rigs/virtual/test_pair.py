"""Two Picos soldered to each other: every edge is at the other's pin at its time, to the nanosecond.

The boards run no firmware: they wait in the mask ROM, and what their blocks do is poked into their registers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from hil.rigs.virtual import VirtualPicoError, pair
from hil.rigs.virtual.pair import WIRE_DELAY_NS, Line, PicoPair, bench_lines
from sapper.shared.pins import GPIO
from tests.hil.rigs.virtual.pair_pokes import CYCLE_NS, IN_THE_ROM_NS, LINES, MS, SIO, US, Pokes, readied, spoilt

pytestmark = pytest.mark.virtual

PPM = 30.0


def sio_edges(chip: Pokes, gpio: int, pass_time: Callable[[float], object]) -> None:
    for level in (1, 0, 1, 0, 1, 0):
        chip.drive(gpio, level)
        pass_time(3_333.0)


def pwm_edges(chip: Pokes, gpio: int, pass_time: Callable[[float], object]) -> None:
    chip.pwm(gpio, 2400, 777)
    pass_time(1 * MS)


def pio_edges(chip: Pokes, gpio: int, pass_time: Callable[[float], object]) -> None:
    chip.pio([0xE201, 0xE700], gpio)  # set pins, 1 [2]; set pins, 0 [7]
    pass_time(150 * US)


def uart_edges(chip: Pokes, gpio: int, pass_time: Callable[[float], object]) -> None:
    """UART1, 1 Mbaud, 0x55 and 0xA7."""
    for register, value in ((0x24, 3), (0x28, 0), (0x2C, 0x70), (0x30, 0x301)):
        chip.put(0x40038000 + register, value)
    chip.function(gpio, 2)
    for byte in (0x55, 0xA7):
        chip.put(0x40038000, byte)
    pass_time(100 * US)


def spi_edges(chip: Pokes, gpio: int, pass_time: Callable[[float], object]) -> None:
    """SPI1's clock, of two frames of eight bits."""
    for register, value in ((0x10, 4), (0x00, 0x0107), (0x04, 2)):
        chip.put(0x40040000 + register, value)
    chip.function(gpio, 1)
    for byte in (0x55, 0xA7):
        chip.put(0x40040008, byte)
    pass_time(100 * US)


# Who makes edges, at which line of the rover's, at least how many.
OF_THE_ROVER = [
    (sio_edges, "MOTOR_EN", 6),
    (pwm_edges, "MOTOR_LEFT", 39),
    (pwm_edges, "STROBE_2", 39),
    (pio_edges, "MOTOR_EN", 1000),
    (uart_edges, "COIL_TX", 12),
    (spi_edges, "STROBE_1", 32),
]
OF_THE_INSTRUMENT = [
    (sio_edges, "ESTOP_OK", 6),
    (pwm_edges, "ENC_LEFT_A", 39),
    (pio_edges, "ENC_RIGHT_B", 1000),
    (pio_edges, "ESTOP_OK", 1000),
]


@pytest.fixture(scope="module")
def made() -> Iterator[PicoPair]:
    with PicoPair(None, None, seed=3, rover={"crystal_ppm": PPM}, instrument={"crystal_ppm": -PPM}) as both:
        both.run(IN_THE_ROM_NS)
        yield both


@pytest.fixture
def both(made: PicoPair) -> PicoPair:
    return readied(made)


def late_ns(both: PicoPair, make: Callable[..., None], name: str, from_rover: bool, least: int) -> list[int]:
    """How much later than at the one end of a line the edges that are made there are at the other, each."""
    line = LINES[name]
    ends = both.rover.pin(line.rover), both.instrument.pin(line.instrument)
    maker, gpio = (both.rover, line.rover) if from_rover else (both.instrument, line.instrument)
    both.run(12_345.6)  # somewhere in a step
    make(Pokes(maker), gpio, both.run)
    Pokes(maker).function(gpio, SIO)
    both.run(2 * WIRE_DELAY_NS)
    made, came = (end.edges() for end in (ends if from_rover else ends[::-1]))
    assert len(made) >= least
    assert [level for _, level in came] == [level for _, level in made]
    return [there - here for (here, _), (there, _) in zip(made, came, strict=True)]


@pytest.mark.parametrize(("make", "name", "least"), OF_THE_ROVER)
def test_what_the_rover_drives_is_at_the_instrument_the_wires_delay_later(both: PicoPair, make, name, least) -> None:
    # Both are told in whole nanoseconds.
    assert set(late_ns(both, make, name, True, least)) <= {WIRE_DELAY_NS - 1, WIRE_DELAY_NS, WIRE_DELAY_NS + 1}


@pytest.mark.parametrize(("make", "name", "least"), OF_THE_INSTRUMENT)
def test_what_the_instrument_drives_is_at_the_rover_at_once(both: PicoPair, make, name, least) -> None:
    assert set(late_ns(both, make, name, False, least)) <= {-1, 0, 1}


def widths_ns(both: PicoPair) -> np.ndarray:
    """How long what comes of the rover's PWM is high and low, in turn, as the instrument alone looks."""
    line = LINES["MOTOR_LEFT"]
    both.rover.pin(line.rover).watch(False)
    pwm_edges(Pokes(both.rover), line.rover, both.run)
    return np.diff([t for t, _ in both.instrument.pin(line.instrument).edges()][1:])


def pwm_is_right(both: PicoPair) -> bool:
    widths = widths_ns(both)
    return len(widths) > 35 and sorted(set(np.round(widths / CYCLE_NS))) == [777, 2400 - 777]


def test_edges_of_pwm_come_one_by_one_if_nobody_watches_the_rovers_pin(both: PicoPair) -> None:
    assert pwm_is_right(both)


def test_a_machine_of_the_rover_answers_the_instrument_within_cycles_at_any_moment(both: PicoPair) -> None:
    """Two cycles of flip-flops, up to one to the next edge of its clock, and one to `set`; there and back is the delay
    more."""
    rover, instrument = Pokes(both.rover), Pokes(both.instrument)
    estop, en = LINES["ESTOP_OK"], LINES["MOTOR_EN"]
    rover.pio([0x20A0, 0xE001, 0x2020, 0xE000], en.rover, estop.rover)  # wait 1 pin 0; set 1; wait 0 pin 0; set 0
    instrument.pwm(estop.instrument, 1613, 801)
    both.run(4 * MS)
    instrument.function(estop.instrument, SIO)
    both.run(2 * WIRE_DELAY_NS)
    asked, answered = (np.array([t for t, _ in both.rover.pin(line.rover).edges()]) for line in (estop, en))
    came = np.array([t for t, _ in both.instrument.pin(en.instrument).edges()])
    sent = np.array([t for t, _ in both.instrument.pin(estop.instrument).edges()])
    assert len(sent) == len(asked) == len(answered) == len(came) > 200
    assert np.all((answered - asked >= 3 * CYCLE_NS - 1) & (answered - asked <= 5 * CYCLE_NS + 1))
    back = came - sent - WIRE_DELAY_NS
    assert np.all((back >= 3 * CYCLE_NS - 2) & (back <= 5 * CYCLE_NS + 2))


def test_each_has_its_own_crystal(both: PicoPair) -> None:
    first = both.rover.cpu.timer_us, both.instrument.cpu.timer_us, both.now_ns
    both.run(5_000 * MS)
    passed_us = (both.now_ns - first[2]) / 1000
    for board, before, ppm in ((both.rover, first[0], PPM), (both.instrument, first[1], -PPM)):
        assert board.cpu.timer_us - before - passed_us == pytest.approx(5 * ppm, abs=1.5)


def test_whichever_is_run_both_run_and_what_is_known_of_the_other_is_never_old(both: PicoPair) -> None:
    line = LINES["DIR_LEFT"]
    before = both.now_ns
    both.instrument.take_events()
    Pokes(both.rover).drive(line.rover, 1)
    assert both.rover.pin(line.rover).level == 1 and both.instrument.pin(line.instrument).level == 0
    told = both.rover.run(MS)
    assert both.instrument.now_ns - before == pytest.approx(MS, abs=US)
    assert [(event.kind, event.source, event.value) for event in told] == [("pin", line.rover, 1)]
    assert both.instrument.pin(line.instrument).level == 1
    (event,) = both.instrument.take_events()
    assert (event.kind, event.source, event.value) == ("pin", line.instrument, 1)
    Pokes(both.instrument).drive(LINES["ESTOP_OK"].instrument, 1)
    both.instrument.run(MS)
    assert both.rover.pin(LINES["ESTOP_OK"].rover).level == 1
    assert both.rover.now_ns - before == pytest.approx(2 * MS, abs=US)
    assert both.now_ns == max(both.rover.now_ns, both.instrument.now_ns)


@pytest.mark.parametrize("asleep", [False, True])
def test_a_step_of_one_takes_the_other_along(asleep: bool) -> None:
    with PicoPair(None, None) as both:
        if asleep:
            both.run(IN_THE_ROM_NS)
            Pokes(both.rover).ready()
            both.rover.pin(17).drive(1, both.now_ns + MS)
        before = both.now_ns
        both.rover.step(1 if asleep else 50)
        assert (both.now_ns - before >= MS) if asleep else (0 < both.now_ns - before < 100 * US)
        assert both.instrument.now_ns == pytest.approx(both.rover.now_ns, abs=US)


def test_a_close_of_one_is_the_end_of_both() -> None:
    both = PicoPair(None, None)
    both.instrument.close()
    with pytest.raises(VirtualPicoError, match="is closed"):
        both.rover.run(1)
    both.close()


@pytest.mark.parametrize(
    ("lines", "gates", "said"),
    [
        ([Line("A", 2, 3, True), Line("A", 4, 5, True)], (), "two lines have the name A"),
        ([Line("A", 2, 3, True), Line("B", 2, 5, True)], (), "two lines have the GPIO of the rover 2"),
        ([Line("A", 2, 3, True), Line("B", 4, 3, True)], (), "two lines have the GPIO of the instrument 3"),
        ([Line("A", 2, 30, True)], (), r"the line A: the RP2040 has GPIO 0\.\.29"),
        ([Line("A", 2, 3, True)], ("A",), "two lines have the name A"),
        ([], ("A", "B", "C", "D", "E"), "5 lines of voltages"),
    ],
)
def test_lines_that_cannot_be_are_refused(lines, gates, said) -> None:
    with pytest.raises(VirtualPicoError, match=said):
        PicoPair(None, None, lines=lines, gates=gates)


def test_the_bench_has_its_lines_by_default(both: PicoPair) -> None:
    assert {"MOTOR_EN", "ESTOP_OK", "GATE_0", "GATE_2"} < set(both.wires.names)
    assert all(line.rover == GPIO[line.name] for line in bench_lines())


@pytest.fixture
def spoil(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str, str, str], None]:
    return partial(spoilt, monkeypatch, tmp_path)


# What would be wrong, and whom it shows.

EDGES_AT_ENDS_OF_STEPS = (
    "pair.mjs",
    "board.toBoard(side.board.toWorld(nanos) + this.delays[index])",
    "board.toBoard(20000 * Math.ceil(side.board.toWorld(nanos) / 20000) + this.delays[index])",
)
ONE_CRYSTAL_FOR_BOTH = (
    "pair.mjs",
    "other.board.toBoard(side.board.toWorld(nanos) + this.delays[index])",
    "nanos + this.delays[index]",
)
LEVELS_INSTEAD_OF_OUTPUTS = (
    "pins/pads.mjs",
    "    if (this.oe) {\n      return this.out;\n    }\n    const external",
    "    if (this.oe || this.level) {\n      return this.level;\n    }\n    const external",
)
PWM_BY_CHANCE = ("pair.mjs", "      this.sides[index].board.machine.tellLate();\n", "")
BAD = [
    (EDGES_AT_ENDS_OF_STEPS, (sio_edges, "MOTOR_EN", True, 6)),
    (EDGES_AT_ENDS_OF_STEPS, (sio_edges, "ESTOP_OK", False, 6)),
    (ONE_CRYSTAL_FOR_BOTH, (sio_edges, "MOTOR_EN", True, 6)),
    (ONE_CRYSTAL_FOR_BOTH, (sio_edges, "ESTOP_OK", False, 6)),
    (LEVELS_INSTEAD_OF_OUTPUTS, (sio_edges, "ESTOP_OK", False, 6)),
]


def right(both: PicoPair, make, name: str, from_rover: bool, least: int) -> bool:
    """Whether the tests above would pass."""
    delay = WIRE_DELAY_NS if from_rover else 0
    try:
        return set(late_ns(both, make, name, from_rover, least)) <= {delay - 1, delay, delay + 1}
    except AssertionError:
        return False


@pytest.mark.parametrize(("change", "case"), BAD)
def test_an_emulator_that_is_wrong_about_edges_is_found_out(spoil, change, case) -> None:
    spoil(*change)
    with PicoPair(None, None, seed=3, rover={"crystal_ppm": PPM}, instrument={"crystal_ppm": -PPM}) as both:
        both.run(IN_THE_ROM_NS)
        assert not right(readied(both), *case)


def test_an_emulator_that_works_pwm_out_now_and_then_is_found_out(spoil) -> None:
    spoil(*PWM_BY_CHANCE)
    with PicoPair(None, None, seed=3) as both:
        both.run(IN_THE_ROM_NS)
        assert not pwm_is_right(readied(both))


def test_a_pair_without_the_wires_delay_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pair, "WIRE_DELAY_NS", 0)
    with PicoPair(None, None, seed=3, rover={"crystal_ppm": PPM}, instrument={"crystal_ppm": -PPM}) as both:
        both.run(IN_THE_ROM_NS)
        assert not right(readied(both), sio_edges, "MOTOR_EN", True, 6)
