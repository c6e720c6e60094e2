"""Rooms and tests are chosen by name; parts for boards hold tests of one room."""

from __future__ import annotations

from pathlib import Path

import pytest

from hil.errors import HilError
from hil.prove.micropython_tests.rooms import ROOMS, select
from hil.prove.micropython_tests.run import parts

pytestmark = pytest.mark.unit


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two rooms with tests, and the others empty."""
    for name in ("basics/list1", "basics/list2", "basics/set1", "float/list1", "perf_bench/bm", "perf_bench/benchrun"):
        path = tmp_path / f"{name}.py"
        path.parent.mkdir(exist_ok=True)
        path.touch()
    return tmp_path


@pytest.mark.parametrize(
    ("only", "chosen"),
    [
        ([], ["basics/list1", "basics/list2", "basics/set1", "float/list1", "perf_bench/bm"]),
        (["float"], ["float/list1"]),
        (["list1"], ["basics/list1", "float/list1"]),
        (["basics/list*"], ["basics/list1", "basics/list2"]),
        (["set1", "perf_bench"], ["basics/set1", "perf_bench/bm"]),
    ],
)
def test_rooms_and_tests_are_chosen_by_pattern(folder: Path, only: list[str], chosen: list[str]) -> None:
    assert [case.name for case in select(folder, only)] == chosen


def test_a_name_that_nothing_has_is_refused(folder: Path) -> None:
    with pytest.raises(HilError, match=r"no room or test is named flaot; the rooms are basics, float"):
        select(folder, ["float", "flaot"])


def test_a_board_gets_tests_of_one_room_and_every_test_a_board(folder: Path) -> None:
    for number in range(90):
        (folder / "basics" / f"more{number:02}.py").touch()
    cases = select(folder, [])
    made = parts(cases)
    assert all(len({case.room for case in part}) == 1 and len(part) <= 40 for part in made)
    assert sorted(case.name for part in made for case in part) == sorted(case.name for case in cases)
    assert ROOMS[made[0][0].room].timed, "what takes longest comes first"
