"""What a board is told of ground again before it moves: a map goes with the rover, and forgets what is far away."""

from __future__ import annotations

from pathlib import Path

import pytest

from sapper_host.field import runner as runner_module
from sapper_host.field.journal import notes_of
from sapper_host.field.moves import Move, Pose
from sapper_host.field.orders import Order, orders_of
from sapper_host.field.plan import plan_of
from sapper_host.field.running import Phase
from sapper_host.field.searched import Searched
from sapper_host.field.setting_up import along
from tests.host.field.fake_rover import FakeRover
from tests.host.field.fields import USUAL, rectangle
from tests.host.field.test_interrupted import begun, drive

pytestmark = pytest.mark.unit


def order(kind: str, value: int, start: Pose) -> Order:
    (made,) = orders_of(start, [Move(kind, value, 1)])
    return made


def told(made: Order, searched: Searched) -> list[tuple[int, ...]]:
    lines = along(made, USUAL, searched)
    assert all(line.startswith("searched ") for line in lines)
    return [tuple(int(word) for word in line.split()[1:]) for line in lines]


def test_of_a_way_ahead_it_is_told_what_is_known_around_it_and_the_strip_before_the_line() -> None:
    searched = Searched(rectangle(10, 6), 50)
    searched.mark(0, 100, -30, 0, 15)  # 5 m of the area, 1.5 m wide
    (first,) = told(order("ahead", 3000, Pose(-1100, -350)), searched)
    reach = USUAL.turn_mm + 200
    assert first[0] == -100 and first[2] == -(-(1900 + reach) // 50) * 50 and first[4] == 15
    assert first[1] == -(-(350 + reach) // 50) * -50 and first[3] == 0


def test_of_a_turn_it_is_what_lies_round_it_and_far_ground_is_not_told() -> None:
    searched = Searched(rectangle(10, 6), 50)
    searched.mark(0, 200, -120, 0, 15)
    (around,) = told(order("turn", 1, Pose(5000, -3000)), searched)
    reach = USUAL.turn_mm + 200
    assert all(
        abs(edge - middle) <= reach + 50 for edge, middle in zip(around, (5000, -3000, 5000, -3000), strict=False)
    )
    assert not told(order("turn", 1, Pose(5000, -3000)), Searched(rectangle(10, 6), 50))


def test_ground_that_is_not_known_well_enough_is_not_told() -> None:
    searched = Searched(rectangle(10, 6), 50)
    searched.mark(0, 200, -120, 0, 400)
    assert not told(order("ahead", 3000, Pose(-1100, -350)), searched)


def test_a_board_takes_no_side_of_more_than_30_m_and_is_told_none() -> None:
    searched = Searched(rectangle(60, 6), 50)
    searched.mark(0, 1200, -30, 0, 15)
    parts = told(order("ahead", 59_000, Pose(-1100, -350)), searched)
    assert max(x1 - x0 for x0, _, x1, _, _ in parts) <= 30_000
    assert sorted(parts)[0][0] == -100 and sorted(parts)[-1][2] == 58_000 + -(-(USUAL.turn_mm + 200 - 100) // 50) * 50


def refusals(folder: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """Of a mission with a find in its midst, on a board whose map is empty after each shift, as one that is wider than
    the map; how often the ground check said no."""
    shift = FakeRover._shift

    def forgets(self: FakeRover, y: str) -> tuple[bool, str]:
        self.marks[:] = False
        return shift(self, y)

    monkeypatch.setattr(FakeRover, "_shift", forgets)
    rover = FakeRover(USUAL, 0, [(2000, -1000, True)])
    runner = drive(begun(folder, plan_of(rectangle(4, 2.8), USUAL)), rover)
    assert runner.phase in (Phase.DONE, Phase.HELD) and rover.trespasses == 0
    return sum(note.kind == "stopped: ground" for note in notes_of(runner.mission))


def test_a_board_that_forgets_is_not_driven_into_refusals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert refusals(tmp_path, monkeypatch) == 0


def test_without_it_it_would_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The known bad."""
    monkeypatch.setattr(runner_module, "along", lambda *_: [])
    assert refusals(tmp_path, monkeypatch) > 0
