"""A rover's PWM that goes over a line is told a step at a time, and is told as if each edge had been waited for."""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from hil.rigs.virtual.pair import PicoPair
from tests.hil.rigs.virtual.pair_pokes import IN_THE_ROM_NS, LINES, PWM, SIO, Pokes, readied, spoilt

pytestmark = pytest.mark.virtual

# Two of one slice, and one of another that starts and stops.
_NAMES = ("MOTOR_LEFT", "MOTOR_RIGHT", "BUZZER", "COIL_TX")
_CHANGES = 300
_PWM = 0x40050000
_RESET_PWM = 1 << 14
_BY_DMA = 200


def _begin(both: PicoPair, one_by_one: bool) -> None:
    rover = Pokes(both.rover)
    for name in _NAMES:
        gpio = LINES[name].rover
        both.rover.pin(gpio).watch(one_by_one)
        rover.pwm(gpio, 700, 300)


def _change(both: PicoPair, chance: random.Random) -> None:
    """Anything that a program, a fault or a cut may do to a PWM's output."""
    rover = Pokes(both.rover)
    line = LINES[chance.choice(_NAMES)]
    gpio = line.rover
    at = _PWM + 0x14 * ((gpio >> 1) & 7)
    top = chance.randrange(30, 900)
    compare = chance.choice((0, 1, top // 2, top, top + 1, chance.randrange(top + 1)))
    changes = (
        lambda: rover.pwm(gpio, top, compare),
        lambda: rover.put(at + 0x0C, compare << 16 | chance.randrange(top)),
        lambda: rover.put(at + 0x0C, compare),
        lambda: rover.put(at + 0x10, top),
        lambda: rover.put(at + 0x08, chance.randrange(top)),
        lambda: rover.put(at + 0x04, chance.choice((0x10, 0x18, 0x20, 0x35))),
        lambda: rover.put(at, chance.choice((0, 1, 1, 3, 1 | 4, 1 | 8, 3 | 4, 1 | 0x40, 1 | 0x80))),
        lambda: rover.put(_PWM + 0xA0, chance.randrange(256)),
        lambda: rover.function(gpio, chance.choice((SIO, PWM, PWM, PWM | 1 << 8, PWM | 2 << 12, PWM | 3 << 8))),
        lambda: rover.pull(gpio, chance.choice((0x52, 0x56, 0x5A, 0xD6))),
        lambda: both.wires.open(line.name),
        lambda: both.wires.short("MOTOR_LEFT", "MOTOR_RIGHT"),
        lambda: both.wires.mend(),
        lambda: Pokes(both.instrument).drive(line.instrument, chance.randrange(2)),
        lambda: Pokes(both.instrument).let_go(line.instrument),
        lambda: (rover.put(0x4000E000, _RESET_PWM), rover.put(0x4000F000, _RESET_PWM)),
    )
    weights = [20, 9, 9, 9, 4, 4, 4, 1, 4, 2, 1, 1, 3, 1, 6, 1]
    chance.choices(changes, weights)[0]()


def _changes_by_dma(both: PicoPair, chance: random.Random) -> None:
    """Pads, functions and compare values, in the middle of whatever the other blocks do."""
    rover = Pokes(both.rover)
    rover.put(0x4000F000, 1 << 2)
    for channel, (register, values) in enumerate(
        (
            (0x4001C004 + 4 * LINES["MOTOR_LEFT"].rover, (0x56, 0xD6)),
            (0x40014004 + 8 * LINES["MOTOR_RIGHT"].rover, (PWM, PWM | 1 << 8, PWM | 2 << 12, SIO)),
            (_PWM + 0x14 * ((LINES["COIL_TX"].rover >> 1) & 7) + 0x0C, tuple(range(0, 700, 13))),
        )
    ):
        words, at = 0x20010000 + 0x1000 * channel, 0x50000000 + 0x40 * channel
        for i in range(_BY_DMA):
            rover.put(words + 4 * i, chance.choice(values))
        rover.put(0x50000420 + 4 * channel, 1 << 16 | chance.randrange(300, 900))
        for offset, value in ((0, words), (4, register), (8, _BY_DMA)):
            rover.put(at + offset, value)
        rover.put(at + 12, 1 | 2 << 2 | 1 << 4 | channel << 11 | (0x3B + channel) << 15)


def _take(both: PicoPair) -> list[tuple[str, int, int]]:
    there = {name: both.instrument.pin(LINES[name].instrument) for name in _NAMES}
    return [(name, at, level) for name, pin in there.items() for at, level in pin.edges()]


def edges_there(seed: int, one_by_one: bool) -> list[tuple[str, int, int]]:
    """Edges at the instrument's pins; one_by_one: the rover's pins are watched as well, so nothing is told late."""
    chance = random.Random(seed)
    with PicoPair(None, None, seed=3, rover={"crystal_ppm": 30.0}, instrument={"crystal_ppm": -30.0}) as both:
        both.run(IN_THE_ROM_NS)
        readied(both)
        _begin(both, one_by_one)
        seen: list[tuple[str, int, int]] = []
        for number in range(_CHANGES):
            _change(both, chance)
            both.run(chance.choice((333.0, 4_567.0, 20_000.0, 61_003.0)))
            if number == _CHANGES // 2:
                both.rover.power_cut()
                both.run(100_000)
                seen = _take(both)
                both.rover.power_on()
                both.run(IN_THE_ROM_NS)
                readied(both)
                _begin(both, one_by_one)
        both.run(200_000)
        _begin(both, one_by_one)
        _changes_by_dma(both, chance)
        both.run(4_000_000)
        return seen + _take(both)


@pytest.mark.parametrize("seed", range(3))
def test_every_edge_is_at_the_other_board_as_if_it_had_been_waited_for(seed: int) -> None:
    late = edges_there(seed, one_by_one=False)
    assert len(late) > 1000
    assert late == edges_there(seed, one_by_one=True)


def _alone(one_by_one: bool) -> list[tuple[int, int]]:
    """Edges there of a line that at times is told late, while no other is."""
    line = LINES["MOTOR_LEFT"]
    with PicoPair(None, None, seed=3) as both:
        both.run(IN_THE_ROM_NS)
        readied(both)
        rover = Pokes(both.rover)
        both.rover.pin(line.rover).watch(one_by_one)
        rover.pwm(line.rover, 960, 480)
        both.run(100_000)
        rover.function(line.rover, SIO)
        both.run(345_678)
        rover.function(line.rover, PWM)
        both.run(100_000)
        both.wires.short("MOTOR_LEFT", "MOTOR_RIGHT")
        both.run(123_456)
        both.wires.mend()
        both.run(100_000)
        return both.instrument.pin(line.instrument).edges()


def test_of_a_line_that_is_told_late_from_now_on_nothing_earlier_is_told() -> None:
    late = _alone(one_by_one=False)
    assert len(late) > 20
    assert late == _alone(one_by_one=True)


def test_what_touches_another_pin_of_the_rover_is_there_at_its_time() -> None:
    with PicoPair(None, None, seed=3) as both:
        both.run(IN_THE_ROM_NS)
        readied(both)
        rover = Pokes(both.rover)
        left, right = LINES["MOTOR_LEFT"].rover, LINES["MOTOR_RIGHT"].rover
        both.rover.pin(left).watch(False)
        rover.pwm(left, 960, 480)
        both.run(50_000)
        both.wires.short("MOTOR_LEFT", "MOTOR_RIGHT")
        both.run(1_000_000)
        edges = both.rover.pin(right).edges()[1:]
        assert len(edges) > 90
        assert {round((after - at) / 1000) for (at, _), (after, _) in pairwise(edges)} == {10}


# What would be wrong.
_NOT_BEFORE_A_CHANGE = ("analogue/pwm.mjs", "    this.tell(latches ? ticks - 1 : ticks);\n", "")
_NOT_BEFORE_THE_PAD = ("pins/io_bank.mjs", "    this.pads.tellLate();\n    pin.pad", "    pin.pad")
_NEVER = ("pair.mjs", "      this.sides[index].board.machine.tellLate();\n", "")
_SHORTED_TOO = ("outside/nets.mjs", "mine.length === 1 && others.length === 0 ? 1 : 0", "1")


def _as_if_waited_for() -> None:
    for seed in range(3):
        assert edges_there(seed, one_by_one=False) == edges_there(seed, one_by_one=True)


@pytest.mark.parametrize(
    ("change", "test"),
    [
        (_NOT_BEFORE_A_CHANGE, _as_if_waited_for),
        (_NOT_BEFORE_THE_PAD, _as_if_waited_for),
        (_NEVER, _as_if_waited_for),
        (_SHORTED_TOO, test_what_touches_another_pin_of_the_rover_is_there_at_its_time),
    ],
)
def test_an_emulator_that_tells_them_wrongly_is_found_out(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    change: tuple[str, str, str],
    test: Callable[[], None],
) -> None:
    spoilt(monkeypatch, tmp_path, *change)
    with pytest.raises(AssertionError):
        test()
