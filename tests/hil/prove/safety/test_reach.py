"""A bench whose converter does not bring a gate to its rail is told from a board that does not see it there."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from hil.prove.safety.reach import falls_short
from hil.prove.safety.stage import Stage
from sapper.detector.rail import HIGH

pytestmark = pytest.mark.unit


def _stage(*gates: int) -> Stage:
    frames = [SimpleNamespace(name="LOOP", fields={})]
    frames += [SimpleNamespace(name="DETECT", fields={"gate0": 0, "gate1": each}) for each in gates]
    heard: Any = SimpleNamespace(heard=SimpleNamespace(frames=frames))
    return cast(Stage, SimpleNamespace(operator=heard))


def test_a_gate_that_never_came_to_its_rail_is_told_with_how_far_it_came() -> None:
    short = falls_short(_stage(65000, 30000, HIGH - 400), 1, 3)
    assert short.startswith("the converter of this bench brings gate 1 to 3255 mV, and its rail begins at 3275;")


@pytest.mark.parametrize("gates", [(30000, HIGH), (30000, 65520, 40000), ()])
def test_one_that_did_or_of_which_nothing_was_told_is_the_boards_own_affair(gates: tuple[int, ...]) -> None:
    assert falls_short(_stage(*gates), 1, 1) == ""
