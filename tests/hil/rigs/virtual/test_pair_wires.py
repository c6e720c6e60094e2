"""The lines between two Picos: pulls, drivers against each other, and everything that can be wrong with a wire."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from hil.rigs.virtual import VirtualPicoError
from hil.rigs.virtual.pair import WIRE_DELAY_NS, PicoPair
from tests.hil.rigs.virtual.pair_pokes import (
    IN_THE_ROM_NS,
    LINES,
    MS,
    MV_PER_LSB,
    PULL_DOWN,
    PULL_UP,
    US,
    Pokes,
    at_inputs,
    conversions,
    readied,
    spoilt,
)

pytestmark = pytest.mark.virtual

OPTIONS = {
    "seed": 3,
    "rover": {"crystal_ppm": 30.0, "adc_noise_lsb": 0.0},
    "instrument": {"crystal_ppm": -30.0},
}
ODD_PULLS = (PULL_UP, PULL_DOWN)


@pytest.fixture(scope="module")
def made() -> Iterator[PicoPair]:
    with PicoPair(None, None, **OPTIONS) as both:
        both.run(IN_THE_ROM_NS)
        yield both


@pytest.fixture
def both(made: PicoPair) -> PicoPair:
    for board in (made.rover, made.instrument):
        if not board.powered:
            board.power_on()
    made.run(IN_THE_ROM_NS)
    return readied(made)


@pytest.fixture
def spoil(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> partial[None]:
    return partial(spoilt, monkeypatch, tmp_path)


class Ends:
    """A line's two ends."""

    def __init__(self, both: PicoPair, name: str) -> None:
        self._gpio = LINES[name].rover, LINES[name].instrument
        self._boards = both.rover, both.instrument
        self.rover, self.instrument = (board.pin(gpio) for board, gpio in zip(self._boards, self._gpio, strict=True))

    def drive(self, side: int, level: int) -> None:
        Pokes(self._boards[side]).drive(self._gpio[side], level)

    def let_go(self, side: int) -> None:
        Pokes(self._boards[side]).let_go(self._gpio[side])

    def pull(self, side: int, pad: int) -> None:
        Pokes(self._boards[side]).pull(self._gpio[side], pad)

    @property
    def levels(self) -> tuple[int, int]:
        return self.rover.level, self.instrument.level


ROVER, INSTRUMENT = 0, 1


def settled(both: PicoPair, ends: Ends) -> tuple[int, int]:
    both.run(2 * WIRE_DELAY_NS)
    return ends.levels


@pytest.mark.parametrize("name", ["MOTOR_EN", "ENC_LEFT_A"])
@pytest.mark.parametrize("side", [ROVER, INSTRUMENT])
def test_a_line_has_what_drives_it_and_falls_when_it_is_let_go(both: PicoPair, name: str, side: int) -> None:
    line = Ends(both, name)
    assert settled(both, line) == (0, 0)
    line.drive(side, 1)
    assert settled(both, line) == (1, 1)
    line.let_go(side)
    assert settled(both, line) == (0, 0)


@pytest.mark.parametrize(
    ("pulls", "levels"),
    [
        ((PULL_UP, None), (1, 1)),  # 60 kohm against 100
        ((None, PULL_UP), (1, 1)),
        (ODD_PULLS, (0, 0)),
        ((PULL_UP, PULL_UP), (1, 1)),
        ((PULL_DOWN, None), (0, 0)),
    ],
)
def test_pulls_at_either_end_decide_a_line_that_nobody_drives(both: PicoPair, pulls, levels) -> None:
    line = Ends(both, "ENC_RIGHT_A")
    for side, pad in enumerate(pulls):
        if pad is not None:
            line.pull(side, pad)
    assert settled(both, line) == levels


def test_two_drivers_have_each_its_own_level_and_are_counted(both: PicoPair) -> None:
    line, other = Ends(both, "DIR_LEFT"), Ends(both, "DIR_RIGHT")
    before = both.wires.conflicts.get("DIR_LEFT", (0, 0.0))
    line.drive(ROVER, 1)
    line.drive(INSTRUMENT, 0)
    other.drive(ROVER, 1)
    other.drive(INSTRUMENT, 1)
    assert settled(both, line) == (1, 0) and other.levels == (1, 1)
    line.let_go(ROVER)
    assert settled(both, line) == (0, 0)
    line.drive(ROVER, 1)
    both.run(100 * US - 2 * WIRE_DELAY_NS)
    line.drive(ROVER, 0)
    both.run(MS)
    fights = both.wires.conflicts
    # The instrument drove at the end of the other's instruction, at most: some ns are the core's.
    assert fights["DIR_LEFT"].times - before[0] == 2
    assert fights["DIR_LEFT"].ns - before[1] == pytest.approx(100 * US, abs=US)
    assert "DIR_RIGHT" not in fights


def test_what_drives_a_pin_from_outside_is_on_its_line_too(both: PicoPair) -> None:
    line = Ends(both, "ESTOP_OK")
    line.rover.drive(1)
    assert settled(both, line) == (1, 1)
    line.drive(INSTRUMENT, 0)
    assert settled(both, line) == (1, 0)
    line.rover.release()
    assert settled(both, line) == (0, 0)


def test_a_cut_line_leaves_the_listener_low_at_that_instant_and_the_driver_its_own_level(both: PicoPair) -> None:
    to_instrument, to_rover = Ends(both, "MOTOR_EN"), Ends(both, "ESTOP_OK")
    to_instrument.drive(ROVER, 1)
    to_rover.drive(INSTRUMENT, 1)
    both.run(123_456)
    for pin in (to_instrument.instrument, to_rover.rover):
        pin.edges()
    at = both.now_ns
    both.wires.open("MOTOR_EN")
    both.wires.open("ESTOP_OK")
    both.run(2 * WIRE_DELAY_NS)
    assert to_instrument.levels == (1, 0) and to_rover.levels == (0, 1)
    assert to_instrument.instrument.edges() == [(pytest.approx(at + WIRE_DELAY_NS, abs=2), 0)]
    assert to_rover.rover.edges() == [(pytest.approx(at, abs=2), 0)]
    both.wires.mend()
    both.run(2 * WIRE_DELAY_NS)
    assert to_instrument.levels == (1, 1) and to_rover.levels == (1, 1)


def test_what_was_on_its_way_when_a_line_is_cut_still_comes(both: PicoPair) -> None:
    line = Ends(both, "MARKER")
    line.drive(ROVER, 1)
    both.run(5 * US)
    both.wires.open("MARKER")
    both.run(2 * WIRE_DELAY_NS)
    edges = line.instrument.edges()
    assert [level for _, level in edges] == [1, 0]
    assert edges[1][0] - edges[0][0] == pytest.approx(5 * US, abs=200)


def test_of_swapped_lines_each_has_the_others_edges(both: PicoPair) -> None:
    one, other = Ends(both, "DIR_LEFT"), Ends(both, "MARKER")
    both.wires.swap("DIR_LEFT", "MARKER")
    one.drive(ROVER, 1)
    assert settled(both, one) == (1, 0) and other.levels == (0, 1)
    other.drive(ROVER, 1)
    one.drive(ROVER, 0)
    assert settled(both, one) == (0, 1) and other.levels == (1, 0)
    both.wires.swap("DIR_LEFT", "MARKER")
    assert settled(both, one) == (0, 0) and other.levels == (1, 1)


def test_a_line_that_touches_a_driven_one_follows_it(both: PicoPair) -> None:
    one, other = Ends(both, "DIR_LEFT"), Ends(both, "DIR_RIGHT")
    both.wires.short("DIR_LEFT", "DIR_RIGHT")
    both.run(2 * WIRE_DELAY_NS)
    one.drive(ROVER, 1)
    both.run(2 * WIRE_DELAY_NS)
    (made,), (beside,), (far,), (far_beside,) = (
        pin.edges() for pin in (one.rover, other.rover, one.instrument, other.instrument)
    )
    assert beside == made and far == far_beside
    assert far[0] - made[0] == pytest.approx(WIRE_DELAY_NS, abs=1) and far[1] == 1


def noise_of(both: PicoPair) -> tuple[list[int], tuple[int, int]]:
    """When the instrument's end of a line turns, that drivers of the rover are at odds about; what these have."""
    one, other = Ends(both, "DIR_LEFT"), Ends(both, "DIR_RIGHT")
    both.wires.short("DIR_LEFT", "DIR_RIGHT")
    one.drive(ROVER, 1)
    other.drive(ROVER, 0)
    both.run(5 * MS)
    began = both.now_ns - 5 * MS
    return [t - began for t, _ in one.instrument.edges()], (one.rover.level, other.rover.level)


def test_drivers_at_odds_are_noise_to_who_listens_and_counted_for_both_lines(both: PicoPair) -> None:
    before = {name: fight.times for name, fight in both.wires.conflicts.items()}
    edges, levels = noise_of(both)
    assert levels == (1, 0)
    assert len(edges) > 50 and len(set(np.diff(edges))) > 40
    for name in ("DIR_LEFT", "DIR_RIGHT"):
        assert both.wires.conflicts[name].times == before.get(name, 0) + 1
    both.wires.mend()
    both.run(2 * WIRE_DELAY_NS)
    Ends(both, "DIR_LEFT").instrument.edges()
    both.run(5 * MS)
    assert not Ends(both, "DIR_LEFT").instrument.edges()


def test_noise_is_the_seeds() -> None:
    noise = []
    for seed in (3, 3, 4):
        with PicoPair(None, None, **{**OPTIONS, "seed": seed}) as both:
            both.run(IN_THE_ROM_NS)
            noise.append(noise_of(readied(both))[0])
    assert noise[0] == noise[1] != noise[2]


def test_two_against_one_win(both: PicoPair) -> None:
    one, other = Ends(both, "DIR_LEFT"), Ends(both, "DIR_RIGHT")
    both.wires.short("DIR_LEFT", "DIR_RIGHT")
    one.drive(ROVER, 1)
    other.drive(ROVER, 0)
    other.drive(INSTRUMENT, 1)
    both.run(2 * WIRE_DELAY_NS)
    one.instrument.edges()
    both.run(5 * MS)
    assert one.levels == (1, 1) and other.levels == (0, 1) and not one.instrument.edges()


@pytest.mark.parametrize(
    ("fault", "names", "said"),
    [
        ("open", ("NOTHING",), "there is no line NOTHING; there are COIL_TX"),
        ("swap", ("GATE_0", "MARKER"), "GATE_0 and MARKER: a voltage and levels; choose two of a kind"),
        ("short", ("MARKER", "MARKER"), "MARKER and itself: name two lines"),
    ],
)
def test_faults_that_cannot_be_are_refused(both: PicoPair, fault, names, said) -> None:
    with pytest.raises(VirtualPicoError, match=said):
        getattr(both.wires, fault)(*names)


# A board without power, or in reset


def test_a_rover_without_power_drives_nothing_and_drags_pull_ups_down(both: PicoPair) -> None:
    en, encoder = Ends(both, "MOTOR_EN"), Ends(both, "ENC_LEFT_A")
    en.drive(ROVER, 1)
    encoder.pull(INSTRUMENT, PULL_UP)
    assert settled(both, en) == (1, 1) and encoder.levels == (1, 1)
    en.instrument.edges()
    at = both.now_ns
    both.rover.power_cut()
    assert settled(both, en) == (0, 0) and encoder.levels == (0, 0)
    assert en.instrument.edges() == [(pytest.approx(at + WIRE_DELAY_NS, abs=2), 0)]
    assert both.instrument.powered
    both.rover.power_on()
    assert settled(both, encoder) == (0, 0)  # reset leaves the rover's pull-down on
    assert settled(both, en) == (0, 0)


def test_an_instrument_without_power_lets_the_rovers_inputs_fall_at_once(both: PicoPair) -> None:
    estop = Ends(both, "ESTOP_OK")
    estop.drive(INSTRUMENT, 1)
    assert settled(both, estop) == (1, 1)
    estop.rover.edges()
    at = both.now_ns
    both.instrument.power_cut()
    assert settled(both, estop) == (0, 0)
    assert estop.rover.edges() == [(pytest.approx(at, abs=2), 0)]
    assert both.rover.powered
    # What comes while it is off is there when it is on.
    Ends(both, "MARKER").drive(ROVER, 1)
    both.run(MS)
    both.instrument.power_on()
    assert Ends(both, "MARKER").levels == (1, 1)


@pytest.mark.parametrize("side", [ROVER, INSTRUMENT])
def test_a_board_in_reset_lets_go(both: PicoPair, side: int) -> None:
    board = (both.rover, both.instrument)[side]
    line = Ends(both, ("MOTOR_EN", "ESTOP_OK")[side])
    line.drive(side, 1)
    assert settled(both, line) == (1, 1)
    board.run_pin(0)
    assert settled(both, line) == (0, 0)
    line.drive(1 - side, 1)
    assert settled(both, line) == (1, 1)
    board.run_pin(1)
    both.run(IN_THE_ROM_NS)
    assert line.levels == (1, 1) and board.reset_causes()[-1][1] == "run"


def test_a_planned_power_cut_of_one_stops_its_run_and_both_are_at_the_same_time(both: PicoPair) -> None:
    both.rover.power_cut()
    both.instrument.run(MS)
    assert both.rover.now_ns == pytest.approx(both.instrument.now_ns, abs=US) and not both.rover.powered


# Voltages


@pytest.mark.parametrize(("channel", "name"), [(0, "GATE_0"), (2, "GATE_2")])
def test_a_voltage_is_at_its_input_from_its_very_time_on(both: PicoPair, channel: int, name: str) -> None:
    steps = [(both.now_ns + (k + 1) * 33_333.25, 300.0 + 100 * k) for k in range(20)]
    for at, millivolts in steps:
        both.wires.voltage(name, millivolts, at)
    times, got = conversions(both, channel, 800 * US)
    assert len(times) > 350
    at = np.array([0.0, *(step[0] for step in steps)])
    values = np.array([got[0], *(step[1] for step in steps)])
    wanted = values[np.searchsorted(at, times, side="right") - 1]
    assert np.all(np.abs(got - wanted) <= MV_PER_LSB)


def test_lines_of_voltages_can_be_open_swapped_and_shorted(both: PicoPair) -> None:
    for name, millivolts in (("GATE_0", 600), ("GATE_1", 1200), ("GATE_2", 2400)):
        both.wires.voltage(name, millivolts)
    assert at_inputs(both) == pytest.approx([600, 1200, 2400], abs=1)
    both.wires.open("GATE_1")
    assert at_inputs(both) == pytest.approx([600, 0, 2400], abs=1)
    both.wires.voltage("GATE_1", 1500)
    both.wires.mend()
    assert at_inputs(both) == pytest.approx([600, 1500, 2400], abs=1)
    both.wires.swap("GATE_0", "GATE_2")
    assert at_inputs(both) == pytest.approx([2400, 1500, 600], abs=1)
    both.wires.mend()
    both.wires.short("GATE_0", "GATE_1")
    assert at_inputs(both) == pytest.approx([1050, 1050, 2400], abs=1)
    both.wires.voltage("GATE_0", 700)
    assert at_inputs(both) == pytest.approx([1100, 1100, 2400], abs=1)


# What would be wrong, and whom it shows.

POWERLESS_DRIVES_ON = ("machine.mjs", "if (wires.soldered[pin]) {", "if (wires.soldered[pin] && this.powered) {")
CUT_FOR_BOTH_AT_ONCE = ("pair.mjs", "rover.board.worldNanos + this.delays[ROVER];", "rover.board.worldNanos;")
NO_PULL_DOWN = ("outside/nets.mjs", " + net.pullDowns / LINE_PULL_KOHM;", ";")
VOLTAGES_ON_THE_OTHERS_CLOCK = ("pair.mjs", "play(times.map(toBoard)", "play(times.map(Number)")
BAD = [
    (POWERLESS_DRIVES_ON, test_a_rover_without_power_drives_nothing_and_drags_pull_ups_down),
    (CUT_FOR_BOTH_AT_ONCE, test_what_was_on_its_way_when_a_line_is_cut_still_comes),
    (NO_PULL_DOWN, partial(test_pulls_at_either_end_decide_a_line_that_nobody_drives, pulls=ODD_PULLS, levels=(0, 0))),
    (
        VOLTAGES_ON_THE_OTHERS_CLOCK,
        partial(test_a_voltage_is_at_its_input_from_its_very_time_on, channel=0, name="GATE_0"),
    ),
]


@pytest.mark.parametrize(("change", "test"), BAD)
def test_an_emulator_that_is_wrong_about_lines_is_found_out(spoil, change, test) -> None:
    spoil(*change)
    with PicoPair(None, None, **OPTIONS) as both:
        both.run(IN_THE_ROM_NS)
        both.run(5_000 * MS)  # for crystals to differ
        with pytest.raises(AssertionError):
            test(readied(both))
