"""What a mission's runner does beside driving: a find that was lifted, ground refused over and over, a place lost."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from sapper_host.field.mission import Kept, Mission, create_mission
from sapper_host.field.people import Placed
from sapper_host.field.plan import plan_of
from sapper_host.field.runner import Runner
from sapper_host.field.running import Phase
from sapper_host.field.troubles import Troubles
from tests.host.field.fake_rover import FakeRover
from tests.host.field.fields import USUAL, rectangle

pytestmark = pytest.mark.unit


@dataclass
class Crew:
    """Agrees to all, and lifts what is found."""

    rover: FakeRover
    word: str = "removed"
    asked: list[tuple[float, str]] = field(default_factory=list)

    def place(self, why: str) -> Placed:
        """As it stands."""
        self.asked.append((self.rover.now_s, why))
        return Placed(round(self.rover.x), round(self.rover.y), round(self.rover.heading * 1000))

    def consent(self, what: str, why: str) -> bool:
        """Always."""
        return True

    def verdict(self, contact: Kept) -> str:
        """Always the same."""
        return self.word

    def tell(self, text: str) -> None:
        """Nobody listens."""


def started(folder: Path, rover: FakeRover) -> tuple[Runner, Crew]:
    """A mission on a meadow of two lanes."""
    path = folder / "meadow.mission"
    create_mission(path, plan_of(rectangle(4, 1.4), USUAL))
    crew = Crew(rover)
    return Runner(Mission(path), crew), crew


def go(runner: Runner, rover: FakeRover, seconds: float) -> None:
    """So long at most."""
    until = rover.now_s + seconds
    while rover.now_s < until and runner.step(rover) not in (Phase.DONE, Phase.HELD):
        rover.advance()


def test_where_a_find_was_lifted_the_ground_is_swept_once_more(tmp_path: Path) -> None:
    rover = FakeRover(USUAL, 0, [(2000, -400, False)])
    runner, _ = started(tmp_path, rover)
    go(runner, rover, 1500)
    (kept,) = runner.mission.contacts()
    assert kept.verdict == "removed" and "verdict clutter" in rover.said
    at = rover.said.index("verdict clutter")
    after = [line.split()[0] for line in rover.said[at:] if line.split()[0] in ("back", "lane")]
    assert after[:2] == ["back", "lane"]
    assert runner.phase is Phase.DONE and rover.trespasses == 0


def test_an_unsure_place_is_waited_for_and_after_150_s_people_are_asked(tmp_path: Path) -> None:
    rover = FakeRover(USUAL)
    runner, crew = started(tmp_path, rover)
    runner.known.fields = {"sigma_mm": USUAL.sigma_mm + 5}
    assert runner._sure()
    runner.known.fields = {"sigma_mm": USUAL.sigma_mm + 6}
    runner._port = rover
    for now, asked in ((10.0, 0), (159.0, 0), (160.0, 0), (160.5, 1)):
        runner._now_s = now
        assert not runner._sure() and len(crew.asked) == asked
    assert rover.said[-1].startswith("place ")
    runner.known.fields = {"sigma_mm": 12}
    assert runner._sure()


def test_a_rover_is_put_onto_a_lanes_line_twice_and_then_the_lane_begins_all_the_same() -> None:
    troubles = Troubles()
    assert [troubles.may_shift("lane") for _ in range(3)] == [True, True, False]
    troubles.said("lane", 0)
    assert troubles.may_shift("lane"), "it came back to its beginning"
