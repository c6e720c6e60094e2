"""The statistic of one bin: what may be left out of its work."""

import random
from array import array

import pytest

from sapper.detector import statistic
from sapper.detector.statistic import BODY, EARLY

pytestmark = pytest.mark.unit

_FACTORS, _AGREE, _APART = 6, 11, 12  # of noise.Noise's state


def anything(chance: random.Random) -> tuple[array, array]:
    """(state of Evidence, of Noise): bends, bodies and earlies of any size against any noise."""
    state, noise = array("i", [0] * statistic._STATE), array("i", [0] * 16)
    size, reach = 10 ** chance.uniform(1, 5), chance.choice((0.3, 1, 3, 30, 300))
    for i in range(64):
        for part in (0, BODY, EARLY):
            state[part + i] = int(max(-(1 << 22), min(1 << 22, chance.gauss(0, size * reach))))
        for part in (statistic._NOMINAL, statistic._NOMINAL_EARLY):
            state[part + i] = max(1, int(size * chance.uniform(0.5, 2)))
    state[statistic._AT] = chance.randrange(64)
    state[statistic._BEFORE] = 10
    state[statistic._AFTER] = chance.choice((0, 2, 10))
    state[statistic._WEIGHT] = chance.choice((100, 384))
    state[statistic._ROCK_PM] = 100
    for i in range(3):
        noise[i] = int(size)
        noise[_FACTORS + i] = chance.randrange(512, 16384)
    noise[_AGREE] = chance.randrange(-870, 871)
    noise[_APART] = int(1024 / (1 - (noise[_AGREE] / 1024) ** 2) ** 0.5)
    return state, noise


def test_what_is_left_out_below_a_floor_was_below_it_and_all_else_is_as_without() -> None:
    chance = random.Random(1)
    left_out = told = 0
    for _ in range(10_000):
        state, noise = anything(chance)
        floor = chance.choice((200, 373, 390, 600))
        whole = statistic._statistic(state, noise, 0)
        said = statistic._statistic(state, noise, floor)
        if said == whole:
            told += said >= floor
        else:
            assert said == 0 and whole < floor
            left_out += 1
    assert left_out > 3000 and told > 500, (left_out, told)
