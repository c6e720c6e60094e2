"""A simulated board for each test that asks for one."""

from collections.abc import Iterator

import numpy as np
import pytest

from hil.play.operator import Operator
from hil.rigs.rig import NS_PER_MS
from hil.rigs.sil import SilRig


@pytest.fixture(scope="session", autouse=True)
def _micropython(micropython: None) -> None:
    """Every test here runs on it."""


@pytest.fixture
def rig() -> Iterator[SilRig]:
    """A board, powered."""
    with SilRig() as board:
        yield board


@pytest.fixture
def operator(rig: SilRig) -> Operator:
    """Its operator, once it has booted, with a detector that sees a minute of quiet ground."""
    random = np.random.default_rng(1)
    for gate in range(3):
        rig.adc.play(gate, np.arange(6000) * 10 * NS_PER_MS, 1650 + 7 * random.standard_normal(6000), "hold")
    person = Operator(rig)
    person.boot()
    person.settle(0.6)
    return person
